//! What this device has signed for everybody, and the relay does not have yet.

use super::{Engine, Need, Step};
use crate::{error::Error, store::StoreError};
use aside_identity::AccountKey;
use aside_wire::pb::{self, RefusalCode, request};

/// Something signed that goes to the relay before anything else. It is stored until the relay has it, so that neither
/// a crash nor a relay that is away loses it (CNV-44).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Statement {
    /// Who may write to the person here.
    Settings(Vec<u8>),
    /// Somebody reaches the person here only encrypted.
    Declaration {
        /// Who.
        peer: AccountKey,
        /// As signed.
        declaration: Vec<u8>,
    },
}

impl Statement {
    /// The request that hands it over.
    #[must_use]
    pub fn request(&self) -> request::Body {
        match self {
            Self::Settings(settings) => {
                request::Body::PublishSettings(pb::PublishSettings { settings: settings.clone() })
            }
            Self::Declaration { declaration, .. } => {
                request::Body::Declare(pb::Declare { declaration: declaration.clone() })
            }
        }
    }
}

impl Engine {
    /// What the relay does not have yet, signed.
    ///
    /// # Errors
    /// [`Error`] of the store.
    pub fn statements(&self, step: &mut Step<'_>) -> Result<Vec<Statement>, Error> {
        let mut statements = self.declarations_to_publish(step.tx)?;
        statements.extend(self.settings_to_publish(step)?.map(Statement::Settings));
        Ok(statements)
    }

    /// The relay has it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn on_stated(&self, step: &mut Step<'_>, statement: &Statement) -> Result<(), StoreError> {
        match statement {
            Statement::Settings(bytes) => self.on_settings_published(step, bytes),
            Statement::Declaration { peer, declaration } => {
                self.on_declaration_published(step, peer, declaration)
            }
        }
    }

    /// The relay refused it. If it has a newer one, that is to be asked for: this profile may be an older copy. Whatever
    /// else it says, the statement counts here, and waits for another connection.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn on_statement_refused(
        &self,
        step: &mut Step<'_>,
        statement: &Statement,
        code: RefusalCode,
    ) -> Result<Option<Need>, StoreError> {
        if code != RefusalCode::StaleStatement {
            return Ok(None);
        }
        Ok(Some(match statement {
            Statement::Settings(_) => Need::Settings,
            Statement::Declaration { peer, .. } => {
                let known = self.peer(step.tx, peer)?.map_or(0, |peer| peer.list.reference().version);
                Need::Devices { account: *peer, known }
            }
        }))
    }
}
