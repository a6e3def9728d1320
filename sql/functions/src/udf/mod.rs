//! How does DataFusion run a bound function? One generic wrapper a kind: scalar kernels, lambda kernels.

pub mod higher_order;
pub mod scalar;

use datafusion::logical_expr::{Signature, Volatility};

/// The signature DataFusion is told: so many arguments, of types that are never coerced.
pub fn signature(arguments: usize, volatility: Volatility) -> Signature {
    if arguments == 0 { Signature::nullary(volatility) } else { Signature::any(arguments, volatility) }
}
