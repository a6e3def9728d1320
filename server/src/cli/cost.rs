//! What does `owlake cost` do? Runs a file of statements and says what each reads and what Athena would bill for it.
//!
//! Queries, and CREATE TABLE AS, INSERT and UNLOAD, run under EXPLAIN ANALYZE, which does what they do, is billed what they are
//! billed, and names the partitions and columns; every other statement runs as it is. So those after it find its tables.
//! A text without statements is an error: a check that checks nothing must not pass.
//!
//! Ref: Amazon Athena pricing; Athena user guide, "EXPLAIN ANALYZE".

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use owlake_syntax::Statement;
use owlake_syntax::trino::ast::StatementKind;

use super::client::{Client, ClientError, QueryOptions};
use super::print::bytes;
use super::query::statements;
use crate::query::metering::{billed_mb_of, usd};

/// What is put before a statement to learn what it touches.
const ANALYZE: &str = "EXPLAIN ANALYZE (FORMAT JSON) ";

/// What the command was asked for.
#[derive(Debug, Clone)]
pub struct CostCommand {
    pub sql: String,
    pub options: QueryOptions,
    /// The price of 2^40 bytes.
    pub usd_per_tb: f64,
    /// The most all statements together may read.
    pub bytes_max: Option<u64>,
    /// The most all statements together may cost.
    pub usd_max: Option<f64>,
    /// Whether one JSON document is printed rather than text for people.
    pub is_json: bool,
}

/// What one statement read.
#[derive(Debug, Clone, Default, PartialEq)]
struct Cost {
    bytes_scanned: u64,
    billed_mb: u64,
    /// `database.table` → what was touched.
    tables: BTreeMap<String, Touched>,
}

/// What was touched of one table.
#[derive(Debug, Clone, Default, PartialEq)]
struct Touched {
    /// Read and all; `None` for a table without partitions, or when it is not known.
    partitions: Option<(u64, u64)>,
    columns: Vec<String>,
}

/// Prints the cost of each statement and of all. Errors: there is no statement, one fails, or the bounds are passed; the text says which.
pub async fn run(client: &Client, command: &CostCommand) -> Result<(), String> {
    if let Some(usd_max) = command.usd_max.filter(|usd_max| usd_max.is_nan() || *usd_max < 0.0) {
        return Err(format!("--max-usd {usd_max} is no amount of money"));
    }
    let statements = statements(&command.sql);
    if statements.is_empty() {
        return Err("there is no statement to price".to_owned());
    }
    let mut total = Cost::default();
    let mut shown = Vec::with_capacity(statements.len());
    let mut failed = None;
    for (at, statement) in statements.iter().enumerate() {
        match cost(client, statement, &command.options).await {
            Ok(cost) => {
                total.bytes_scanned += cost.bytes_scanned;
                total.billed_mb += cost.billed_mb;
                if command.is_json {
                    shown.push(described(statement, &cost, command.usd_per_tb));
                } else {
                    print!("{}", report(at + 1, statement, &cost, command.usd_per_tb));
                }
            }
            Err(error) => {
                failed = Some(format!("statement {}: {}", at + 1, in_statement(&error.to_string(), is_analyzed(statement))));
                break;
            }
        }
    }
    let has_failed = failed.is_some();
    let outcome = failed.or_else(|| exceeded(&total, command));
    if command.is_json {
        let document = json!({
            "statements": shown,
            "total": { "bytes_scanned": total.bytes_scanned, "billed_mb": total.billed_mb, "usd": usd(total.billed_mb, command.usd_per_tb) },
            "usd_per_tb": command.usd_per_tb,
            "error": outcome,
        });
        println!("{document:#}");
    } else if !has_failed {
        println!("total: {}", amounts(&total, command.usd_per_tb));
    }
    outcome.map_or(Ok(()), Err)
}

/// The error's text with its place in the statement as written, not behind the words put before it.
fn in_statement(text: &str, is_analyzed: bool) -> String {
    const FIRST_LINE: &str = "line 1:";
    let place = || {
        let (before, rest) = text.split_once(FIRST_LINE).filter(|_| is_analyzed)?;
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let column = rest[..digits].parse::<usize>().ok()?.checked_sub(ANALYZE.len()).filter(|column| *column > 0)?;
        Some(format!("{before}{FIRST_LINE}{column}{}", &rest[digits..]))
    };
    place().unwrap_or_else(|| text.to_owned())
}

async fn cost(client: &Client, statement: &str, options: &QueryOptions) -> Result<Cost, ClientError> {
    if is_analyzed(statement) {
        let result = client.run(&format!("{ANALYZE}{statement}"), options).await?;
        let lines: Vec<&str> = result.rows.iter().filter_map(|row| row.first().and_then(Option::as_deref)).collect();
        let plan = serde_json::from_str(&lines.join("\n")).map_err(|error| ClientError::Malformed(error.to_string()))?;
        let mut tables = BTreeMap::new();
        collect(&plan, &mut tables);
        return Ok(Cost { bytes_scanned: result.bytes_scanned, billed_mb: billed_mb_of(result.bytes_scanned), tables });
    }
    let result = client.run(statement, options).await?;
    let is_billed = result.statement_type == "DML" && !is_plan_only(statement) || result.substatement_type == "CREATE_TABLE_AS_SELECT";
    let billed_mb = if is_billed { billed_mb_of(result.bytes_scanned) } else { 0 };
    Ok(Cost { bytes_scanned: result.bytes_scanned, billed_mb, tables: BTreeMap::new() })
}

/// Whether a statement runs under EXPLAIN ANALYZE: queries, and what writes their rows. A text that is no statement runs as it is, so
/// that the server says what is wrong with it.
fn is_analyzed(statement: &str) -> bool {
    owlake_syntax::router::parse(statement)
        .is_ok_and(|parsed| matches!(parsed.kind.substatement_type, "SELECT" | "CREATE_TABLE_AS_SELECT" | "INSERT" | "UNLOAD"))
}

/// Whether a statement only shows a plan, which is free; EXPLAIN ANALYZE runs it.
fn is_plan_only(statement: &str) -> bool {
    owlake_syntax::router::parse(statement).is_ok_and(|parsed| match parsed.statement {
        Statement::Trino(statement) => matches!(&statement.kind, StatementKind::Explain(explain) if !explain.is_analyze),
        Statement::Hive(_) => false,
    })
}

/// The scanned tables of a plan. A table that is scanned twice shows the columns of both scans and the larger one's partitions.
fn collect(plan: &Value, tables: &mut BTreeMap<String, Touched>) {
    match plan {
        Value::Array(items) => items.iter().for_each(|item| collect(item, tables)),
        Value::Object(members) => {
            if let Some(table) = plan.pointer("/descriptor/table").and_then(Value::as_str) {
                let name = table.split_once(':').map_or(table, |(_, name)| name).replace(':', ".");
                let touched = tables.entry(name).or_default();
                let share = |member: &str| plan.pointer(&format!("/stats/partitions/{member}")).and_then(Value::as_u64);
                if let (Some(pruned), Some(all)) = (share("pruned"), share("total")) {
                    touched.partitions = touched.partitions.max(Some((all.saturating_sub(pruned), all)));
                }
                let details = plan["details"].as_array().map(Vec::as_slice).unwrap_or_default();
                for column in details.iter().filter_map(Value::as_str).filter_map(column) {
                    if !touched.columns.contains(&column) {
                        touched.columns.push(column);
                    }
                }
            }
            members.values().for_each(|member| collect(member, tables));
        }
        _ => {}
    }
}

/// The column a line of a scan assigns: `fare` of `expr_3 := fare:double:REGULAR`.
fn column(line: &str) -> Option<String> {
    let described = line.split_once(" := ").map_or(line, |(_, described)| described);
    let (rest, kind) = described.rsplit_once(':')?;
    let name = rest.split_once(':')?.0;
    matches!(kind, "REGULAR" | "PARTITION_KEY" | "SYNTHESIZED").then(|| name.to_owned())
}

fn report(number: usize, statement: &str, cost: &Cost, usd_per_tb: f64) -> String {
    const SHOWN_CHARS_MAX: usize = 70;
    let line = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: String = line.chars().take(SHOWN_CHARS_MAX).collect();
    if shown.len() < line.len() {
        shown.push('…');
    }
    let mut text = format!("{number}. {shown}\n   {}\n", amounts(cost, usd_per_tb));
    for (table, touched) in &cost.tables {
        let partitions = match touched.partitions {
            Some((read, all)) => format!("partitions {read} of {all}"),
            None => "no partitions".to_owned(),
        };
        let columns = if touched.columns.is_empty() { "none".to_owned() } else { touched.columns.join(", ") };
        // Writing into a String does not fail.
        let _ = writeln!(text, "   {table}: {partitions}; columns {columns}");
    }
    text
}

/// A statement's cost for a program.
fn described(statement: &str, cost: &Cost, usd_per_tb: f64) -> Value {
    let table = |(name, touched): (&String, &Touched)| {
        let partitions = touched.partitions.map(|(read, all)| json!({ "read": read, "total": all }));
        (name.clone(), json!({ "columns": touched.columns, "partitions": partitions }))
    };
    json!({
        "sql": statement,
        "bytes_scanned": cost.bytes_scanned,
        "billed_mb": cost.billed_mb,
        "usd": usd(cost.billed_mb, usd_per_tb),
        "tables": cost.tables.iter().map(table).collect::<serde_json::Map<String, Value>>(),
    })
}

fn amounts(cost: &Cost, usd_per_tb: f64) -> String {
    let Cost { bytes_scanned, billed_mb, .. } = cost;
    format!("scanned {bytes_scanned} bytes ({}), billed {billed_mb} MB, ${:.6}", bytes(*bytes_scanned), usd(*billed_mb, usd_per_tb))
}

fn exceeded(total: &Cost, command: &CostCommand) -> Option<String> {
    let price = usd(total.billed_mb, command.usd_per_tb);
    match (command.bytes_max, command.usd_max) {
        (Some(bytes_max), _) if total.bytes_scanned > bytes_max => {
            Some(format!("the statements scan {} bytes, more than --max-bytes {bytes_max}", total.bytes_scanned))
        }
        (_, Some(usd_max)) if price > usd_max => Some(format!("the statements cost ${price:.6}, more than --max-usd {usd_max}")),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use serde_json::json;

    // basis: the plan's shape is Trino 401's JSON plan with the statistics of EXPLAIN ANALYZE.
    #[test]
    fn a_plan_names_tables_partitions_and_columns() {
        let scan = |pruned: u64, columns: &[&str]| {
            json!({"name": "TableScan", "descriptor": {"table": "awsdatacatalog:lake:trips"}, "details": columns,
                "stats": {"partitions": {"pruned": pruned, "total": 12}}, "children": []})
        };
        let plan = json!({"0": {"name": "Output", "descriptor": {}, "details": [], "children": [
            scan(9, &["fare := fare:double:REGULAR", "day := day:string:PARTITION_KEY", "    :: [[a]]"]),
            scan(11, &["m := m:map<string,int>:REGULAR"]),
        ]}});
        let mut tables = BTreeMap::new();
        collect(&plan, &mut tables);
        let columns = ["fare", "day", "m"].map(str::to_owned).to_vec();
        assert_eq!(tables, BTreeMap::from([("lake.trips".to_owned(), Touched { partitions: Some((3, 12)), columns })]));
    }

    #[test]
    fn bounds_are_of_the_sum() {
        let command = CostCommand {
            sql: String::new(),
            options: QueryOptions::default(),
            usd_per_tb: 5.0,
            bytes_max: Some(100),
            usd_max: Some(0.001),
            is_json: false,
        };
        let cost = |bytes_scanned, billed_mb| Cost { bytes_scanned, billed_mb, tables: BTreeMap::new() };
        assert_eq!(exceeded(&cost(100, 10), &command), None);
        assert!(exceeded(&cost(101, 10), &command).unwrap().contains("--max-bytes 100"));
        assert!(exceeded(&cost(100, 1000), &command).unwrap().contains("--max-usd 0.001"));
    }

    #[test]
    fn errors_point_into_the_statement_as_written() {
        let text = "COLUMN_NOT_FOUND: line 1:38: Column 'nope' cannot be resolved";
        assert_eq!(in_statement(text, true), "COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved");
        assert_eq!(in_statement(text, false), text);
        assert_eq!(in_statement("X: line 2:38: y", true), "X: line 2:38: y");
        assert_eq!(in_statement("X: line 1:1: y", true), "X: line 1:1: y");
    }

    #[test]
    fn plans_are_free_and_measured_runs_are_not() {
        assert!(is_plan_only("EXPLAIN SELECT 1"));
        assert!(!is_plan_only("-- x\nEXPLAIN ANALYZE SELECT 1"));
    }

    #[test]
    fn queries_and_what_writes_their_rows_are_analyzed() {
        for statement in [
            "-- note\n/* x */ ((select 1))",
            "WITH a AS (SELECT 1 AS x) SELECT x FROM a",
            "VALUES 1",
            "INSERT INTO t SELECT 1",
            "CREATE TABLE t WITH (format = 'PARQUET') AS SELECT 1 AS x",
            "UNLOAD (SELECT 1 AS x) TO 's3://b/x/' WITH (format = 'PARQUET')",
        ] {
            assert!(is_analyzed(statement), "{statement}");
        }
        for statement in [
            "CREATE EXTERNAL TABLE t (x int) LOCATION 's3://b/t/'",
            "SHOW TABLES",
            "EXPLAIN SELECT 1",
            "CREATE VIEW v AS SELECT 1",
            "SELEC",
        ] {
            assert!(!is_analyzed(statement), "{statement}");
        }
    }
}
