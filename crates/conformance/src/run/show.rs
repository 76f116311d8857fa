//! A score card for a terminal.

use super::{
    cross::{Broken, CrossScore},
    score::{Counts, Score},
    verdict::{Finding, Verdict},
};
use crate::vector::Level;
use std::fmt::Write as _;

/// The most characters of a value that are shown; the JSON report has them all.
const SHOWN: usize = 160;

/// The score by level, then what to mend: the first failure of each file in full, the others by their ids.
#[must_use]
pub fn score_card(score: &Score) -> String {
    let mut text = String::new();
    table(&mut text, score);
    let mut file = "";
    let failures: Vec<_> = score.failures().collect();
    for finding in &failures {
        if finding.file != file {
            file = finding.file;
            let same: Vec<_> = failures.iter().filter(|other| other.file == file).collect();
            let _ = write!(text, "\n{file}: {}\n", count(same.len(), "failure"));
            one(&mut text, finding);
            let others: Vec<_> = same.iter().skip(1).map(|other| other.id.as_str()).collect();
            if !others.is_empty() {
                let _ = writeln!(text, "  and: {}", others.join(" "));
            }
        }
    }
    for wrong in score.wrong.iter().chain(&score.notes) {
        let _ = write!(text, "\n{wrong}\n");
    }
    let weak = score.counts(None).of(Verdict::Weak);
    if weak > 0 && !score.strict {
        let ids = score.findings.iter().filter(|finding| finding.verdict == Verdict::Weak);
        let ids: Vec<_> = ids.map(|finding| finding.id.as_str()).collect();
        let _ = write!(
            text,
            "\nrefused, with another word ({weak}, a failure with --strict): {}\n",
            ids.join(" ")
        );
    }
    let _ = writeln!(text, "\n{}", summary(score));
    text
}

fn table(text: &mut String, score: &Score) {
    let all = score.counts(None);
    // Columns of nothing but zeros are left out, but for the two that everybody looks for.
    let wanted = |verdict: &&Verdict| {
        **verdict != Verdict::NotClaimed
            && (matches!(verdict, Verdict::Pass | Verdict::Fail) || all.of(**verdict) > 0)
    };
    let columns: Vec<_> = Verdict::ALL.iter().filter(wanted).collect();
    let _ = write!(text, "{}\n\n{:<15}{:>8}", score.hello.name, "level", "vectors");
    columns.iter().for_each(|verdict| {
        let _ = write!(text, "{verdict:>9}");
    });
    text.push('\n');
    let row = |text: &mut String, name: &str, counts: &Counts| {
        let left = counts.of(Verdict::NotClaimed);
        let _ = write!(text, "{name:<15}{:>8}", counts.all().saturating_sub(left));
        columns.iter().for_each(|verdict| {
            let _ = write!(text, "{:>9}", counts.of(**verdict));
        });
        if left > 0 {
            let _ = write!(text, "   {left} not claimed");
        }
        text.push('\n');
    };
    for level in Level::ALL {
        let counts = score.counts(Some(*level));
        if counts.all() > 0 {
            row(text, level.name(), &counts);
        }
    }
    row(text, "all", &all);
}

/// One failure, so that nobody has to open the file.
fn one(text: &mut String, finding: &Finding) {
    let step = finding.step.as_ref().map(|step| format!(", step {step}")).unwrap_or_default();
    let op = finding.op.as_ref().map(|op| format!(" ({op})")).unwrap_or_default();
    let _ = writeln!(text, "  {}: {}{step}{op}", finding.verdict, finding.id);
    let (expected, got) = around(finding.expected.as_deref(), finding.got.as_deref());
    for (head, value) in [("expected", expected), ("got", got)] {
        if let Some(value) = value {
            let _ = writeln!(text, "    {head:<9} {value}");
        }
    }
    let _ = writeln!(text, "    {:<9} {}", "why", finding.comment);
    let _ = writeln!(text, "    {:<9} {}", "proves", finding.reqs.join(", "));
    for line in &finding.stderr {
        let _ = writeln!(text, "    {:<9} {line}", "stderr");
    }
}

/// Two long values are shown from a little before where they differ.
fn around(expected: Option<&str>, got: Option<&str>) -> (Option<String>, Option<String>) {
    let common = match (expected, got) {
        (Some(a), Some(b)) => a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count(),
        _ => 0,
    };
    let from = if common > SHOWN / 2 { common.saturating_sub(SHOWN / 4) } else { 0 };
    let cut = |value: &str| {
        let length = value.chars().count();
        let part: String = value.chars().skip(from).take(SHOWN).collect();
        let before =
            if from > 0 { format!("…{from} characters, the same in both…") } else { String::new() };
        let after = if length > from.saturating_add(SHOWN) { "…" } else { "" };
        format!("{before}{part}{after}")
    };
    (expected.map(cut), got.map(cut))
}

/// What came of conversations: how many of which kind, then each that went wrong, the first of them in full.
#[must_use]
pub fn cross_card(score: &CrossScore) -> String {
    let mut text = String::new();
    for (place, Broken { conversation, scene, players: [alice, bob], what, before }) in
        score.broken.iter().enumerate()
    {
        let _ = writeln!(
            text,
            "conversation {conversation} ({}), {alice} as alice, {bob} as bob:\n  {}",
            scene.name(),
            cut(what)
        );
        if place == 0 {
            before.iter().for_each(|line| {
                let _ = writeln!(text, "    {}", cut(line));
            });
        }
    }
    text.extend(score.given_up.iter().map(|why| format!("{why}\n")));
    let played: u64 = score.played.values().sum();
    if played == 0 {
        return format!(
            "{text}nothing was played: the two have no level in common that people could talk with\n"
        );
    }
    let scenes: Vec<_> =
        score.played.iter().map(|(scene, count)| format!("{count} {}", scene.name())).collect();
    let _ = writeln!(
        text,
        "{} ({}), {} steps; {}",
        count(usize::try_from(played).unwrap_or(usize::MAX), "conversation"),
        scenes.join(", "),
        score.steps,
        if score.broken.is_empty() { "no failure".to_owned() } else { count(score.broken.len(), "failure") }
    );
    text
}

/// The beginning of a line, with what was expected and what came.
fn cut(line: &str) -> String {
    const MOST: usize = 1200;
    let part: String = line.chars().take(MOST).collect();
    if part.len() < line.len() { format!("{part}…") } else { part }
}

fn summary(score: &Score) -> String {
    let (asked, failing, wrong) = (score.asked(), score.failures().count(), score.wrong.len());
    if asked == 0 {
        return "nothing was asked: no level of these vectors is claimed".to_owned();
    }
    let failures = if failing == 0 { "no failure".to_owned() } else { count(failing, "failure") };
    let claims = if wrong == 0 { String::new() } else { format!(", {}", count(wrong, "wrong claim")) };
    format!("{} of {asked} vectors pass; {failures}{claims}", score.counts(None).of(Verdict::Pass))
}

fn count(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
