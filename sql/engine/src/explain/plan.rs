//! Which Trino node is an operator of DataFusion's plan? One arm an operator, names handed down from the top.
//!
//! A parent that only renames or reorders has no node: the names it gives are asked of its input (`wanted`). Projections and filters right above
//! a scan become one node with it, as Trino prints them. The build side of a hash join is DataFusion's left input and Trino's right
//! one, so the two stand the other way round here. Ref: Trino 401 `PlanPrinter`.

use std::sync::Arc;

use datafusion::common::{JoinSide, JoinType};
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_expr::expressions::{Column, Literal};
use datafusion::physical_expr::{LexOrdering, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec, PartitionMode, SortMergeJoinExec};
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::placeholder_row::PlaceholderRowExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::statistics::StatisticsContext;
use datafusion::physical_plan::union::{InterleaveExec, UnionExec};
use datafusion::physical_plan::unnest::UnnestExec;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, Partitioning, WindowExpr};

use super::estimate::{Estimate, estimate};
use super::expression::{symbol, text};
use super::measure::{Measured, measured};
use super::names::Names;
use super::node::{Exchange, Node, PlanSymbol};
use super::scan::{constrain, scan_node};
use crate::plan::match_recognize::exec::PatternExec;

/// Reads plans of one query.
pub(crate) struct PlanReader {
    names: Names,
    statistics: StatisticsContext,
}

/// Names the parent has for a node's columns.
type Wanted = Vec<Option<PlanSymbol>>;

/// Two inputs of a join, DataFusion's left (the build side) and right.
struct Sides {
    left: Node,
    right: Node,
}

impl PlanReader {
    pub(crate) fn new(names: Names) -> PlanReader {
        PlanReader { names, statistics: StatisticsContext::new() }
    }

    /// The whole plan, its columns called as `wanted`.
    pub(crate) fn read(&mut self, plan: &Arc<dyn ExecutionPlan>, wanted: &[Option<PlanSymbol>]) -> Node {
        self.node(plan, wanted)
    }

    fn node(&mut self, plan: &Arc<dyn ExecutionPlan>, wanted: &[Option<PlanSymbol>]) -> Node {
        let own = self.own(plan, wanted);
        if let Some(exec) = plan.downcast_ref::<CooperativeExec>() {
            return self.node(exec.input(), &wanted_of(&own));
        }
        if matches!(plan.name(), "CoalesceBatchesExec" | "BufferExec" | "SmallBatchesExec" | "Sieve")
            && let [input] = plan.children().as_slice()
        {
            return self.node(input, &wanted_of(&own));
        }
        if let Some(exec) = plan.downcast_ref::<ProjectionExec>() {
            return self.projection(plan, exec, own);
        }
        if let Some(exec) = plan.downcast_ref::<FilterExec>() {
            return self.filter(plan, exec, own);
        }
        if let Some(exec) = plan.downcast_ref::<DataSourceExec>() {
            let mut node = scan_node(exec, own, &self.names);
            let expected = estimate(&self.statistics, plan, &node.outputs);
            node.estimate = Some(expected.rows.map_or(expected, |rows| Estimate::of_source(rows, &node.outputs, node.name != "Values")));
            node.measured = node.measured.take().or_else(|| Some(measured(plan.as_ref())));
            if let Some(scan) = &mut node.scan {
                scan.estimate = node.estimate.unwrap_or_default();
            }
            return node;
        }
        if plan.is::<EmptyExec>() || plan.is::<PlaceholderRowExec>() {
            let mut node = Node::new("Values", own);
            if plan.is::<PlaceholderRowExec>() {
                node.details.push("()".to_owned());
            }
            let rows = node.details.len() as f64;
            node.estimate = Some(Estimate::of_source(rows, &node.outputs, false));
            node.measured = Some(measured(plan.as_ref()));
            return node;
        }
        let node = if let Some(exec) = plan.downcast_ref::<AggregateExec>() {
            self.aggregation(exec, own)
        } else if let Some(exec) = plan.downcast_ref::<HashJoinExec>() {
            self.hash_join(exec, own)
        } else if let Some(exec) = plan.downcast_ref::<NestedLoopJoinExec>() {
            let projection = exec.projection().as_ref().map(|indices| indices.to_vec());
            let sides = self.sides(exec.left(), exec.right(), *exec.join_type(), projection.as_deref(), &own);
            joined(*exec.join_type(), &[], exec.filter(), sides, own, "")
        } else if let Some(exec) = plan.downcast_ref::<CrossJoinExec>() {
            let sides = self.sides(exec.left(), exec.right(), JoinType::Inner, None, &own);
            joined(JoinType::Inner, &[], None, sides, own, "")
        } else if let Some(exec) = plan.downcast_ref::<SortMergeJoinExec>() {
            let sides = self.sides(exec.left(), exec.right(), exec.join_type(), None, &own);
            joined(exec.join_type(), exec.on(), exec.filter().as_ref(), sides, own, "PARTITIONED")
        } else if let Some(exec) = plan.downcast_ref::<RepartitionExec>() {
            self.repartition(exec, own)
        } else if let Some(exec) = plan.downcast_ref::<CoalescePartitionsExec>() {
            if exec.input().output_partitioning().partition_count() <= 1 {
                return self.node(exec.input(), &wanted_of(&own));
            }
            self.exchange(exec.input(), Exchange::Gather, own)
        } else if let Some(exec) = plan.downcast_ref::<SortPreservingMergeExec>() {
            if exec.input().output_partitioning().partition_count() <= 1 && exec.fetch().is_none() {
                return self.node(exec.input(), &wanted_of(&own));
            }
            let node = self.exchange(exec.input(), Exchange::Merge, own);
            let order = ordering(exec.expr(), &node.outputs);
            let node = node.described("orderBy", order);
            match exec.fetch() {
                Some(count) => node.described("count", count.to_string()),
                None => node,
            }
        } else if let Some(exec) = plan.downcast_ref::<SortExec>() {
            self.sort(exec, own)
        } else if let Some(exec) = plan.downcast_ref::<GlobalLimitExec>() {
            let child = self.node(exec.input(), &wanted_of(&own));
            let limited = match exec.fetch() {
                Some(count) => Node::new("Limit", own.clone()).described("count", (count + exec.skip()).to_string()).above(child),
                None => child,
            };
            if exec.skip() == 0 { limited } else { Node::new("Offset", own).described("count", exec.skip().to_string()).above(limited) }
        } else if let Some(exec) = plan.downcast_ref::<LocalLimitExec>() {
            let child = self.node(exec.input(), &wanted_of(&own));
            Node::new("LimitPartial", own).described("count", exec.fetch().to_string()).above(child)
        } else if plan.is::<UnionExec>() || plan.is::<InterleaveExec>() {
            let wanted = wanted_of(&own);
            let mut node = Node::new("Union", own);
            for input in plan.children() {
                node.children.push(self.node(input, &wanted));
            }
            node
        } else if let Some(exec) = plan.downcast_ref::<WindowAggExec>() {
            self.window(exec.input(), exec.window_expr(), own)
        } else if let Some(exec) = plan.downcast_ref::<BoundedWindowAggExec>() {
            self.window(exec.input(), exec.window_expr(), own)
        } else if let Some(exec) = plan.downcast_ref::<UnnestExec>() {
            self.unnest(exec, own)
        } else {
            let name = if plan.is::<PatternExec>() { "PatternRecognition" } else { plan.name().trim_end_matches("Exec") };
            let mut node = Node::new(name, own);
            for input in plan.children() {
                let unnamed = vec![None; input.schema().fields().len()];
                node.children.push(self.node(input, &unnamed));
            }
            node
        };
        self.finished(plan, node)
    }

    /// The symbols of a plan's own columns.
    fn own(&mut self, plan: &Arc<dyn ExecutionPlan>, wanted: &[Option<PlanSymbol>]) -> Vec<PlanSymbol> {
        let schema = plan.schema();
        let fields = schema.fields().iter().enumerate();
        fields
            .map(|(position, field)| match wanted.get(position) {
                Some(Some(wanted)) => wanted.clone(),
                _ => self.names.symbol(field.name(), field.data_type()),
            })
            .collect()
    }

    fn finished(&self, plan: &Arc<dyn ExecutionPlan>, mut node: Node) -> Node {
        node.estimate = Some(estimate(&self.statistics, plan, &node.outputs));
        node.measured = Some(measured(plan.as_ref()));
        node
    }

    /// `outer`, an operator of the same rows or fewer, shown as part of its input's node.
    fn merged(&self, plan: &Arc<dyn ExecutionPlan>, mut node: Node, name: &str) -> Node {
        node.name = name.to_owned();
        let mut outer = measured(plan.as_ref());
        outer.absorb(node.measured.take().unwrap_or_default());
        node.measured = Some(outer);
        node.estimate = Some(estimate(&self.statistics, plan, &node.outputs));
        node
    }

    fn projection(&mut self, plan: &Arc<dyn ExecutionPlan>, exec: &ProjectionExec, own: Vec<PlanSymbol>) -> Node {
        let input = exec.input();
        if input.is::<PlaceholderRowExec>() {
            let values: Vec<String> = exec.expr().iter().map(|projected| text(&projected.expr, &[])).collect();
            let mut node = Node::new("Values", own);
            node.details.push(format!("({})", values.join(", ")));
            node.estimate = Some(Estimate::of_source(1.0, &node.outputs, false));
            node.measured = Some(measured(plan.as_ref()));
            return node;
        }
        let mut below: Wanted = vec![None; input.schema().fields().len()];
        for (projected, symbol) in exec.expr().iter().zip(&own) {
            if let Some(column) = projected.expr.downcast_ref::<Column>() {
                below[column.index()].get_or_insert_with(|| symbol.clone());
            }
        }
        let mut child = self.node(input, &below);
        let assignments: Vec<String> = exec
            .expr()
            .iter()
            .zip(&own)
            .filter(|(projected, output)| symbol(&projected.expr, &child.outputs).is_none_or(|found| found.name != output.name))
            .map(|(projected, output)| format!("{} := {}", output.name, text(&projected.expr, &child.outputs)))
            .collect();
        if assignments.is_empty() {
            // Only an order of columns: no operator of Trino's.
            let outer = measured(plan.as_ref());
            if let Some(inner) = &mut child.measured {
                inner.cpu_nanos += outer.cpu_nanos;
            }
            child.outputs = own;
            return child;
        }
        let name = match child.name.as_str() {
            "TableScan" => "ScanProject",
            "ScanFilter" => "ScanFilterProject",
            "Filter" => "FilterProject",
            _ => {
                let mut node = Node::new("Project", own).above(child);
                node.details = assignments;
                return self.finished(plan, node);
            }
        };
        child.outputs = own;
        child.details.splice(0..0, assignments);
        self.merged(plan, child, name)
    }

    fn filter(&mut self, plan: &Arc<dyn ExecutionPlan>, exec: &FilterExec, own: Vec<PlanSymbol>) -> Node {
        let mut below: Wanted = vec![None; exec.input().schema().fields().len()];
        for (position, symbol) in own.iter().enumerate() {
            let source = exec.projection().as_ref().map_or(position, |indices| indices[position]);
            below[source] = Some(symbol.clone());
        }
        let mut child = self.node(exec.input(), &below);
        let predicate = text(exec.predicate(), &child.outputs);
        if child.name == "TableScan" {
            constrain(&mut child, exec.predicate());
            child.outputs = own;
            let at = child.descriptor.iter().position(|(key, _)| *key == "dynamicFilters").unwrap_or(child.descriptor.len());
            child.descriptor.insert(at, ("filterPredicate", predicate));
            return self.merged(plan, child, "ScanFilter");
        }
        if child.name == "LocalExchange"
            && let Some(scan) = child.children.first_mut().filter(|below| below.name == "TableScan")
        {
            constrain(scan, exec.predicate());
        }
        let node = Node::new("Filter", own).described("filterPredicate", predicate).above(child);
        self.finished(plan, node)
    }

    fn aggregation(&mut self, exec: &AggregateExec, own: Vec<PlanSymbol>) -> Node {
        let keys = exec.group_expr().expr();
        let mut below: Wanted = vec![None; exec.input().schema().fields().len()];
        for ((key, _), symbol) in keys.iter().zip(&own) {
            if let Some(column) = key.downcast_ref::<Column>() {
                below[column.index()].get_or_insert_with(|| symbol.clone());
            }
        }
        let child = self.node(exec.input(), &below);
        let takes_states = matches!(exec.mode(), AggregateMode::Final | AggregateMode::FinalPartitioned | AggregateMode::PartialReduce);
        let step = match exec.mode() {
            AggregateMode::Partial => "PARTIAL",
            AggregateMode::PartialReduce => "INTERMEDIATE",
            AggregateMode::Final | AggregateMode::FinalPartitioned => "FINAL",
            AggregateMode::Single | AggregateMode::SinglePartitioned => "",
        };
        let key_names: Vec<&str> = own.iter().take(keys.len()).map(|symbol| symbol.name.as_str()).collect();
        let keys_text = if key_names.is_empty() { String::new() } else { format!("[{}]", key_names.join(", ")) };
        let mut details = Vec::new();
        for ((key, _), output) in keys.iter().zip(&own) {
            let shown = text(key, &child.outputs);
            if symbol(key, &child.outputs).is_none_or(|found| found.name != output.name) {
                details.push(format!("{} := {shown}", output.name));
            }
        }
        // Grouping sets put one more column between the keys and the values.
        let first_value = exec.group_expr().num_group_exprs() + usize::from(exec.group_expr().has_grouping_set() && !takes_states);
        let gives_states = matches!(exec.mode(), AggregateMode::Partial | AggregateMode::PartialReduce);
        let (mut at, mut state_at) = (first_value.min(own.len()), keys.len());
        for (call, filter) in exec.aggr_expr().iter().zip(exec.filter_expr()) {
            let states = call.state_fields().map_or(1, |fields| fields.len());
            let given = if gives_states { states } else { 1 };
            let outputs: Vec<&str> = own.iter().skip(at).take(given).map(|symbol| symbol.name.as_str()).collect();
            let arguments = if takes_states {
                let sources = child.outputs.iter().skip(state_at).take(states);
                sources.map(|symbol| super::expression::quoted(&symbol.name)).collect::<Vec<_>>().join(", ")
            } else {
                arguments(call.fun().name(), &call.expressions(), &child.outputs)
            };
            let distinct = if call.is_distinct() && !takes_states { "DISTINCT " } else { "" };
            let mask = match filter {
                Some(filter) if !takes_states => format!(" (mask = {})", text(filter, &child.outputs)),
                _ => String::new(),
            };
            details.push(format!("{} := {}({distinct}{arguments}){mask}", outputs.join(", "), call.fun().name()));
            at += given;
            state_at += states;
        }
        let mut node = Node::new("Aggregate", own).described("type", step).described("keys", keys_text).above(child);
        node.details = details;
        node
    }

    fn hash_join(&mut self, exec: &HashJoinExec, own: Vec<PlanSymbol>) -> Node {
        let projection = exec.projection.as_ref().map(|indices| indices.to_vec());
        let mut sides = self.sides(exec.left(), exec.right(), *exec.join_type(), projection.as_deref(), &own);
        let is_replicated = *exec.partition_mode() == PartitionMode::CollectLeft;
        if is_replicated && sides.left.exchange == Some(Exchange::Gather) {
            sides.left.exchange = Some(Exchange::Broadcast);
            sides.left.descriptor = vec![("type", "REPLICATE".to_owned())];
        }
        let distribution = if is_replicated { "REPLICATED" } else { "PARTITIONED" };
        joined(*exec.join_type(), exec.on(), exec.filter(), sides, own, distribution)
    }

    fn sides(
        &mut self,
        left: &Arc<dyn ExecutionPlan>,
        right: &Arc<dyn ExecutionPlan>,
        join_type: JoinType,
        projection: Option<&[usize]>,
        own: &[PlanSymbol],
    ) -> Sides {
        let (left_width, right_width) = (left.schema().fields().len(), right.schema().fields().len());
        let (mut left_wanted, mut right_wanted): (Wanted, Wanted) = (vec![None; left_width], vec![None; right_width]);
        let gives_left = !matches!(join_type, JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark);
        for (position, symbol) in own.iter().enumerate() {
            let source = projection.map_or(position, |indices| indices[position]);
            if gives_left && source < left_width {
                left_wanted[source] = Some(symbol.clone());
            } else if let Some(wanted) = right_wanted.get_mut(if gives_left { source - left_width } else { source })
                && !matches!(join_type, JoinType::LeftMark)
            {
                *wanted = Some(symbol.clone());
            }
        }
        Sides { left: self.node(left, &left_wanted), right: self.node(right, &right_wanted) }
    }

    fn exchange(&mut self, input: &Arc<dyn ExecutionPlan>, exchange: Exchange, own: Vec<PlanSymbol>) -> Node {
        let child = self.node(input, &wanted_of(&own));
        let (name, kind) = match &exchange {
            Exchange::Gather => ("RemoteExchange", "GATHER"),
            Exchange::Hash(_) => ("RemoteExchange", "REPARTITION"),
            Exchange::Broadcast => ("RemoteExchange", "REPLICATE"),
            Exchange::Merge => ("RemoteMerge", ""),
        };
        let mut node = Node::new(name, own).described("type", kind).above(child);
        node.exchange = Some(exchange);
        node
    }

    fn repartition(&mut self, exec: &RepartitionExec, own: Vec<PlanSymbol>) -> Node {
        match exec.partitioning() {
            Partitioning::Hash(keys, _) => {
                let keys = keys.iter().map(|key| symbol(key, &own).map_or_else(|| text(key, &own), |found| found.name)).collect();
                self.exchange(exec.input(), Exchange::Hash(keys), own)
            }
            _ => {
                let child = self.node(exec.input(), &wanted_of(&own));
                Node::new("LocalExchange", own).described("partitioning", "ROUND_ROBIN").above(child)
            }
        }
    }

    fn sort(&mut self, exec: &SortExec, own: Vec<PlanSymbol>) -> Node {
        let is_partial = exec.preserve_partitioning() && exec.input().output_partitioning().partition_count() > 1;
        let child = self.node(exec.input(), &wanted_of(&own));
        let order = ordering(exec.expr(), &child.outputs);
        let node = match (exec.fetch(), is_partial) {
            (Some(count), true) => Node::new("TopNPartial", own).described("count", count.to_string()),
            (Some(count), false) => Node::new("TopN", own).described("count", count.to_string()),
            (None, true) => Node::new("PartialSort", own),
            (None, false) => Node::new("Sort", own),
        };
        node.described("orderBy", order).above(child)
    }

    fn window(&mut self, input: &Arc<dyn ExecutionPlan>, calls: &[Arc<dyn WindowExpr>], own: Vec<PlanSymbol>) -> Node {
        let width = input.schema().fields().len();
        let child = self.node(input, &wanted_of(&own[..width.min(own.len())]));
        let mut node = Node::new("Window", own);
        if let Some(first) = calls.first() {
            let keys: Vec<String> = first.partition_by().iter().map(|key| bare(key, &child.outputs)).collect();
            if !keys.is_empty() {
                node = node.described("partitionBy", format!("[{}]", keys.join(", ")));
            }
            if !first.order_by().is_empty() {
                node = node.described("orderBy", sort_keys(first.order_by(), &child.outputs));
            }
        }
        for (call, output) in calls.iter().zip(node.outputs.iter().skip(width)) {
            let name = call.name().split('(').next().unwrap_or_default().to_owned();
            let frame = call.get_window_frame();
            let frame = format!("{} {} {}", frame.units, frame_bound(&frame.start_bound), frame_bound(&frame.end_bound));
            node.details.push(format!("{} := {name}({}) {frame}", output.name, arguments(&name, &call.expressions(), &child.outputs)));
        }
        node.above(child)
    }

    fn unnest(&mut self, exec: &UnnestExec, own: Vec<PlanSymbol>) -> Node {
        let width = exec.input().schema().fields().len();
        let lists: Vec<usize> = exec.list_column_indices().iter().map(|list| list.index_in_input_schema).collect();
        let keeps_places = exec.struct_column_indices().is_empty() && own.len() == width;
        let below = (0..width).map(|position| (keeps_places && !lists.contains(&position)).then(|| own[position].clone()));
        let below: Wanted = below.collect();
        let child = self.node(exec.input(), &below);
        let typed = |symbols: Vec<&PlanSymbol>| {
            let symbols: Vec<String> = symbols.iter().map(|symbol| format!("{}:{}", symbol.name, symbol.data_type)).collect();
            format!("[{}]", symbols.join(", "))
        };
        let (expanded, kept): (Vec<_>, Vec<_>) = child.outputs.iter().enumerate().partition(|(position, _)| lists.contains(position));
        let (expanded, kept): (Vec<&PlanSymbol>, Vec<&PlanSymbol>) =
            (expanded.into_iter().map(|(_, symbol)| symbol).collect(), kept.into_iter().map(|(_, symbol)| symbol).collect());
        let mut node = Node::new(if kept.is_empty() { "Unnest" } else { "CrossJoin Unnest" }, own);
        if !kept.is_empty() {
            node = node.described("replicate", typed(kept));
        }
        let expanded = typed(expanded);
        node.described("unnest", expanded).above(child)
    }
}

/// What is equal: DataFusion's left side, its right one.
type JoinKey = (Arc<dyn PhysicalExpr>, Arc<dyn PhysicalExpr>);

/// A join of two read sides, Trino's order of them: the probe side first, then the build side.
fn joined(
    join_type: JoinType,
    on: &[JoinKey],
    filter: Option<&JoinFilter>,
    sides: Sides,
    own: Vec<PlanSymbol>,
    distribution: &str,
) -> Node {
    let Sides { left, right } = sides;
    let name = match join_type {
        JoinType::Inner if on.is_empty() && filter.is_none() => "CrossJoin",
        JoinType::Inner => "InnerJoin",
        JoinType::Left => "RightJoin",
        JoinType::Right => "LeftJoin",
        JoinType::Full => "FullJoin",
        JoinType::LeftSemi | JoinType::RightSemi | JoinType::LeftMark | JoinType::RightMark => "SemiJoin",
        JoinType::LeftAnti | JoinType::RightAnti => "AntiJoin",
    };
    let is_left_first = matches!(join_type, JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark);
    let criteria = on.iter().map(|(build, probe)| {
        let (build, probe) = (text(build, &left.outputs), text(probe, &right.outputs));
        if is_left_first { format!("({build} = {probe})") } else { format!("({probe} = {build})") }
    });
    let criteria = criteria.collect::<Vec<_>>().join(" AND ");
    let filter = filter.map(|filter| {
        let inputs = filter.column_indices().iter().map(|column| match column.side {
            JoinSide::Left => left.outputs.get(column.index).cloned(),
            _ => right.outputs.get(column.index).cloned(),
        });
        let unknown = || PlanSymbol { name: "mark".to_owned(), data_type: "boolean".to_owned() };
        let inputs: Vec<PlanSymbol> = inputs.map(|input| input.unwrap_or_else(unknown)).collect();
        text(filter.expression(), &inputs)
    });
    let node = Node::new(name, own)
        .described("criteria", criteria)
        .described("filter", filter.unwrap_or_default())
        .described("distribution", distribution);
    if is_left_first { node.above(left).above(right) } else { node.above(right).above(left) }
}

fn wanted_of(own: &[PlanSymbol]) -> Wanted {
    own.iter().cloned().map(Some).collect()
}

/// The arguments of an aggregate; a constant argument of count is its `*`.
fn arguments(function: &str, arguments: &[Arc<dyn PhysicalExpr>], inputs: &[PlanSymbol]) -> String {
    if function == "count" && matches!(arguments, [argument] if argument.is::<Literal>()) {
        return "*".to_owned();
    }
    arguments.iter().map(|argument| text(argument, inputs)).collect::<Vec<_>>().join(", ")
}

/// A symbol without quotes, any other expression as it is.
fn bare(expr: &Arc<dyn PhysicalExpr>, inputs: &[PlanSymbol]) -> String {
    symbol(expr, inputs).map_or_else(|| text(expr, inputs), |found| found.name)
}

/// `[a ASC NULLS LAST, b DESC NULLS LAST]`.
fn ordering(keys: &LexOrdering, inputs: &[PlanSymbol]) -> String {
    sort_keys(keys.as_ref(), inputs)
}

fn sort_keys(keys: &[PhysicalSortExpr], inputs: &[PlanSymbol]) -> String {
    let keys = keys.iter().map(|key| {
        let direction = if key.options.descending { "DESC" } else { "ASC" };
        let nulls = if key.options.nulls_first { "FIRST" } else { "LAST" };
        format!("{} {direction} NULLS {nulls}", bare(&key.expr, inputs))
    });
    format!("[{}]", keys.collect::<Vec<_>>().join(", "))
}

/// Ref: Trino 401 `PlanPrinter.formatFrame`.
fn frame_bound(bound: &datafusion::logical_expr::WindowFrameBound) -> String {
    use datafusion::logical_expr::WindowFrameBound as Bound;
    match bound {
        Bound::Preceding(value) if value.is_null() => "UNBOUNDED_PRECEDING".to_owned(),
        Bound::Preceding(value) => format!("{value} PRECEDING"),
        Bound::CurrentRow => "CURRENT_ROW".to_owned(),
        Bound::Following(value) if value.is_null() => "UNBOUNDED_FOLLOWING".to_owned(),
        Bound::Following(value) => format!("{value} FOLLOWING"),
    }
}

impl Node {
    /// The cost of this node and all below it.
    pub(crate) fn total_cpu_nanos(&self) -> u64 {
        self.measured.as_ref().map_or(0, |own: &Measured| own.cpu_nanos) + self.children.iter().map(Node::total_cpu_nanos).sum::<u64>()
    }
}
