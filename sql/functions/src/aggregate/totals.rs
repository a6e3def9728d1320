//! What are the sum and the mean of a column? Typed loops over groups, exact or failing. Ref: Trino 401 `DecimalSumAggregation`, `AverageAggregations`, `BigintSumAggregation`.

use std::marker::PhantomData;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, Int64Array, PrimitiveArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Decimal128Type, Float32Type, Float64Type, Int32Type, Int64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{Accumulator, EmitTo, GroupsAccumulator};

use super::udaf::Aggregate;
use crate::call::Binding;
use crate::cast::number::{divide_half_up, power_of_ten};
use crate::error::FunctionError;
use crate::types::TrinoType;

/// One kind of total: what is added up, in which type, and what comes out.
pub trait Total: Send + Sync + 'static {
    type Input: ArrowPrimitiveType;
    type Sum: ArrowPrimitiveType;
    /// Is `minus` the exact inverse of `add`?
    const IS_EXACT: bool;
    fn widen(value: <Self::Input as ArrowPrimitiveType>::Native) -> <Self::Sum as ArrowPrimitiveType>::Native;
    /// The sum, and whether it overflowed.
    fn add(
        sum: <Self::Sum as ArrowPrimitiveType>::Native,
        value: <Self::Sum as ArrowPrimitiveType>::Native,
    ) -> (<Self::Sum as ArrowPrimitiveType>::Native, bool);
    fn minus(
        sum: <Self::Sum as ArrowPrimitiveType>::Native,
        value: <Self::Sum as ArrowPrimitiveType>::Native,
    ) -> <Self::Sum as ArrowPrimitiveType>::Native;
    fn overflow(sum: <Self::Sum as ArrowPrimitiveType>::Native, value: <Self::Sum as ArrowPrimitiveType>::Native) -> FunctionError;
    /// Sums of one batch without nulls, when there is a faster way than a loop.
    fn sum_all(_values: &PrimitiveArray<Self::Input>) -> Option<<Self::Sum as ArrowPrimitiveType>::Native> {
        None
    }
    /// The results; groups without rows are null.
    fn finish(sums: Vec<<Self::Sum as ArrowPrimitiveType>::Native>, counts: &[i64], binding: &Binding) -> Result<ArrayRef, FunctionError>;
}

/// The aggregate of a total.
pub struct Totals<T: Total> {
    binding: Arc<Binding>,
    kind: PhantomData<fn() -> T>,
}

impl<T: Total> Totals<T> {
    pub fn new(binding: &Arc<Binding>) -> Totals<T> {
        Totals { binding: Arc::clone(binding), kind: PhantomData }
    }
}

impl<T: Total> Aggregate for Totals<T> {
    fn state_types(&self) -> Vec<DataType> {
        vec![sum_type::<T>(), DataType::Int64]
    }

    fn accumulator(&self) -> Box<dyn Accumulator> {
        Box::new(OneTotal::<T> { groups: GroupTotals::new(&self.binding) })
    }

    fn groups_accumulator(&self) -> Box<dyn GroupsAccumulator> {
        Box::new(GroupTotals::<T>::new(&self.binding))
    }

    fn retracts(&self) -> bool {
        T::IS_EXACT
    }
}

fn sum_type<T: Total>() -> DataType {
    match T::Sum::DATA_TYPE {
        DataType::Decimal128(..) => DataType::Decimal128(38, 0),
        other => other,
    }
}

type SumOf<T> = <<T as Total>::Sum as ArrowPrimitiveType>::Native;

/// A sum and a count per group.
struct GroupTotals<T: Total> {
    binding: Arc<Binding>,
    sums: Vec<SumOf<T>>,
    counts: Vec<i64>,
}

impl<T: Total> GroupTotals<T> {
    fn new(binding: &Arc<Binding>) -> GroupTotals<T> {
        GroupTotals { binding: Arc::clone(binding), sums: vec![], counts: vec![] }
    }

    fn resize(&mut self, groups: usize) {
        self.sums.resize(groups, Default::default());
        self.counts.resize(groups, 0);
    }

    #[inline]
    fn put(&mut self, group: usize, value: SumOf<T>, count: i64) -> Result<(), FunctionError> {
        let (sum, is_overflow) = T::add(self.sums[group], value);
        if is_overflow {
            return Err(T::overflow(self.sums[group], value));
        }
        self.sums[group] = sum;
        self.counts[group] += count;
        Ok(())
    }

    fn state_arrays(&self, sums: Vec<SumOf<T>>, counts: Vec<i64>) -> Result<Vec<ArrayRef>> {
        let sums = PrimitiveArray::<T::Sum>::new(sums.into(), None).with_data_type(sum_type::<T>());
        Ok(vec![Arc::new(sums), Arc::new(Int64Array::from(counts))])
    }
}

impl<T: Total> GroupsAccumulator for GroupTotals<T> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.resize(total_num_groups);
        let input = values[0].as_primitive::<T::Input>();
        match (input.nulls().filter(|nulls| nulls.null_count() > 0), opt_filter) {
            (None, None) => {
                for (group, value) in group_indices.iter().zip(input.values().iter()) {
                    self.put(*group, T::widen(*value), 1)?;
                }
            }
            (nulls, filter) => {
                for (row, (group, value)) in group_indices.iter().zip(input.values().iter()).enumerate() {
                    if nulls.is_none_or(|nulls| nulls.is_valid(row))
                        && filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row))
                    {
                        self.put(*group, T::widen(*value), 1)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let (sums, counts) = (emit_to.take_needed(&mut self.sums), emit_to.take_needed(&mut self.counts));
        Ok(T::finish(sums, &counts, &self.binding)?)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let (sums, counts) = (emit_to.take_needed(&mut self.sums), emit_to.take_needed(&mut self.counts));
        self.state_arrays(sums, counts)
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.resize(total_num_groups);
        let (sums, counts) = (values[0].as_primitive::<T::Sum>(), values[1].as_primitive::<Int64Type>());
        for (row, group) in group_indices.iter().enumerate() {
            if counts.value(row) > 0 {
                self.put(*group, sums.value(row), counts.value(row))?;
            }
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let input = values[0].as_primitive::<T::Input>();
        let sums = input.values().iter().map(|value| T::widen(*value)).collect();
        let counts = (0..input.len())
            .map(|row| i64::from(input.is_valid(row) && opt_filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row))))
            .collect();
        self.state_arrays(sums, counts)
    }

    fn size(&self) -> usize {
        self.sums.capacity() * std::mem::size_of::<SumOf<T>>() + self.counts.capacity() * 8
    }
}

/// The total of a single group.
struct OneTotal<T: Total> {
    groups: GroupTotals<T>,
}

impl<T: Total> std::fmt::Debug for OneTotal<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OneTotal").field("function", &self.groups.binding.name).finish()
    }
}

impl<T: Total> Accumulator for OneTotal<T> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.groups.resize(1);
        let input = values[0].as_primitive::<T::Input>();
        let count = (input.len() - input.null_count()) as i64;
        if count == 0 {
            return Ok(());
        }
        if let Some(sum) = T::sum_all(input) {
            return Ok(self.groups.put(0, sum, count)?);
        }
        if input.null_count() == 0 {
            for value in input.values() {
                self.groups.put(0, T::widen(*value), 1)?;
            }
        } else {
            for value in input.iter().flatten() {
                self.groups.put(0, T::widen(value), 1)?;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.groups.resize(1);
        let result = T::finish(self.groups.sums.clone(), &self.groups.counts, &self.groups.binding)?;
        ScalarValue::try_from_array(&result, 0)
    }

    fn size(&self) -> usize {
        std::mem::size_of_val(self) + self.groups.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.groups.resize(1);
        let arrays = self.groups.state_arrays(self.groups.sums.clone(), self.groups.counts.clone())?;
        arrays.iter().map(|array| ScalarValue::try_from_array(array, 0)).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let rows = states[0].len();
        self.groups.merge_batch(states, &vec![0; rows], 1)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.groups.resize(1);
        for value in values[0].as_primitive::<T::Input>().iter().flatten() {
            self.groups.sums[0] = T::minus(self.groups.sums[0], T::widen(value));
            self.groups.counts[0] -= 1;
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        T::IS_EXACT
    }
}

/// Nulls for the groups without rows.
fn empty_groups(counts: &[i64]) -> Option<NullBuffer> {
    counts.contains(&0).then(|| counts.iter().map(|count| *count > 0).collect())
}

fn array_of<T: ArrowPrimitiveType>(values: impl IntoIterator<Item = T::Native>, counts: &[i64], data_type: &DataType) -> ArrayRef {
    let values: Vec<T::Native> = values.into_iter().collect();
    Arc::new(PrimitiveArray::<T>::new(values.into(), empty_groups(counts)).with_data_type(data_type.clone()))
}

macro_rules! float_total {
    ($name:ident, $input:ty, $sums:expr, $finish:expr) => {
        pub struct $name;

        impl Total for $name {
            type Input = $input;
            type Sum = Float64Type;
            const IS_EXACT: bool = false;
            #[inline]
            fn widen(value: <$input as ArrowPrimitiveType>::Native) -> f64 {
                value as f64
            }
            #[inline]
            fn add(sum: f64, value: f64) -> (f64, bool) {
                (sum + value, false)
            }
            fn minus(sum: f64, value: f64) -> f64 {
                sum - value
            }
            fn overflow(_sum: f64, _value: f64) -> FunctionError {
                FunctionError::internal("a float does not overflow")
            }
            fn sum_all(values: &PrimitiveArray<$input>) -> Option<f64> {
                $sums(values)
            }
            fn finish(sums: Vec<f64>, counts: &[i64], binding: &Binding) -> Result<ArrayRef, FunctionError> {
                $finish(sums, counts, binding)
            }
        }
    };
}

fn sum_doubles(values: &PrimitiveArray<Float64Type>) -> Option<f64> {
    arrow::compute::sum(values)
}

fn no_sum<T: ArrowPrimitiveType>(_values: &PrimitiveArray<T>) -> Option<f64> {
    None
}

fn finish_double(sums: Vec<f64>, counts: &[i64], binding: &Binding) -> Result<ArrayRef, FunctionError> {
    Ok(array_of::<Float64Type>(sums, counts, &binding.return_arrow))
}

fn finish_real(sums: Vec<f64>, counts: &[i64], binding: &Binding) -> Result<ArrayRef, FunctionError> {
    Ok(array_of::<Float32Type>(sums.into_iter().map(|sum| sum as f32), counts, &binding.return_arrow))
}

fn finish_mean_double(sums: Vec<f64>, counts: &[i64], binding: &Binding) -> Result<ArrayRef, FunctionError> {
    Ok(array_of::<Float64Type>(sums.iter().zip(counts).map(|(sum, count)| sum / *count as f64), counts, &binding.return_arrow))
}

fn finish_mean_real(sums: Vec<f64>, counts: &[i64], binding: &Binding) -> Result<ArrayRef, FunctionError> {
    Ok(array_of::<Float32Type>(sums.iter().zip(counts).map(|(sum, count)| (sum / *count as f64) as f32), counts, &binding.return_arrow))
}

/// Intervals: the mean rounds to whole units, half up.
fn finish_mean_interval(sums: Vec<f64>, counts: &[i64], binding: &Binding) -> Result<ArrayRef, FunctionError> {
    let means = sums.iter().zip(counts).map(|(sum, count)| if *count == 0 { 0.0 } else { (sum / *count as f64 + 0.5).floor() });
    Ok(match binding.return_type {
        TrinoType::IntervalYearToMonth => array_of::<Int32Type>(means.map(|mean| mean as i32), counts, &binding.return_arrow),
        _ => array_of::<Int64Type>(means.map(|mean| mean as i64), counts, &binding.return_arrow),
    })
}

float_total!(SumDouble, Float64Type, sum_doubles, finish_double);
float_total!(SumReal, Float32Type, no_sum, finish_real);
float_total!(MeanDouble, Float64Type, sum_doubles, finish_mean_double);
float_total!(MeanReal, Float32Type, no_sum, finish_mean_real);
float_total!(MeanBigint, Int64Type, no_sum, finish_mean_double);
float_total!(MeanDayToSecond, Int64Type, no_sum, finish_mean_interval);
float_total!(MeanYearToMonth, Int32Type, no_sum, finish_mean_interval);

macro_rules! integer_total {
    ($name:ident, $arrow:ty, $native:ty, $overflow:expr) => {
        pub struct $name;

        impl Total for $name {
            type Input = $arrow;
            type Sum = $arrow;
            const IS_EXACT: bool = true;
            #[inline]
            fn widen(value: $native) -> $native {
                value
            }
            #[inline]
            fn add(sum: $native, value: $native) -> ($native, bool) {
                sum.overflowing_add(value)
            }
            fn minus(sum: $native, value: $native) -> $native {
                sum.wrapping_sub(value)
            }
            fn overflow(sum: $native, value: $native) -> FunctionError {
                FunctionError::out_of_range($overflow(sum, value))
            }
            fn finish(sums: Vec<$native>, counts: &[i64], binding: &Binding) -> Result<ArrayRef, FunctionError> {
                Ok(array_of::<$arrow>(sums, counts, &binding.return_arrow))
            }
        }
    };
}

integer_total!(SumBigint, Int64Type, i64, |sum, value| format!("bigint addition overflow: {sum} + {value}"));
integer_total!(SumDayToSecond, Int64Type, i64, |_, _| "interval day to second overflow".to_string());
integer_total!(SumYearToMonth, Int32Type, i32, |_, _| "interval year to month overflow".to_string());

/// Decimals add up in 128 bits; past 38 digits the result fails.
macro_rules! decimal_total {
    ($name:ident, $finish:expr) => {
        pub struct $name;

        impl Total for $name {
            type Input = Decimal128Type;
            type Sum = Decimal128Type;
            const IS_EXACT: bool = true;
            #[inline]
            fn widen(value: i128) -> i128 {
                value
            }
            #[inline]
            fn add(sum: i128, value: i128) -> (i128, bool) {
                sum.overflowing_add(value)
            }
            fn minus(sum: i128, value: i128) -> i128 {
                sum.wrapping_sub(value)
            }
            fn overflow(_sum: i128, _value: i128) -> FunctionError {
                FunctionError::out_of_range("Decimal overflow")
            }
            fn finish(sums: Vec<i128>, counts: &[i64], binding: &Binding) -> Result<ArrayRef, FunctionError> {
                let bound = power_of_ten(38);
                if sums.iter().any(|sum| sum.unsigned_abs() >= bound.unsigned_abs()) {
                    return Err(FunctionError::out_of_range("Decimal overflow"));
                }
                Ok(array_of::<Decimal128Type>($finish(sums, counts), counts, &binding.return_arrow))
            }
        }
    };
}

decimal_total!(SumDecimal, |sums: Vec<i128>, _counts: &[i64]| sums);
decimal_total!(MeanDecimal, |sums: Vec<i128>, counts: &[i64]| -> Vec<i128> {
    sums.iter().zip(counts).map(|(sum, count)| if *count == 0 { 0 } else { divide_half_up(*sum, i128::from(*count)) }).collect()
});
