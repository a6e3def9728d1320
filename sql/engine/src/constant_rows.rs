//! Which rows does a plan of literals have? The one row itself, where nothing has to be computed: `SELECT 1, 'a' AS b`.
//!
//! Optimising and running such a plan takes twenty times as long as telling its row. Ref: DataFusion's `Projection`, `EmptyRelation`.

use arrow::datatypes::{Field, Schema};
use arrow::record_batch::RecordBatch;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, LogicalPlan};
use std::sync::Arc;

/// The row of a plan that projects literals over nothing; `None` for every other plan.
pub fn of(plan: &LogicalPlan) -> Option<RecordBatch> {
    let values = literals(plan)?;
    let mut fields = Vec::with_capacity(values.len());
    let mut columns = Vec::with_capacity(values.len());
    for (value, field) in values.iter().zip(plan.schema().fields()) {
        let column = value.to_array().ok()?;
        fields.push(Field::new(field.name(), column.data_type().clone(), true));
        columns.push(column);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).ok().filter(|batch| batch.num_columns() > 0)
}

/// The values of the plan's columns.
fn literals(plan: &LogicalPlan) -> Option<Vec<ScalarValue>> {
    match plan {
        LogicalPlan::EmptyRelation(empty) if empty.produce_one_row && empty.schema.fields().is_empty() => Some(Vec::new()),
        LogicalPlan::Projection(projection) => {
            let input = literals(&projection.input)?;
            projection.expr.iter().map(|expr| literal(expr, &projection.input, &input)).collect()
        }
        _ => None,
    }
}

fn literal(expr: &Expr, plan: &LogicalPlan, input: &[ScalarValue]) -> Option<ScalarValue> {
    match expr {
        Expr::Literal(value, _) => Some(value.clone()),
        Expr::Alias(alias) => literal(&alias.expr, plan, input),
        Expr::Column(column) => input.get(plan.schema().maybe_index_of_column(column)?).cloned(),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use arrow::array::AsArray;
    use arrow::datatypes::Int32Type;
    use datafusion::logical_expr::{LogicalPlanBuilder, col, lit};

    #[test]
    fn literals_are_told_and_everything_else_is_left_to_the_plan() {
        let one = || LogicalPlanBuilder::empty(true).project([lit(1_i32).alias("a"), lit("x")]).unwrap();
        let row = of(&one().project([col("a").alias("b")]).unwrap().build().unwrap()).unwrap();
        assert_eq!((row.num_rows(), row.schema().field(0).name().as_str()), (1, "b"));
        assert_eq!(row.column(0).as_primitive::<Int32Type>().value(0), 1);
        assert_eq!(of(&one().build().unwrap()).unwrap().num_columns(), 2);
        assert!(of(&one().project([col("a") + lit(1_i32)]).unwrap().build().unwrap()).is_none());
        assert!(of(&one().filter(col("a").eq(lit(2_i32))).unwrap().build().unwrap()).is_none());
        assert!(of(&LogicalPlanBuilder::empty(false).project([lit(1_i32)]).unwrap().build().unwrap()).is_none());
    }
}
