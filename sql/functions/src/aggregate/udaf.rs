//! How does an aggregate run inside DataFusion? One wrapper for all: groups, DISTINCT, ORDER BY and sliding frames are dealt with here.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, GroupsAccumulator, Signature, Volatility};

use super::collect::CollectingAccumulator;
use super::sliding::SlidingAccumulator;
use crate::call::Binding;

/// What an aggregate computes, apart from how DataFusion feeds it. One value serves one call.
pub trait Aggregate: Send + Sync + 'static {
    /// Physical types of the partial state's columns.
    fn state_types(&self) -> Vec<DataType>;
    /// A state over no rows, for one group.
    fn accumulator(&self) -> Box<dyn Accumulator>;
    /// States over no rows, for many groups.
    fn groups_accumulator(&self) -> Box<dyn GroupsAccumulator>;
    /// Does the order of the rows change the result?
    fn is_order_sensitive(&self) -> bool {
        false
    }
    /// Can an accumulator take rows back without loss? Else a sliding frame is computed anew each time.
    fn retracts(&self) -> bool {
        false
    }
}

/// An [`Aggregate`] as a DataFusion aggregate function.
pub struct AggregateUdf {
    binding: Arc<Binding>,
    aggregate: Arc<dyn Aggregate>,
    signature: Signature,
}

impl AggregateUdf {
    /// The wrapped aggregate of a call.
    pub fn build(binding: &Arc<Binding>, aggregate: impl Aggregate) -> Arc<AggregateUDF> {
        let signature = crate::udf::signature(binding.argument_types.len(), Volatility::Immutable);
        Arc::new(AggregateUDF::new_from_impl(AggregateUdf { binding: Arc::clone(binding), aggregate: Arc::new(aggregate), signature }))
    }

    fn collects(&self, is_distinct: bool, has_order: bool) -> bool {
        is_distinct || (has_order && self.aggregate.is_order_sensitive())
    }
}

impl fmt::Debug for AggregateUdf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AggregateUdf").field("binding", &self.binding).finish_non_exhaustive()
    }
}

impl PartialEq for AggregateUdf {
    fn eq(&self, other: &Self) -> bool {
        self.binding == other.binding
    }
}

impl Eq for AggregateUdf {}

impl Hash for AggregateUdf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.binding.hash(state);
    }
}

impl AggregateUDFImpl for AggregateUdf {
    fn name(&self) -> &str {
        self.binding.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(self.binding.return_arrow.clone())
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        if self.collects(args.is_distinct, !args.order_bys.is_empty()) {
            return Ok(Box::new(CollectingAccumulator::new(&self.binding, &self.aggregate, &args)?));
        }
        Ok(self.aggregate.accumulator())
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        if !self.collects(args.is_distinct, !args.order_bys.is_empty()) && self.aggregate.retracts() {
            return Ok(self.aggregate.accumulator());
        }
        let fields: Vec<DataType> = args.expr_fields.iter().map(|field| field.data_type().clone()).collect();
        let is_distinct = args.is_distinct;
        Ok(Box::new(SlidingAccumulator::new(&self.binding, &self.aggregate, fields, is_distinct)))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        if self.collects(args.is_distinct, !args.ordering_fields.is_empty()) {
            let columns: Vec<DataType> =
                args.input_fields.iter().chain(args.ordering_fields).map(|field| field.data_type().clone()).collect();
            return Ok(vec![Arc::new(Field::new(format!("{}[rows]", args.name), super::collect::state_type(&columns), true))]);
        }
        let types = self.aggregate.state_types();
        Ok(types
            .into_iter()
            .enumerate()
            .map(|(position, data_type)| Arc::new(Field::new(format!("{}[{position}]", args.name), data_type, true)))
            .collect())
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs) -> bool {
        !self.collects(args.is_distinct, !args.order_bys.is_empty())
    }

    fn create_groups_accumulator(&self, _args: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(self.aggregate.groups_accumulator())
    }

    fn with_beneficial_ordering(self: Arc<Self>, _beneficial_ordering: bool) -> Result<Option<Arc<dyn AggregateUDFImpl>>> {
        Ok(Some(self))
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        // ORDER BY within the call is kept, and sorted by the accumulator itself: partial states arrive in no order.
        if self.aggregate.is_order_sensitive() { AggregateOrderSensitivity::Beneficial } else { AggregateOrderSensitivity::Insensitive }
    }
}
