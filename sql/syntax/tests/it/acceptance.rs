//! How much of the conformance cases' SQL is read as the engine behind Athena reads it?
//!
//! basis: cases derived from Trino 401's own tests. They lie beside the repository, not in it; where they are absent
//! the tests say so and end.

use crate::case::cases;

/// Share of the `parser` cases that must agree, in percent.
const PARSER_FLOOR: f64 = 99.5;
/// Share of all other categories' texts that must be accepted, in percent.
const ACCEPTANCE_FLOOR: f64 = 99.7;

/// `parser` cases where Athena's own grammar differs from Trino 401's on purpose.
///
/// Ref: measured Athena texts: `CREATE` may go on with `MULTI` and `PROTECTED`.
const ATHENA_DIFFERS: &[&str] = &["TestSqlParserErrorHandling:89#1"];

/// Whether an expected text, whose dots and stars may be a pattern's, is what was answered.
fn is_same_message(expected: &str, actual: &str) -> bool {
    let strip = |text: &str| text.replace(['\\'], "").trim_end_matches(".*").trim_end_matches('.').to_owned();
    let actual_text = strip(actual);
    let expected_text = strip(expected);
    actual_text == expected_text
        || actual_text.split_once(": ").is_some_and(|(place, text)| place.starts_with("line ") && text == expected_text)
}

#[test]
fn parser_cases_are_accepted_or_refused_with_the_engines_text() {
    let Some(cases) = cases() else { return };
    let (mut right, mut total) = (0_usize, 0_usize);
    for case in cases.iter().filter(|case| case.category == "parser" && !ATHENA_DIFFERS.contains(&case.id.as_str())) {
        total += 1;
        let actual = case.parse();
        let agrees = match (&case.error, &actual) {
            (None, Ok(())) | (Some(None), Err(_)) => true,
            (Some(Some(expected)), Err(actual)) => is_same_message(expected, actual),
            (None, Err(_)) | (Some(_), Ok(())) => false,
        };
        if agrees {
            right += 1;
        } else {
            println!("{}\n  sql      {}\n  expected {:?}\n  actual   {actual:?}", case.id, case.sql, case.error);
        }
    }
    report("parser", right, total, PARSER_FLOOR);
}

#[test]
fn the_other_categories_texts_are_accepted() {
    let Some(cases) = cases() else { return };
    let (mut right, mut total) = (0_usize, 0_usize);
    for case in cases.iter().filter(|case| case.category != "parser" && case.error.is_none()) {
        total += 1;
        match case.parse() {
            Ok(()) => right += 1,
            Err(message) => println!("{}\n  sql    {}\n  actual {message}", case.id, case.sql),
        }
    }
    report("others", right, total, ACCEPTANCE_FLOOR);
}

fn report(name: &str, right: usize, total: usize, floor: f64) {
    let percent = 100.0 * right as f64 / total.max(1) as f64;
    println!("{name}: {right} of {total}, {percent:.2} %");
    assert!(percent >= floor, "{name}: {percent:.2} % is below {floor} %");
}
