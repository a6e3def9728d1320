//! Do long and deep statements end in a tree or an error, never in a crash?
//!
//! basis: inferred for the limit's number; Trino 401 for the text.

use std::time::{Duration, Instant};

use owlake_syntax::router;
use owlake_syntax::trino::ast::{ExpressionKind, LogicalOperator, QueryBodyKind, StatementKind};
use owlake_syntax::trino::{parse_expression, parse_statement, parse_type};

const TERMS: usize = 10_000;

fn chain(operator: &str) -> String {
    vec!["a"; TERMS].join(operator)
}

#[test]
fn chains_of_ten_thousand_terms_are_read_and_freed() {
    for operator in [" + ", " * ", " || ", " - "] {
        let expression = parse_expression(&chain(operator)).unwrap();
        let mut depth = 1;
        let mut at = &expression;
        while let ExpressionKind::ArithmeticBinary { left, .. } | ExpressionKind::Concat { left, .. } = &at.kind {
            depth += 1;
            at = left;
        }
        assert_eq!(depth, TERMS);
    }
    drop(parse_expression(&chain(".")).unwrap());
    drop(parse_expression(&format!("a{}", "[1]".repeat(TERMS))).unwrap());
    drop(parse_expression(&format!("a{}", " AT TIME ZONE 'UTC'".repeat(TERMS))).unwrap());
}

#[test]
fn logic_of_ten_thousand_terms_is_one_node() {
    for (word, expected) in [("AND", LogicalOperator::And), ("OR", LogicalOperator::Or)] {
        let expression = parse_expression(&chain(&format!(" {word} "))).unwrap();
        let ExpressionKind::Logical { operator, terms } = expression.kind else { panic!() };
        assert_eq!((operator, terms.len()), (expected, TERMS));
    }
}

#[test]
fn unions_and_lists_of_ten_thousand_terms_are_one_node() {
    let statement = parse_statement(&vec!["SELECT 1"; TERMS].join(" UNION ALL ")).unwrap();
    let StatementKind::Query(query) = statement.kind else { panic!() };
    let QueryBodyKind::SetOperation { inputs, operator_locations, .. } = query.body.kind else { panic!() };
    assert_eq!((inputs.len(), operator_locations.len()), (TERMS, TERMS - 1));
    let list = parse_expression(&format!("a IN ({})", vec!["1"; TERMS].join(", "))).unwrap();
    let ExpressionKind::InList { items, .. } = list.kind else { panic!() };
    assert_eq!(items.len(), TERMS);
}

#[test]
fn a_long_from_clause_is_read() {
    parse_statement(&format!("SELECT 1 FROM {}", vec!["t"; 500].join(", "))).unwrap();
    parse_statement(&format!("SELECT 1 FROM t{}", " JOIN u ON true".repeat(500))).unwrap();
    for part in [" CROSS JOIN u", ", u", " JOIN u ON true"] {
        let error = parse_statement(&format!("SELECT 1 FROM t{}", part.repeat(TERMS))).unwrap_err();
        assert_eq!(error.message, "line 1:1: statement is too large (stack overflow while parsing)", "{part}");
    }
}

#[test]
fn nesting_has_a_limit_with_the_engines_text() {
    let deep = |open: &str, middle: &str, close: &str, depth: usize| format!("{}{middle}{}", open.repeat(depth), close.repeat(depth));
    let expected = "line 1:1: statement is too large (stack overflow while parsing)";
    for (open, middle, close) in
        [("(", "1", ")"), ("abs(", "1", ")"), ("ARRAY[", "1", "]"), ("(SELECT ", "1", ")"), ("NOT ", "true", ""), ("- ", "a", "")]
    {
        assert!(parse_expression(&deep(open, middle, close, 60)).is_ok(), "{open}");
        assert_eq!(parse_expression(&deep(open, middle, close, 5_000)).unwrap_err().message, expected, "{open}");
    }
    assert!(parse_type(&deep("array(", "bigint", ")", 60)).is_ok());
    assert_eq!(parse_type(&deep("row(", "bigint", ")", 5_000)).unwrap_err().message, expected);
    for (open, middle, close) in [("SELECT * FROM (", "SELECT 1", ")"), ("(", "SELECT 1", ")"), ("EXPLAIN ", "SELECT 1", "")] {
        assert!(parse_statement(&deep(open, middle, close, 40)).is_ok(), "{open}");
        assert_eq!(parse_statement(&deep(open, middle, close, 5_000)).unwrap_err().message, expected, "{open}");
    }
}

#[test]
fn errors_in_long_texts_are_explained() {
    let long = format!("SELECT {} FROM", chain(" + "));
    let message = parse_statement(&long).unwrap_err().message;
    assert!(message.ends_with("mismatched input '<EOF>'. Expecting: '(', 'LATERAL', 'TABLE', 'UNNEST', <identifier>"), "{message}");
    let unclosed = parse_expression(&"(".repeat(5_000)).unwrap_err().message;
    assert!(unclosed.starts_with("line 1:"), "{unclosed}");
}

/// Longest text the service takes, in bytes. Ref: Athena API, `QueryString`.
const TEXT_LENGTH_MAX: usize = 262_144;

/// A text of at most `length` bytes: `open`, then `part` as often as it fits.
fn text_of(length: usize, open: &str, part: &str) -> String {
    format!("{open}{}", part.repeat((length - open.len()) / part.len()))
}

/// How long both grammars take to read or refuse a text.
fn time(text: &str) -> Duration {
    let started = Instant::now();
    drop(router::parse(text));
    drop(owlake_syntax::hive::parser::parse(text));
    started.elapsed()
}

#[test]
fn texts_of_the_greatest_length_end_at_both_grammars() {
    for (open, part) in [
        ("SELECT ", "/*"),
        ("SELECT ", "'"),
        ("SELECT ", "x -> "),
        ("SELECT 1 FROM t ", "CROSS JOIN t "),
        ("SELECT 9", "9"),
        ("CREATE EXTERNAL TABLE t (a ", "array<"),
        ("MSCK REPAIR TABLE ", "/*"),
    ] {
        time(&text_of(TEXT_LENGTH_MAX, open, part));
    }
}

/// Eight times the text may not take much more than eight times as long; its square would be sixty-four times.
#[test]
fn the_time_to_read_grows_with_the_text_at_both_grammars() {
    for (open, part) in [
        ("SELECT ", "/*"),
        ("SELECT ", "'"),
        ("SELECT ", "\""),
        ("SELECT '", "a"),
        ("SELECT /* ", "a"),
        ("SELECT ", "("),
        ("SELECT ", "(("),
        ("SELECT 1 ", ")"),
        ("SELECT ", "["),
        ("SELECT a", "[1"),
        ("SELECT ", "x -> "),
        ("SELECT ", "(x) -> "),
        ("SELECT ", "(x, y) -> "),
        ("SELECT ", "CASE "),
        ("SELECT ", "CASE WHEN "),
        ("SELECT ", "f("),
        ("SELECT ", "- "),
        ("SELECT ", "NOT "),
        ("SELECT ", "9"),
        ("SELECT 1e", "9"),
        ("SELECT .", "9"),
        ("SELECT ", "a, "),
        ("SELECT ", "a."),
        ("SELECT 1 FROM ", "("),
        ("SELECT 1 FROM ", "(SELECT * FROM "),
        ("SELECT 1 FROM t ", "JOIN t "),
        ("SELECT 1 FROM t ", "CROSS JOIN t "),
        ("", "WITH x AS ("),
        ("", "EXPLAIN "),
        ("", "("),
        ("SELECT x FROM t WHERE ", "a = 1 AND "),
        ("SELECT x FROM t WHERE ", "(a = 1 OR "),
        ("", "SELECT "),
        ("", ";"),
        ("", "-- \n"),
        ("SELECT 1 ", "UNION SELECT 1 "),
        ("VALUES ", "(1, 2), "),
        ("SELECT CAST(a AS ", "array("),
        ("SELECT CAST(a AS ", "row(a "),
        ("SELECT CAST(", "CAST("),
        ("SELECT 1 FROM t MATCH_RECOGNIZE (PATTERN (", "A* "),
        ("SELECT 1 FROM t MATCH_RECOGNIZE (PATTERN (", "("),
        ("SELECT ", "\u{1F600}"),
        ("CREATE EXTERNAL TABLE t (a ", "array<"),
        ("CREATE EXTERNAL TABLE t (a ", "struct<a:"),
        ("CREATE EXTERNAL TABLE t (", "a int, "),
        ("CREATE EXTERNAL TABLE t (a int) COMMENT '", "x"),
        ("ALTER TABLE t ADD ", "PARTITION (a='1') "),
        ("ALTER TABLE t DROP PARTITION (", "a = 1, "),
        ("DESCRIBE ", "a."),
        ("DESCRIBE `", "a"),
        ("SHOW TABLES LIKE ", "'"),
        ("MSCK REPAIR TABLE ", "/*"),
    ] {
        let (short, long) = (text_of(3_000, open, part), text_of(24_000, open, part));
        let ratio = |_| time(&long).as_secs_f64() / time(&short).as_secs_f64().max(4e-3);
        let best = (0..3).map(ratio).fold(f64::INFINITY, f64::min);
        assert!(best < 24.0, "{open}{part}…: {best:.0} times as long");
    }
}

#[test]
fn a_thousand_levels_are_refused_by_name_at_both_grammars() {
    let expected = "line 1:1: statement is too large (stack overflow while parsing)";
    for (open, middle, close) in [
        ("SELECT (", "1", ")"),
        ("SELECT ARRAY[", "1", "]"),
        ("SELECT CASE WHEN ", "true", " THEN 1 END"),
        ("SELECT CAST(", "1", " AS bigint)"),
        ("SELECT (SELECT ", "1", ")"),
        ("SELECT 1 FROM (SELECT * FROM ", "t", ")"),
        ("SELECT f(", "1", ")"),
        ("SELECT x -> ", "x", ""),
    ] {
        let (first, repeated) = open.split_once(' ').unwrap();
        let repeated = if repeated.starts_with("1 FROM ") { repeated.trim_start_matches("1 FROM ") } else { repeated };
        let prefix = if open.contains("1 FROM") { format!("{first} 1 FROM ") } else { format!("{first} ") };
        let text = format!("{prefix}{}{middle}{}", repeated.repeat(1_000), close.repeat(1_000));
        assert_eq!(router::parse(&text).map(|_| ()).unwrap_err().message, expected, "{open}");
    }
    let deep_type = |open: &str, close: &str| format!("{}bigint{}", open.repeat(1_000), close.repeat(1_000));
    let text = format!("SELECT CAST(a AS {})", deep_type("row(a ", ")"));
    assert_eq!(router::parse(&text).map(|_| ()).unwrap_err().message, expected);
    for (open, close) in [("array<", ">"), ("struct<a:", ">"), ("map<int,", ">")] {
        let text = format!("CREATE EXTERNAL TABLE t (a {}) LOCATION 's3://b/'", deep_type(open, close));
        assert!(router::parse(&text).is_err());
    }
}

#[test]
fn numbers_past_every_range_are_named() {
    // The router has a text of its own for those of 36 digits and more.
    let digits = "9".repeat(1_000);
    let huge = |text: String| parse_statement(&text).map(|_| ()).map_err(|error| error.message);
    assert_eq!(huge(format!("SELECT {digits}")), Err(format!("line 1:1: Invalid numeric literal: {digits}")));
    assert_eq!(huge(format!("SELECT 1 LIMIT {digits}")).map_err(|text| text.starts_with("line 1:")), Ok(()));
    for sql in [format!("SELECT 1E{digits}"), format!("SELECT {digits}.{digits}"), format!("SELECT DECIMAL '{digits}'")] {
        assert_eq!(huge(sql), Ok(()));
    }
    for sql in [
        format!("CREATE EXTERNAL TABLE t (a decimal({digits})) LOCATION 's3://b/'"),
        format!("CREATE EXTERNAL TABLE t (a int) CLUSTERED BY (a) INTO {digits} BUCKETS LOCATION 's3://b/'"),
    ] {
        assert!(router::parse(&sql).is_err());
    }
}

#[test]
fn what_is_not_terminated_is_refused_at_both_grammars() {
    for start in ["SELECT ", "CREATE EXTERNAL TABLE t (a int) LOCATION ", "DESCRIBE ", "SHOW TABLES IN ", "ALTER TABLE "] {
        for open in ["'", "\"", "`", "'a", "\"a", "`a", "/*", "/* a", "'a''", "U&'a", "X'0", "(", "array[", "struct<"] {
            let message = router::parse(&format!("{start}{open}")).map(|_| ()).unwrap_err().message;
            assert!(message.starts_with("line 1:"), "{start}{open}: {message}");
        }
    }
}
