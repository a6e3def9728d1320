//! `covar_pop`, `covar_samp`, `corr`, `regr_slope` and `regr_intercept`: how two columns go together. Ref: Trino 401 "Statistical aggregate functions".

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float32Array, Float64Array};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use datafusion::logical_expr::AggregateUDF;

use super::fold::{Fold, Folded, Placed};
use super::udaf::AggregateUdf;
use crate::call::Binding;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::types::TrinoType;

macro_rules! bivariate {
    ($constant:ident, $name:literal, $description:literal, $kernel:ident, $kind:expr, $example:expr) => {
        pub const $constant: Function = Function {
            name: $name,
            description: $description,
            overloads: &[Overload::aggregate("(double, double) -> double", $kernel), Overload::aggregate("(real, real) -> real", $kernel)],
            examples: &[$example],
            ..Function::AGGREGATE
        };

        fn $kernel(binding: &Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError> {
            let is_real = matches!(binding.return_type, TrinoType::Real);
            Ok(AggregateUdf::build(binding, Folded::new(Regression { kind: $kind, is_real })))
        }
    };
}

bivariate!(
    COVAR_POP,
    "covar_pop",
    "Population covariance of the pairs",
    covar_pop,
    Kind::Covariance,
    ("(SELECT covar_pop(y, x) FROM (VALUES (1e0, 1e0), (3e0, 3e0)) t(y, x))", "1.0")
);
bivariate!(
    COVAR_SAMP,
    "covar_samp",
    "Sample covariance of the pairs",
    covar_samp,
    Kind::CovarianceOfSample,
    ("(SELECT covar_samp(y, x) FROM (VALUES (1e0, 1e0), (3e0, 3e0)) t(y, x))", "2.0")
);
bivariate!(
    CORR,
    "corr",
    "Correlation coefficient of the pairs",
    corr,
    Kind::Correlation,
    ("(SELECT corr(y, x) FROM (VALUES (1e0, 1e0), (1e0, 1e0), (3e0, 3e0), (3e0, 3e0)) t(y, x))", "1.0")
);
bivariate!(
    REGR_SLOPE,
    "regr_slope",
    "Slope of the line that fits the pairs (y, x) best",
    regr_slope,
    Kind::Slope,
    ("(SELECT regr_slope(y, x) FROM (VALUES (1e0, 0e0), (5e0, 2e0)) t(y, x))", "2.0")
);
bivariate!(
    REGR_INTERCEPT,
    "regr_intercept",
    "Where the line that fits the pairs (y, x) best meets x = 0",
    regr_intercept,
    Kind::Intercept,
    ("(SELECT regr_intercept(y, x) FROM (VALUES (1e0, 0e0), (5e0, 2e0)) t(y, x))", "1.0")
);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Covariance,
    CovarianceOfSample,
    Correlation,
    Slope,
    Intercept,
}

/// Means and the sums of products of distances to them.
#[derive(Clone, Copy, Default)]
struct Pairs {
    count: f64,
    mean_x: f64,
    mean_y: f64,
    square_x: f64,
    square_y: f64,
    product: f64,
}

impl Pairs {
    #[inline]
    fn put(&mut self, y: f64, x: f64) {
        self.count += 1.0;
        let (delta_x, delta_y) = (x - self.mean_x, y - self.mean_y);
        self.mean_x += delta_x / self.count;
        self.mean_y += delta_y / self.count;
        self.square_x += delta_x * (x - self.mean_x);
        self.square_y += delta_y * (y - self.mean_y);
        self.product += delta_x * (y - self.mean_y);
    }

    fn merge(&mut self, other: &Pairs) {
        if other.count == 0.0 {
            return;
        }
        if self.count == 0.0 {
            *self = *other;
            return;
        }
        let count = self.count + other.count;
        let (delta_x, delta_y) = (other.mean_x - self.mean_x, other.mean_y - self.mean_y);
        let weight = self.count * other.count / count;
        self.square_x += other.square_x + delta_x * delta_x * weight;
        self.square_y += other.square_y + delta_y * delta_y * weight;
        self.product += other.product + delta_x * delta_y * weight;
        self.mean_x += delta_x * other.count / count;
        self.mean_y += delta_y * other.count / count;
        self.count = count;
    }

    fn result(&self, kind: Kind) -> Option<f64> {
        match kind {
            Kind::Covariance => (self.count >= 1.0).then(|| self.product / self.count),
            Kind::CovarianceOfSample => (self.count >= 2.0).then(|| self.product / (self.count - 1.0)),
            Kind::Correlation => Some(self.product / self.square_x.sqrt() / self.square_y.sqrt()).filter(|value| value.is_finite()),
            Kind::Slope => Some(self.product / self.square_x).filter(|value| value.is_finite()),
            Kind::Intercept => Some(self.mean_y - self.product / self.square_x * self.mean_x).filter(|value| value.is_finite()),
        }
    }
}

struct Regression {
    kind: Kind,
    is_real: bool,
}

const PARTS: usize = 6;

impl Fold for Regression {
    type State = Pairs;

    fn create(&self) -> Pairs {
        Pairs::default()
    }

    fn state_types(&self) -> Vec<DataType> {
        vec![DataType::Float64; PARTS]
    }

    fn fold(&self, states: &mut [Pairs], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        if self.is_real {
            let (ys, xs) = (columns[0].as_primitive::<Float32Type>(), columns[1].as_primitive::<Float32Type>());
            for placed in rows {
                states[placed.group].put(f64::from(ys.value(placed.row)), f64::from(xs.value(placed.row)));
            }
        } else {
            let (ys, xs) = (columns[0].as_primitive::<Float64Type>(), columns[1].as_primitive::<Float64Type>());
            rows.iter().for_each(|placed| states[placed.group].put(ys.value(placed.row), xs.value(placed.row)));
        }
        Ok(())
    }

    fn merge(&self, states: &mut [Pairs], columns: &[ArrayRef], rows: &[Placed]) -> Result<(), FunctionError> {
        let part = |position: usize, row: usize| columns[position].as_primitive::<Float64Type>().value(row);
        for Placed { row, group } in rows.iter().copied() {
            states[group].merge(&Pairs {
                count: part(0, row),
                mean_x: part(1, row),
                mean_y: part(2, row),
                square_x: part(3, row),
                square_y: part(4, row),
                product: part(5, row),
            });
        }
        Ok(())
    }

    fn save(&self, states: &[Pairs]) -> Result<Vec<ArrayRef>, FunctionError> {
        let parts: [fn(&Pairs) -> f64; PARTS] = [
            |state| state.count,
            |state| state.mean_x,
            |state| state.mean_y,
            |state| state.square_x,
            |state| state.square_y,
            |state| state.product,
        ];
        Ok(parts.iter().map(|part| Arc::new(Float64Array::from_iter_values(states.iter().map(part))) as ArrayRef).collect())
    }

    fn finish(&self, states: &[Pairs]) -> Result<ArrayRef, FunctionError> {
        let results = states.iter().map(|state| state.result(self.kind));
        Ok(if self.is_real {
            Arc::new(results.map(|value| value.map(|value| value as f32)).collect::<Float32Array>())
        } else {
            Arc::new(results.collect::<Float64Array>())
        })
    }
}
