//! Vectors that need not pass, each with a reason.

use super::verdict::{Finding, Verdict};
use crate::files::Named;
use serde::Deserialize;

/// A vector that need not pass.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Exemption {
    /// The vector.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// All of them.
#[derive(Clone, Default, Debug)]
pub struct Exemptions(Vec<Exemption>);

impl Exemptions {
    /// Reads a list of exemptions.
    ///
    /// # Errors
    /// What is wrong with it: it is not of the form, has an id twice, or an exemption without a reason.
    pub fn parse(text: &str) -> Result<Self, String> {
        let list: Vec<Exemption> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        for (place, Exemption { id, reason }) in list.iter().enumerate() {
            if reason.trim().is_empty() {
                return Err(format!("`{id}` is exempt without a reason"));
            }
            if list.iter().skip(place.saturating_add(1)).any(|other| other.id == *id) {
                return Err(format!("`{id}` is exempt twice"));
            }
        }
        Ok(Self(list))
    }

    /// A vector that is exempt is not counted as a failure.
    pub(super) fn apply(&self, finding: &mut Finding) {
        let Some(exemption) = self.0.iter().find(|exemption| exemption.id == finding.id) else { return };
        finding.exempt = Some(exemption.reason.clone());
        if !matches!(finding.verdict, Verdict::Pass | Verdict::NotClaimed | Verdict::NotRun) {
            finding.verdict = Verdict::Exempt;
        }
    }

    /// Exemptions of nothing (CNF-13).
    pub(super) fn wrong(&self, files: &[Named], findings: &[Finding]) -> Vec<String> {
        let vectors = || files.iter().flat_map(|named| &named.file.vectors);
        let unknown = self.0.iter().filter(|exemption| vectors().all(|vector| vector.id != exemption.id));
        let unknown =
            unknown.map(|Exemption { id, .. }| format!("`{id}` is exempt, and there is no such vector"));
        let passing =
            findings.iter().filter(|finding| finding.exempt.is_some() && finding.verdict == Verdict::Pass);
        let passing = passing.map(|Finding { id, .. }| format!("`{id}` is exempt, and passes"));
        unknown.chain(passing).collect()
    }
}
