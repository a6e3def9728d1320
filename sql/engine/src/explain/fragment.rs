//! Where is a plan cut? Wherever rows change hands between threads. Ref: Trino 401 `PlanFragmenter`.

use super::node::{Exchange, Node};

/// A part of the plan that runs without an exchange.
#[derive(Debug)]
pub(crate) struct Fragment {
    pub id: usize,
    /// `SINGLE`, `HASH` or `SOURCE`.
    pub partitioning: &'static str,
    /// `SINGLE []`, `HASH [a, b]`, `BROADCAST []`.
    pub output_partitioning: String,
    pub root: Node,
}

/// The fragments of a plan, the one that gives the result first, each before those it reads.
pub(crate) fn cut(root: Node) -> Vec<Fragment> {
    let mut fragments = Vec::new();
    fragment(root, &Exchange::Gather, &mut fragments);
    fragments.sort_by_key(|fragment| fragment.id);
    fragments
}

/// Cuts one fragment and those below it; gives its number. Numbers are given from the top, an own one before those of what it reads.
fn fragment(root: Node, to: &Exchange, fragments: &mut Vec<Fragment>) -> usize {
    let id = fragments.len();
    fragments.push(Fragment { id, partitioning: "SINGLE", output_partitioning: String::new(), root: Node::default() });
    let mut seen = Sources::default();
    let root = rewritten(root, fragments, &mut seen);
    let partitioning = match seen {
        Sources { has_scan: true, .. } => "SOURCE",
        Sources { has_hash: true, .. } => "HASH",
        Sources { .. } => "SINGLE",
    };
    let output_partitioning = match to {
        Exchange::Gather | Exchange::Merge => "SINGLE []".to_owned(),
        Exchange::Hash(keys) => format!("HASH [{}]", keys.join(", ")),
        Exchange::Broadcast => "BROADCAST []".to_owned(),
    };
    fragments[id] = Fragment { id, partitioning, output_partitioning, root };
    id
}

/// What a fragment reads.
#[derive(Default)]
struct Sources {
    has_scan: bool,
    has_hash: bool,
}

fn rewritten(mut node: Node, fragments: &mut Vec<Fragment>, seen: &mut Sources) -> Node {
    let Some(exchange) = node.exchange.take() else {
        seen.has_scan |= node.scan.is_some();
        node.children = std::mem::take(&mut node.children).into_iter().map(|child| rewritten(child, fragments, seen)).collect();
        return node;
    };
    seen.has_hash |= matches!(exchange, Exchange::Hash(_));
    let mut sources = Vec::new();
    for child in std::mem::take(&mut node.children) {
        sources.push(fragment(child, &exchange, fragments));
    }
    let name = if exchange == Exchange::Merge { "RemoteMerge" } else { "RemoteSource" };
    let ids: Vec<String> = sources.iter().map(usize::to_string).collect();
    let mut source = Node::new(name, node.outputs).described("sourceFragmentIds", format!("[{}]", ids.join(", ")));
    source.measured = node.measured;
    source.sources = sources;
    source
}
