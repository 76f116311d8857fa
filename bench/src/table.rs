//! Medians and spreads, as Markdown.

/// Figures of one operation, one for each round.
#[derive(Debug, Default, Clone)]
pub struct Row {
    /// What was done.
    pub name: String,
    /// Microseconds of ours.
    pub ours: Vec<f64>,
    /// What it is compared with.
    pub base: Vec<f64>,
    /// Microseconds of each peer; none where it has no such operation.
    pub peers: Vec<Vec<f64>>,
    /// Whether its table has columns for `base` and the target.
    pub compared: bool,
    /// The most that ours may be of `base`, or in microseconds if there is none.
    pub limit: Option<f64>,
}

impl Row {
    /// The median ratio of a round, or the median time if there is nothing to compare with.
    #[must_use]
    pub fn figure(&self) -> f64 {
        median(&if self.base.is_empty() { self.ours.clone() } else { ratios(&self.ours, &self.base) })
    }

    /// One line of the table.
    #[must_use]
    pub fn line(&self) -> String {
        let time =
            |times: &[f64]| if times.is_empty() { "–".into() } else { format!("{:.2}", median(times)) };
        let verdict = match self.limit {
            None => String::new(),
            Some(limit) => {
                let unit = if self.base.is_empty() { " µs" } else { "" };
                let word = if self.figure() <= limit { "met" } else { "**missed**" };
                format!("≤ {limit}{unit}: {word}")
            }
        };
        let mut cells = vec![self.name.clone(), time(&self.ours)];
        if self.compared {
            cells.extend([time(&self.base), spread(&self.ours, &self.base)]);
        }
        cells.extend(self.peers.iter().flat_map(|peer| [time(peer), spread(peer, &self.ours)]));
        cells.extend(self.compared.then_some(verdict));
        format!("| {} |", cells.join(" | "))
    }
}

/// The head of a table: `base` is what ours is compared with, if with anything.
#[must_use]
pub fn head(base: Option<&str>, peers: &[&str]) -> String {
    let mut cells = vec!["operation".to_owned(), "ours, µs".into()];
    cells.extend(base.iter().flat_map(|base| [format!("{base}, µs"), format!("ours / {base}")]));
    cells.extend(peers.iter().flat_map(|peer| [format!("{peer}, µs"), format!("{peer} / ours")]));
    cells.extend(base.map(|_| "target".into()));
    format!("| {} |\n|{}", cells.join(" | "), "---|".repeat(cells.len()))
}

fn ratios(times: &[f64], base: &[f64]) -> Vec<f64> {
    times.iter().zip(base).map(|(time, base)| time / base).collect()
}

/// The median ratio of a round, and the least and the most of them.
#[must_use]
pub fn spread(times: &[f64], base: &[f64]) -> String {
    let ratios = ratios(times, base);
    if ratios.is_empty() {
        return "–".into();
    }
    let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let most = ratios.iter().copied().fold(0.0, f64::max);
    format!("{:.2} ({least:.2}–{most:.2})", median(&ratios))
}

/// The median; not a number if there are none.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
