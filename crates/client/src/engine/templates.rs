//! Texts to be written again and again. Nobody else learns of them; what is sent is a text like any other.

use super::{Engine, Step};
use crate::{
    error::{Error, Misuse},
    records::{self, Records, decode},
    store::{StoreError, Table, Transaction},
};
use aside_content::Text;
use aside_identity::Handle;

/// Which kind of record it is, in the key of [`Table::Desk`].
const TEMPLATE: u8 = 1;
/// What stands for the handle of whoever a text is for.
const PLACEHOLDER: &str = "{handle}";

/// A text to be written again and again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template {
    /// What it is called.
    pub name: String,
    /// The text. `{handle}` in it stands for the handle of whoever it is sent to.
    pub text: String,
}

impl Template {
    /// The text for somebody.
    #[must_use]
    pub fn for_handle(&self, handle: &Handle) -> String {
        self.text.replace(PLACEHOLDER, &handle.to_string())
    }

    /// The text for several people, who have no handle together.
    ///
    /// # Errors
    /// [`Misuse::Placeholder`] if a handle belongs in it.
    pub fn for_group(&self) -> Result<String, Misuse> {
        if self.text.contains(PLACEHOLDER) {
            return Err(Misuse::Placeholder(self.name.clone()));
        }
        Ok(self.text.clone())
    }
}

impl Engine {
    /// Keeps a template, instead of an older one of the name.
    ///
    /// # Errors
    /// [`Misuse::Name`] or [`Misuse::Text`].
    pub fn set_template(&self, step: &mut Step<'_>, name: &str, text: &str) -> Result<(), Error> {
        let key = desk_key(TEMPLATE, name)?;
        Text::new(text).map_err(|_| Misuse::of_text(text))?;
        Ok(step.tx.write(Table::Desk, &key, &records::Template { text: text.to_owned() })?)
    }

    /// The template of a name.
    ///
    /// # Errors
    /// [`Misuse::NoTemplate`].
    pub fn template(&self, tx: &dyn Transaction, name: &str) -> Result<Template, Error> {
        let none = || Misuse::NoTemplate(name.to_owned());
        let key = desk_key(TEMPLATE, name).map_err(|_| none())?;
        let record = tx.read::<records::Template>(Table::Desk, &key)?.ok_or_else(none)?;
        Ok(Template { name: name.to_owned(), text: record.text })
    }

    /// All templates, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn templates(&self, tx: &dyn Transaction) -> Result<Vec<Template>, StoreError> {
        let mut templates = Vec::new();
        for (key, record) in tx.scan(Table::Desk, &[TEMPLATE], None, usize::MAX)? {
            let record: records::Template = decode(&record)?;
            templates.push(Template { name: name_of(&key)?, text: record.text });
        }
        Ok(templates)
    }

    /// Throws a template away.
    ///
    /// # Errors
    /// [`Misuse::NoTemplate`].
    pub fn remove_template(&self, step: &mut Step<'_>, name: &str) -> Result<(), Error> {
        self.template(step.tx, name)?;
        Ok(step.tx.delete(Table::Desk, &desk_key(TEMPLATE, name)?)?)
    }
}

/// kind 1 | name
pub(crate) fn desk_key(kind: u8, name: &str) -> Result<Vec<u8>, Misuse> {
    const LONGEST: usize = 64;
    let fits = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.len() > LONGEST || !name.chars().all(fits) {
        return Err(Misuse::Name);
    }
    Ok([[kind].as_slice(), name.as_bytes()].concat())
}

/// The name in a key.
pub(crate) fn name_of(key: &[u8]) -> Result<String, StoreError> {
    let name = key.get(1..).unwrap_or_default().to_vec();
    String::from_utf8(name).map_err(|_| StoreError::Damaged("name"))
}
