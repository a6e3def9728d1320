//! Does the analyzer name the cases' errors as expected? Over the fixture's tables, which exist for names and types only.
//!
//! Statements that are no queries (`INSERT`, `CREATE TABLE AS`, `CREATE VIEW`, …) are prepared by an engine over the same
//! tables; Athena's name of the catalog is the reference's there before texts are compared.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use object_store::memory::InMemory;
use owlake_catalog::{Catalog, Column, DatabaseDefinition, DatabaseName, MemoryCatalog, TableName};

use owlake_engine::analyze::memory_tables::MemoryTables;
use owlake_engine::analyze::tables::ViewColumn;
use owlake_engine::analyze::{AnalyzerContext, QualifiedTableName, ViewDefinition, Wording, analyze_query};
use owlake_engine::engine::{Engine, Meter};
use owlake_engine::error::EngineError;
use owlake_engine::planning::on_big_stack;
use owlake_engine::session::SessionOutput;
use owlake_engine::table::{ColumnKind, HiddenColumn, TableColumn, TableHandle, TableSource};
use owlake_functions::types::{hive, parse};
use owlake_syntax::trino::ast::{Query, StatementKind};
use owlake_syntax::trino::parse_statement;
use serde_json::Value;

use super::case::Case;
use super::verdict::{self, Verdict};
use crate::lake::{self, FixedClock, MemoryBuckets};

/// The database of the cases' short names.
const SCHEMA: &str = "s1";

/// The tables and views the cases name.
pub struct Fixture {
    tables: MemoryTables,
    /// Over the tables and views of [`SCHEMA`], without hidden columns and those of types that a metastore cannot hold.
    engine: Engine,
}

impl Fixture {
    /// Reads `analyzer-fixture.json` beside the cases.
    pub async fn load(cases: &Path) -> Fixture {
        let text = std::fs::read_to_string(cases.with_file_name("analyzer-fixture.json")).unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        let mut tables = MemoryTables::default();
        for (name, columns) in json["tables"].as_object().unwrap() {
            let name = name_of(name);
            tables.add_table(&name.catalog, table(&name, columns));
        }
        for (name, view) in json["views"].as_object().unwrap() {
            let name = name_of(name);
            let columns = view["columns"].as_array().unwrap().iter();
            let definition = ViewDefinition {
                sql: view["sql"].as_str().unwrap().to_owned(),
                catalog: Some(view["catalog"].as_str().unwrap_or(&name.catalog).to_owned()),
                schema: Some(view["schema"].as_str().unwrap_or(&name.schema).to_owned()),
                columns: columns
                    .map(|column| ViewColumn {
                        name: column[0].as_str().unwrap().to_owned(),
                        type_text: column[1].as_str().unwrap().to_owned(),
                    })
                    .collect(),
            };
            tables.add_view(name, definition);
        }
        Fixture { tables, engine: engine(&json).await }
    }

    /// Analyses a case's statement and judges the error, or that there is none.
    pub async fn judge(self: Arc<Self>, case: &Case) -> Verdict {
        let statement = parse_statement(&case.sql).map_err(|error| EngineError::engine("SYNTAX_ERROR", error.message));
        let query = statement.map(|statement| match statement.kind {
            StatementKind::Query(query) => Some(query),
            StatementKind::Explain(explain) => match explain.statement.kind {
                StatementKind::Query(query) => Some(query),
                _ => None,
            },
            _ => None,
        });
        let answer = match query {
            Ok(Some(query)) => {
                let sql = case.sql.clone();
                on_big_stack(async move { self.analyze(&sql, &query) }).await
            }
            Ok(None) => self.prepare(&case.sql).await,
            Err(error) => Err(error),
        };
        match (&case.error, answer) {
            (Some(error), answer) => verdict::judge_error(case, error, answer),
            (None, Ok(())) => Verdict::Right,
            (None, Err(error)) => Verdict::refused(&error),
        }
    }

    fn analyze(&self, sql: &str, query: &Query) -> Result<(), EngineError> {
        // Chains of names are looked up in a catalog of their own, as the cases' class does.
        let is_chain = ["a.b", "a.t1", "FROM b", " t3.b", " t4.b", "t5 AS a", "FROM t4"].iter().any(|part| sql.contains(part));
        let (catalog, schema) = if is_chain && sql.contains(".*") { ("chain", "a") } else { ("tpch", SCHEMA) };
        let mut session = lake::session(schema, "UTC", false);
        session.catalog = catalog.to_owned();
        let context = AnalyzerContext { session: &session, tables: &self.tables, parameters: Vec::new(), wording: Wording::Trino };
        analyze_query(&context, query).map(drop)
    }

    async fn prepare(&self, sql: &str) -> Result<(), EngineError> {
        let mut session = lake::session(SCHEMA, "UTC", false);
        let engine_query_id = "20260917_085344_00007_k6s5b".to_owned();
        session.output = Some(SessionOutput { location: "s3://lake/out/".to_owned(), engine_query_id });
        // What is wrong with views is found when the statement runs.
        let answer = if sql.contains("VIEW") {
            lake::run(&self.engine, session, sql).await.map(drop)
        } else {
            let parsed = self.engine.parse(sql)?;
            self.engine.prepare(session, parsed, Arc::new(Meter::default())).await.map(drop)
        };
        answer.map_err(|mut error| {
            error.message = error.message.replace("awsdatacatalog.", "tpch.");
            error
        })
    }
}

async fn engine(fixture: &Value) -> Engine {
    let catalog = MemoryCatalog::new(Arc::new(FixedClock));
    let database = DatabaseName::parse(SCHEMA).unwrap();
    catalog.create_database(&database, DatabaseDefinition::default()).unwrap();
    for (name, columns) in fixture["tables"].as_object().unwrap() {
        let name = name_of(name);
        if name.schema != SCHEMA {
            continue;
        }
        let columns = columns.as_array().unwrap().iter().filter(|column| column[2] != "hidden");
        let hive_type = |text: &Value| hive::print(&parse::parse(text.as_str().unwrap()).unwrap());
        let columns = columns.filter_map(|column| Some(Column::new(column[0].as_str()?, hive_type(&column[1])?)));
        let definition = lake::parquet_table(columns.collect(), &format!("s3://lake/{}", name.table));
        catalog.create_table(&database, &TableName::parse(&name.table).unwrap(), definition).unwrap();
    }
    let buckets = HashMap::from([("lake".to_owned(), Arc::new(InMemory::new()))]);
    let engine = lake::engine(Arc::new(catalog), MemoryBuckets(buckets));
    for (name, view) in fixture["views"].as_object().unwrap() {
        let name = name_of(name);
        let sql = format!("CREATE VIEW {} AS {}", name.table, view["sql"].as_str().unwrap());
        // Those that are broken on purpose are there for queries only.
        let _ = lake::run(&engine, lake::session(SCHEMA, "UTC", false), &sql).await;
    }
    engine
}

fn name_of(text: &str) -> QualifiedTableName {
    let mut parts = text.split('.').map(str::to_owned);
    QualifiedTableName { catalog: parts.next().unwrap(), schema: parts.next().unwrap(), table: parts.next().unwrap() }
}

fn table(name: &QualifiedTableName, columns: &Value) -> TableHandle {
    let columns = columns.as_array().unwrap().iter().enumerate().map(|(index, column)| TableColumn {
        name: column[0].as_str().unwrap().to_owned(),
        data_type: parse::parse(column[1].as_str().unwrap()).unwrap(),
        kind: if column[2] == "hidden" { ColumnKind::Hidden(HiddenColumn::Path) } else { ColumnKind::Data(index) },
        comment: None,
    });
    let source = TableSource::Memory(Arc::new(Vec::new()));
    TableHandle { database: name.schema.clone(), name: name.table.clone(), columns: columns.collect(), source }
}
