//! What is a plan in Trino's terms? Nodes with a name, a descriptor, symbols and details. Ref: Trino 401 `NodeRepresentation`.

use super::estimate::Estimate;
use super::measure::Measured;

/// A column of a node: its name in the plan and its Trino type, as printed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PlanSymbol {
    pub name: String,
    pub data_type: String,
}

/// One operator.
#[derive(Debug, Clone, Default)]
pub(crate) struct Node {
    /// `TableScan`, `InnerJoin`, …
    pub name: String,
    /// What stands in brackets after the name; entries without a value are left out there.
    pub descriptor: Vec<(&'static str, String)>,
    pub outputs: Vec<PlanSymbol>,
    /// Lines below the estimates: assignments, scanned columns.
    pub details: Vec<String>,
    /// `None` where Trino shows none either: exchanges between fragments.
    pub estimate: Option<Estimate>,
    /// What running it has cost; `None` unless it ran.
    pub measured: Option<Measured>,
    pub children: Vec<Node>,
    /// Rows change hands here: the place to cut.
    pub exchange: Option<Exchange>,
    /// What a scan reads.
    pub scan: Option<ScannedTable>,
    /// Fragments a RemoteSource reads, once the tree is cut.
    pub sources: Vec<usize>,
}

/// How rows get from many threads to others.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Exchange {
    /// To one.
    Gather,
    /// To one, keeping the order.
    Merge,
    /// By a hash of these symbols.
    Hash(Vec<String>),
    /// All rows to everyone: the build side of a join.
    Broadcast,
}

/// The table of a scan.
#[derive(Debug, Clone)]
pub(crate) struct ScannedTable {
    pub database: String,
    pub table: String,
    /// What holds for every scanned row, by column: only conditions a scan prunes by.
    pub constraints: Vec<super::scan::Constraint>,
    /// Of the scan alone, without a filter that is shown as part of it.
    pub estimate: Estimate,
}

impl Node {
    pub(crate) fn new(name: impl Into<String>, outputs: Vec<PlanSymbol>) -> Node {
        Node { name: name.into(), outputs, ..Node::default() }
    }

    pub(crate) fn described(mut self, key: &'static str, value: impl Into<String>) -> Node {
        self.descriptor.push((key, value.into()));
        self
    }

    pub(crate) fn above(mut self, child: Node) -> Node {
        self.children.push(child);
        self
    }

    /// `[key = value, …]`, `[]` when there is nothing to say. Ref: Trino 401 `NodeRepresentation.getIdentifier`.
    pub(crate) fn identifier(&self) -> String {
        let entries = self.descriptor.iter().filter(|(_, value)| !value.is_empty());
        let entries: Vec<String> = entries.map(|(key, value)| format!("{key} = {value}")).collect();
        format!("[{}]", entries.join(", "))
    }
}
