//! What of an expression do DataFusion's rules see? Of a closed one the columns it reads, and not what it computes.
//!
//! They can't compute a part of it elsewhere, for rows it is not meant for. And they can't give a lambda's columns numbers among those of
//! its variables: DataFusion numbers the variables behind the columns the call was planned over, and a call that is moved over a
//! wider input finds columns there. Ref: DataFusion 55.2 `HigherOrderFunctionExpr::evaluate`, `JoinFilterRewriter`.

use std::collections::HashSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{Column, LambdaExpr, LambdaVariable};

/// See the module's head.
#[derive(Debug, Clone)]
pub(super) struct Closed {
    /// Columns, and variables of lambdas the expression stands in.
    pub(super) columns: Vec<Arc<dyn PhysicalExpr>>,
    /// Over a batch of just these columns, in order.
    pub(super) body: Arc<dyn PhysicalExpr>,
    pub(super) schema: SchemaRef,
}

impl Closed {
    /// Closes an expression over `schema`, in which a lambda's variables have their own fields.
    pub(super) fn over(expr: Arc<dyn PhysicalExpr>, schema: &SchemaRef) -> Result<Closed> {
        let own = own_variables(&expr)?;
        let mut columns: Vec<Arc<dyn PhysicalExpr>> = Vec::new();
        let mut fields = Vec::new();
        let body = expr
            .transform(|node| {
                let (name, field) = if let Some(column) = node.downcast_ref::<Column>() {
                    (column.name().to_owned(), schema.field(column.index()).clone())
                } else if let Some(variable) = node.downcast_ref::<LambdaVariable>()
                    && !own.contains(variable.name())
                {
                    (variable.name().to_owned(), variable.field().as_ref().clone())
                } else {
                    return Ok(Transformed::no(node));
                };
                let known = columns.iter().position(|known| known.as_ref() == node.as_ref());
                let position = known.unwrap_or_else(|| {
                    fields.push(field);
                    columns.push(Arc::clone(&node));
                    columns.len() - 1
                });
                Ok(Transformed::yes(Arc::new(Column::new(&name, position)) as Arc<dyn PhysicalExpr>))
            })
            .data()?;
        Ok(Closed { columns, body, schema: Arc::new(Schema::new(fields)) })
    }

    /// The columns it reads, as a batch of their own.
    pub(super) fn inputs(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let mut arrays = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            arrays.push(column.evaluate(batch)?.into_array(batch.num_rows())?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let fields = self
            .schema
            .fields()
            .iter()
            .zip(&arrays)
            .map(|(field, array)| field.as_ref().clone().with_data_type(array.data_type().clone()).with_nullable(true));
        Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields.collect::<Vec<_>>())), arrays, &options)?)
    }
}

impl PartialEq for Closed {
    fn eq(&self, other: &Self) -> bool {
        self.body.eq(&other.body)
            && self.columns.len() == other.columns.len()
            && self.columns.iter().zip(&other.columns).all(|(one, other)| one.eq(other))
    }
}

impl Eq for Closed {}

impl Hash for Closed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.body.hash(state);
        self.columns.hash(state);
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.body, f)
    }
}

impl PhysicalExpr for Closed {
    fn data_type(&self, _input_schema: &Schema) -> Result<DataType> {
        self.body.data_type(&self.schema)
    }

    fn nullable(&self, _input_schema: &Schema) -> Result<bool> {
        Ok(true)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        self.body.evaluate(&self.inputs(batch)?)
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        self.columns.iter().collect()
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        Ok(Arc::new(Closed { columns: children, body: Arc::clone(&self.body), schema: Arc::clone(&self.schema) }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.body.fmt_sql(f)
    }
}

/// The variables of the lambdas within an expression.
fn own_variables(expr: &Arc<dyn PhysicalExpr>) -> Result<HashSet<String>> {
    let mut own = HashSet::new();
    expr.apply(|node| {
        if let Some(lambda) = node.downcast_ref::<LambdaExpr>() {
            own.extend(lambda.params().iter().cloned());
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(own)
}
