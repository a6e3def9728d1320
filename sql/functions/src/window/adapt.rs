//! How does a window function run inside DataFusion? DataFusion's own, its numbers made bigint; or one of ours over a whole partition.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use arrow::compute::SortOptions;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::function::{ExpressionArgs, PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::{LimitEffect, PartitionEvaluator, Signature, Volatility, WindowUDF, WindowUDFImpl};
use datafusion::physical_expr::PhysicalExpr;

use crate::call::Binding;

/// Makes the evaluator of one partition; the flag is IGNORE NULLS.
pub type MakeEvaluator = fn(&Arc<Binding>, bool) -> Box<dyn PartitionEvaluator>;

/// What computes.
enum Source {
    /// A function of DataFusion's whose result is cast.
    Native(Arc<dyn WindowUDFImpl>),
    Own(MakeEvaluator),
}

/// A window function with a binding.
pub struct WindowKernelUdf {
    binding: Arc<Binding>,
    source: Source,
    signature: Signature,
}

impl WindowKernelUdf {
    /// DataFusion's `native`, its result cast to the binding's type.
    pub fn cast_native(binding: &Arc<Binding>, native: impl WindowUDFImpl + 'static) -> Arc<WindowUDF> {
        Self::build(binding, Source::Native(Arc::new(native)))
    }

    /// A function of ours.
    pub fn own(binding: &Arc<Binding>, make: MakeEvaluator) -> Arc<WindowUDF> {
        Self::build(binding, Source::Own(make))
    }

    fn build(binding: &Arc<Binding>, source: Source) -> Arc<WindowUDF> {
        let signature = crate::udf::signature(binding.argument_types.len(), Volatility::Immutable);
        Arc::new(WindowUDF::new_from_impl(WindowKernelUdf { binding: Arc::clone(binding), source, signature }))
    }
}

impl fmt::Debug for WindowKernelUdf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WindowKernelUdf").field("binding", &self.binding).finish_non_exhaustive()
    }
}

impl PartialEq for WindowKernelUdf {
    fn eq(&self, other: &Self) -> bool {
        self.binding == other.binding
    }
}

impl Eq for WindowKernelUdf {}

impl Hash for WindowKernelUdf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.binding.hash(state);
    }
}

impl WindowUDFImpl for WindowKernelUdf {
    fn name(&self) -> &str {
        self.binding.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn expressions(&self, expr_args: ExpressionArgs) -> Vec<Arc<dyn PhysicalExpr>> {
        match &self.source {
            Source::Native(native) => native.expressions(expr_args),
            Source::Own(_) => expr_args.input_exprs().into(),
        }
    }

    fn partition_evaluator(&self, args: PartitionEvaluatorArgs) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(match &self.source {
            Source::Native(native) => {
                Box::new(CastEvaluator { inner: native.partition_evaluator(args)?, target: self.binding.return_arrow.clone() })
            }
            Source::Own(make) => make(&self.binding, args.ignore_nulls()),
        })
    }

    fn field(&self, args: WindowUDFFieldArgs) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(args.name(), self.binding.return_arrow.clone(), true)))
    }

    fn sort_options(&self) -> Option<SortOptions> {
        match &self.source {
            Source::Native(native) => native.sort_options(),
            Source::Own(_) => None,
        }
    }

    fn limit_effect(&self, args: &[Arc<dyn PhysicalExpr>]) -> LimitEffect {
        match &self.source {
            Source::Native(native) => native.limit_effect(args),
            Source::Own(_) => LimitEffect::Unknown,
        }
    }
}

/// DataFusion's evaluator with its values cast.
#[derive(Debug)]
struct CastEvaluator {
    inner: Box<dyn PartitionEvaluator>,
    target: DataType,
}

impl CastEvaluator {
    fn cast(&self, values: ArrayRef) -> Result<ArrayRef> {
        if values.data_type() == &self.target { Ok(values) } else { Ok(arrow::compute::cast(&values, &self.target)?) }
    }
}

impl PartitionEvaluator for CastEvaluator {
    fn memoize(&mut self, state: &mut datafusion::logical_expr::window_state::WindowAggState) -> Result<()> {
        self.inner.memoize(state)
    }

    fn get_range(&self, index: usize, rows: usize) -> Result<Range<usize>> {
        self.inner.get_range(index, rows)
    }

    fn is_causal(&self) -> bool {
        self.inner.is_causal()
    }

    fn evaluate_all(&mut self, values: &[ArrayRef], num_rows: usize) -> Result<ArrayRef> {
        let values = self.inner.evaluate_all(values, num_rows)?;
        self.cast(values)
    }

    fn evaluate(&mut self, values: &[ArrayRef], range: &Range<usize>) -> Result<ScalarValue> {
        self.inner.evaluate(values, range)?.cast_to(&self.target)
    }

    fn evaluate_all_with_rank(&self, num_rows: usize, ranks_in_partition: &[Range<usize>]) -> Result<ArrayRef> {
        self.cast(self.inner.evaluate_all_with_rank(num_rows, ranks_in_partition)?)
    }

    fn supports_bounded_execution(&self) -> bool {
        self.inner.supports_bounded_execution()
    }

    fn uses_window_frame(&self) -> bool {
        self.inner.uses_window_frame()
    }

    fn include_rank(&self) -> bool {
        self.inner.include_rank()
    }
}
