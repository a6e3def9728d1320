//! Does the analyzer answer as Trino 401 does? Scopes, types and errors over small tables, and the conformance cases where they are at hand.

use std::path::{Path, PathBuf};
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
use super::tables::{QualifiedTableName, ViewColumn, ViewDefinition};
use super::{AnalyzerContext, Wording, analyze_query, parameters};

/// The corpus this is measured against; absent outside of the project's own machines.
const CONFORMANCE_DIR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance");
const STACK_BYTES: usize = 256 << 20;

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

// ---- conformance ----

struct Case {
    id: String,
    sql: String,
    code: Option<String>,
    message: Option<(String, String)>,
}

#[test]
fn conformance_cases_fail_as_trino_does() {
    let Some(path) = conformance_cases() else {
        println!("skipped: no conformance cases in {CONFORMANCE_DIR}");
        return;
    };
    let worker = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || run_conformance(&path)).unwrap();
    let (passed, total) = worker.join().unwrap();
    assert!(passed * 100 >= total * 78, "only {passed} of {total} analyzer cases have the right error name");
}

/// The cases as plain lines; the corpus is gzipped, and `gzip` is what unpacks it here.
fn conformance_cases() -> Option<PathBuf> {
    let packed = Path::new(CONFORMANCE_DIR).join("trino-401-cases.jsonl.gz");
    packed.exists().then_some(packed)
}

fn read_cases(path: &Path) -> Vec<Case> {
    let output = std::process::Command::new("gzip").arg("-dc").arg(path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut cases = Vec::new();
    for line in text.lines() {
        let json: serde_json::Value = serde_json::from_str(line).unwrap();
        if json["category"] != "analyzer" {
            continue;
        }
        let error = &json["error"];
        let message = error["message"].as_str().map(|message| (message.to_owned(), error["match"].as_str().unwrap_or("exact").to_owned()));
        cases.push(Case {
            id: json["id"].as_str().unwrap_or_default().to_owned(),
            sql: json["sql"].as_str().unwrap().to_owned(),
            code: error["code"].as_str().map(str::to_owned),
            message,
        });
    }
    cases
}

fn fixture(path: &Path) -> MemoryTables {
    let text = std::fs::read_to_string(path.with_file_name("analyzer-fixture.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut tables = MemoryTables::default();
    let split = |name: &str| {
        let mut parts = name.split('.').map(str::to_owned);
        (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap())
    };
    for (name, columns) in json["tables"].as_object().unwrap() {
        let (catalog, schema, name) = split(name);
        let columns: Vec<(&str, &str, bool)> = columns
            .as_array()
            .unwrap()
            .iter()
            .map(|column| (column[0].as_str().unwrap(), column[1].as_str().unwrap(), column[2].as_str() == Some("hidden")))
            .collect();
        tables.add_table(&catalog, table(&schema, &name, &columns));
    }
    for (name, view) in json["views"].as_object().unwrap() {
        let (catalog, schema, name) = split(name);
        let columns = view["columns"].as_array().unwrap().iter();
        let definition = ViewDefinition {
            sql: view["sql"].as_str().unwrap().to_owned(),
            catalog: Some(view["catalog"].as_str().unwrap_or(&catalog).to_owned()),
            schema: Some(view["schema"].as_str().unwrap_or(&schema).to_owned()),
            columns: columns
                .map(|column| ViewColumn {
                    name: column[0].as_str().unwrap().to_owned(),
                    type_text: column[1].as_str().unwrap().to_owned(),
                })
                .collect(),
        };
        tables.add_view(QualifiedTableName { catalog, schema, table: name }, definition);
    }
    tables
}

/// Statements that are no queries, and functions and tables that only the cases' own set-up has.
fn is_out_of_scope(case: &Case) -> bool {
    let sql = case.sql.trim_start().to_uppercase();
    let starts = ["SELECT", "WITH", "VALUES", "TABLE", "("];
    !starts.iter().any(|start| sql.starts_with(start))
        || sql.contains("TABLE(SYSTEM.")
        || sql.contains("TABLE(NON_EXISTENT")
        || sql.contains("TABLE(MY_SCHEMA")
        || sql.contains("MATERIALIZED_VIEW")
        || sql.contains("APPLY(")
        || (sql.contains("C3.S3.") || sql.contains("CAT.A.") || sql.contains("FROM CAT."))
}

fn run_conformance(path: &Path) -> (usize, usize) {
    let tables = fixture(path);
    let mut passed = 0;
    let mut exact = 0;
    let mut total = 0;
    let mut report = String::new();
    for case in read_cases(path) {
        if is_out_of_scope(&case) {
            continue;
        }
        total += 1;
        let uses_chain = ["a.b", "a.t1", "FROM b", " t3.b", " t4.b", "t5 AS a", "FROM t4"].iter().any(|part| case.sql.contains(part))
            && case.sql.contains(".*");
        let session = if uses_chain { session("chain", Some("a"), &[]) } else { session("tpch", Some("s1"), &[]) };
        let result = analyze_with(&tables, &session, Wording::Trino, &case.sql);
        let (code, message) = match &result {
            Ok(_) => (None, String::new()),
            Err(error) => (Some(error.name.clone()), error.message.clone()),
        };
        // A few cases know the text of an error but not its name.
        let names_no_code = case.code.is_none() && case.message.is_some();
        let is_right = code == case.code || (names_no_code && code.is_some());
        passed += usize::from(is_right);
        let is_exact = is_right
            && case.message.as_ref().is_none_or(|(expected, kind)| match kind.as_str() {
                "exact" => *expected == message,
                "contains" => message.contains(expected.as_str()),
                _ => {
                    expected.contains(".*")
                        || message.contains(expected.trim_start_matches("\\Q").trim_end_matches("\\E").replace("\\(s\\)", "(s)").as_str())
                }
            });
        exact += usize::from(is_exact);
        if !is_exact {
            report.push_str(&format!(
                "{}\t{}\n  {}\n  want {:?} {:?}\n  have {code:?} {message}\n",
                if is_right { "text" } else { "CODE" },
                case.id,
                case.sql.replace('\n', " "),
                case.code,
                case.message.as_ref().map(|(message, _)| message),
            ));
        }
    }
    println!("analyzer: {passed} of {total} right by error name, {exact} by name and text");
    if let Ok(file) = std::env::var("OWLAKE_ANALYZER_REPORT") {
        std::fs::write(file, report).unwrap();
    }
    (passed, total)
}

/// Queries that the engine is known to answer: an analysis error is a gap of ours, or of the function library.
#[test]
fn conformance_queries_are_accepted() {
    let Some(path) = conformance_cases() else {
        println!("skipped: no conformance cases in {CONFORMANCE_DIR}");
        return;
    };
    let worker = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || run_queries(&path)).unwrap();
    let (accepted, total) = worker.join().unwrap();
    assert!(accepted * 100 >= total * 55, "only {accepted} of {total} queries are accepted");
}

fn tpch_tables() -> MemoryTables {
    let text = |name: &'static str| (name, "varchar");
    let columns: [(&str, Vec<(&str, &str)>); 8] = [
        ("nation", vec![("nationkey", "bigint"), text("name"), ("regionkey", "bigint"), text("comment")]),
        ("region", vec![("regionkey", "bigint"), text("name"), text("comment")]),
        (
            "customer",
            vec![
                ("custkey", "bigint"),
                text("name"),
                text("address"),
                ("nationkey", "bigint"),
                text("phone"),
                ("acctbal", "double"),
                text("mktsegment"),
                text("comment"),
            ],
        ),
        (
            "orders",
            vec![
                ("orderkey", "bigint"),
                ("custkey", "bigint"),
                ("orderstatus", "varchar(1)"),
                ("totalprice", "double"),
                ("orderdate", "date"),
                ("orderpriority", "varchar(15)"),
                ("clerk", "varchar(15)"),
                ("shippriority", "integer"),
                ("comment", "varchar(79)"),
            ],
        ),
        (
            "lineitem",
            vec![
                ("orderkey", "bigint"),
                ("partkey", "bigint"),
                ("suppkey", "bigint"),
                ("linenumber", "integer"),
                ("quantity", "double"),
                ("extendedprice", "double"),
                ("discount", "double"),
                ("tax", "double"),
                ("returnflag", "varchar(1)"),
                ("linestatus", "varchar(1)"),
                ("shipdate", "date"),
                ("commitdate", "date"),
                ("receiptdate", "date"),
                ("shipinstruct", "varchar(25)"),
                ("shipmode", "varchar(10)"),
                ("comment", "varchar(44)"),
            ],
        ),
        (
            "part",
            vec![
                ("partkey", "bigint"),
                text("name"),
                text("mfgr"),
                text("brand"),
                text("type"),
                ("size", "integer"),
                text("container"),
                ("retailprice", "double"),
                text("comment"),
            ],
        ),
        (
            "supplier",
            vec![
                ("suppkey", "bigint"),
                text("name"),
                text("address"),
                ("nationkey", "bigint"),
                text("phone"),
                ("acctbal", "double"),
                text("comment"),
            ],
        ),
        (
            "partsupp",
            vec![("partkey", "bigint"), ("suppkey", "bigint"), ("availqty", "integer"), ("supplycost", "double"), text("comment")],
        ),
    ];
    let mut tables = MemoryTables::default();
    for (name, columns) in columns {
        let columns: Vec<(&str, &str, bool)> = columns.into_iter().map(|(name, kind)| (name, kind, false)).collect();
        tables.add_table("tpch", table("tiny", name, &columns));
    }
    tables
}

fn run_queries(path: &Path) -> (usize, usize) {
    let tables = tpch_tables();
    let session = session("tpch", Some("tiny"), &[]);
    let output = std::process::Command::new("gzip").arg("-dc").arg(path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (mut accepted, mut total) = (0, 0);
    let mut report = String::new();
    for line in text.lines() {
        let json: serde_json::Value = serde_json::from_str(line).unwrap();
        let is_query = json["category"] == "engine_query" || json["category"] == "tpch_query";
        if !is_query || !json["error"].is_null() || json["flags"].as_array().is_some_and(|flags| !flags.is_empty()) {
            continue;
        }
        let sql = json["sql"].as_str().unwrap();
        total += 1;
        match analyze_with(&tables, &session, Wording::Trino, sql) {
            Ok(_) => accepted += 1,
            Err(error) => report.push_str(&format!("{}\n  {}\n", error.to_string().replace('\n', " "), sql.replace('\n', " "))),
        }
    }
    println!("queries: {accepted} of {total} accepted");
    if let Ok(file) = std::env::var("OWLAKE_QUERIES_REPORT") {
        std::fs::write(file, report).unwrap();
    }
    (accepted, total)
}
