//! What does a function's descriptor say? One `const` per function, listed in its section's `FUNCTIONS`.
//!
//! ```ignore
//! pub const FUNCTION: Function = Function {
//!     name: "strpos",
//!     overloads: &[Overload::scalar("(varchar, varchar) -> bigint", strpos)],
//!     description: "Position of the first occurrence of a substring, from 1; 0 without one",
//!     examples: &[("strpos('high', 'ig')", "2")],
//!     ..Function::SCALAR
//! };
//!
//! fn strpos(_call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
//!     let (text, part) = (arguments[0].as_string_view(), arguments[1].as_string_view());
//!     let positions = text.iter().zip(part.iter()).map(…);
//! }
//! ```

use std::fmt;
use std::sync::Arc;

use arrow::array::ArrayRef;
use datafusion::logical_expr::{AggregateUDF, WindowUDF};

use crate::call::{Binding, Call, Operand};
use crate::error::FunctionError;
pub use crate::registry::FunctionKind;

/// A function of the library: every overload under one name.
///
/// Two descriptors may share a name (`reverse` of strings and of arrays); resolution sees all their overloads.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// Lower case, as `SHOW FUNCTIONS` prints it. A name starting with `$` can't be written by a user.
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub kind: FunctionKind,
    pub overloads: &'static [Overload],
    /// One sentence, for `SHOW FUNCTIONS`.
    pub description: &'static str,
    /// False for `random()` and the like: evaluated once a row, never folded.
    pub is_deterministic: bool,
    pub nulls: Nulls,
    pub constants: Constants,
    /// SQL expressions and the text Athena prints for them, with the session zone `UTC`; run by a table test.
    pub examples: &'static [(&'static str, &'static str)],
}

impl Function {
    /// The base of a scalar function's descriptor: deterministic, null in gives null out, constants expanded.
    pub const SCALAR: Function = Function {
        name: "",
        aliases: &[],
        kind: FunctionKind::Scalar,
        overloads: &[],
        description: "",
        is_deterministic: true,
        nulls: Nulls::Skipped,
        constants: Constants::Expanded,
        examples: &[],
    };

    /// The base of an aggregate's descriptor.
    pub const AGGREGATE: Function = Function { kind: FunctionKind::Aggregate, nulls: Nulls::Seen, ..Function::SCALAR };

    /// The base of a window function's descriptor.
    pub const WINDOW: Function = Function { kind: FunctionKind::Window, nulls: Nulls::Seen, ..Function::SCALAR };
}

/// What a scalar kernel does about null arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulls {
    /// A row with a null argument gives null; the kernel only ever sees the other rows (`call.rows()` counts those).
    /// The right choice unless the kernel is vectorised.
    Skipped,
    /// The same result, but the kernel gets arrays with nulls in them and gives null there itself, never an error for
    /// what lies under a null. For kernels made of Arrow kernels.
    Propagated,
    /// The function has its own meaning for null; the kernel sees every row.
    Seen,
}

/// How a constant argument reaches a scalar kernel. Either way [`Call::constant`] gives it as an array of length 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Constants {
    /// As an array of `call.rows()` equal values.
    Expanded,
    /// As an array of length 1; the kernel asks `call.constant(i)` which ones are. For kernels where expanding costs.
    Single,
}

/// One signature and what computes it.
#[derive(Debug, Clone, Copy)]
pub struct Overload {
    /// In Trino's notation, see [`crate::signature`].
    pub signature: &'static str,
    pub kernel: Kernel,
}

impl Overload {
    pub const fn scalar(signature: &'static str, kernel: ScalarKernel) -> Overload {
        Overload { signature, kernel: Kernel::Scalar(kernel) }
    }

    pub const fn lambda(signature: &'static str, kernel: LambdaKernel) -> Overload {
        Overload { signature, kernel: Kernel::Lambda(kernel) }
    }

    pub const fn aggregate(signature: &'static str, kernel: AggregateKernel) -> Overload {
        Overload { signature, kernel: Kernel::Aggregate(kernel) }
    }

    pub const fn window(signature: &'static str, kernel: WindowKernel) -> Overload {
        Overload { signature, kernel: Kernel::Window(kernel) }
    }

    /// A signature Athena has and owlake has not yet: a call is resolved, then refused by name.
    pub const fn unsupported(signature: &'static str) -> Overload {
        Overload { signature, kernel: Kernel::Unsupported }
    }
}

/// Computes a batch. The result has `call.rows()` rows and the physical type of `call.return_type()`; the first wrong
/// value fails the whole batch. Arguments have the physical types of `call.argument_types()`.
pub type ScalarKernel = fn(&Call<'_>, &[ArrayRef]) -> Result<ArrayRef, FunctionError>;

/// Computes a batch of a function that takes lambdas. Sees every row, nulls and all; values are expanded.
pub type LambdaKernel = fn(&Call<'_>, &[Operand<'_>]) -> Result<ArrayRef, FunctionError>;

/// Builds the DataFusion aggregate of a call.
pub type AggregateKernel = fn(&Arc<Binding>) -> Result<Arc<AggregateUDF>, FunctionError>;

/// Builds the DataFusion window function of a call.
pub type WindowKernel = fn(&Arc<Binding>) -> Result<Arc<WindowUDF>, FunctionError>;

/// What computes an overload.
#[derive(Clone, Copy)]
pub enum Kernel {
    Scalar(ScalarKernel),
    Lambda(LambdaKernel),
    Aggregate(AggregateKernel),
    Window(WindowKernel),
    Unsupported,
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kernel::Scalar(_) => "Scalar",
            Kernel::Lambda(_) => "Lambda",
            Kernel::Aggregate(_) => "Aggregate",
            Kernel::Window(_) => "Window",
            Kernel::Unsupported => "Unsupported",
        })
    }
}
