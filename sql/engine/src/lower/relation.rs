//! Which plan computes a relation? The dispatch over operators, and the simple ones themselves.

use std::sync::Arc;

use datafusion::common::DFSchema;
use datafusion::logical_expr::{Distinct, EmptyRelation, Filter, Limit, LogicalPlan, Values};
use owlake_functions::types::TrinoType;

use super::lowerer::{Lowerer, column_of, constant, named, null_of, project, schema_of};
use crate::error::EngineError;
use crate::ir::{Column, Expr, Relation};

impl Lowerer {
    /// The plan of a relation: its output has at least the relation's columns, by symbol.
    pub fn relation(&mut self, relation: &Relation) -> Result<LogicalPlan, EngineError> {
        match relation {
            Relation::Values { columns, rows } => self.values(columns, rows),
            Relation::Scan { table, columns } => self.scan(table, columns),
            Relation::Filter { input, predicate } => {
                let plan = self.relation(input)?;
                self.filter(plan, predicate)
            }
            Relation::Project { input, expressions } => {
                let plan = self.relation(input)?;
                self.projection(plan, expressions)
            }
            Relation::Join { kind, left, right, condition } => self.join(*kind, left, right, condition.as_ref()),
            Relation::Lateral { kind, left, right, correlation, condition, .. } => {
                self.lateral(*kind, left, right, correlation, condition.as_ref())
            }
            Relation::Unnest { input, items, ordinality, keeps_empty } => self.unnest(input, items, ordinality.as_ref(), *keeps_empty),
            Relation::Aggregate { input, groups, aggregates } => self.aggregate(input, groups, aggregates),
            Relation::Window { input, calls } => self.window(input, calls),
            Relation::Distinct { input } => {
                let columns = input.columns();
                let plan = self.relation(input)?;
                let exact = project(plan, columns.iter().map(|column| column_of(column.symbol)).collect())?;
                Ok(LogicalPlan::Distinct(Distinct::All(Arc::new(exact))))
            }
            Relation::Sort { input, order_by } => self.sort(input, order_by),
            Relation::Limit { input, offset_rows, limit_rows, with_ties } => {
                self.limit(input, *offset_rows, *limit_rows, with_ties.as_deref())
            }
            Relation::SetOperation { operation, is_distinct, inputs, columns } => {
                self.set_operation(*operation, *is_distinct, inputs, columns)
            }
            Relation::Sample { input, percentage, .. } => self.sample(input, percentage),
            Relation::PatternRecognition(recognition) => self.pattern_recognition(recognition),
            Relation::RecursiveUnion { .. } => self.recursive_union(relation),
            Relation::RecursiveReference { id, columns } => self.recursive_reference(*id, columns),
        }
    }

    fn values(&mut self, columns: &[Column], rows: &[Vec<Expr>]) -> Result<LogicalPlan, EngineError> {
        if columns.is_empty() {
            let produce_one_row = rows.len() == 1;
            if rows.len() > 1 {
                return Err(EngineError::internal("rows without columns"));
            }
            return Ok(LogicalPlan::EmptyRelation(EmptyRelation { produce_one_row, schema: Arc::new(DFSchema::empty()) }));
        }
        let schema = schema_of(columns)?;
        if rows.is_empty() {
            return Ok(LogicalPlan::EmptyRelation(EmptyRelation { produce_one_row: false, schema }));
        }
        if let [row] = rows {
            let one_row = LogicalPlan::EmptyRelation(EmptyRelation { produce_one_row: true, schema: Arc::new(DFSchema::empty()) });
            let expressions: Vec<(Column, Expr)> = columns.iter().cloned().zip(row.iter().cloned()).collect();
            return self.projection(one_row, &expressions);
        }
        if rows.iter().flatten().any(super::expr::has_subquery) {
            return self.values_with_subqueries(columns, rows);
        }
        let mut values = Vec::with_capacity(rows.len());
        for row in rows {
            values.push(row.iter().map(|value| self.expr(value)).collect::<Result<Vec<_>, _>>()?);
        }
        Ok(LogicalPlan::Values(Values { schema, values }))
    }

    /// A union of one-row relations, each with its own subqueries.
    fn values_with_subqueries(&mut self, columns: &[Column], rows: &[Vec<Expr>]) -> Result<LogicalPlan, EngineError> {
        let symbols: Vec<_> = columns.iter().map(|column| column.symbol).collect();
        let inputs = rows.iter().map(|row| (Relation::Values { columns: columns.to_vec(), rows: vec![row.clone()] }, symbols.clone()));
        self.set_operation(crate::ir::SetOperation::Union, false, &inputs.collect::<Vec<_>>(), columns)
    }

    /// `WHERE predicate`, subqueries in it included.
    pub(super) fn filter(&mut self, input: LogicalPlan, predicate: &Expr) -> Result<LogicalPlan, EngineError> {
        let (plan, predicate) = self.apply_filter_subqueries(input, predicate)?;
        let Some(predicate) = predicate else { return Ok(plan) };
        let predicate = self.expr(&predicate)?;
        Ok(LogicalPlan::Filter(Filter::try_new(predicate, Arc::new(plan))?))
    }

    /// Exactly these expressions, subqueries in them included.
    pub(super) fn projection(&mut self, input: LogicalPlan, expressions: &[(Column, Expr)]) -> Result<LogicalPlan, EngineError> {
        let mut plan = input;
        let mut lowered = Vec::with_capacity(expressions.len());
        for (column, expr) in expressions {
            let (with_subqueries, expr) = self.apply_subqueries(plan, expr)?;
            plan = with_subqueries;
            lowered.push(named(self.expr(&expr)?, column.symbol));
        }
        if lowered.is_empty() {
            // A relation without columns still has rows; a constant column carries their number.
            let marker = self.fresh_column(TrinoType::Boolean);
            lowered.push(named(null_of(&arrow::datatypes::DataType::Boolean)?, marker.symbol));
        }
        project(plan, lowered)
    }

    fn limit(
        &mut self,
        input: &Relation,
        offset_rows: u64,
        limit_rows: Option<u64>,
        with_ties: Option<&[crate::ir::Ordering]>,
    ) -> Result<LogicalPlan, EngineError> {
        match (with_ties, limit_rows) {
            (Some(order_by), Some(limit_rows)) => self.limit_with_ties(input, offset_rows, limit_rows, order_by),
            _ => {
                let plan = self.relation(input)?;
                Ok(limited(plan, offset_rows, limit_rows))
            }
        }
    }
}

/// `OFFSET` and `LIMIT`.
pub(super) fn limited(input: LogicalPlan, offset_rows: u64, limit_rows: Option<u64>) -> LogicalPlan {
    let rows = |rows: u64| Box::new(constant(datafusion::common::ScalarValue::Int64(Some(i64::try_from(rows).unwrap_or(i64::MAX)))));
    LogicalPlan::Limit(Limit { skip: (offset_rows > 0).then(|| rows(offset_rows)), fetch: limit_rows.map(rows), input: Arc::new(input) })
}
