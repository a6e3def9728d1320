//! How is a plan written for Graphviz? A cluster a fragment, a box a node. Ref: Trino 401 `GraphvizPrinter`; measured Athena output.

use std::collections::HashMap;

use super::fragment::Fragment;
use super::node::Node;

/// One tree as one cluster.
pub(crate) fn logical(root: &Node) -> String {
    let mut writer = Writer::default();
    writer.out.push_str("digraph logical_plan {\nsubgraph cluster_graphviz_plan {\nlabel = \"SINGLE\"\n");
    writer.boxes(root);
    writer.out.push_str("}\n");
    writer.edges(root, &HashMap::new());
    writer.out.push_str("}\n");
    writer.out
}

/// Each fragment a cluster, with edges between them.
pub(crate) fn distributed(fragments: &[Fragment]) -> String {
    let mut writer = Writer::default();
    let roots: HashMap<usize, &Node> = fragments.iter().map(|fragment| (fragment.id, &fragment.root)).collect();
    writer.out.push_str("digraph distributed_plan {\n");
    for fragment in fragments {
        writer.out.push_str(&format!("subgraph cluster_{} {{\nlabel = \"{}\"\n", fragment.id, fragment.partitioning));
        writer.boxes(&fragment.root);
        writer.out.push_str("}\n");
        writer.edges(&fragment.root, &roots);
    }
    writer.out.push_str("}\n");
    writer.out
}

/// Numbers are given to nodes as they are first met; a node is known by where it lies.
#[derive(Default)]
struct Writer {
    out: String,
    numbers: HashMap<*const Node, usize>,
}

impl Writer {
    fn number(&mut self, node: &Node) -> usize {
        let next = self.numbers.len() + 1;
        *self.numbers.entry(std::ptr::from_ref(node)).or_insert(next)
    }

    fn boxes(&mut self, node: &Node) {
        let number = self.number(node);
        let (label, details) = label(node);
        let label = if details.is_empty() { escaped(&label) } else { format!("{}|{}", escaped(&label), escaped(&details)) };
        self.out.push_str(&format!(
            "plannode_{number}[label=\"{{{label}}}\", style=\"rounded, filled\", shape=record, fillcolor={}];\n",
            color(&node.name)
        ));
        for child in &node.children {
            self.boxes(child);
        }
    }

    fn edges(&mut self, node: &Node, roots: &HashMap<usize, &Node>) {
        let from = self.number(node);
        let sources: Vec<&Node> = node.sources.iter().filter_map(|id| roots.get(id).copied()).collect();
        for source in sources {
            let to = self.number(source);
            self.out.push_str(&format!("plannode_{from} -> plannode_{to};\n"));
        }
        for child in &node.children {
            let to = self.number(child);
            self.out.push_str(&format!("plannode_{from} -> plannode_{to};\n"));
            self.edges(child, roots);
        }
    }
}

/// The words of a box and what stands below the bar.
fn label(node: &Node) -> (String, String) {
    let described = |key: &str| node.descriptor.iter().find(|(known, _)| *known == key).map_or("", |(_, value)| value.as_str());
    let details = || node.details.join("\\n");
    match node.name.as_str() {
        "Output" => (format!("Output{}", described("columnNames")), String::new()),
        "TableScan" => (format!("TableScan[{}]", described("table")), String::new()),
        "ScanFilter" | "ScanFilterProject" | "ScanProject" => {
            (format!("{}[{}]", node.name, described("table")), described("filterPredicate").to_owned())
        }
        "Filter" | "FilterProject" => (node.name.clone(), described("filterPredicate").to_owned()),
        "Project" => ("Project".to_owned(), details()),
        "Aggregate" => {
            let step = if described("type").is_empty() { "SINGLE" } else { described("type") };
            (format!("Aggregate[{step}]"), details())
        }
        "RemoteSource" => ("Exchange 1:N".to_owned(), String::new()),
        "RemoteMerge" if !node.sources.is_empty() => ("Merge 1:N".to_owned(), String::new()),
        "RemoteExchange" => (format!("ExchangeNode[{}]", described("type")), String::new()),
        "Limit" | "LimitPartial" => (format!("{}[{}]", node.name, described("count")), String::new()),
        "TopN" | "TopNPartial" => (format!("{}[{}]", node.name, described("count")), described("orderBy").to_owned()),
        "Sort" | "PartialSort" => (format!("{}{}", node.name, described("orderBy")), String::new()),
        "InnerJoin" | "LeftJoin" | "RightJoin" | "FullJoin" | "CrossJoin" | "SemiJoin" | "AntiJoin" => {
            (node.name.clone(), described("criteria").to_owned())
        }
        _ => (node.name.clone(), String::new()),
    }
}

/// Ref: Trino 401 `GraphvizPrinter.NODE_COLORS`.
fn color(name: &str) -> &'static str {
    match name {
        "RemoteSource" | "RemoteMerge" | "RemoteExchange" | "LocalExchange" => "gold",
        "Aggregate" => "chartreuse3",
        "Filter" | "ScanFilter" => "yellow",
        "Project" | "FilterProject" | "EnforceSingleRow" => "bisque",
        "Limit" | "LimitPartial" => "gray83",
        "TopN" | "TopNPartial" => "darksalmon",
        "Output" => "white",
        "TableScan" | "ScanProject" | "ScanFilterProject" | "Values" => "deepskyblue",
        "InnerJoin" | "LeftJoin" | "RightJoin" | "FullJoin" | "CrossJoin" | "SemiJoin" | "AntiJoin" => "orange",
        "Sort" | "PartialSort" => "aliceblue",
        "Window" | "PatternRecognition" => "darkolivegreen4",
        "Union" => "turquoise4",
        "Unnest" | "CrossJoin Unnest" => "crimson",
        "TableWriter" => "cyan",
        "TableCommit" => "hotpink",
        "Sample" => "goldenrod4",
        _ => "gray50",
    }
}

fn escaped(label: &str) -> String {
    label.replace('<', "\\<").replace('>', "\\>").replace('"', "\\\"")
}
