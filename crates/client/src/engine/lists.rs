//! Lists of people to whom something is said one by one. They never leave the device: nobody on a list sees it, nor does
//! the relay.

use super::{
    Engine, Step,
    templates::{desk_key, name_of},
};
use crate::{
    error::{Error, Misuse},
    records::{self, PeopleList, Records, decode},
    store::{StoreError, Table, Transaction},
};
use aside_identity::{AccountKey, Handle};

/// Which kind of record it is, in the key of [`Table::Desk`].
const LIST: u8 = 2;

impl Engine {
    /// Makes a list. It keeps accounts, so that a handle that changes hands puts nobody else on it.
    ///
    /// # Errors
    /// [`Misuse::ListExists`], [`Misuse::Name`], or what is wrong with somebody's handle.
    pub fn create_list(&self, step: &mut Step<'_>, name: &str, who: &[Handle]) -> Result<(), Error> {
        let key = desk_key(LIST, name)?;
        if step.tx.get(Table::Desk, &key)?.is_some() {
            return Err(Misuse::ListExists(name.to_owned()).into());
        }
        step.tx.write(Table::Desk, &key, &PeopleList::default())?;
        self.add_to_list(step, name, who)
    }

    /// Puts people on a list.
    ///
    /// # Errors
    /// [`Misuse::NoList`], or what is wrong with somebody's handle.
    pub fn add_to_list(&self, step: &mut Step<'_>, name: &str, who: &[Handle]) -> Result<(), Error> {
        self.change_list(step, name, who, |list, account| {
            if !list.contains(&account) {
                list.push(account);
            }
        })
    }

    /// Takes people off a list.
    ///
    /// # Errors
    /// [`Misuse::NoList`], or what is wrong with somebody's handle.
    pub fn remove_from_list(&self, step: &mut Step<'_>, name: &str, who: &[Handle]) -> Result<(), Error> {
        self.change_list(step, name, who, |list, account| list.retain(|other| *other != account))
    }

    fn change_list(
        &self,
        step: &mut Step<'_>,
        name: &str,
        who: &[Handle],
        change: impl Fn(&mut Vec<AccountKey>, AccountKey),
    ) -> Result<(), Error> {
        let mut list = self.list_named(step.tx, name)?;
        for handle in who {
            change(&mut list, self.pinned(step.tx, handle)?);
        }
        let accounts = list.iter().map(|account| account.as_bytes().to_vec()).collect();
        Ok(step.tx.write(Table::Desk, &desk_key(LIST, name)?, &PeopleList { accounts })?)
    }

    /// Throws a list away.
    ///
    /// # Errors
    /// [`Misuse::NoList`].
    pub fn remove_list(&self, step: &mut Step<'_>, name: &str) -> Result<(), Error> {
        self.list_named(step.tx, name)?;
        Ok(step.tx.delete(Table::Desk, &desk_key(LIST, name)?)?)
    }

    /// Who is on a list.
    ///
    /// # Errors
    /// [`Misuse::NoList`].
    pub fn list_named(&self, tx: &dyn Transaction, name: &str) -> Result<Vec<AccountKey>, Error> {
        let none = || Misuse::NoList(name.to_owned());
        let key = desk_key(LIST, name).map_err(|_| none())?;
        let record = tx.read::<PeopleList>(Table::Desk, &key)?.ok_or_else(none)?;
        Ok(accounts(&record)?)
    }

    /// All lists, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn lists(&self, tx: &dyn Transaction) -> Result<Vec<(String, Vec<AccountKey>)>, StoreError> {
        let rows = tx.scan(Table::Desk, &[LIST], None, usize::MAX)?;
        rows.iter().map(|(key, record)| Ok((name_of(key)?, accounts(&decode(record)?)?))).collect()
    }
}

fn accounts(list: &PeopleList) -> Result<Vec<AccountKey>, StoreError> {
    list.accounts.iter().map(|bytes| records::account(bytes)).collect()
}
