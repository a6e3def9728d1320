//! `variance`, `stddev`, `skewness`, `kurtosis` and `geometric_mean`. Ref: Trino 401 "Statistical aggregate functions"; the updates are Welford's and Chan's.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float32Array, Float64Array, Int64Array};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int64Type};
use datafusion::logical_expr::AggregateUDF;

use super::fold::{Fold, Folded, Placed};
use super::udaf::AggregateUdf;
use crate::call::Binding;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::types::TrinoType;

macro_rules! moment {
    ($constant:ident, $name:literal, $aliases:expr, $description:literal, $kernel:ident, $kind:expr, $example:expr) => {
        pub const $constant: Function = Function {
            name: $name,
            aliases: $aliases,
            description: $description,
            overloads: &[Overload::aggregate("(bigint) -> double", $kernel), Overload::aggregate("(double) -> double", $kernel)],
            examples: &[$example],
            ..Function::AGGREGATE
        };

        fn $kernel(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
            Ok(AggregateUdf::build(binding, Folded::new(Moments { kind: $kind, is_bigint: is_bigint(binding) })))
        }
    };
}

moment!(
    VAR_SAMP,
    "var_samp",
    &["variance"],
    "Sample variance of the values",
    var_samp,
    Kind::VarianceOfSample,
    ("(SELECT var_samp(x) FROM (VALUES 1, 3) t(x))", "2.0")
);
moment!(
    VAR_POP,
    "var_pop",
    &[],
    "Population variance of the values",
    var_pop,
    Kind::Variance,
    ("(SELECT var_pop(x) FROM (VALUES 1, 3) t(x))", "1.0")
);
moment!(
    STDDEV_SAMP,
    "stddev_samp",
    &["stddev"],
    "Sample standard deviation of the values",
    stddev_samp,
    Kind::DeviationOfSample,
    ("(SELECT stddev(x) FROM (VALUES 1, 3, 5) t(x))", "2.0")
);
moment!(
    STDDEV_POP,
    "stddev_pop",
    &[],
    "Population standard deviation of the values",
    stddev_pop,
    Kind::Deviation,
    ("(SELECT stddev_pop(x) FROM (VALUES 1, 3) t(x))", "1.0")
);
moment!(
    SKEWNESS,
    "skewness",
    &[],
    "Skewness of the values; null for less than three",
    skewness,
    Kind::Skewness,
    ("(SELECT skewness(x) FROM (VALUES 1, 2, 3) t(x))", "0.0")
);
moment!(
    KURTOSIS,
    "kurtosis",
    &[],
    "Excess kurtosis of the values; null for less than four",
    kurtosis,
    Kind::Kurtosis,
    ("(SELECT kurtosis(x) FROM (VALUES 1, 2, 3) t(x))", "NULL")
);

pub const GEOMETRIC_MEAN: Function = Function {
    name: "geometric_mean",
    description: "Geometric mean of the values",
    overloads: &[
        Overload::aggregate("(bigint) -> double", geometric_mean),
        Overload::aggregate("(double) -> double", geometric_mean),
        Overload::aggregate("(real) -> real", geometric_mean),
    ],
    examples: &[("(SELECT round(geometric_mean(x), 9) FROM (VALUES 2, 8) t(x))", "4.0")],
    ..Function::AGGREGATE
};

fn geometric_mean(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
    Ok(AggregateUdf::build(binding, Folded::new(GeometricMean { argument: binding.argument_types.first().cloned() })))
}

fn is_bigint(binding: &Binding) -> bool {
    matches!(binding.argument_types.first(), Some(TrinoType::Bigint))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Variance,
    VarianceOfSample,
    Deviation,
    DeviationOfSample,
    Skewness,
    Kurtosis,
}

/// Count, mean and the sums of the powers of the distances to it.
#[derive(Clone, Copy, Default)]
struct Moment {
    count: i64,
    mean: f64,
    square: f64,
    cube: f64,
    fourth: f64,
}

impl Moment {
    /// The two lowest moments only.
    #[inline]
    fn put_low(&mut self, value: f64) {
        self.count += 1;
        let delta = value - self.mean;
        self.mean += delta / self.count as f64;
        self.square += delta * (value - self.mean);
    }

    #[inline]
    fn put(&mut self, value: f64) {
        let before = self.count as f64;
        self.count += 1;
        let count = self.count as f64;
        let delta = value - self.mean;
        let step = delta / count;
        let step_square = step * step;
        let gain = delta * step * before;
        self.mean += step;
        self.fourth += gain * step_square * (count * count - 3.0 * count + 3.0) + 6.0 * step_square * self.square - 4.0 * step * self.cube;
        self.cube += gain * step * (count - 2.0) - 3.0 * step * self.square;
        self.square += gain;
    }

    fn merge(&mut self, other: &Moment) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = *other;
            return;
        }
        let (left, right) = (self.count as f64, other.count as f64);
        let count = left + right;
        let delta = other.mean - self.mean;
        let (square, cube) = (delta * delta, delta * delta * delta);
        let fourth = self.fourth
            + other.fourth
            + square * square * left * right * (left * left - left * right + right * right) / (count * count * count)
            + 6.0 * square * (left * left * other.square + right * right * self.square) / (count * count)
            + 4.0 * delta * (left * other.cube - right * self.cube) / count;
        let third = self.cube
            + other.cube
            + cube * left * right * (left - right) / (count * count)
            + 3.0 * delta * (left * other.square - right * self.square) / count;
        *self = Moment {
            count: self.count + other.count,
            mean: (left * self.mean + right * other.mean) / count,
            square: self.square + other.square + square * left * right / count,
            cube: third,
            fourth,
        };
    }

    fn result(&self, kind: Kind) -> Option<f64> {
        let count = self.count as f64;
        let of_sample = (self.count >= 2).then(|| self.square / (count - 1.0));
        let of_all = (self.count >= 1).then(|| self.square / count);
        match kind {
            Kind::Variance => of_all,
            Kind::VarianceOfSample => of_sample,
            Kind::Deviation => of_all.map(f64::sqrt),
            Kind::DeviationOfSample => of_sample.map(f64::sqrt),
            Kind::Skewness => (self.count >= 3).then(|| count.sqrt() * self.cube / self.square.powf(1.5)),
            Kind::Kurtosis => (self.count >= 4).then(|| {
                ((count - 1.0) * count * (count + 1.0)) / ((count - 2.0) * (count - 3.0)) * self.fourth / (self.square * self.square)
                    - 3.0 * ((count - 1.0) * (count - 1.0)) / ((count - 2.0) * (count - 3.0))
            }),
        }
    }
}

struct Moments {
    kind: Kind,
    is_bigint: bool,
}

impl Moments {
    fn fold_values(&self, states: &mut [Moment], rows: &[Placed], value: impl Fn(usize) -> f64) {
        if matches!(self.kind, Kind::Skewness | Kind::Kurtosis) {
            rows.iter().for_each(|placed| states[placed.group].put(value(placed.row)));
        } else {
            rows.iter().for_each(|placed| states[placed.group].put_low(value(placed.row)));
        }
    }
}

impl Fold for Moments {
    type State = Moment;

    fn create(&self) -> Moment {
        Moment::default()
    }

    fn state_types(&self) -> Vec<DataType> {
        vec![DataType::Int64, DataType::Float64, DataType::Float64, DataType::Float64, DataType::Float64]
    }

    fn fold(&self, states: &mut [Moment], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        if self.is_bigint {
            let values = columns[0].as_primitive::<Int64Type>();
            self.fold_values(states, rows, |row| values.value(row) as f64);
        } else {
            let values = columns[0].as_primitive::<Float64Type>();
            self.fold_values(states, rows, |row| values.value(row));
        }
        Ok(())
    }

    fn merge(&self, states: &mut [Moment], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let counts = columns[0].as_primitive::<Int64Type>();
        let part = |position: usize, row: usize| columns[position].as_primitive::<Float64Type>().value(row);
        for Placed { row, group } in rows.iter().copied() {
            states[group].merge(&Moment {
                count: counts.value(row),
                mean: part(1, row),
                square: part(2, row),
                cube: part(3, row),
                fourth: part(4, row),
            });
        }
        Ok(())
    }

    fn save(&self, states: &[Moment]) -> Result<Vec<ArrayRef>, FunctionError> {
        let column = |part: fn(&Moment) -> f64| Arc::new(Float64Array::from_iter_values(states.iter().map(part))) as ArrayRef;
        Ok(vec![
            Arc::new(Int64Array::from_iter_values(states.iter().map(|state| state.count))),
            column(|state| state.mean),
            column(|state| state.square),
            column(|state| state.cube),
            column(|state| state.fourth),
        ])
    }

    fn finish(&self, states: &[Moment]) -> Result<ArrayRef, FunctionError> {
        Ok(Arc::new(states.iter().map(|state| state.result(self.kind)).collect::<Float64Array>()))
    }
}

struct GeometricMean {
    argument: Option<TrinoType>,
}

impl Fold for GeometricMean {
    type State = (i64, f64);

    fn create(&self) -> (i64, f64) {
        (0, 0.0)
    }

    fn state_types(&self) -> Vec<DataType> {
        vec![DataType::Int64, DataType::Float64]
    }

    fn fold(&self, states: &mut [(i64, f64)], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let mut put = |placed: &Placed, value: f64| {
            let state = &mut states[placed.group];
            *state = (state.0 + 1, state.1 + value.ln());
        };
        match self.argument {
            Some(TrinoType::Bigint) => {
                let values = columns[0].as_primitive::<Int64Type>();
                rows.iter().for_each(|placed| put(placed, values.value(placed.row) as f64));
            }
            Some(TrinoType::Real) => {
                let values = columns[0].as_primitive::<Float32Type>();
                rows.iter().for_each(|placed| put(placed, f64::from(values.value(placed.row))));
            }
            _ => {
                let values = columns[0].as_primitive::<Float64Type>();
                rows.iter().for_each(|placed| put(placed, values.value(placed.row)));
            }
        }
        Ok(())
    }

    fn merge(&self, states: &mut [(i64, f64)], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let (counts, sums) = (columns[0].as_primitive::<Int64Type>(), columns[1].as_primitive::<Float64Type>());
        for placed in rows {
            let state = &mut states[placed.group];
            *state = (state.0 + counts.value(placed.row), state.1 + sums.value(placed.row));
        }
        Ok(())
    }

    fn save(&self, states: &[(i64, f64)]) -> Result<Vec<ArrayRef>, FunctionError> {
        Ok(vec![
            Arc::new(Int64Array::from_iter_values(states.iter().map(|state| state.0))),
            Arc::new(Float64Array::from_iter_values(states.iter().map(|state| state.1))),
        ])
    }

    fn finish(&self, states: &[(i64, f64)]) -> Result<ArrayRef, FunctionError> {
        let means = states.iter().map(|(count, sum)| (*count > 0).then(|| (sum / *count as f64).exp()));
        Ok(match self.argument {
            Some(TrinoType::Real) => Arc::new(means.map(|mean| mean.map(|mean| mean as f32)).collect::<Float32Array>()),
            _ => Arc::new(means.collect::<Float64Array>()),
        })
    }
}
