//! What does each statement of Athena's query grammar say?
//!
//! basis: Athena user guide (`UNLOAD`, `OPTIMIZE`, `VACUUM`, `USING EXTERNAL FUNCTION`, `CREATE TABLE AS`), Trino 401
//! grammar for the rest.

use owlake_syntax::trino::ast::{ExplainOption, MergeAction, StatementKind, ViewSecurity};
use owlake_syntax::trino::parse_statement;

fn kind(sql: &str) -> StatementKind {
    parse_statement(sql).unwrap().kind
}

#[test]
fn unload_has_a_query_a_place_and_properties() {
    let StatementKind::Unload(unload) =
        kind("UNLOAD (SELECT 1 AS a) TO 's3://b/p/' WITH (format = 'PARQUET', partitioned_by = ARRAY['a'])")
    else {
        panic!()
    };
    assert_eq!(unload.location, "s3://b/p/");
    let names: Vec<&str> = unload.properties.iter().map(|property| property.name.value.as_str()).collect();
    assert_eq!(names, ["format", "partitioned_by"]);
}

#[test]
fn table_maintenance_names_its_table() {
    let StatementKind::Optimize(optimize) = kind("OPTIMIZE db.t REWRITE DATA USING BIN_PACK WHERE a > 1") else { panic!() };
    assert_eq!((optimize.table.to_string().as_str(), optimize.where_clause.is_some()), ("db.t", true));
    let StatementKind::Vacuum(table) = kind("VACUUM \"Db\".t") else { panic!() };
    assert_eq!(table.to_string(), "db.t");
}

#[test]
fn external_functions_keep_their_names() {
    let sql = "USING EXTERNAL FUNCTION f(a varchar, b int) RETURNS varchar LAMBDA 'x', EXTERNAL FUNCTION g() RETURNS int LAMBDA 'y' SELECT f('a', 1)";
    let StatementKind::UsingExternalFunction { functions, .. } = kind(sql) else { panic!() };
    let names: Vec<&str> = functions.iter().map(|name| name.value.as_str()).collect();
    assert_eq!(names, ["f", "g"]);
}

#[test]
fn create_table_as_takes_names_comment_properties_and_no_data() {
    let sql = "CREATE TABLE IF NOT EXISTS db.t (a, b) COMMENT 'c' WITH (format = 'ORC', x = DEFAULT) AS (WITH y AS (SELECT 1, 2) SELECT * FROM y) WITH NO DATA";
    let StatementKind::CreateTableAsSelect(create) = kind(sql) else { panic!() };
    assert_eq!(create.name.to_string(), "db.t");
    assert_eq!((create.if_not_exists, create.with_data), (true, false));
    assert_eq!(create.column_names.unwrap().len(), 2);
    assert_eq!(create.comment.as_deref(), Some("c"));
    assert!(create.properties[0].value.is_some() && create.properties[1].value.is_none());
    assert!(create.query.with.is_some());
}

#[test]
fn insert_tells_its_columns_from_its_query() {
    let columns = |sql: &str| match kind(sql) {
        StatementKind::Insert(insert) => insert.columns.map(|columns| columns.len()),
        _ => panic!(),
    };
    assert_eq!(columns("INSERT INTO t (a, b) SELECT 1, 2"), Some(2));
    assert_eq!(columns("INSERT INTO t (SELECT 1)"), None);
    assert_eq!(columns("INSERT INTO t (a) (VALUES 1)"), Some(1));
    assert_eq!(columns("INSERT INTO t VALUES (1, 2), (3, 4)"), None);
}

#[test]
fn row_changes_are_read() {
    assert!(matches!(kind("DELETE FROM t WHERE a = 1"), StatementKind::Delete(delete) if delete.where_clause.is_some()));
    assert!(
        matches!(kind("UPDATE t SET a = 1, b = DEFAULT_VALUE WHERE c"), StatementKind::Update(update) if update.assignments.len() == 2)
    );
    let sql = "MERGE INTO t AS x USING (SELECT 1 a) s ON x.a = s.a WHEN MATCHED AND x.b > 1 THEN DELETE WHEN MATCHED THEN UPDATE SET a = s.a WHEN NOT MATCHED THEN INSERT (a) VALUES (s.a)";
    let StatementKind::Merge(merge) = kind(sql) else { panic!() };
    assert_eq!(merge.target_alias.unwrap().value, "x");
    assert!(matches!(
        merge.cases.iter().map(|case| &case.action).collect::<Vec<_>>().as_slice(),
        [MergeAction::Delete, MergeAction::Update(_), MergeAction::Insert { .. }]
    ));
    assert_eq!(merge.cases.iter().map(|case| case.is_matched).collect::<Vec<_>>(), [true, true, false]);
}

#[test]
fn explain_takes_options_or_analyze() {
    let StatementKind::Explain(explain) = kind("EXPLAIN (TYPE IO, FORMAT JSON) SELECT 1") else { panic!() };
    assert!(matches!(explain.options[..], [ExplainOption::Type("IO", _), ExplainOption::Format("JSON", _)]));
    let StatementKind::Explain(explain) = kind("EXPLAIN ANALYZE VERBOSE SELECT 1") else { panic!() };
    assert!(explain.is_analyze && explain.is_verbose);
    assert!(matches!(kind("EXPLAIN(SELECT 1)"), StatementKind::Explain(explain) if explain.options.is_empty()));
    let StatementKind::Explain(explain) = kind("EXPLAIN ANALYZE (FORMAT JSON) (SELECT 1)") else { panic!() };
    assert!(explain.is_analyze && matches!(explain.options[..], [ExplainOption::Format("JSON", _)]));
}

#[test]
fn views_and_prepared_statements_are_read() {
    assert!(matches!(kind("CREATE OR REPLACE VIEW\"v\" SECURITY DEFINER AS SELECT 1"),
        StatementKind::CreateView(view) if view.is_replace && view.security == Some(ViewSecurity::Definer)));
    assert!(matches!(kind("DROP VIEW IF EXISTS v"), StatementKind::DropView { if_exists: true, .. }));
    assert!(matches!(kind("SHOW CREATE VIEW a.v"), StatementKind::ShowCreateView(name) if name.parts.len() == 2));
    assert!(matches!(kind("SHOW FUNCTIONS LIKE 'a%'"), StatementKind::ShowFunctions { pattern: Some(_), escape: None }));
    assert!(matches!(kind("PREPARE p FROM SELECT ?"), StatementKind::Prepare { statement, .. } if statement.parameter_count == 1));
    assert!(matches!(kind("EXECUTE p USING 1, 'x'"), StatementKind::Execute { parameters, .. } if parameters.len() == 2));
    assert!(matches!(kind("DEALLOCATE PREPARE p"), StatementKind::Deallocate(_)));
}

#[test]
fn statements_without_a_tree_are_named() {
    for (sql, expected) in [
        ("CREATE PROTECTED MULTI DIALECT VIEW v AS SELECT 1", "CREATE PROTECTED MULTI DIALECT VIEW"),
        ("CREATE OR REPLACE MATERIALIZED VIEW v AS SELECT 1", "CREATE MATERIALIZED VIEW"),
        ("CREATE TABLE t (a bigint NOT NULL)", "CREATE TABLE"),
        ("CALL system.sync(1, b => 2)", "CALL"),
        ("SET SESSION a = 1", "SET SESSION"),
        ("START TRANSACTION READ ONLY", "START TRANSACTION"),
    ] {
        assert_eq!(kind(sql), StatementKind::Other { kind: expected }, "{sql}");
    }
}

#[test]
fn words_that_begin_clauses_can_still_be_names() {
    for sql in [
        "SELECT limit FROM offset LIMIT 1",
        "SELECT a limit FROM t window",
        "SELECT date, date '2020-01-01' FROM t fetch FETCH FIRST ROW ONLY",
        "SELECT all, over, filter FROM t WHERE row = 1",
        "SELECT count(*) filter FROM t",
        "SELECT x AT, if, year FROM t tablesample TABLESAMPLE SYSTEM (10)",
        "SELECT interval '1' day, interval FROM values_",
    ] {
        assert!(parse_statement(sql).is_ok(), "{sql}");
    }
}

#[test]
fn parentheses_are_told_apart_by_what_follows_them() {
    for sql in [
        "SELECT * FROM ((SELECT 1) UNION (SELECT 2)) t",
        "SELECT * FROM ((SELECT 1) a CROSS JOIN (SELECT 2) b)",
        "SELECT * FROM (((a JOIN b ON true)))",
        "SELECT ((SELECT 1) + 1), ((SELECT 1)), (((SELECT 1) LIMIT 1))",
        "SELECT a IN ((SELECT 1)), a IN ((SELECT 1) UNION (SELECT 2)), a IN ((SELECT 1), 2)",
        "SELECT f(() -> 1, (x) -> x, (x, y) -> (x + y)), (a), (a, b)",
        "SELECT a FROM t GROUP BY (a), (a, b), (a + 1) * 2, ()",
    ] {
        assert!(parse_statement(sql).is_ok(), "{sql}: {:?}", parse_statement(sql));
    }
}
