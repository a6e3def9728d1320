//! What do the verdicts add up to? A table of rates, a ledger of failures by cause, and the floors.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use super::case::Case;
use super::verdict::Verdict;

#[derive(Debug, Default)]
pub struct Report {
    categories: BTreeMap<String, Tally>,
    failures: Vec<Failure>,
}

#[derive(Debug, Default)]
struct Tally {
    right: usize,
    wrong: usize,
    skipped: BTreeMap<&'static str, usize>,
}

#[derive(Debug)]
struct Failure {
    case: Case,
    cause: String,
    detail: String,
}

impl Report {
    pub fn add(&mut self, case: Case, verdict: Verdict) {
        let tally = self.categories.entry(case.category.clone()).or_default();
        match verdict {
            Verdict::Right => tally.right += 1,
            Verdict::Skipped(reason) => *tally.skipped.entry(reason).or_default() += 1,
            Verdict::Wrong { cause, detail } => {
                tally.wrong += 1;
                self.failures.push(Failure { case, cause, detail });
            }
        }
    }

    /// Rates by category.
    pub fn table(&self) -> String {
        let mut text = String::from("category          right  wrong  skipped   rate\n");
        for (category, tally) in &self.categories {
            let skipped: usize = tally.skipped.values().sum();
            writeln!(text, "{category:<16} {:>6} {:>6} {:>8}  {:>5.1}%", tally.right, tally.wrong, skipped, 100.0 * rate(tally)).unwrap();
        }
        text
    }

    /// Writes every failure, grouped by cause, largest group first.
    pub fn write_ledger(&self) -> PathBuf {
        let mut groups: BTreeMap<(String, String), Vec<&Failure>> = BTreeMap::new();
        for failure in &self.failures {
            groups.entry((failure.case.category.clone(), failure.cause.clone())).or_default().push(failure);
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|(_, failures)| std::cmp::Reverse(failures.len()));
        let mut text = format!("# Conformance ledger\n\n```\n{}```\n", self.table());
        for ((category, cause), failures) in groups {
            writeln!(text, "\n## {category}: {cause} ({})\n", failures.len()).unwrap();
            for failure in failures {
                let sql = failure.case.sql.replace('\n', " ");
                writeln!(text, "- `{}` {}\n  - {}", failure.case.id, sql, failure.detail.replace('\n', " ")).unwrap();
            }
        }
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/conformance");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("ledger.md");
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Fails when a category is below its floor.
    pub fn assert_floors(&self) {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/conformance.toml");
        let floors: toml::Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
        for (category, floor) in &floors {
            let floor = floor.as_float().unwrap();
            let tally = self.categories.get(category).unwrap_or_else(|| panic!("no case of '{category}' was run"));
            let percent = 100.0 * rate(tally);
            assert!(percent >= floor, "{category}: {percent:.1} % is below its floor of {floor} %");
        }
    }
}

fn rate(tally: &Tally) -> f64 {
    let judged = tally.right + tally.wrong;
    if judged == 0 { 1.0 } else { tally.right as f64 / judged as f64 }
}
