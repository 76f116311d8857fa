//! Which vectors a run is about.

use crate::{
    files::Named,
    vector::{Level, Vector},
};

/// Which vectors a run is about; an empty list picks all.
#[derive(Clone, Default, Debug)]
pub struct Pick {
    /// Texts of which one stands in the id, the file or an operation.
    pub only: Vec<String>,
    /// Levels.
    pub levels: Vec<Level>,
}

impl Pick {
    /// Whether a vector of this file is picked.
    #[must_use]
    pub fn takes(&self, named: &Named, vector: &Vector) -> bool {
        let level = self.levels.is_empty() || self.levels.contains(&named.file.level);
        let ops = || vector.op.iter().chain(vector.steps.iter().map(|step| &step.op));
        let about = |text: &String| {
            vector.id.contains(text) || named.name.contains(text.as_str()) || ops().any(|op| op == text)
        };
        level && (self.only.is_empty() || self.only.iter().any(about))
    }
}
