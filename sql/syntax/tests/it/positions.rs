//! Which position does each expression stand at?
//!
//! basis: Trino 401 `AstBuilder`: infix operators stand at the operator, predicates at their first keyword,
//! `AND` and `OR` at their first term, everything else at its first token. Columns count UTF-16 units (measured on Athena;
//! Trino's own parser counts characters).

use owlake_syntax::location::Location;
use owlake_syntax::trino::ast::{ExpressionKind, QueryBodyKind, RelationKind, SelectItem, StatementKind};
use owlake_syntax::trino::{parse_expression, parse_statement};

fn place(sql: &str) -> String {
    parse_expression(sql).unwrap().location.to_string()
}

#[test]
fn operators_stand_at_the_operator() {
    for (sql, expected) in [
        ("aa + b", "1:4"),
        ("aa || b", "1:4"),
        ("aa * b + c", "1:8"),
        ("aa = b", "1:4"),
        ("aa >= ALL (SELECT 1)", "1:4"),
        ("aa AT TIME ZONE 'UTC'", "1:4"),
    ] {
        assert_eq!(place(sql), expected, "{sql}");
    }
}

#[test]
fn predicates_stand_at_their_first_keyword() {
    for (sql, expected) in [
        ("aa IS NULL", "1:4"),
        ("aa IS NOT NULL", "1:4"),
        ("aa IS DISTINCT FROM b", "1:4"),
        ("aa BETWEEN 1 AND 2", "1:4"),
        ("aa NOT BETWEEN 1 AND 2", "1:4"),
        ("aa IN (1)", "1:4"),
        ("aa NOT IN (SELECT 1)", "1:4"),
        ("aa LIKE 'x'", "1:4"),
    ] {
        assert_eq!(place(sql), expected, "{sql}");
    }
}

#[test]
fn everything_else_stands_at_its_first_token() {
    for (sql, expected) in [
        ("  aa AND b", "1:3"),
        ("  (aa) OR b", "1:3"),
        ("  NOT a", "1:3"),
        ("  -a", "1:3"),
        ("  a.b.c", "1:3"),
        ("  a[1]", "1:3"),
        ("  f(x) OVER ()", "1:3"),
        ("  CAST(x AS bigint)", "1:3"),
        ("  x -> x", "1:3"),
        ("  (a, b)", "1:3"),
        ("  (SELECT 1)", "1:3"),
        ("  EXISTS (SELECT 1)", "1:3"),
        ("  ((a))", "1:5"),
    ] {
        assert_eq!(place(sql), expected, "{sql}");
    }
}

#[test]
fn spans_cover_the_text_without_parentheses_around_it() {
    let sql = "( a + f(b, 1) ) * 2";
    let expression = parse_expression(sql).unwrap();
    assert_eq!(expression.span.text(sql), sql);
    let ExpressionKind::ArithmeticBinary { left, .. } = &expression.kind else { panic!() };
    assert_eq!(left.span.text(sql), "a + f(b, 1)");
}

#[test]
fn columns_count_utf16_units() {
    assert_eq!(place("'é' || a"), "1:5");
    assert_eq!(place("'😀' || a"), "1:6");
    assert_eq!(place("\t'😀'\t|| a"), "1:7");
    assert_eq!(place("'a\n😀' /* 😀\n */\t|| a"), "3:5");
    assert_eq!(place("-- 😀\n'x'\n || a"), "3:2");
}

#[test]
fn an_implicit_join_stands_at_the_select() {
    let statement = parse_statement("WITH x AS (SELECT 1)\nSELECT * FROM a, b JOIN c ON true").unwrap();
    let StatementKind::Query(query) = statement.kind else { panic!() };
    assert_eq!((query.location, query.body.location), (Location::new(1, 1), Location::new(2, 1)));
    let QueryBodyKind::Select(select) = query.body.kind else { panic!() };
    let from = select.from.unwrap();
    assert_eq!(from.location, Location::new(2, 1));
    let RelationKind::Join(join) = from.kind else { panic!() };
    assert_eq!((join.left.location, join.right.location), (Location::new(2, 15), Location::new(2, 18)));
    assert!(matches!(select.select_items[0], SelectItem::All { location, .. } if location == Location::new(2, 8)));
}

#[test]
fn parameters_are_numbered_over_the_statement() {
    let statement = parse_statement("SELECT ? FROM t WHERE a = ? LIMIT ?").unwrap();
    assert_eq!(statement.parameter_count, 3);
}
