//! How does an expression over declared columns run over one file's columns? Rewritten file by file.
//!
//! Columns are found by name, whatever the case; a missing one is NULL; a differing type is converted. Lossless casts
//! and comparisons of rounded timestamps keep a form that row group statistics can decide.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Schema, SchemaRef, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{BinaryExpr, CastExpr, Column, Literal, lit};
use datafusion::physical_expr_adapter::{PhysicalExprAdapter, PhysicalExprAdapterFactory};
use owlake_functions::types::TrinoType;
use owlake_functions::types::arrow_form::arrow_type;

use super::file_column::FileColumn;
use super::file_type::{Conversion, conversion, file_column_index};
use crate::error::EngineError;
use crate::error::from_datafusion::external;

/// Makes an adapter a file; holds the declared types of the table's data columns by name.
#[derive(Debug)]
pub struct DeclaredTypes {
    pub by_name: HashMap<String, TrinoType>,
}

impl PhysicalExprAdapterFactory for DeclaredTypesFactory {
    fn create(
        &self,
        _logical_file_schema: SchemaRef,
        physical_file_schema: SchemaRef,
    ) -> Result<Arc<dyn PhysicalExprAdapter>, DataFusionError> {
        Ok(Arc::new(FileAdapter { declared: Arc::clone(&self.0), file_schema: physical_file_schema }))
    }
}

/// See [`DeclaredTypes`].
#[derive(Debug)]
pub struct DeclaredTypesFactory(pub Arc<DeclaredTypes>);

#[derive(Debug)]
struct FileAdapter {
    declared: Arc<DeclaredTypes>,
    file_schema: SchemaRef,
}

impl PhysicalExprAdapter for FileAdapter {
    fn rewrite(&self, expr: Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>, DataFusionError> {
        expr.transform_down(|node| {
            if let Some(comparison) = self.timestamp_comparison(&node) {
                return Ok(Transformed::new(comparison, true, datafusion::common::tree_node::TreeNodeRecursion::Jump));
            }
            match node.downcast_ref::<Column>() {
                Some(column) => Ok(Transformed::new(self.column(column)?, true, datafusion::common::tree_node::TreeNodeRecursion::Jump)),
                None => Ok(Transformed::no(node)),
            }
        })
        .data()
    }
}

impl FileAdapter {
    fn column(&self, column: &Column) -> Result<Arc<dyn PhysicalExpr>, DataFusionError> {
        let Some(declared) = self.declared.by_name.get(column.name()) else {
            // Not a data column: something DataFusion added itself, known by the same name in the file's schema.
            let index = self.file_schema.index_of(column.name())?;
            return Ok(Arc::new(Column::new(column.name(), index)));
        };
        let physical = arrow_type(declared);
        let Some(index) = file_column_index(&self.file_schema, column.name()) else {
            return Ok(lit(ScalarValue::try_from(&physical)?));
        };
        let field = self.file_schema.field(index);
        let in_file: Arc<dyn PhysicalExpr> = Arc::new(Column::new(field.name(), index));
        if matches!(field.data_type(), DataType::Null) {
            return Ok(lit(ScalarValue::try_from(&physical)?));
        }
        match conversion(field.data_type(), declared) {
            Some(Conversion::Same) => Ok(in_file),
            Some(Conversion::Cast(target)) => Ok(Arc::new(CastExpr::new(in_file, target, None))),
            Some(Conversion::Kernel) => Ok(Arc::new(FileColumn { input: in_file, declared: declared.clone() })),
            None => Err(external(EngineError::engine(
                "HIVE_BAD_DATA",
                format!(
                    "Field {}'s type {} in parquet file is incompatible with type {declared} defined in table schema",
                    column.name(),
                    field.data_type()
                ),
            ))),
        }
    }

    /// `column op literal` where the file holds finer ticks than the declared milliseconds: the literal is moved to the file's
    /// ticks instead, so that statistics can prune. With round half up, `round(c) >= L` is `c >= L·f - f/2`.
    fn timestamp_comparison(&self, node: &Arc<dyn PhysicalExpr>) -> Option<Arc<dyn PhysicalExpr>> {
        let comparison = node.downcast_ref::<BinaryExpr>()?;
        let (column, operator, literal) = match (comparison.left().downcast_ref::<Column>(), comparison.right().downcast_ref::<Column>()) {
            (Some(column), None) => (column, *comparison.op(), comparison.right().downcast_ref::<Literal>()?),
            (None, Some(column)) => (column, comparison.op().swap()?, comparison.left().downcast_ref::<Literal>()?),
            _ => return None,
        };
        let ScalarValue::TimestampMillisecond(Some(millis), None) = literal.value() else { return None };
        if !matches!(self.declared.by_name.get(column.name()), Some(TrinoType::Timestamp(0..=3))) {
            return None;
        }
        let index = file_column_index(&self.file_schema, column.name())?;
        let DataType::Timestamp(unit, zone) = self.file_schema.field(index).data_type() else { return None };
        let factor: i64 = match unit {
            TimeUnit::Microsecond => 1_000,
            TimeUnit::Nanosecond => 1_000_000,
            TimeUnit::Second | TimeUnit::Millisecond => return None,
        };
        let low = millis.checked_mul(factor)?.checked_sub(factor / 2)?;
        let high = low.checked_add(factor)?;
        let in_file: Arc<dyn PhysicalExpr> = Arc::new(Column::new(self.file_schema.field(index).name(), index));
        let tick = |value: i64| match unit {
            TimeUnit::Microsecond => lit(ScalarValue::TimestampMicrosecond(Some(value), zone.clone())),
            _ => lit(ScalarValue::TimestampNanosecond(Some(value), zone.clone())),
        };
        let compare = |operator: Operator, value: i64| -> Arc<dyn PhysicalExpr> {
            Arc::new(BinaryExpr::new(Arc::clone(&in_file), operator, tick(value)))
        };
        match operator {
            Operator::GtEq => Some(compare(Operator::GtEq, low)),
            Operator::Gt => Some(compare(Operator::GtEq, high)),
            Operator::LtEq => Some(compare(Operator::Lt, high)),
            Operator::Lt => Some(compare(Operator::Lt, low)),
            Operator::Eq => Some(Arc::new(BinaryExpr::new(compare(Operator::GtEq, low), Operator::And, compare(Operator::Lt, high)))),
            _ => None,
        }
    }
}

/// The schema of a table's data columns in physical form, as the source declares it to DataFusion.
pub fn declared_schema<'a>(columns: impl Iterator<Item = (&'a str, &'a TrinoType)>) -> Schema {
    Schema::new(columns.map(|(name, data_type)| arrow::datatypes::Field::new(name, arrow_type(data_type), true)).collect::<Vec<_>>())
}
