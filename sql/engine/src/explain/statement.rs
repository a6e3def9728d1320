//! How does an EXPLAIN become lines? From the plan of the statement it is about, before or after that has run.

use std::sync::Arc;
use std::time::Duration;

use datafusion::physical_plan::ExecutionPlan;
use serde_json::Value;

use super::fragment::cut;
use super::names::Names;
use super::node::{Node, PlanSymbol};
use super::options::{PlanFormat, PlanType};
use super::plan::PlanReader;
use super::quantity::duration;
use super::text::Run;
use super::{graphviz, io, json, text};
use crate::ir::Query;

pub(crate) use super::options::plan_options;

/// What a query is called in a plan: its symbols and its result's columns.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    names: Names,
    columns: Vec<(String, Option<PlanSymbol>)>,
}

impl Shown {
    pub(crate) fn of(query: &Query) -> Shown {
        let names = Names::of(query);
        let columns = query.columns.iter().map(|column| (column.name.clone(), names.of_symbol(column.symbol))).collect();
        Shown { names, columns }
    }
}

/// Where the rows of a writing statement go.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Table {
        database: String,
        table: String,
    },
    /// UNLOAD.
    Files,
}

/// A planned statement to tell about. `plan` is `None` for one that writes nothing.
pub(crate) struct Subject {
    pub plan: Option<Arc<dyn ExecutionPlan>>,
    pub shown: Shown,
    pub target: Option<Target>,
}

/// How long a statement took that has run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub planning: Duration,
    pub execution: Duration,
    /// Every metric is shown.
    pub is_verbose: bool,
}

/// The lines of the answer; `times` for a statement that has run.
///
/// Ref: measured Athena behaviour, "Result objects": the text is split at its line ends, so one that ends in two gives two empty lines.
pub(crate) fn lines(subject: Subject, plan_type: PlanType, format: PlanFormat, times: Option<Times>) -> Vec<String> {
    if plan_type == PlanType::Validate {
        // One value and a line end more than others have. Ref: measured.
        return vec!["true".to_owned(), String::new()];
    }
    let target = subject.target.clone();
    let root = root(subject);
    let written = match &target {
        Some(Target::Table { database, table }) => Some((database.as_str(), table.as_str())),
        Some(Target::Files) | None => None,
    };
    let text = match (plan_type, format) {
        (PlanType::Io, _) => json::pretty(&io::io(&root, written)),
        (PlanType::Logical, PlanFormat::Text) => text::logical(&root),
        (PlanType::Logical, PlanFormat::Json) => json::pretty(&json::logical(&root)),
        (PlanType::Logical, PlanFormat::Graphviz) => graphviz::logical(&root),
        (_, PlanFormat::Json) => json::pretty(&distributed_json(root, times)),
        (_, PlanFormat::Graphviz) => graphviz::distributed(&cut(root)),
        (_, PlanFormat::Text) => distributed_text(root, times),
    };
    text.split('\n').map(str::to_owned).collect()
}

fn distributed_text(root: Node, times: Option<Times>) -> String {
    let total_cpu_nanos = root.total_cpu_nanos();
    let run = times.map(|times| Run { total_cpu_nanos, is_verbose: times.is_verbose });
    let fragments = text::distributed(&cut(root), run);
    match times {
        Some(times) => format!("Planning: {}, Execution: {}\n{fragments}", nanos(times.planning), nanos(times.execution)),
        None => fragments,
    }
}

fn distributed_json(root: Node, times: Option<Times>) -> Value {
    json::distributed(&cut(root), times.is_some())
}

fn nanos(time: Duration) -> String {
    duration(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

/// The whole tree: what the query gives, below what is done with it.
fn root(subject: Subject) -> Node {
    let Subject { plan, shown, target } = subject;
    let Shown { names, columns } = shown;
    let wanted: Vec<Option<PlanSymbol>> = columns.iter().map(|(_, symbol)| symbol.clone()).collect();
    let query = match &plan {
        Some(plan) => PlanReader::new(names).read(plan, &wanted),
        None => Node::new("Values", Vec::new()),
    };
    let Some(target) = target else {
        let output_names = columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
        return output(&output_names, query);
    };
    let symbol = |name: &str, data_type: &str| PlanSymbol { name: name.to_owned(), data_type: data_type.to_owned() };
    let mut writer = Node::new("TableWriter", vec![symbol("partialrows", "bigint"), symbol("fragment", "varbinary")]);
    writer.details = columns.iter().zip(&query.outputs).map(|((name, _), symbol)| format!("{name} := {}", symbol.name)).collect();
    let writer = writer.above(query);
    let committed = match target {
        Target::Table { database, table } => {
            let target = format!("{}:{database}.{table}", super::scan::CATALOG);
            Node::new("TableCommit", vec![symbol("rows", "bigint")]).described("target", target).above(writer)
        }
        Target::Files => Node::new("TableCommit", vec![symbol("rows", "bigint")]).above(writer),
    };
    output(&["rows"], committed)
}

/// The result's columns, named as the client sees them.
fn output(names: &[&str], below: Node) -> Node {
    let mut node = Node::new("Output", below.outputs.clone()).described("columnNames", format!("[{}]", names.join(", ")));
    node.details = names
        .iter()
        .zip(&node.outputs)
        .filter(|(name, symbol)| **name != symbol.name)
        .map(|(name, symbol)| format!("{name} := {}", symbol.name))
        .collect();
    node.estimate = below.estimate;
    node.measured =
        below.measured.as_ref().map(|below| super::measure::Measured { rows: below.rows, bytes: below.bytes, ..Default::default() });
    node.above(below)
}
