//! How does the engine print expressions and views?
//!
//! basis: Trino 401 `ExpressionFormatter` and `SqlFormatter`; the view text is measured on Athena.

use owlake_syntax::format::{format_create_view, format_expression, format_type};
use owlake_syntax::trino::ast::StatementKind;
use owlake_syntax::trino::{parse_expression, parse_statement, parse_type};

#[test]
fn expressions_are_printed_as_messages_show_them() {
    for (sql, expected) in [
        ("a+b*c", "(a + (b * c))"),
        ("a and b and (c or d)", "(a AND b AND (c OR d))"),
        ("a != 1", "(a <> 1)"),
        ("\"A b\".x", "\"A b\".x"),
        ("Foo(X)", "Foo(X)"),
        ("count(*)", "count(*)"),
        ("count(distinct x)", "count(DISTINCT x)"),
        ("a || b || c", "concat(concat(a, b), c)"),
        ("x in (1, 2)", "(x IN (1, 2))"),
        ("not x is null", "(NOT (x IS NULL))"),
        ("-x", "-(x)"),
        ("-1", "-1"),
        ("1.5", "1.5E0"),
        ("100.0", "1E2"),
        ("decimal '1.50'", "DECIMAL '1.50'"),
        ("'it''s'", "'it''s'"),
        ("'é'", "U&'\\00E9'"),
        ("null", "null"),
        ("date '2020-01-01'", "date '2020-01-01'"),
        ("cast(x as varchar(10))", "CAST(x AS varchar(10))"),
        ("x -> x + 1", "(x) -> (x + 1)"),
        ("(1, 'a')", "ROW (1, 'a')"),
        ("array[1, 2]", "ARRAY[1,2]"),
        ("a[1]", "a[1]"),
        ("if(a, 1)", "IF(a, 1)"),
        ("case when a then 1 else 2 end", "(CASE WHEN a THEN 1 ELSE 2 END)"),
        ("current_date", "current_date"),
        ("sum(x) over (partition by a order by b desc)", "sum(x) OVER (PARTITION BY a ORDER BY b DESC)"),
    ] {
        assert_eq!(format_expression(&parse_expression(sql).unwrap()), expected, "{sql}");
    }
}

#[test]
fn types_are_printed_with_their_parameters() {
    for (sql, expected) in [
        ("ROW(a BIGINT, varchar)", "ROW(a BIGINT, varchar)"),
        ("array<map<int, string>>", "array(map(int, string))"),
        ("TIMESTAMP(3) WITH TIME ZONE", "timestamp(3) with time zone"),
        ("double precision", "double"),
        ("interval year to month", "INTERVAL YEAR TO MONTH"),
    ] {
        assert_eq!(format_type(&parse_type(sql).unwrap()), expected, "{sql}");
    }
}

#[test]
fn a_views_statement_stands_on_lines_of_its_own() {
    for (sql, expected) in [
        ("create view db.v as select 1 n", "CREATE VIEW db.v AS\nSELECT 1 n\n\n"),
        (
            "create view v as select a, b as c from t x join u on x.a = u.a where b > 1 limit 5",
            "CREATE VIEW v AS\nSELECT\n  a\n, b c\nFROM\n  (t x\nINNER JOIN u ON (x.a = u.a))\nWHERE (b > 1)\nLIMIT 5\n",
        ),
    ] {
        let StatementKind::CreateView(view) = parse_statement(sql).unwrap().kind else { panic!() };
        assert_eq!(format_create_view(&view), expected);
    }
}
