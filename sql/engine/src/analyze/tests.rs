//! Does the analyzer answer as Trino 401 does? Scopes, types and errors over small tables.

use std::sync::Arc;

use owlake_functions::registry::SessionInfo;
use owlake_functions::types::{TrinoType, parse};
use owlake_syntax::trino::ast::StatementKind;
use owlake_syntax::trino::parse_statement;

use crate::error::EngineError;
use crate::ir;
use crate::session::Session;
use crate::table::{ColumnKind, HiddenColumn, TableColumn, TableHandle, TableSource};

use super::memory_tables::MemoryTables;
use super::{AnalyzerContext, Wording, analyze_query, parameters};

fn session(catalog: &str, schema: Option<&str>, parameters: &[&str]) -> Session {
    Session {
        catalog: catalog.to_owned(),
        database: schema.map(str::to_owned),
        info: Arc::new(SessionInfo {
            zone: "UTC".into(),
            start_micros: 1_700_000_000_000_000,
            user: "user".into(),
            catalog: catalog.into(),
            schema: schema.map(Into::into),
        }),
        parameters: parameters.iter().map(|text| (*text).to_owned()).collect(),
        decimal_literals_as_double: false,
        query_id: "test".to_owned(),
        output: None,
        catalog_aliases: [].into(),
        prepared: None,
    }
}

fn table(schema: &str, name: &str, columns: &[(&str, &str, bool)]) -> TableHandle {
    let columns = columns
        .iter()
        .enumerate()
        .map(|(index, (name, type_text, is_hidden))| TableColumn {
            name: (*name).to_owned(),
            data_type: parse::parse(type_text).unwrap(),
            kind: if *is_hidden { ColumnKind::Hidden(HiddenColumn::Path) } else { ColumnKind::Data(index) },
            comment: None,
        })
        .collect();
    TableHandle { database: schema.to_owned(), name: name.to_owned(), columns, source: TableSource::Memory(Arc::new(Vec::new())) }
}

fn tables() -> MemoryTables {
    let mut tables = MemoryTables::default();
    tables.add_table("c", table("s", "t", &[("a", "bigint", false), ("b", "varchar(5)", false), ("$path", "varchar", true)]));
    tables.add_table(
        "c",
        table("s", "u", &[("a", "integer", false), ("r", "row(x bigint, y varchar)", false), ("l", "array(bigint)", false)]),
    );
    tables
}

fn analyze_with(tables: &MemoryTables, session: &Session, wording: Wording, sql: &str) -> Result<ir::Query, EngineError> {
    let statement = parse_statement(sql).map_err(|error| EngineError::engine("SYNTAX_ERROR", error.message))?;
    let StatementKind::Query(query) = &statement.kind else {
        return Err(EngineError::engine("NOT_SUPPORTED", "not a query"));
    };
    let parameters = parameters::bind(&session.parameters, statement.parameter_count)?;
    analyze_query(&AnalyzerContext { session, tables, parameters, wording }, query)
}

fn analyze(sql: &str) -> Result<ir::Query, EngineError> {
    analyze_with(&tables(), &session("c", Some("s"), &[]), Wording::Trino, sql)
}

/// Names and types of the result, as `name type, …`.
fn columns_of(sql: &str) -> String {
    match analyze(sql) {
        Ok(query) => query.columns.iter().map(|column| format!("{} {}", column.name, column.data_type)).collect::<Vec<_>>().join(", "),
        Err(error) => error.to_string(),
    }
}

fn error_of(sql: &str) -> String {
    match analyze(sql) {
        Ok(_) => "no error".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn output_names_keep_their_case_and_unnamed_columns_count() {
    assert_eq!(columns_of("SELECT A, t.b AS \"Bee\", 1, a FROM t"), "A bigint, Bee varchar(5), _col2 integer, a bigint");
}

#[test]
fn star_leaves_hidden_columns_out_but_they_can_be_named() {
    assert_eq!(columns_of("SELECT * FROM t"), "a bigint, b varchar(5)");
    assert_eq!(columns_of("SELECT \"$path\" FROM t"), "$path varchar");
}

#[test]
fn hidden_columns_are_scanned_only_when_named() {
    fn scan_width(relation: &ir::Relation) -> usize {
        match relation {
            ir::Relation::Scan { columns, .. } => columns.len(),
            ir::Relation::Project { input, .. } | ir::Relation::Filter { input, .. } => scan_width(input),
            other => panic!("unexpected relation {other:?}"),
        }
    }
    assert_eq!(scan_width(&analyze("SELECT a FROM t").unwrap().relation), 2);
    assert_eq!(scan_width(&analyze("SELECT a FROM t WHERE \"$path\" IS NULL").unwrap().relation), 3);
}

#[test]
fn athena_words_a_missing_column_its_own_way() {
    let error = analyze_with(&tables(), &session("c", Some("s"), &[]), Wording::Athena, "SELECT x FROM t").unwrap_err();
    let expected = "COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved or requester is not authorized to access requested resources";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn table_errors_name_the_full_lower_case_name() {
    assert_eq!(error_of("SELECT * FROM Foo"), "TABLE_NOT_FOUND: line 1:15: Table 'c.s.foo' does not exist");
    assert_eq!(error_of("SELECT * FROM x.foo"), "SCHEMA_NOT_FOUND: line 1:15: Schema 'x' does not exist");
    assert_eq!(error_of("SELECT * FROM y.x.foo"), "CATALOG_NOT_FOUND: line 1:15: Catalog 'y' does not exist");
}

#[test]
fn rows_are_taken_apart_by_name() {
    assert_eq!(columns_of("SELECT r.x, u.r.y, u.r.* FROM u"), "x bigint, y varchar, x bigint, y varchar");
}

#[test]
fn unnest_gives_elements_and_ordinality() {
    assert_eq!(columns_of("SELECT e, o FROM u CROSS JOIN UNNEST(l) WITH ORDINALITY AS x(e, o)"), "e bigint, o bigint");
}

#[test]
fn correlated_columns_are_listed_with_the_subquery() {
    let query = analyze("SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a)").unwrap();
    let text = format!("{:?}", query.relation);
    assert!(text.contains("correlation: [Column { symbol: Symbol("), "{text}");
    let free = format!("{:?}", analyze("SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u)").unwrap().relation);
    assert!(free.contains("correlation: []"), "{free}");
}

#[test]
fn set_operations_meet_in_the_common_type() {
    assert_eq!(columns_of("SELECT a FROM u UNION ALL SELECT a FROM t"), "a bigint");
}

#[test]
fn with_queries_are_usable_more_than_once() {
    assert_eq!(columns_of("WITH w(k) AS (SELECT a FROM t) SELECT x.k, y.k FROM w x, w y"), "k bigint, k bigint");
    let symbols: Vec<_> = analyze("WITH w(k) AS (SELECT a FROM t) SELECT x.k, y.k FROM w x, w y").unwrap().columns;
    assert_ne!(symbols[0].symbol, symbols[1].symbol);
}

#[test]
fn parameters_are_expressions_or_texts() {
    let session = session("c", Some("s"), &["42", "'x'", "bare word"]);
    let query = analyze_with(&tables(), &session, Wording::Trino, "SELECT ?, ?, ?").unwrap();
    let types: Vec<String> = query.columns.iter().map(|column| column.data_type.to_string()).collect();
    assert_eq!(types, ["integer", "varchar(1)", "varchar(9)"]);
    let error = analyze_with(&tables(), &session, Wording::Trino, "SELECT ?").unwrap_err();
    assert_eq!(error.to_string(), "INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: expected 1 but found 3");
}

#[test]
fn literals_have_trinos_types() {
    let sql = "SELECT 1, 2147483648, -2147483648, 1.50, 1e0, 'abc', X'00', DATE '2020-02-29', TIMESTAMP '2020-01-01 00:00:00.123', INTERVAL '1' DAY, NULL";
    let types: Vec<TrinoType> = analyze(sql).unwrap().columns.into_iter().map(|column| column.data_type).collect();
    let printed: Vec<String> = types.iter().map(ToString::to_string).collect();
    let expected = [
        "integer",
        "bigint",
        "integer",
        "decimal(3,2)",
        "double",
        "varchar(3)",
        "varbinary",
        "date",
        "timestamp(3)",
        "interval day to second",
        "unknown",
    ];
    assert_eq!(printed, expected);
}
