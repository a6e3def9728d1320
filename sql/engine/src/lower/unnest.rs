//! Which plan computes UNNEST? Ref: Trino 401 "SELECT", UNNEST: arrays side by side, padded with nulls; maps give key and value; rows their fields.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::{Column as DfColumn, NullHandling, ScalarValue, UnnestOptions};
use datafusion::functions::core::get_field;
use datafusion::functions_nested::map_keys::map_keys_udf;
use datafusion::functions_nested::map_values::map_values_udf;
use datafusion::logical_expr::{Expr as DfExpr, LogicalPlan, Unnest};
use owlake_functions::types::TrinoType;

use super::expr::udf_call;
use super::lowerer::{Lowerer, column_of, constant, name_of, project};
use crate::error::EngineError;
use crate::ir::{Column, Relation, UnnestItem};

/// A list to expand, and which of the relation's columns its elements become.
struct ExpandedList {
    column: Column,
    target: Target,
}

enum Target {
    /// The element itself.
    Element(Column),
    /// The fields of the element, a row.
    Fields(Vec<Column>),
}

impl Lowerer {
    pub(super) fn unnest(
        &mut self,
        input: &Relation,
        items: &[UnnestItem],
        ordinality: Option<&Column>,
        keeps_empty: bool,
    ) -> Result<LogicalPlan, EngineError> {
        let columns = input.columns();
        let mut plan = self.relation(input)?;
        let mut expressions: Vec<DfExpr> = columns.iter().map(|column| column_of(column.symbol)).collect();
        let mut lists: Vec<ExpandedList> = Vec::new();
        for item in items {
            let (with_subqueries, expr) = self.apply_subqueries(plan, &item.expr)?;
            plan = with_subqueries;
            let lowered = self.expr(&expr)?;
            self.lists_of(lowered, item, &mut expressions, &mut lists)?;
        }
        if let Some(ordinality) = ordinality {
            let column = self.fresh_column(TrinoType::array(TrinoType::Bigint));
            let measured: Vec<DfExpr> = lists.iter().map(|list| list_expr(&expressions, &list.column)).collect::<Result<_, _>>()?;
            expressions.push(udf_call(crate::plan::ordinality::ordinality(), measured).alias(name_of(column.symbol)));
            lists.push(ExpandedList { column, target: Target::Element(ordinality.clone()) });
        }
        let prepared = project(plan, expressions)?;
        let exec_columns = lists.iter().map(|list| DfColumn::from_name(name_of(list.column.symbol))).collect();
        let null_handling = if keeps_empty { NullHandling::PreserveAndExpandEmpty } else { NullHandling::Drop };
        let options = UnnestOptions { null_handling, recursions: Vec::new() };
        let expanded = LogicalPlan::Unnest(Unnest::try_new(Arc::new(prepared), exec_columns, options)?);
        let mut results: Vec<DfExpr> = columns.iter().map(|column| column_of(column.symbol)).collect();
        for list in &lists {
            let element = column_of(list.column.symbol);
            match &list.target {
                Target::Element(column) => results.push(element.alias(name_of(column.symbol))),
                Target::Fields(fields) => results.extend(fields.iter().enumerate().map(|(position, column)| {
                    let field = constant(ScalarValue::Utf8(Some(format!("c{position}"))));
                    udf_call(get_field(), vec![element.clone(), field]).alias(name_of(column.symbol))
                })),
            }
        }
        project(expanded, results)
    }

    /// The lists one argument expands to, each a column of the projection below.
    fn lists_of(
        &mut self,
        lowered: DfExpr,
        item: &UnnestItem,
        expressions: &mut Vec<DfExpr>,
        lists: &mut Vec<ExpandedList>,
    ) -> Result<(), EngineError> {
        let mut expand = |lowerer: &mut Lowerer, list: DfExpr, element: &TrinoType, target: Target| {
            let column = lowerer.fresh_column(TrinoType::array(element.clone()));
            expressions.push(list.alias(name_of(column.symbol)));
            lists.push(ExpandedList { column, target });
        };
        match (&item.expr.data_type, item.columns.as_slice()) {
            (TrinoType::Map(key, value), [key_column, value_column]) => {
                expand(self, udf_call(map_keys_udf(), vec![lowered.clone()]), key, Target::Element(key_column.clone()));
                expand(self, udf_call(map_values_udf(), vec![lowered]), value, Target::Element(value_column.clone()));
                Ok(())
            }
            (TrinoType::Array(element), columns) => {
                let target = match (element.as_ref(), columns) {
                    (TrinoType::Row(fields), columns) if fields.len() == columns.len() && !is_whole_row(element, columns) => {
                        Target::Fields(columns.to_vec())
                    }
                    (_, [column]) => Target::Element(column.clone()),
                    _ => return Err(EngineError::internal("UNNEST of rows with another number of columns")),
                };
                expand(self, lowered, element, target);
                Ok(())
            }
            (other, _) => Err(EngineError::internal(format!("UNNEST of a {other}"))),
        }
    }
}

/// Is the one column the row itself and not its only field?
fn is_whole_row(element: &TrinoType, columns: &[Column]) -> bool {
    matches!(columns, [column] if column.data_type == *element)
}

/// The list's own expression in the projection being built.
fn list_expr(expressions: &[DfExpr], column: &Column) -> Result<DfExpr, EngineError> {
    let name = name_of(column.symbol);
    let found = expressions.iter().find_map(|expr| match expr {
        DfExpr::Alias(alias) if alias.name == name => Some((*alias.expr).clone()),
        _ => None,
    });
    found.ok_or_else(|| EngineError::internal("a list of UNNEST is missing"))
}

/// The type of the ordinality's list.
pub(crate) fn ordinality_type() -> DataType {
    owlake_functions::types::arrow_form::arrow_type(&TrinoType::array(TrinoType::Bigint))
}
