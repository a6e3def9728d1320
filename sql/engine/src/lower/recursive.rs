//! How is WITH RECURSIVE computed? As a recursive query with a counted depth. Ref: Trino 401 "SELECT", WITH RECURSIVE.
//!
//! Also here: relations that stand for a plan made by the lowering itself (see [`super::dependent`]); they are read
//! through the same reference.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema};
use datafusion::common::ScalarValue;
use datafusion::datasource::cte_worktable::CteWorkTable;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{Expr as DfExpr, LogicalPlan, LogicalPlanBuilder, Operator as DfOperator, RecursiveQuery};
use owlake_functions::types::TrinoType;
use owlake_functions::types::arrow_form::arrow_type;

use super::expr::udf_call;
use super::lowerer::{Lowerer, column_of, constant, name_of, project};
use super::native::binary;
use super::set_operation::distinct;
use crate::error::EngineError;
use crate::ir::{Column, Relation, SetOperation};

/// What a [`Relation::RecursiveReference`] reads.
#[derive(Debug, Clone)]
pub(super) enum WorkTable {
    /// The rows of the step before: the table's name and its columns, the depth last.
    Recursion { name: String, columns: Vec<Column> },
    /// The distinct values of outer columns; readers give them names of their own.
    Domain { plan: Box<LogicalPlan>, columns: Vec<Column> },
    /// A plan under its own columns.
    Plan(Box<LogicalPlan>),
}

impl Lowerer {
    pub(super) fn register_domain(&mut self, id: u32, plan: LogicalPlan, columns: Vec<Column>) {
        self.recursions.insert(id, WorkTable::Domain { plan: Box::new(plan), columns });
    }

    pub(super) fn register_plan(&mut self, id: u32, plan: LogicalPlan) {
        self.recursions.insert(id, WorkTable::Plan(Box::new(plan)));
    }

    pub(super) fn recursive_union(&mut self, relation: &Relation) -> Result<LogicalPlan, EngineError> {
        let Relation::RecursiveUnion { id, columns, base, base_columns, step, step_columns, is_distinct, depth_max } = relation else {
            return Err(EngineError::internal("not a recursion"));
        };
        let depth = self.fresh_column(TrinoType::Bigint);
        let name = self.fresh_table_name();
        let bigint = |value: i64| constant(ScalarValue::Int64(Some(value)));

        let base_plan = self.relation(base)?;
        let mut base_exprs: Vec<DfExpr> =
            base_columns.iter().zip(columns).map(|(symbol, column)| column_of(*symbol).alias(name_of(column.symbol))).collect();
        base_exprs.push(bigint(0).alias(name_of(depth.symbol)));
        let static_term = project(base_plan, base_exprs)?;

        let mut work_columns = columns.clone();
        work_columns.push(depth.clone());
        self.recursions.insert(*id, WorkTable::Recursion { name: name.clone(), columns: work_columns });
        let step_depth = self.fresh_column(TrinoType::Bigint);
        let step = self
            .with_depth(step, *id, &step_depth)?
            .ok_or_else(|| EngineError::engine("NOT_SUPPORTED", "The recursive step of a WITH query is too complex"))?;
        let step_plan = self.relation(&step);
        self.recursions.remove(id);
        let step_plan = step_plan?;
        // The step's rows are one deeper than what they were made from; past the limit the query fails.
        let deeper = binary(column_of(step_depth.symbol), DfOperator::Plus, bigint(1));
        let checked = udf_call(crate::plan::recursion_depth::recursion_depth(i64::from(*depth_max)), vec![deeper]);
        let mut step_exprs: Vec<DfExpr> =
            step_columns.iter().zip(columns).map(|(symbol, column)| column_of(*symbol).alias(name_of(column.symbol))).collect();
        step_exprs.push(checked.alias(name_of(depth.symbol)));
        let recursive_term = project(step_plan, step_exprs)?;

        let recursion = RecursiveQuery::try_new(name, Arc::new(static_term), Arc::new(recursive_term), false)?;
        let rows = project(LogicalPlan::RecursiveQuery(recursion), columns.iter().map(|column| column_of(column.symbol)).collect())?;
        Ok(if *is_distinct { distinct(rows) } else { rows })
    }

    pub(super) fn recursive_reference(&mut self, id: u32, columns: &[Column]) -> Result<LogicalPlan, EngineError> {
        let table = self.recursions.get(&id).cloned().ok_or_else(|| EngineError::internal("a recursion is read outside of it"))?;
        match table {
            WorkTable::Plan(plan) => Ok(*plan),
            WorkTable::Domain { plan, columns: own } => {
                let renamed = own.iter().zip(columns).map(|(own, column)| column_of(own.symbol).alias(name_of(column.symbol)));
                project(*plan, renamed.collect())
            }
            WorkTable::Recursion { name, columns: own } => {
                let fields: Vec<Field> =
                    own.iter().map(|column| Field::new(name_of(column.symbol), arrow_type(&column.data_type), true)).collect();
                let work_table = Arc::new(CteWorkTable::new(&name, Arc::new(Schema::new(fields))));
                let scan = LogicalPlanBuilder::scan(name.as_str(), provider_as_source(work_table), None)?.build()?;
                let qualified = |symbol| DfExpr::Column(datafusion::common::Column::new(Some(name.as_str()), name_of(symbol)));
                let renamed = own.iter().zip(columns).map(|(own, column)| qualified(own.symbol).alias(name_of(column.symbol)));
                project(scan, renamed.collect())
            }
        }
    }

    /// The columns of a plan as IR columns, where they are symbols.
    pub(super) fn plan_columns(&self, plan: &LogicalPlan) -> Vec<Column> {
        let mut columns: Vec<Column> = Vec::with_capacity(plan.schema().fields().len());
        for field in plan.schema().fields() {
            if let Some(number) = field.name().strip_prefix('#').and_then(|digits| digits.parse().ok()) {
                // The Trino type is not needed below: such a column is only passed on.
                columns.push(Column { symbol: crate::ir::Symbol(number), data_type: TrinoType::Unknown });
            }
        }
        columns
    }

    /// The recursion's step with the depth of the rows it reads passed through to its top: all rows of one step have the same.
    /// `None` where rows that have no depth would mix in, or the recursion is read twice.
    fn with_depth(&mut self, step: &Relation, id: u32, depth: &Column) -> Result<Option<Relation>, EngineError> {
        let reads = |side: &Relation| reads_recursion(side, id);
        let mut through = |input: &Relation| Ok::<_, EngineError>(self.with_depth(input, id, depth)?.map(Box::new));
        Ok(match step {
            Relation::RecursiveReference { id: read, columns } if *read == id => {
                Some(Relation::RecursiveReference { id, columns: columns.iter().chain([depth]).cloned().collect() })
            }
            Relation::Filter { input, predicate } => through(input)?.map(|input| Relation::Filter { input, predicate: predicate.clone() }),
            Relation::Project { input, expressions } => through(input)?.map(|input| {
                let passed = (depth.clone(), super::dependent::reference(depth));
                Relation::Project { input, expressions: expressions.iter().cloned().chain([passed]).collect() }
            }),
            Relation::Distinct { input } => through(input)?.map(|input| Relation::Distinct { input }),
            Relation::Sort { input, order_by } => through(input)?.map(|input| Relation::Sort { input, order_by: order_by.clone() }),
            Relation::Unnest { input, items, ordinality, keeps_empty } => through(input)?.map(|input| Relation::Unnest {
                input,
                items: items.clone(),
                ordinality: ordinality.clone(),
                keeps_empty: *keeps_empty,
            }),
            Relation::Join { kind, left, right, condition } => {
                let sides = match (reads(left), reads(right)) {
                    (true, false) => through(left)?.map(|left| (left, right.clone())),
                    (false, true) => through(right)?.map(|right| (left.clone(), right)),
                    _ => None,
                };
                sides.map(|(left, right)| Relation::Join { kind: *kind, left, right, condition: condition.clone() })
            }
            Relation::Lateral { kind, left, right, correlation, condition, location } => {
                let sides = match (reads(left), reads(right)) {
                    (true, false) => through(left)?.map(|left| (left, right.clone())),
                    (false, true) => through(right)?.map(|right| (left.clone(), right)),
                    _ => None,
                };
                sides.map(|(left, right)| Relation::Lateral {
                    kind: *kind,
                    left,
                    right,
                    correlation: correlation.clone(),
                    condition: condition.clone(),
                    location: *location,
                })
            }
            Relation::SetOperation {
                operation: operation @ (SetOperation::Intersect | SetOperation::Except),
                is_distinct: true,
                inputs,
                columns,
            } => {
                let Some(position) = inputs.iter().position(|(input, _)| reads(input)) else { return Ok(None) };
                // The rows come from the first input; an intersection may begin with any.
                if position > 0 && *operation == SetOperation::Except {
                    return Ok(None);
                }
                let mut inputs = inputs.clone();
                inputs.swap(0, position);
                let Some(((first, _), rest)) = inputs.split_first_mut() else { return Ok(None) };
                let Some(carrying) = through(first)? else { return Ok(None) };
                if rest.iter().any(|(input, _)| reads(input)) {
                    return Ok(None);
                }
                *first = *carrying;
                let plan = self.matching_with(*operation, &inputs, columns, depth)?;
                let read = self.fresh_symbol().0;
                self.register_plan(read, plan);
                Some(Relation::RecursiveReference { id: read, columns: columns.iter().chain([depth]).cloned().collect() })
            }
            _ => None,
        })
    }
}

fn reads_recursion(relation: &Relation, id: u32) -> bool {
    matches!(relation, Relation::RecursiveReference { id: read, .. } if *read == id)
        || super::rewrite::inputs_of(relation).into_iter().any(|input| reads_recursion(input, id))
}
