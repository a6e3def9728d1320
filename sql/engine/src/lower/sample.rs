//! How is TABLESAMPLE computed? Ref: Trino 401 "SELECT", TABLESAMPLE.
//!
//! Deviation: SYSTEM samples rows as BERNOULLI does, as a file is not divided the way Athena divides it.

use std::sync::Arc;

use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Filter, LogicalPlan, Operator as DfOperator};
use owlake_functions::types::TrinoType;

use super::expr::udf_call;
use super::lowerer::{Lowerer, constant};
use super::native::binary;
use crate::error::EngineError;
use crate::ir::{Expr, Relation};

impl Lowerer {
    pub(super) fn sample(&mut self, input: &Relation, percentage: &Expr) -> Result<LogicalPlan, EngineError> {
        let plan = self.relation(input)?;
        let percentage_lowered = self.expr(percentage)?;
        let percentage = self.cast_lowered(percentage_lowered, &percentage.data_type, &TrinoType::Double, false)?;
        let hundred = constant(ScalarValue::Float64(Some(100.0)));
        let random = super::dependent::named_function("random", &[])?;
        let drawn = binary(udf_call(random.scalar_udf(&self.session)?, Vec::new()), DfOperator::Multiply, hundred);
        let is_kept = binary(drawn, DfOperator::Lt, percentage);
        Ok(LogicalPlan::Filter(Filter::try_new(is_kept, Arc::new(plan))?))
    }
}
