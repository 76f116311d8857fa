//! Where it is measured: the relay, the folders, the people.

use crate::{
    Failure,
    client::{Address, Client},
    ground::{Ground, Grounds},
    letters::Letters,
    person::Person,
    program::{Program, Start},
    workload::Workload,
};
use futures_util::{StreamExt, TryStreamExt, stream};

/// Registrations at a time.
const JOINING: usize = 16;

/// Which relay is measured.
#[derive(Debug, Clone)]
pub enum Target {
    /// One of our own, on an empty folder for each scenario.
    Own(Start),
    /// One that runs already; its memory and processor time are not known.
    At(String),
}

/// Everything a scenario needs to know.
#[derive(Debug, Clone)]
pub struct Stand {
    /// Which relay.
    pub target: Target,
    /// How much of everything.
    pub workload: Workload,
    /// Where relays store.
    pub grounds: Grounds,
}

/// A relay to be measured.
pub struct Measured {
    /// Where it is.
    pub address: Address,
    /// Its process, if it is ours.
    pub program: Option<Program>,
    /// What it stands on.
    pub ground: Ground,
}

impl Stand {
    /// The relay; one of our own begins with nothing.
    ///
    /// # Errors
    /// If it cannot be started or found.
    pub async fn relay(&self) -> Result<Measured, Failure> {
        self.relay_on(self.grounds.ground().await?).await
    }

    /// The relay on what is there already.
    ///
    /// # Errors
    /// If it cannot be started or found.
    pub async fn relay_on(&self, ground: Ground) -> Result<Measured, Failure> {
        let (url, program) = match &self.target {
            Target::At(url) => (url.clone(), None),
            Target::Own(start) => {
                let program = Program::start(&ground.start(start), ground.path()).await?;
                (program.url().to_owned(), Some(program))
            }
        };
        Ok(Measured { address: Address::of(&url).await?, program, ground })
    }

    /// Senders with what they send.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn senders(&self) -> Result<Vec<(Person, Letters)>, Failure> {
        let people = Person::several("s", self.workload.senders)?;
        let with_letters = people.into_iter().map(|person| {
            let letters = Letters::of(&person, &self.workload)?;
            Ok((person, letters))
        });
        with_letters.collect()
    }
}

impl Measured {
    /// Registers people and leaves them connected.
    ///
    /// # Errors
    /// If the relay refuses one.
    pub async fn join<'a>(
        &self,
        people: impl IntoIterator<Item = &'a Person>,
    ) -> Result<Vec<Client>, Failure> {
        let joining = people.into_iter().enumerate();
        stream::iter(joining.map(|(number, person)| Client::join(&self.address, person, number)))
            .buffered(JOINING)
            .try_collect()
            .await
    }

    /// Logs people in who are registered.
    ///
    /// # Errors
    /// If the relay refuses one.
    pub async fn enter(&self, people: &[Person]) -> Result<Vec<Client>, Failure> {
        let entering = people.iter().enumerate();
        stream::iter(entering.map(|(number, person)| Client::enter(&self.address, person, number)))
            .buffered(JOINING)
            .try_collect()
            .await
    }
}
