//! Do long and deep statements end in a tree or an error, never in a crash?
//!
//! basis: inferred for the limit's number; Trino 401 for the text.

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
