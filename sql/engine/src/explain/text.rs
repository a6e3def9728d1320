//! How is a plan written as text? Ref: Trino 401 `PlanPrinter.formatFragment`, `TextRenderer`; measured Athena outputs, which have no version line.

use super::fragment::Fragment;
use super::node::Node;
use super::quantity::{duration, percent};

const LINE: &str = "│";
const LAST: &str = "└─ ";
const INNER: &str = "├─ ";
const INDENT: &str = "    ";

/// What is said of a plan that has run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub total_cpu_nanos: u64,
    /// Every metric there is.
    pub is_verbose: bool,
}

/// One tree.
pub(crate) fn logical(root: &Node) -> String {
    let mut out = String::new();
    Writer { out: &mut out, run: None }.node(root, "", "");
    out.push('\n');
    out
}

/// The fragments one after another; `run` when the plan has run.
pub(crate) fn distributed(fragments: &[Fragment], run: Option<Run>) -> String {
    let mut out = String::new();
    for fragment in fragments {
        out.push_str(&format!("Fragment {} [{}]\n", fragment.id, fragment.partitioning));
        if run.is_some() {
            out.push_str(&format!("{INDENT}{}\n", fragment_cost(fragment)));
        }
        let layout: Vec<&str> = fragment.root.outputs.iter().map(|symbol| symbol.name.as_str()).collect();
        out.push_str(&format!("{INDENT}Output layout: [{}]\n", layout.join(", ")));
        out.push_str(&format!("{INDENT}Output partitioning: {}\n", fragment.output_partitioning));
        Writer { out: &mut out, run }.node(&fragment.root, INDENT, INDENT);
        out.push('\n');
    }
    out
}

fn fragment_cost(fragment: &Fragment) -> String {
    let (mut rows, mut bytes) = (0, 0);
    let mut open = vec![&fragment.root];
    while let Some(node) = open.pop() {
        if let Some(measured) = &node.measured {
            match &measured.input {
                Some(input) => (rows, bytes) = (rows + input.rows, bytes + input.bytes),
                None if !node.sources.is_empty() => (rows, bytes) = (rows + measured.rows, bytes + measured.bytes),
                None => {}
            }
        }
        open.extend(&node.children);
    }
    let output = fragment.root.measured.clone().unwrap_or_default();
    format!(
        "CPU: {}, Input: {} ({}), Output: {}",
        duration(fragment.root.total_cpu_nanos()),
        super::quantity::positions(rows),
        super::quantity::data_size(bytes as f64),
        output.output()
    )
}

struct Writer<'a> {
    out: &'a mut String,
    run: Option<Run>,
}

impl Writer<'_> {
    /// A node and all below: `first` stands before its own line, `next` before all others.
    fn node(&mut self, node: &Node, first: &str, next: &str) {
        self.out.push_str(&format!("{first}{}{}\n", node.name, node.identifier()));
        let indent = if node.children.is_empty() { format!("{next}{INDENT}") } else { format!("{next}{LINE}   ") };
        for line in self.lines(node) {
            self.out.push_str(&format!("{indent}{line}\n"));
        }
        for (position, child) in node.children.iter().enumerate() {
            let is_last = position + 1 == node.children.len();
            let (first, below) = if is_last { (LAST, "   ".to_owned()) } else { (INNER, format!("{LINE}  ")) };
            self.node(child, &format!("{next}{first}"), &format!("{next}{below}"));
        }
    }

    fn lines(&self, node: &Node) -> Vec<String> {
        let layout: Vec<String> = node.outputs.iter().map(|symbol| format!("{}:{}", symbol.name, symbol.data_type)).collect();
        let mut lines = vec![format!("Layout: [{}]", layout.join(", "))];
        if let Some(estimate) = &node.estimate {
            lines.push(format!("Estimates: {}", estimate.text()));
        }
        let measured = node.measured.as_ref().filter(|_| self.run.is_some());
        if let (Some(measured), Some(run)) = (measured, self.run) {
            let share = percent(measured.cpu_nanos as f64, run.total_cpu_nanos as f64);
            lines.push(format!("CPU: {} ({share}%), Output: {}", measured.cpu(), measured.output()));
            if measured.spilled_bytes > 0 {
                lines.push(format!("Spilled: {}", super::quantity::data_size(measured.spilled_bytes as f64)));
            }
        }
        lines.extend(node.details.iter().cloned());
        if let (Some(measured), Some(run)) = (measured, self.run) {
            if let Some(input) = &measured.input {
                lines.extend(input.lines(measured.rows, node.name.contains("Filter")));
            }
            if run.is_verbose {
                lines.extend(measured.metrics.iter().map(|(name, value)| format!("{name} = {value}")));
            }
        }
        lines
    }
}
