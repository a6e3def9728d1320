//! How does DataFusion run a bound function? One generic wrapper a kind: scalar kernels, lambda kernels.

pub mod higher_order;
pub mod scalar;
