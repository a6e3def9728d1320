//! Which text does a statement that cannot be read get?
//!
//! basis: measured on Athena, and Trino 401's own tests of its error handler.

use owlake_syntax::trino::ast::StatementKind;
use owlake_syntax::trino::{parse_expression, parse_statement};

fn message(sql: &str) -> String {
    parse_statement(sql).unwrap_err().message
}

#[test]
fn athenas_measured_texts_come_back_letter_for_letter() {
    for (sql, expected) in [
        (
            "SELEC 1",
            "line 1:1: mismatched input 'SELEC'. Expecting: 'ALTER', 'ANALYZE', 'CALL', 'COMMENT', 'COMMIT', 'CREATE', 'DEALLOCATE', 'DELETE', 'DENY', 'DESC', 'DESCRIBE', 'DROP', 'EXECUTE', 'EXPLAIN', 'GRANT', 'INSERT', 'MERGE', 'PREPARE', 'REFRESH', 'RESET', 'REVOKE', 'ROLLBACK', 'SET', 'SHOW', 'START', 'TRUNCATE', 'UNLOAD', 'UPDATE', 'USE', <query>",
        ),
        ("SELECT", "line 1:7: mismatched input '<EOF>'. Expecting: '*', 'ALL', 'DISTINCT', <expression>"),
        (
            "CREATE EXTERNAL TABLE t (a int)",
            "line 1:8: mismatched input 'EXTERNAL'. Expecting: 'MATERIALIZED', 'MULTI', 'OR', 'PROTECTED', 'ROLE', 'SCHEMA', 'TABLE', 'VIEW'",
        ),
        (
            "CREATE OR REPLACE TABLE t AS SELECT 1",
            "line 1:19: mismatched input 'TABLE'. Expecting: 'MATERIALIZED', 'MULTI', 'PROTECTED', 'VIEW'",
        ),
        ("INSERT OVERWRITE t SELECT 1", "line 1:8: mismatched input 'OVERWRITE'. Expecting: 'INTO'"),
        (
            "CREATE TABLE t (id int, name string)                 LOCATION 's3://b/'",
            "line 1:54: mismatched input 'LOCATION'. Expecting: 'COMMENT', 'WITH', <EOF>",
        ),
    ] {
        assert_eq!(message(sql), expected, "{sql}");
    }
}

#[test]
fn names_read_only_to_be_refused_are_refused_where_they_stand() {
    for (sql, expected) in [
        ("SELECT * FROM `t`", "line 1:15: backquoted identifiers are not supported; use double quotes to quote identifiers"),
        ("SELECT 1x", "line 1:8: identifiers must not start with a digit; surround the identifier with double quotes"),
        ("SELECT \"\"", "line 1:8: Zero-length delimited identifier not allowed"),
    ] {
        assert_eq!(message(sql), expected);
    }
}

#[test]
fn well_formed_texts_with_a_wrong_value_name_it() {
    for (sql, expected) in [
        ("SELECT 9223372036854775808", "line 1:1: Invalid numeric literal: 9223372036854775808"),
        ("SELECT coalesce(1)", "line 1:8: The 'coalesce' function must have at least two arguments"),
        ("SELECT extract(FOO FROM x)", "line 1:8: Invalid EXTRACT field: FOO"),
    ] {
        assert_eq!(message(sql), expected);
    }
    assert_eq!(parse_expression("-9223372036854775808").map(|expression| expression.span.end), Ok(20));
}

#[test]
fn a_syntax_error_outranks_a_wrong_value_before_it() {
    assert_eq!(
        message("SELECT coalesce(1) FROM"),
        "line 1:24: mismatched input '<EOF>'. Expecting: '(', 'LATERAL', 'TABLE', 'UNNEST', <identifier>"
    );
}

#[test]
fn an_open_quote_is_reported_where_it_opens() {
    // The engine names the operator, and the place of the quote.
    assert_eq!(message("SELECT * FROM t WHERE a = 'x"), "line 1:27: mismatched input '='. Expecting: <predicate>");
}

// basis: Trino 401 grammar: the word before a string without FROM is the type of a literal; VERBOSE may name what ANALYZE is about.
#[test]
fn words_that_may_be_names_are_names_where_nothing_else_fits() {
    for sql in ["SELECT trim(BOTH 'x')", "SELECT trim(LEADING 'x', 'y')", "SELECT trim(TRAILING 'x' || 'y')"] {
        let StatementKind::Query(_) = parse_statement(sql).unwrap().kind else { panic!("{sql}") };
    }
    assert!(parse_statement("SELECT trim(BOTH 'x' FROM 'y')").is_ok());
    for sql in ["EXPLAIN ANALYZE VERBOSE", "EXPLAIN ANALYZE VERBOSE.t", "EXPLAIN ANALYZE VERBOSE WITH (a = 1)"] {
        let StatementKind::Explain(explain) = parse_statement(sql).unwrap().kind else { panic!("{sql}") };
        assert!(!explain.is_analyze, "{sql}");
        assert!(matches!(explain.statement.kind, StatementKind::Other { .. }), "{sql}");
    }
    for sql in
        ["EXPLAIN ANALYZE VERBOSE SELECT 1", "EXPLAIN ANALYZE VERBOSE WITH a AS (SELECT 1) TABLE a", "EXPLAIN ANALYZE VERBOSE (SELECT 1)"]
    {
        let StatementKind::Explain(explain) = parse_statement(sql).unwrap().kind else { panic!("{sql}") };
        assert!(explain.is_analyze && explain.is_verbose, "{sql}");
    }
}
