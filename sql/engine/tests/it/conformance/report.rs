//! What do the verdicts add up to? A table of rates, a ledger of failures by cause, and the floors.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use super::case::Case;
use super::verdict::Verdict;

/// The cause of a failure whose error has the right name and another text.
pub const TEXT_DIFFERS: &str = "error text differs";

#[derive(Debug, Default)]
pub struct Report {
    categories: BTreeMap<String, Tally>,
    failures: Vec<Failure>,
}

#[derive(Debug, Default)]
struct Tally {
    right: usize,
    wrong: usize,
    /// Of the wrong ones, those whose error differs in its text only.
    wrong_in_text: usize,
    /// Cases that must fail; those whose error has the right name; those whose text is right as well.
    failing: usize,
    names_right: usize,
    texts_right: usize,
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
        if case.error.is_some() && !matches!(verdict, Verdict::Skipped(_)) {
            tally.failing += 1;
            let is_text_wrong = matches!(&verdict, Verdict::Wrong { cause, .. } if cause == TEXT_DIFFERS);
            tally.names_right += usize::from(is_text_wrong || matches!(verdict, Verdict::Right));
            tally.texts_right += usize::from(matches!(verdict, Verdict::Right));
        }
        match verdict {
            Verdict::Right => tally.right += 1,
            Verdict::Skipped(reason) => *tally.skipped.entry(reason).or_default() += 1,
            Verdict::Wrong { cause, detail } => {
                tally.wrong += 1;
                tally.wrong_in_text += usize::from(cause == TEXT_DIFFERS);
                self.failures.push(Failure { case, cause, detail });
            }
        }
    }

    /// Rates by category: `rate` of answers right in full, `code` with errors judged by their name alone.
    pub fn table(&self) -> String {
        let mut text = String::from("category          right  wrong  skipped   rate    code   errors    name    text\n");
        for (category, tally) in &self.categories {
            let skipped: usize = tally.skipped.values().sum();
            let (name, body) = (share(tally.names_right, tally.failing), share(tally.texts_right, tally.failing));
            writeln!(
                text,
                "{category:<16} {:>6} {:>6} {:>8}  {:>5.1}%  {:>5.1}%  {:>7}  {name:>5.1}%  {body:>5.1}%",
                tally.right,
                tally.wrong,
                skipped,
                100.0 * rate(tally),
                100.0 * code_rate(tally),
                tally.failing
            )
            .unwrap();
        }
        let (failing, names, texts) = self.error_totals();
        writeln!(text, "errors of all: {failing}, name right {:.1} %, text right {:.1} %", share(names, failing), share(texts, failing))
            .unwrap();
        text
    }

    /// Cases that must fail, those with the right error name, and those with the right text as well.
    fn error_totals(&self) -> (usize, usize, usize) {
        self.categories.values().fold((0, 0, 0), |(failing, names, texts), tally| {
            (failing + tally.failing, names + tally.names_right, texts + tally.texts_right)
        })
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
        let (failing, names, texts) = self.error_totals();
        for (category, floor) in &floors {
            let floor = floor.as_float().unwrap();
            let of_errors = match category.as_str() {
                "error_name" => Some(share(names, failing)),
                "error_text" => Some(share(texts, failing)),
                _ => None,
            };
            if let Some(percent) = of_errors {
                assert!(percent >= floor, "{category}: {percent:.1} % is below its floor of {floor} %");
                continue;
            }
            let (name, measure): (&str, fn(&Tally) -> f64) = match category.strip_suffix("_code") {
                Some(name) => (name, code_rate),
                None => (category, rate),
            };
            let tally = self.categories.get(name).unwrap_or_else(|| panic!("no case of '{name}' was run"));
            let percent = 100.0 * measure(tally);
            assert!(percent >= floor, "{category}: {percent:.1} % is below its floor of {floor} %");
        }
    }
}

/// In percent.
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 100.0 } else { 100.0 * part as f64 / whole as f64 }
}

fn rate(tally: &Tally) -> f64 {
    let judged = tally.right + tally.wrong;
    if judged == 0 { 1.0 } else { tally.right as f64 / judged as f64 }
}

/// As [`rate`], where an error of the right name is right.
fn code_rate(tally: &Tally) -> f64 {
    let judged = tally.right + tally.wrong;
    if judged == 0 { 1.0 } else { (tally.right + tally.wrong_in_text) as f64 / judged as f64 }
}
