//! The score for programs: JSON with everything, and JUnit for whoever shows test results.

use super::{
    score::Score,
    verdict::{Finding, Verdict},
};
use crate::{protocol::VERSION, vector::Level};
use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};
use serde::Serialize;
use std::collections::BTreeMap;

/// The JSON of a score.
#[derive(Serialize)]
struct Json<'a> {
    protocol: u64,
    implementation: &'a str,
    features: &'a [String],
    strict: bool,
    good: bool,
    levels: BTreeMap<&'static str, JsonLevel>,
    wrong: &'a [String],
    notes: &'a [String],
    vectors: &'a [Finding],
}

#[derive(Serialize)]
struct JsonLevel {
    claimed: bool,
    vectors: usize,
    verdicts: BTreeMap<&'static str, usize>,
}

/// Everything, as JSON.
///
/// # Errors
/// [`serde_json::Error`], which no score leads to.
pub fn json(score: &Score) -> Result<String, serde_json::Error> {
    let level = |level: &Level| {
        let counts = score.counts(Some(*level));
        let verdicts = Verdict::ALL.iter().filter(|verdict| counts.of(**verdict) > 0);
        JsonLevel {
            claimed: score.claimed.contains(level),
            vectors: counts.all(),
            verdicts: verdicts.map(|verdict| (verdict.name(), counts.of(*verdict))).collect(),
        }
    };
    let mut text = serde_json::to_string_pretty(&Json {
        protocol: VERSION,
        implementation: &score.hello.name,
        features: &score.hello.features,
        strict: score.strict,
        good: score.is_good(),
        levels: Level::ALL.iter().map(|name| (name.name(), level(name))).collect(),
        wrong: &score.wrong,
        notes: &score.notes,
        vectors: &score.findings,
    })?;
    text.push('\n');
    Ok(text)
}

/// JUnit XML: a suite for each file, a case for each vector.
///
/// # Errors
/// [`SerializeError`], which no score leads to.
pub fn junit(score: &Score) -> Result<String, SerializeError> {
    let mut report = Report::new(format!("aside-conformance: {}", score.hello.name));
    for findings in score.findings.chunk_by(|a, b| a.file == b.file) {
        let mut suite = TestSuite::new(findings.first().map(|finding| finding.file).unwrap_or_default());
        suite.add_test_cases(findings.iter().map(|finding| case(finding, score.strict)));
        report.add_test_suite(suite);
    }
    if !score.wrong.is_empty() {
        let mut suite = TestSuite::new("exemptions");
        suite.add_test_cases(score.wrong.iter().map(|wrong| {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(wrong.as_str());
            TestCase::new("exemptions", status)
        }));
        report.add_test_suite(suite);
    }
    report.to_string()
}

fn case(finding: &Finding, strict: bool) -> TestCase {
    let mut status = match finding.verdict {
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Weak if !strict => TestCaseStatus::success(),
        Verdict::Exempt | Verdict::NotClaimed => TestCaseStatus::skipped(),
        Verdict::Weak | Verdict::Fail | Verdict::Skip => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Fault | Verdict::Hang | Verdict::Crash | Verdict::Garbage | Verdict::NotRun => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
    };
    if !matches!(status, TestCaseStatus::Success { .. }) {
        let reason = finding.exempt.as_deref().or(finding.got.as_deref()).unwrap_or(finding.verdict.name());
        status.set_type(finding.verdict.name()).set_message(reason);
        let lines = [
            ("step", finding.step.as_deref()),
            ("expected", finding.expected.as_deref()),
            ("got", finding.got.as_deref()),
            ("why", Some(finding.comment.as_str())),
        ];
        let lines = lines.into_iter().filter_map(|(head, value)| Some(format!("{head}: {}\n", value?)));
        status.set_description(
            lines.chain([format!("proves: {}", finding.reqs.join(", "))]).collect::<String>(),
        );
    }
    let mut case = TestCase::new(finding.id.as_str(), status);
    case.set_classname(finding.level.name());
    if !finding.stderr.is_empty() {
        case.set_system_err(finding.stderr.join("\n"));
    }
    case
}
