//! Does what is printed parse to what was printed? Over the conformance cases' queries and the texts below.
//!
//! basis: the engine's own formatter is checked the same way.

use owlake_syntax::format::format_expression;
use owlake_syntax::trino::parse_expression;

use crate::case::cases;
use crate::fuzzed::checks;

#[test]
fn every_clause_survives_printing() {
    for sql in [
        "WITH RECURSIVE a (x, y) AS (SELECT 1, 2), b AS (TABLE a) SELECT DISTINCT x \"X\", b.* AS (p, q) FROM a, b ORDER BY 1 DESC NULLS FIRST OFFSET 2 LIMIT 3",
        "SELECT 1 UNION ALL SELECT 2 EXCEPT (SELECT 3 INTERSECT SELECT 4 ORDER BY 1) FETCH FIRST 2 ROWS WITH TIES",
        "SELECT count(*) FILTER (WHERE a > 1) OVER (w ROWS BETWEEN 1 PRECEDING AND UNBOUNDED FOLLOWING) FROM t WINDOW w AS (PARTITION BY b ORDER BY c), v AS ()",
        "SELECT a FROM t GROUP BY DISTINCT a, (b, c), ROLLUP (a, (b, c)), CUBE (d), GROUPING SETS ((), (a), (a, b)) HAVING sum(x) > 1",
        "SELECT * FROM t FOR TIMESTAMP AS OF TIMESTAMP '2020-01-01 00:00:00 UTC' a LEFT JOIN u USING (x, y) CROSS JOIN UNNEST(ARRAY[1], m) WITH ORDINALITY AS v (p, q) NATURAL JOIN w",
        "SELECT * FROM (SELECT 1) s (c) TABLESAMPLE BERNOULLI (10), LATERAL (VALUES 1, 2) l",
        "SELECT lag(x, 1) IGNORE NULLS OVER (ORDER BY y), transform(a, (x, y) -> x + y), -x, - 1, a[1].b, x AT TIME ZONE 'UTC', INTERVAL - '1' DAY",
        "SELECT CASE WHEN a THEN 1 END, CASE b WHEN 1 THEN 2 ELSE 3 END, TRY_CAST(a AS decimal(10, 2)), CAST(r AS row(x bigint, y array(varchar)))",
        "SELECT a NOT IN (1, 2), a NOT LIKE 'x' ESCAPE '!', a IS NOT DISTINCT FROM b, EXISTS (SELECT 1), a = ANY (VALUES 1), NOT a BETWEEN 1 AND 2 OR b AND c",
        "SELECT listagg(DISTINCT a, ',' ON OVERFLOW TRUNCATE '…' WITH COUNT) WITHIN GROUP (ORDER BY a), trim(LEADING 'x' FROM y), extract(DOW FROM z)",
        "SELECT json_value(j, 'lax $.a' PASSING 1 AS x RETURNING bigint DEFAULT 0 ON EMPTY ERROR ON ERROR), json_object('a' : 1, KEY 'b' VALUE 2 ABSENT ON NULL WITH UNIQUE KEYS), json_array(1, j FORMAT JSON NULL ON NULL)",
        "SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY a ORDER BY b MEASURES FINAL last(A.x) AS m ALL ROWS PER MATCH WITH UNMATCHED ROWS AFTER MATCH SKIP TO LAST B PATTERN (^ A (B | C)*? {- D{2,3} -} PERMUTE(E, F) $) SUBSET U = (A, B) DEFINE B AS B.x > prev(B.x)) AS z",
        "CREATE OR REPLACE VIEW v COMMENT 'it''s' SECURITY INVOKER AS SELECT 1.5, 2.5E0, X'00ff', U&'\\0001', CHAR 'x', TIME '01:02:03'",
    ] {
        assert!(checks::printing(sql), "{sql}");
    }
}

// basis: found by the `printing` fuzz target.
#[test]
fn operands_that_would_read_otherwise_are_put_in_parentheses() {
    for (sql, printed) in [
        ("1 .q", "(1).q"),
        ("(-a)[1]", "(-(a))[1]"),
        ("(-a) AT TIME ZONE 'UTC'", "(-(a)) AT TIME ZONE 'UTC'"),
        ("(a AT TIME ZONE 'UTC')[1].b", "(a AT TIME ZONE 'UTC')[1].b"),
        ("(a -> b)[1]", "((a) -> b)[1]"),
        ("x -> a > x > 1", "(((x) -> (a > x)) > 1)"),
        ("1E999", "1E309"),
        ("-1E999", "-1E309"),
    ] {
        assert_eq!(format_expression(&parse_expression(sql).unwrap()), printed);
        assert!(checks::printing(&format!("SELECT {sql}")), "{sql}");
    }
}

#[test]
fn the_conformance_queries_survive_printing() {
    let Some(cases) = cases() else { return };
    let printed = cases.iter().filter(|case| checks::printing(&case.sql)).count();
    assert!(printed > 10_000, "{printed} cases were printed");
}
