//! In which order are inner joins run? The pair that gives the fewest rows first, and the smaller side builds.
//!
//! DataFusion joins in the order the text names its tables, and Trino's users do not write tables in a good order, as Trino orders
//! them by cost. Every tree of inner and cross joins is taken apart into its leaves and conditions and put together greedily (Fegaras,
//! "A new heuristic for optimizing large queries", 1998): of all connected pairs the one with the fewest rows is joined. Rows of a join
//! are estimated from the distinct values of its keys, as `rows × rows / max(distinct, distinct)` (Selinger, 1979).

use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef, Schema};
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{JoinSide, JoinType, NullEquality};
use datafusion::config::ConfigOptions;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, Column};
use datafusion::physical_expr::{PhysicalExpr, conjunction, split_conjunction};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::utils::{ColumnIndex, JoinFilter};
use datafusion::physical_plan::joins::{
    CrossJoinExec, HashJoinExec, HashJoinExecBuilder, NestedLoopJoinExec, NestedLoopJoinExecBuilder, PartitionMode,
};
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};

use super::join_estimate::{DistinctValues, LeafEstimate, leaf_estimate};
use super::lazy_errors::can_fail;

/// Leaves a tree may have: their sets are bits of a word. Larger trees stay as they are.
const LEAVES_MAX: usize = 64;
/// How much of the rows a condition that is no equality leaves.
const RESIDUAL_SELECTIVITY: f64 = 1.0 / 3.0;
/// The power of its rows that a column of unknown values is taken to have values: between a name and a key.
const UNKNOWN_DISTINCT_EXPONENT: f64 = 0.75;

/// See the module's head. Runs before every other rule, as joins stand then as the text has them.
#[derive(Debug, Default)]
pub struct JoinOrder;

impl PhysicalOptimizerRule for JoinOrder {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        ordered(plan)
    }

    fn name(&self) -> &str {
        "join_order"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn ordered(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    if is_joined(&plan) {
        let mut tree = JoinTree::default();
        let outputs = tree.take_apart(&plan)?;
        if tree.leaves.len() <= LEAVES_MAX {
            return tree.put_together(&plan, &outputs);
        }
    }
    let children = plan.children().into_iter().map(|child| ordered(Arc::clone(child))).collect::<Result<Vec<_>>>()?;
    replace_children_if_necessary(plan, children)
}

/// Whether the node is an inner join, or picks columns or rows of one.
fn is_joined(plan: &Arc<dyn ExecutionPlan>) -> bool {
    if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
        return projection.expr().iter().all(|output| output.expr.is::<Column>()) && is_joined(projection.input());
    }
    if let Some(filter) = plan.downcast_ref::<FilterExec>() {
        return filter.fetch().is_none() && is_joined(filter.input());
    }
    if let Some(join) = plan.downcast_ref::<HashJoinExec>() {
        return *join.join_type() == JoinType::Inner && join.null_equality() == NullEquality::NullEqualsNothing && join.fetch().is_none();
    }
    if let Some(join) = plan.downcast_ref::<NestedLoopJoinExec>() {
        return *join.join_type() == JoinType::Inner;
    }
    plan.is::<CrossJoinExec>()
}

/// A column of a leaf. In the conditions of a tree a `Column`'s index is the place in `JoinTree::columns`.
struct LeafColumn {
    leaf: usize,
    field: FieldRef,
    distinct: DistinctValues,
}

/// What must hold of the joined rows.
struct Condition {
    kind: ConditionKind,
    /// The leaves it reads.
    leaves: u64,
    /// For an equality of two columns, the class of columns that are all equal.
    class: Option<usize>,
    /// Whether it only follows from others.
    is_implied: bool,
}

enum ConditionKind {
    /// Two expressions of different leaves are equal.
    Equality {
        left: Arc<dyn PhysicalExpr>,
        left_leaves: u64,
        right: Arc<dyn PhysicalExpr>,
        right_leaves: u64,
    },
    Residual(Arc<dyn PhysicalExpr>),
}

/// Inner joins taken apart.
#[derive(Default)]
struct JoinTree {
    leaves: Vec<(Arc<dyn ExecutionPlan>, LeafEstimate)>,
    columns: Vec<LeafColumn>,
    conditions: Vec<Condition>,
    /// For each class of equal columns whether they are of different leaves, so that one key of each join makes them all equal.
    is_simple_class: Vec<bool>,
    mode: Option<PartitionMode>,
}

/// A part that is put together already.
struct Part {
    plan: Arc<dyn ExecutionPlan>,
    /// The column of the tree that each output column is.
    columns: Vec<usize>,
    leaves: u64,
    rows: f64,
}

/// Two parts to join, and what the join gives.
struct Candidate {
    left: usize,
    right: usize,
    rows: f64,
    inputs: f64,
}

impl JoinTree {
    /// The tree's columns that the node's output columns are.
    fn take_apart(&mut self, plan: &Arc<dyn ExecutionPlan>) -> Result<Vec<usize>> {
        if !is_joined(plan) {
            return self.add_leaf(ordered(Arc::clone(plan))?);
        }
        if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
            let inputs = self.take_apart(projection.input())?;
            let places = projection.expr().iter().filter_map(|output| output.expr.downcast_ref::<Column>());
            return places.map(|column| place(&inputs, column.index())).collect();
        }
        if let Some(filter) = plan.downcast_ref::<FilterExec>() {
            let inputs = self.take_apart(filter.input())?;
            self.add_residual(filter.predicate(), &inputs)?;
            return picked(inputs, filter.projection().as_deref());
        }
        if let Some(join) = plan.downcast_ref::<HashJoinExec>() {
            self.mode.get_or_insert(*join.partition_mode());
            let left = self.take_apart(join.left())?;
            let right = self.take_apart(join.right())?;
            for (left_key, right_key) in join.on() {
                let (left, right) = (self.over_tree(left_key, &left)?, self.over_tree(right_key, &right)?);
                self.add_equality(left, right);
            }
            return self.joined(left, right, join.filter(), join.projection.as_deref());
        }
        if let Some(join) = plan.downcast_ref::<NestedLoopJoinExec>() {
            let left = self.take_apart(join.left())?;
            let right = self.take_apart(join.right())?;
            return self.joined(left, right, join.filter(), join.projection().as_deref());
        }
        let [left, right] = plan.children()[..] else { return Err(internal("a join without two inputs")) };
        let mut columns = self.take_apart(left)?;
        columns.extend(self.take_apart(right)?);
        Ok(columns)
    }

    fn add_leaf(&mut self, plan: Arc<dyn ExecutionPlan>) -> Result<Vec<usize>> {
        let estimate = leaf_estimate(plan.as_ref())?;
        let (leaf, first) = (self.leaves.len(), self.columns.len());
        for (field, known) in plan.schema().fields().iter().zip(&estimate.columns) {
            self.columns.push(LeafColumn { leaf, field: Arc::clone(field), distinct: known.distinct });
        }
        self.leaves.push((plan, estimate));
        Ok((first..self.columns.len()).collect())
    }

    fn joined(
        &mut self,
        left: Vec<usize>,
        right: Vec<usize>,
        filter: Option<&JoinFilter>,
        projection: Option<&[usize]>,
    ) -> Result<Vec<usize>> {
        if let Some(filter) = filter {
            let side = |column: &ColumnIndex| match column.side {
                JoinSide::Left => place(&left, column.index),
                JoinSide::Right => place(&right, column.index),
                JoinSide::None => Err(internal("a join condition over a mark")),
            };
            let inputs = filter.column_indices().iter().map(side).collect::<Result<Vec<_>>>()?;
            self.add_residual(filter.expression(), &inputs)?;
        }
        let columns = left.into_iter().chain(right).collect();
        picked(columns, projection)
    }

    /// The expression with the tree's columns for a node's.
    fn over_tree(&self, expr: &Arc<dyn PhysicalExpr>, inputs: &[usize]) -> Result<Arc<dyn PhysicalExpr>> {
        with_columns(expr, |index| {
            let column = place(inputs, index)?;
            Ok(Column::new(self.columns[column].field.name(), column))
        })
    }

    fn add_residual(&mut self, predicate: &Arc<dyn PhysicalExpr>, inputs: &[usize]) -> Result<()> {
        // A condition that can fail may rely on the one before it.
        let parts = if can_fail(predicate) { vec![predicate] } else { split_conjunction(predicate) };
        for part in parts {
            let expr = self.over_tree(part, inputs)?;
            match expr.downcast_ref::<BinaryExpr>() {
                Some(equality) if *equality.op() == Operator::Eq && !can_fail(&expr) => {
                    self.add_equality(Arc::clone(equality.left()), Arc::clone(equality.right()));
                }
                _ => self.conditions.push(Condition {
                    leaves: self.leaves_of(&expr),
                    kind: ConditionKind::Residual(expr),
                    class: None,
                    is_implied: false,
                }),
            }
        }
        Ok(())
    }

    fn add_equality(&mut self, left: Arc<dyn PhysicalExpr>, right: Arc<dyn PhysicalExpr>) {
        let (left_leaves, right_leaves) = (self.leaves_of(&left), self.leaves_of(&right));
        let leaves = left_leaves | right_leaves;
        let kind = if left_leaves == 0 || right_leaves == 0 || left_leaves & right_leaves != 0 {
            ConditionKind::Residual(Arc::new(BinaryExpr::new(left, Operator::Eq, right)))
        } else {
            ConditionKind::Equality { left, left_leaves, right, right_leaves }
        };
        self.conditions.push(Condition { kind, leaves, class: None, is_implied: false });
    }

    fn leaves_of(&self, expr: &Arc<dyn PhysicalExpr>) -> u64 {
        columns_of(expr)
            .into_iter()
            .map(|column| 1u64.checked_shl(self.columns[column].leaf as u32).unwrap_or(0))
            .fold(0, |all, one| all | one)
    }

    /// Finds the columns that are all equal, and adds the equalities that follow, so that any two parts with a common key can be
    /// joined on it.
    fn find_classes(&mut self) {
        let mut classes: Vec<Vec<usize>> = Vec::new();
        for (left, right) in self.conditions.iter().filter_map(|condition| self.equal_columns(condition)) {
            let (touched, rest): (Vec<_>, Vec<_>) = classes.into_iter().partition(|class| class.contains(&left) || class.contains(&right));
            let mut class: Vec<usize> = touched.into_iter().flatten().chain([left, right]).collect();
            class.sort_unstable();
            class.dedup();
            classes = rest;
            classes.push(class);
        }
        let mut stated = Vec::new();
        for index in 0..self.conditions.len() {
            let Some((left, right)) = self.equal_columns(&self.conditions[index]) else { continue };
            stated.push((left.min(right), left.max(right)));
            self.conditions[index].class = classes.iter().position(|class| class.contains(&left));
        }
        for (number, class) in classes.iter().enumerate() {
            for (at, left) in class.iter().enumerate() {
                for right in &class[at + 1..] {
                    if self.columns[*left].leaf != self.columns[*right].leaf && !stated.contains(&(*left, *right)) {
                        let column = |index: usize| Arc::new(Column::new(self.columns[index].field.name(), index)) as Arc<dyn PhysicalExpr>;
                        let (left, right) = (column(*left), column(*right));
                        let (left_leaves, right_leaves) = (self.leaves_of(&left), self.leaves_of(&right));
                        self.conditions.push(Condition {
                            kind: ConditionKind::Equality { left, left_leaves, right, right_leaves },
                            leaves: left_leaves | right_leaves,
                            class: Some(number),
                            is_implied: true,
                        });
                    }
                }
            }
        }
        let is_simple = |class: &Vec<usize>| {
            let leaves: std::collections::HashSet<usize> = class.iter().map(|column| self.columns[*column].leaf).collect();
            leaves.len() == class.len()
        };
        self.is_simple_class = classes.iter().map(is_simple).collect();
    }

    /// The columns an equality makes equal, when equality of their type joins as any other.
    fn equal_columns(&self, condition: &Condition) -> Option<(usize, usize)> {
        let ConditionKind::Equality { left, right, .. } = &condition.kind else { return None };
        let (left, right) = (left.downcast_ref::<Column>()?.index(), right.downcast_ref::<Column>()?.index());
        let data_type = self.columns[left].field.data_type();
        (joins_transitively(data_type) && data_type == self.columns[right].field.data_type()).then_some((left, right))
    }

    fn put_together(mut self, original: &Arc<dyn ExecutionPlan>, outputs: &[usize]) -> Result<Arc<dyn ExecutionPlan>> {
        self.find_classes();
        let mut parts = Vec::with_capacity(self.leaves.len());
        let mut first = 0;
        for (leaf, (plan, estimate)) in std::mem::take(&mut self.leaves).into_iter().enumerate() {
            let count = plan.schema().fields().len();
            let part = Part { plan, columns: (first..first + count).collect(), leaves: 1 << leaf, rows: estimate.rows };
            parts.push(self.filtered(part)?);
            first += count;
        }
        while parts.len() > 1 {
            let best = self.best_pair(&parts);
            let (left, right) = (parts.swap_remove(best.left.max(best.right)), parts.swap_remove(best.left.min(best.right)));
            let (left, right) = if left.rows <= right.rows { (left, right) } else { (right, left) };
            parts.push(self.join(left, right, best.rows, outputs)?);
        }
        let part = parts.pop().ok_or_else(|| internal("a join without inputs"))?;
        if outputs.is_empty() && part.columns.is_empty() {
            return Ok(part.plan);
        }
        let schema = original.schema();
        let named = outputs.iter().zip(schema.fields().iter()).map(|(output, field)| {
            let index = place_of(&part.columns, *output)?;
            Ok(ProjectionExpr { expr: Arc::new(Column::new(part.plan.schema().field(index).name(), index)), alias: field.name().clone() })
        });
        Ok(Arc::new(ProjectionExec::try_new(named.collect::<Result<Vec<_>>>()?, Arc::clone(&part.plan))?))
    }

    /// A leaf with the conditions that read nothing else.
    fn filtered(&mut self, part: Part) -> Result<Part> {
        let (own, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.conditions).into_iter().partition(|condition| condition.leaves == part.leaves);
        self.conditions = rest;
        if own.is_empty() {
            return Ok(part);
        }
        let predicates = own.into_iter().map(|condition| over_part(&condition.residual(), &part.columns)).collect::<Result<Vec<_>>>()?;
        let rows = part.rows * RESIDUAL_SELECTIVITY;
        let plan = Arc::new(FilterExec::try_new(conjunction(predicates), Arc::clone(&part.plan))?);
        Ok(Part { plan, rows, ..part })
    }

    fn best_pair(&self, parts: &[Part]) -> Candidate {
        let mut best: Option<(bool, Candidate)> = None;
        for left in 0..parts.len() {
            for right in left + 1..parts.len() {
                let (is_connected, rows) = self.joined_rows(&parts[left], &parts[right]);
                let candidate = Candidate { left, right, rows, inputs: parts[left].rows + parts[right].rows };
                let is_better = match &best {
                    None => true,
                    Some((connected, so_far)) if *connected == is_connected => {
                        (candidate.rows, candidate.inputs) < (so_far.rows, so_far.inputs)
                    }
                    Some((connected, _)) => !connected,
                };
                if is_better {
                    best = Some((is_connected, candidate));
                }
            }
        }
        best.map_or(Candidate { left: 0, right: 1, rows: 1.0, inputs: 1.0 }, |(_, candidate)| candidate)
    }

    /// Whether an equality connects the parts, and the rows their join gives.
    fn joined_rows(&self, left: &Part, right: &Part) -> (bool, f64) {
        let both = left.leaves | right.leaves;
        // Equalities of one class say the same thing more than once.
        let mut keys: Vec<(Option<usize>, f64)> = Vec::new();
        let mut residuals = 0;
        for condition in self.conditions.iter().filter(|condition| condition.leaves & !both == 0) {
            match condition.keys(left.leaves, right.leaves) {
                Some((left_key, right_key)) => {
                    let distinct = self.distinct(left_key, left).max(self.distinct(right_key, right));
                    match keys.iter_mut().find(|(class, _)| class.is_some() && *class == condition.class) {
                        Some((_, known)) => *known = known.max(distinct),
                        None => keys.push((condition.class, distinct)),
                    }
                }
                None => residuals += 1,
            }
        }
        let is_connected = !keys.is_empty();
        // Keys depend on each other as a rule, so each further one counts less.
        let mut distinct: Vec<f64> = keys.into_iter().map(|(_, distinct)| distinct).collect();
        distinct.sort_by(|one, other| other.total_cmp(one));
        let divisor: f64 = distinct.iter().enumerate().map(|(at, values)| values.powf(0.5f64.powi(at as i32))).product();
        let rows = left.rows * right.rows / divisor.max(1.0) * RESIDUAL_SELECTIVITY.powi(residuals);
        (is_connected, rows.max(1.0))
    }

    fn distinct(&self, key: &Arc<dyn PhysicalExpr>, part: &Part) -> f64 {
        let known = key.downcast_ref::<Column>().and_then(|column| self.columns[column.index()].distinct);
        known.unwrap_or_else(|| part.rows.powf(UNKNOWN_DISTINCT_EXPONENT)).min(part.rows).max(1.0)
    }

    /// Joins two parts on every condition that reads nothing else, and keeps the columns somebody still needs.
    fn join(&mut self, left: Part, right: Part, rows: f64, outputs: &[usize]) -> Result<Part> {
        let both = left.leaves | right.leaves;
        let (mut own, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.conditions).into_iter().partition(|condition| condition.leaves & !both == 0);
        self.conditions = rest;
        own.sort_by_key(|condition| condition.is_implied);
        let mut on = Vec::new();
        let mut residuals = Vec::new();
        let mut joined_classes = Vec::new();
        for condition in own {
            let Some((left_key, right_key)) = condition.keys(left.leaves, right.leaves) else {
                residuals.push(condition.residual());
                continue;
            };
            if let Some(class) = condition.class {
                let is_simple = self.is_simple_class.get(class).copied().unwrap_or(false);
                if (is_simple || condition.is_implied) && joined_classes.contains(&class) {
                    continue;
                }
                joined_classes.push(class);
            }
            on.push((over_part(left_key, &left.columns)?, over_part(right_key, &right.columns)?));
        }
        let columns: Vec<usize> = left.columns.iter().chain(&right.columns).copied().collect();
        let needed: Vec<usize> = self.conditions.iter().flat_map(Condition::columns).chain(outputs.iter().copied()).collect();
        let mut kept: Vec<usize> = (0..columns.len()).filter(|index| needed.contains(&columns[*index])).collect();
        if kept.is_empty() && !columns.is_empty() {
            kept.push(0);
        }
        let filter = if residuals.is_empty() { None } else { Some(join_filter(conjunction(residuals), &left, &right)?) };
        let kept_columns = kept.iter().map(|index| columns[*index]).collect();
        let plan: Arc<dyn ExecutionPlan> = if !on.is_empty() {
            HashJoinExecBuilder::new(left.plan, right.plan, on, JoinType::Inner)
                .with_filter(filter)
                .with_partition_mode(self.mode.unwrap_or(PartitionMode::Auto))
                .with_null_equality(NullEquality::NullEqualsNothing)
                .with_projection(Some(kept))
                .build_exec()?
        } else if filter.is_some() {
            let builder = NestedLoopJoinExecBuilder::new(left.plan, right.plan, JoinType::Inner).with_filter(filter);
            Arc::new(builder.with_projection(Some(kept)).build()?)
        } else {
            picked_columns(Arc::new(CrossJoinExec::new(left.plan, right.plan)), &kept)?
        };
        Ok(Part { plan, columns: kept_columns, leaves: both, rows })
    }
}

/// What an equality compares: of the left part, of the right part.
type KeyPair<'a> = (&'a Arc<dyn PhysicalExpr>, &'a Arc<dyn PhysicalExpr>);

impl Condition {
    /// The keys of a join of two parts, left and right, when it is an equality between them.
    fn keys(&self, left_part: u64, right_part: u64) -> Option<KeyPair<'_>> {
        let ConditionKind::Equality { left, left_leaves, right, right_leaves } = &self.kind else { return None };
        if left_leaves & !left_part == 0 && right_leaves & !right_part == 0 {
            Some((left, right))
        } else if left_leaves & !right_part == 0 && right_leaves & !left_part == 0 {
            Some((right, left))
        } else {
            None
        }
    }

    fn residual(&self) -> Arc<dyn PhysicalExpr> {
        match &self.kind {
            ConditionKind::Residual(expr) => Arc::clone(expr),
            ConditionKind::Equality { left, right, .. } => Arc::new(BinaryExpr::new(Arc::clone(left), Operator::Eq, Arc::clone(right))),
        }
    }

    fn columns(&self) -> Vec<usize> {
        match &self.kind {
            ConditionKind::Residual(expr) => columns_of(expr),
            ConditionKind::Equality { left, right, .. } => [columns_of(left), columns_of(right)].concat(),
        }
    }
}

/// Some of a plan's columns; the plan itself when they are all.
fn picked_columns(plan: Arc<dyn ExecutionPlan>, kept: &[usize]) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = plan.schema();
    if kept.len() == schema.fields().len() {
        return Ok(plan);
    }
    let picked = kept.iter().map(|index| {
        let name = schema.field(*index).name();
        ProjectionExpr { expr: Arc::new(Column::new(name, *index)), alias: name.clone() }
    });
    Ok(Arc::new(ProjectionExec::try_new(picked.collect::<Vec<_>>(), plan)?))
}

/// Whether `a = b` and `b = c` make `a = c` a key like the others; floats may be equal and not the same.
fn joins_transitively(data_type: &DataType) -> bool {
    data_type.is_integer() || matches!(data_type, DataType::Date32 | DataType::Utf8View | DataType::Decimal128(..))
}

fn columns_of(expr: &Arc<dyn PhysicalExpr>) -> Vec<usize> {
    match expr.downcast_ref::<Column>() {
        Some(column) => vec![column.index()],
        None => expr.children().into_iter().flat_map(columns_of).collect(),
    }
}

fn with_columns(expr: &Arc<dyn PhysicalExpr>, column: impl Fn(usize) -> Result<Column>) -> Result<Arc<dyn PhysicalExpr>> {
    Arc::clone(expr)
        .transform_up(|node| match node.downcast_ref::<Column>() {
            Some(known) => Ok(Transformed::yes(Arc::new(column(known.index())?) as Arc<dyn PhysicalExpr>)),
            None => Ok(Transformed::no(node)),
        })
        .data()
}

/// An expression over the tree's columns as one over a part's output.
fn over_part(expr: &Arc<dyn PhysicalExpr>, columns: &[usize]) -> Result<Arc<dyn PhysicalExpr>> {
    let named = |index: usize| place_of(columns, index);
    Arc::clone(expr)
        .transform_up(|node| match node.downcast_ref::<Column>() {
            Some(known) => Ok(Transformed::yes(Arc::new(Column::new(known.name(), named(known.index())?)) as Arc<dyn PhysicalExpr>)),
            None => Ok(Transformed::no(node)),
        })
        .data()
}

fn join_filter(expr: Arc<dyn PhysicalExpr>, left: &Part, right: &Part) -> Result<JoinFilter> {
    let mut read = columns_of(&expr);
    read.sort_unstable();
    read.dedup();
    let mut fields = Vec::with_capacity(read.len());
    let mut indices = Vec::with_capacity(read.len());
    for column in &read {
        let (part, side) = if left.columns.contains(column) { (left, JoinSide::Left) } else { (right, JoinSide::Right) };
        let index = place_of(&part.columns, *column)?;
        fields.push(Arc::clone(&part.plan.schema().fields()[index]));
        indices.push(ColumnIndex { index, side });
    }
    Ok(JoinFilter::new(over_part(&expr, &read)?, indices, Arc::new(Schema::new(fields))))
}

fn place(inputs: &[usize], index: usize) -> Result<usize> {
    inputs.get(index).copied().ok_or_else(|| internal("a column that no input has"))
}

fn place_of(columns: &[usize], column: usize) -> Result<usize> {
    columns.iter().position(|known| *known == column).ok_or_else(|| internal("a column that no join gives"))
}

fn picked(columns: Vec<usize>, projection: Option<&[usize]>) -> Result<Vec<usize>> {
    match projection {
        Some(projection) => projection.iter().map(|index| place(&columns, *index)).collect(),
        None => Ok(columns),
    }
}

fn internal(text: &str) -> DataFusionError {
    DataFusionError::Internal(text.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use arrow::array::Int32Array;
    use arrow::datatypes::Field;
    use arrow::record_batch::RecordBatch;
    use datafusion::execution::session_state::SessionStateBuilder;
    use datafusion::physical_optimizer::join_selection::JoinSelection;
    use datafusion::prelude::SessionContext;

    use super::*;

    fn table(columns: &[(&str, Vec<i32>)]) -> RecordBatch {
        let fields: Vec<Field> = columns.iter().map(|(name, _)| Field::new(*name, DataType::Int32, true)).collect();
        let values = columns.iter().map(|(_, values)| Arc::new(Int32Array::from(values.clone())) as _).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), values).unwrap()
    }

    #[tokio::test]
    async fn the_join_that_leaves_fewest_rows_comes_first_whatever_the_text_says() {
        let rules: Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> = vec![Arc::new(JoinOrder), Arc::new(JoinSelection::new())];
        let state = SessionStateBuilder::new().with_default_features().with_physical_optimizer_rules(rules).build();
        let context = SessionContext::new_with_state(state);
        let fact = table(&[("a", (0..1000).map(|row| row % 100).collect()), ("b", (0..1000).map(|row| row % 10).collect())]);
        let many = table(&[("m", (0..100).collect())]);
        let few = table(&[("f", vec![0, 1])]);
        let [fact, many, few] = [fact, many, few].map(|batch| context.read_batch(batch).unwrap());
        let joined = fact.join(many, JoinType::Inner, &["a"], &["m"], None).unwrap();
        let joined = joined.join(few, JoinType::Inner, &["b"], &["f"], None).unwrap();
        let plan = joined.clone().create_physical_plan().await.unwrap();

        let root = plan.children()[0];
        let last = root.downcast_ref::<HashJoinExec>().unwrap();
        let sides =
            [last.left(), last.right()].map(|side| side.schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>());
        assert!(sides.contains(&vec!["m".to_owned()]), "{sides:?}");
        assert_eq!(plan.schema().fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>(), ["a", "b", "m", "f"]);
        assert_eq!(joined.count().await.unwrap(), 200);
    }
}
