//! How are UNION, INTERSECT and EXCEPT computed? Ref: Trino 401 "SELECT", set operations: rows are compared null-safe.

use std::sync::Arc;

use datafusion::common::{JoinType, NullEquality};
use datafusion::logical_expr::{Distinct, LogicalPlan, Union};
use owlake_functions::types::TrinoType;

use super::join::joined_on;
use super::lowerer::{Lowerer, column_of, name_of, project, schema_of};
use crate::error::EngineError;
use crate::ir::{Column, Relation, SetOperation, Symbol};

impl Lowerer {
    pub(super) fn set_operation(
        &mut self,
        operation: SetOperation,
        is_distinct: bool,
        inputs: &[(Relation, Vec<Symbol>)],
        columns: &[Column],
    ) -> Result<LogicalPlan, EngineError> {
        match operation {
            SetOperation::Union => self.union(is_distinct, inputs, columns),
            SetOperation::Intersect => self.matching(JoinType::LeftSemi, is_distinct, inputs, columns, None),
            SetOperation::Except => self.matching(JoinType::LeftAnti, is_distinct, inputs, columns, None),
        }
    }

    /// A distinct INTERSECT or EXCEPT that hands `carried`, a column of the first input with the same value in all its rows, on.
    pub(super) fn matching_with(
        &mut self,
        operation: SetOperation,
        inputs: &[(Relation, Vec<Symbol>)],
        columns: &[Column],
        carried: &Column,
    ) -> Result<LogicalPlan, EngineError> {
        let join_type = if operation == SetOperation::Except { JoinType::LeftAnti } else { JoinType::LeftSemi };
        self.matching(join_type, true, inputs, columns, Some(carried))
    }

    fn union(&mut self, is_distinct: bool, inputs: &[(Relation, Vec<Symbol>)], columns: &[Column]) -> Result<LogicalPlan, EngineError> {
        let mut plans = Vec::with_capacity(inputs.len());
        for (input, symbols) in inputs {
            plans.push(Arc::new(self.renamed(input, symbols, columns)?));
        }
        let union = LogicalPlan::Union(Union { inputs: plans, schema: schema_of(columns)? });
        Ok(if is_distinct { distinct(union) } else { union })
    }

    /// INTERSECT and EXCEPT, left to right. Without ALL: a distinct left side, semi- or anti-joined. With ALL the n-th
    /// occurrence of a row on one side meets the n-th on the other.
    fn matching(
        &mut self,
        join_type: JoinType,
        is_distinct: bool,
        inputs: &[(Relation, Vec<Symbol>)],
        columns: &[Column],
        carried: Option<&Column>,
    ) -> Result<LogicalPlan, EngineError> {
        let Some(((first, first_symbols), rest)) = inputs.split_first() else {
            return Err(EngineError::internal("a set operation without inputs"));
        };
        let own: Vec<Column> = columns.iter().chain(carried).cloned().collect();
        let own_symbols: Vec<Symbol> = first_symbols.iter().copied().chain(carried.map(|column| column.symbol)).collect();
        let mut plan = self.renamed(first, &own_symbols, &own)?;
        if is_distinct {
            plan = distinct(plan);
        }
        for (input, symbols) in rest {
            let right_columns: Vec<Column> = columns.iter().map(|column| self.fresh_column(column.data_type.clone())).collect();
            let mut right = self.renamed(input, symbols, &right_columns)?;
            let mut on: Vec<_> =
                columns.iter().zip(&right_columns).map(|(left, right)| (column_of(left.symbol), column_of(right.symbol))).collect();
            if !is_distinct {
                let (left_number, right_number) = (self.fresh_column(TrinoType::Bigint), self.fresh_column(TrinoType::Bigint));
                plan = self.numbered(plan, columns, &left_number)?;
                right = self.numbered(right, &right_columns, &right_number)?;
                on.push((column_of(left_number.symbol), column_of(right_number.symbol)));
            }
            plan = joined_on(plan, right, join_type, on, None, NullEquality::NullEqualsNull)?;
            plan = project(plan, own.iter().map(|column| column_of(column.symbol)).collect())?;
        }
        Ok(plan)
    }

    /// Appends the position of each row among its equals.
    fn numbered(&mut self, plan: LogicalPlan, columns: &[Column], number: &Column) -> Result<LogicalPlan, EngineError> {
        let partition_by = columns.iter().map(|column| column_of(column.symbol)).collect();
        let row_number = datafusion::functions_window::row_number::row_number_udwf();
        self.ranked(plan, columns, row_number, partition_by, Vec::new(), number)
    }

    /// An input's columns under the operation's symbols.
    fn renamed(&mut self, input: &Relation, symbols: &[Symbol], columns: &[Column]) -> Result<LogicalPlan, EngineError> {
        let plan = self.relation(input)?;
        let renamed = symbols.iter().zip(columns).map(|(symbol, column)| column_of(*symbol).alias(name_of(column.symbol)));
        project(plan, renamed.collect())
    }
}

pub(super) fn distinct(plan: LogicalPlan) -> LogicalPlan {
    LogicalPlan::Distinct(Distinct::All(Arc::new(plan)))
}
