//! Does what is printed parse to what was printed? Over the conformance cases' queries and the texts below.
//!
//! basis: the engine's own formatter is checked the same way.

use owlake_syntax::format::{DecimalLiterals, Printer};
use owlake_syntax::trino::ast::{Statement, StatementKind};
use owlake_syntax::trino::parse_statement;

use crate::case::cases;

fn print(statement: &Statement) -> Option<String> {
    let mut printer = Printer::new(DecimalLiterals::Decimal);
    match &statement.kind {
        StatementKind::Query(query) => printer.query(query, 0),
        StatementKind::CreateView(view) => printer.create_view(view),
        _ => return None,
    }
    Some(printer.finish())
}

/// The tree as text without positions. `DECIMAL '1.5'` and `1.5` count as one, as do `count()` and `count(*)`.
fn shape(statement: &Statement) -> String {
    let mut text = format!("{statement:?}").replace("is_typed: false", "is_typed: true").replace("is_star: true", "is_star: false");
    for part in ["Location {", "Span {"] {
        let mut rest = text.as_str();
        let mut kept = String::with_capacity(rest.len());
        while let Some(start) = rest.find(part) {
            kept.push_str(&rest[..start]);
            rest = &rest[start..];
            rest = &rest[rest.find('}').unwrap() + 1..];
        }
        kept.push_str(rest);
        text = kept;
    }
    text
}

fn check(sql: &str) -> Result<bool, String> {
    let Ok(statement) = parse_statement(sql) else { return Ok(false) };
    let Some(printed) = print(&statement) else { return Ok(false) };
    let again = parse_statement(&printed).map_err(|error| format!("{printed}\n  {error}"))?;
    // A table function keeps its name only, and `||` prints as the call it stands for.
    let is_exact = !shape(&statement).contains("Concat {") && !shape(&statement).contains("TableFunction(");
    if is_exact && shape(&statement) != shape(&again) {
        return Err(format!("{printed}\n  {}\n  {}", shape(&statement), shape(&again)));
    }
    if print(&again).as_ref() != Some(&printed) {
        return Err(format!("{printed}\n  prints differently again"));
    }
    Ok(true)
}

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
        assert_eq!(check(sql), Ok(true), "{sql}");
    }
}

#[test]
fn the_conformance_queries_survive_printing() {
    let Some(cases) = cases() else { return };
    let (mut printed, mut wrong) = (0, 0);
    for case in &cases {
        match check(&case.sql) {
            Ok(is_printed) => printed += usize::from(is_printed),
            Err(text) => {
                wrong += 1;
                println!("{}\n  sql {}\n  {text}", case.id, case.sql);
            }
        }
    }
    println!("printed and read again: {printed}, wrong: {wrong}");
    assert_eq!(wrong, 0);
    assert!(printed > 10_000);
}
