//! How does a scan read in a plan? Its table, its columns, what it prunes by and what it has read. Ref: Trino 401 `PlanPrinter.visitTableScan`.

use std::sync::Arc;

use arrow::datatypes::Schema;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, Column, DynamicFilterPhysicalExpr, InListExpr, Literal};
use datafusion::physical_expr::{PhysicalExpr, split_conjunction};
use datafusion::physical_plan::ExecutionPlan;
use owlake_functions::types::hive;

use super::estimate::Estimate;
use super::expression::{constant, is_dynamic, plain_value, quoted, text};
use super::measure::{Input, pruned};
use super::names::Names;
use super::node::{Node, PlanSymbol, ScannedTable};
use crate::plan::lazy_errors::{Opened, opened};
use crate::scan::counting_store::CountedFile;
use crate::scan::origin::ScanOrigin;
use crate::scan::text::source::TextSource;
use crate::table::{ColumnKind, TableColumn, TableHandle};

/// The catalog as Athena names it in plans.
pub(crate) const CATALOG: &str = "awsdatacatalog";
/// Rows of VALUES that are shown.
const SHOWN_ROWS_MAX: usize = 100;

/// What holds for every scanned row, for TYPE IO. Ref: Trino 401 `IoPlanPrinter`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Constraint {
    pub column: String,
    pub data_type: String,
    pub ranges: Vec<Range>,
}

/// From one marker to another.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Range {
    pub low: Marker,
    pub high: Marker,
}

/// A value's edge; without a value the end of all values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Marker {
    pub value: Option<String>,
    pub bound: &'static str,
}

/// The node of a scan with these output symbols.
pub(crate) fn scan_node(exec: &DataSourceExec, outputs: Vec<PlanSymbol>, names: &Names) -> Node {
    let source = exec.data_source();
    if let Some(config) = source.downcast_ref::<FileScanConfig>() {
        return file_scan(exec, config, outputs);
    }
    if let Some(files) = source.downcast_ref::<TextSource>() {
        return text_scan(exec, files, outputs);
    }
    if let Some(memory) = source.downcast_ref::<MemorySourceConfig>() {
        return memory_scan(memory, outputs, names);
    }
    Node::new("TableScan", outputs)
}

fn file_scan(exec: &DataSourceExec, config: &FileScanConfig, outputs: Vec<PlanSymbol>) -> Node {
    let files = || config.file_groups.iter().flat_map(|group| group.iter());
    let origin = files().find_map(|file: &PartitionedFile| file.extension::<Arc<ScanOrigin>>()).cloned();
    let schema = Arc::clone(config.file_source().table_schema().table_schema());
    let projection = config.file_source().projection();
    let table = origin.as_ref().map(|origin| Arc::clone(&origin.table));
    let mut node = Node::new("TableScan", outputs);
    node = node.described("table", table.as_ref().map_or_else(|| config.file_source().file_type().to_owned(), |table| table_name(table)));
    let raw: Vec<PlanSymbol> =
        schema.fields().iter().map(|field| PlanSymbol { name: field.name().clone(), data_type: String::new() }).collect();
    let mut shown_columns: Vec<String> = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    for (position, output) in node.outputs.iter().enumerate() {
        let expr = projection.and_then(|projection| projection.iter().nth(position)).map(|projected| Arc::clone(&projected.expr));
        let column = match &expr {
            Some(expr) => expr.downcast_ref::<Column>().map(Column::index),
            None => Some(position),
        };
        match column {
            Some(index) => {
                let name = column_name(&schema, index);
                lines.push(format!("{} := {}", output.name, column_text(&name, table.as_deref())));
                lines.extend(key_line(&name, origin.as_deref()));
                shown_columns.push(name);
            }
            None => {
                node.name = "ScanProject".to_owned();
                let expr = expr.map(|expr| text(&expr, &raw)).unwrap_or_default();
                lines.push(format!("{} := {expr}", output.name));
            }
        }
    }
    node = told(node, lines, &shown_columns, origin.as_deref());
    if let Some(limit) = config.limit {
        node = node.described("limit", limit.to_string());
    }
    if let Some(filter) = config.file_source().filter()
        && is_dynamic(&filter)
    {
        node = node.described("dynamicFilters", format!("{{{}}}", dynamic_columns(&filter, &raw).join(", ")));
    }
    let mut measured = super::measure::measured(exec);
    let counted = files().filter_map(|file| file.extension::<Arc<CountedFile>>());
    measured.input = Some(input(exec, counted, origin.as_deref(), measured.bytes));
    node.measured = Some(measured);
    node
}

fn text_scan(exec: &DataSourceExec, source: &TextSource, outputs: Vec<PlanSymbol>) -> Node {
    let origin = source.origin.as_ref();
    let mut node = Node::new("TableScan", outputs).described("table", table_name(&origin.table));
    let mut lines: Vec<String> = Vec::new();
    let mut shown_columns: Vec<String> = Vec::new();
    for (output, field) in node.outputs.iter().zip(source.schema.fields()) {
        lines.push(format!("{} := {}", output.name, column_text(field.name(), Some(&origin.table))));
        lines.extend(key_line(field.name(), Some(origin)));
        shown_columns.push(field.name().clone());
    }
    if let Some(limit) = source.limit {
        node = node.described("limit", limit.to_string());
    }
    node = told(node, lines, &shown_columns, Some(origin));
    let mut measured = super::measure::measured(exec);
    let counted = source.threads.iter().flatten().map(|split| &split.split.file);
    measured.input = Some(input(exec, counted, Some(origin), measured.bytes));
    node.measured = Some(measured);
    node
}

/// The scan with its lines, the partition keys that are in conditions only, and its table.
fn told(mut node: Node, mut lines: Vec<String>, shown_columns: &[String], origin: Option<&ScanOrigin>) -> Node {
    let table = origin.map(|origin| origin.table.as_ref());
    for (key, _) in origin.iter().flat_map(|origin| &origin.key_values) {
        if !shown_columns.contains(key) {
            lines.push(column_text(key, table));
            lines.extend(key_line(key, origin));
        }
    }
    node.details = lines;
    node.scan = Some(ScannedTable {
        database: table.map(|table| table.database.clone()).unwrap_or_default(),
        table: table.map(|table| table.name.clone()).unwrap_or_default(),
        constraints: origin.iter().flat_map(|origin| key_constraints(origin)).collect(),
        estimate: Estimate::default(),
    });
    node
}

/// What a scan that has run has read.
fn input<'a>(exec: &DataSourceExec, files: impl Iterator<Item = &'a Arc<CountedFile>>, origin: Option<&ScanOrigin>, bytes: u64) -> Input {
    let metrics = exec.metrics().unwrap_or_default();
    let count = |name: &str| metrics.sum_by_name(name).map_or(0, |value| value.as_usize() as u64);
    let mut counted: Vec<&Arc<CountedFile>> = Vec::new();
    for file in files {
        // A big file stands in several groups, a range in each.
        if !counted.iter().any(|known| Arc::ptr_eq(known, file)) {
            counted.push(file);
        }
    }
    let physical_bytes = if counted.is_empty() { count("bytes_scanned") } else { counted.iter().map(|file| file.charged_bytes()).sum() };
    let partitions = origin.and_then(|origin| origin.pruned_partitions).map(|(pruned, total)| super::measure::Share { pruned, total });
    Input {
        rows: metrics.output_rows().unwrap_or(0) as u64 + count("pushdown_rows_pruned"),
        bytes,
        physical_bytes,
        partitions,
        file_ranges: pruned(&metrics, &["files_ranges_pruned_statistics"]),
        row_groups: pruned(
            &metrics,
            &[
                "row_groups_pruned_statistics",
                "row_groups_pruned_bloom_filter",
                "limit_pruned_row_groups",
                "row_groups_pruned_dynamic_filter",
            ],
        ),
        pages: pruned(&metrics, &["page_index_pages_pruned"]),
    }
}

fn memory_scan(memory: &MemorySourceConfig, outputs: Vec<PlanSymbol>, names: &Names) -> Node {
    let schema = memory.original_schema();
    let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    if let Some((database, table)) = names.memory_table(&columns) {
        let mut node = Node::new("TableScan", outputs).described("table", format!("{CATALOG}:{database}:{table}"));
        node.scan = Some(ScannedTable { database, table, constraints: Vec::new(), estimate: Estimate::default() });
        return node;
    }
    let mut node = Node::new("Values", outputs);
    let width = schema.fields().len();
    let chosen = memory.projection().clone().unwrap_or_else(|| (0..width).collect());
    for batch in memory.partitions().iter().flatten() {
        for row in 0..batch.num_rows() {
            if node.details.len() >= SHOWN_ROWS_MAX {
                node.details.push("…".to_owned());
                return node;
            }
            let values: Vec<String> = chosen
                .iter()
                .filter_map(|column| datafusion::common::ScalarValue::try_from_array(batch.column(*column), row).ok())
                .map(|value| constant(&value))
                .collect();
            node.details.push(format!("({})", values.join(", ")));
        }
    }
    node
}

/// What a filter right above a scan says of the scanned columns, in terms of values.
pub(crate) fn constrain(node: &mut Node, predicate: &Arc<dyn PhysicalExpr>) {
    let outputs = node.outputs.clone();
    let columns: Vec<Option<String>> = node
        .outputs
        .iter()
        .map(|output| {
            let start = format!("{} := ", output.name);
            let line = node.details.iter().find_map(|line| line.strip_prefix(&start))?;
            line.ends_with(":REGULAR").then(|| line.split(':').next().unwrap_or_default().to_owned())
        })
        .collect();
    let Some(scan) = &mut node.scan else { return };
    let inner = match opened(predicate) {
        Some(Opened::Plain(plain)) => plain,
        _ => predicate,
    };
    for term in split_conjunction(inner) {
        let Some((index, ranges)) = domain(term) else { continue };
        let (Some(Some(column)), Some(symbol)) = (columns.get(index), outputs.get(index)) else { continue };
        match scan.constraints.iter_mut().find(|known| known.column == *column) {
            Some(known) => known.ranges = intersected(&known.ranges, &ranges),
            None => scan.constraints.push(Constraint { column: column.clone(), data_type: symbol.data_type.clone(), ranges }),
        }
    }
}

/// The column a comparison with constants is about, and the values it leaves.
fn domain(term: &Arc<dyn PhysicalExpr>) -> Option<(usize, Vec<Range>)> {
    if let Some(list) = term.downcast_ref::<InListExpr>() {
        let column = list.expr().downcast_ref::<Column>()?;
        let values = list.list().iter().map(|value| value.downcast_ref::<Literal>().map(|value| plain_value(value.value())));
        let values = values.collect::<Option<Vec<String>>>()?;
        return (!list.negated()).then(|| (column.index(), values.iter().map(|value| exactly(value)).collect()));
    }
    let comparison = term.downcast_ref::<BinaryExpr>()?;
    let (column, operator, value) = match (comparison.left().downcast_ref::<Column>(), comparison.right().downcast_ref::<Literal>()) {
        (Some(column), Some(value)) => (column, *comparison.op(), value),
        _ => {
            let column = comparison.right().downcast_ref::<Column>()?;
            (column, comparison.op().swap()?, comparison.left().downcast_ref::<Literal>()?)
        }
    };
    let value = plain_value(value.value());
    let marker = |bound| Marker { value: Some(value.clone()), bound };
    let (lowest, highest) = (Marker { value: None, bound: "ABOVE" }, Marker { value: None, bound: "BELOW" });
    let range = match operator {
        Operator::Eq => exactly(&value),
        Operator::Lt => Range { low: lowest, high: marker("BELOW") },
        Operator::LtEq => Range { low: lowest, high: marker("EXACTLY") },
        Operator::Gt => Range { low: marker("ABOVE"), high: highest },
        Operator::GtEq => Range { low: marker("EXACTLY"), high: highest },
        _ => return None,
    };
    Some((column.index(), vec![range]))
}

fn exactly(value: &str) -> Range {
    let marker = Marker { value: Some(value.to_owned()), bound: "EXACTLY" };
    Range { low: marker.clone(), high: marker }
}

/// One lower and one upper bound become one range; of anything else the first is kept, which is true as well.
fn intersected(one: &[Range], other: &[Range]) -> Vec<Range> {
    let ([one_range], [other_range]) = (one, other) else { return one.to_vec() };
    match (one_range.low.value.is_some(), one_range.high.value.is_some(), other_range.low.value.is_some(), other_range.high.value.is_some())
    {
        (true, false, false, true) => vec![Range { low: one_range.low.clone(), high: other_range.high.clone() }],
        (false, true, true, false) => vec![Range { low: other_range.low.clone(), high: one_range.high.clone() }],
        _ => one.to_vec(),
    }
}

/// `awsdatacatalog:db:table`.
fn table_name(table: &TableHandle) -> String {
    format!("{CATALOG}:{}:{}", table.database, table.name)
}

fn column_name(schema: &Schema, index: usize) -> String {
    schema.fields().get(index).map(|field| field.name().clone()).unwrap_or_default()
}

/// `name:type:kind`, the type in Hive's words.
fn column_text(name: &str, table: Option<&TableHandle>) -> String {
    let column: Option<&TableColumn> = table.and_then(|table| table.columns.iter().find(|column| column.name == *name));
    let Some(column) = column else { return name.to_owned() };
    let kind = match column.kind {
        ColumnKind::Data(_) => "REGULAR",
        ColumnKind::Partition(_) => "PARTITION_KEY",
        ColumnKind::Hidden(_) => "SYNTHESIZED",
    };
    let data_type = hive::print(&column.data_type).unwrap_or_else(|| column.data_type.to_string());
    format!("{name}:{data_type}:{kind}")
}

/// `    :: [[a], [b]]`: the values of a key that are left.
fn key_line(name: &str, origin: Option<&ScanOrigin>) -> Option<String> {
    let (_, values) = origin?.key_values.iter().find(|(key, _)| key == name)?;
    let values: Vec<String> =
        values.iter().map(|value| if value.is_null() { "NULL".to_owned() } else { format!("[{}]", plain_value(value)) }).collect();
    Some(format!("    :: [{}]", values.join(", ")))
}

fn key_constraints(origin: &ScanOrigin) -> Vec<Constraint> {
    let of_key = |(key, values): &(String, Vec<datafusion::common::ScalarValue>)| {
        let column = origin.table.columns.iter().find(|column| column.name == *key);
        Constraint {
            column: key.clone(),
            data_type: column.map(|column| column.data_type.to_string()).unwrap_or_default(),
            ranges: values.iter().map(|value| exactly(&plain_value(value))).collect(),
        }
    };
    origin.key_values.iter().map(of_key).collect()
}

/// The scanned columns a join or a TopN narrows while it runs.
fn dynamic_columns(filter: &Arc<dyn PhysicalExpr>, raw: &[PlanSymbol]) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![Arc::clone(filter)];
    while let Some(expr) = open.pop() {
        if expr.is::<DynamicFilterPhysicalExpr>() {
            let columns = expr.children().into_iter().filter_map(|child| super::expression::symbol(child, raw));
            found.extend(columns.map(|column| quoted(&column.name)));
        } else {
            open.extend(expr.children().into_iter().cloned());
        }
    }
    found.sort();
    found.dedup();
    found
}
