//! What do a path's operators do with two SQL values? What SQL's own do. Ref: Trino 401 `CachingResolver`, `JsonPathEvaluator.Invoker`.
//!
//! Integers, doubles and texts are computed here; any other pair of types goes through the registry's operators.

use std::cmp::Ordering;
use std::sync::Arc;

use super::evaluate::{failed, failed_within};
use super::item::{SqlValue, to_array, value_at};
use super::path::tree::{Arithmetic, Comparison};
use crate::call::{Binding, Call};
use crate::cast::cast_array;
use crate::error::FunctionError;
use crate::function::Kernel;
use crate::registry::{Operator, SessionInfo, resolve_operator};

/// `left operator right`. Errors: PATH_EVALUATION_ERROR.
pub fn arithmetic(
    operator: Arithmetic,
    left: &SqlValue<'_>,
    right: &SqlValue<'_>,
    session: &SessionInfo,
) -> Result<SqlValue<'static>, FunctionError> {
    match (left, right) {
        (SqlValue::Integer(left), SqlValue::Integer(right)) => {
            let (left, right) = (*left, *right);
            let result = match operator {
                Arithmetic::Add => left.checked_add(right),
                Arithmetic::Subtract => left.checked_sub(right),
                Arithmetic::Multiply => left.checked_mul(right),
                Arithmetic::Divide => left.checked_div(right),
                Arithmetic::Modulus if right == -1 => Some(0),
                Arithmetic::Modulus => left.checked_rem(right),
            };
            result.map(SqlValue::Integer).ok_or_else(failed_within)
        }
        (SqlValue::Integer(_) | SqlValue::Bigint(_), SqlValue::Integer(_) | SqlValue::Bigint(_)) => {
            let (Some(left), Some(right)) = (left.as_integer(), right.as_integer()) else { return Err(failed_within()) };
            let result = match operator {
                Arithmetic::Add => left.checked_add(right),
                Arithmetic::Subtract => left.checked_sub(right),
                Arithmetic::Multiply => left.checked_mul(right),
                Arithmetic::Divide => left.checked_div(right),
                Arithmetic::Modulus if right == -1 => Some(0),
                Arithmetic::Modulus => left.checked_rem(right),
            };
            result.map(SqlValue::Bigint).ok_or_else(failed_within)
        }
        (SqlValue::Double(_), _) | (_, SqlValue::Double(_)) if left.as_double().is_some() && right.as_double().is_some() => {
            let (left, right) = (left.as_double().unwrap_or(f64::NAN), right.as_double().unwrap_or(f64::NAN));
            Ok(SqlValue::Double(match operator {
                Arithmetic::Add => left + right,
                Arithmetic::Subtract => left - right,
                Arithmetic::Multiply => left * right,
                Arithmetic::Divide => left / right,
                Arithmetic::Modulus => left % right,
            }))
        }
        _ => match apply(operator.operator(), left, right, session) {
            Ok(value) => Ok(value),
            Err(Trouble::Failed) => Err(failed_within()),
            Err(Trouble::Unresolved) => {
                let name = match operator {
                    Arithmetic::Add => "ADD",
                    Arithmetic::Subtract => "SUBTRACT",
                    Arithmetic::Multiply => "MULTIPLY",
                    Arithmetic::Divide => "DIVIDE",
                    Arithmetic::Modulus => "MODULUS",
                };
                Err(failed(format!("invalid operand types to {name} operator ({}, {})", left.data_type(), right.data_type())))
            }
        },
    }
}

/// `left comparison right`; unknown when the types don't compare.
pub fn compare(comparison: Comparison, left: &SqlValue<'_>, right: &SqlValue<'_>, session: &SessionInfo) -> Option<bool> {
    if let (Some(left), Some(right)) = (left.as_integer(), right.as_integer()) {
        return Some(holds(comparison, left.cmp(&right)));
    }
    match (left, right) {
        (SqlValue::Varchar(left), SqlValue::Varchar(right)) => Some(holds(comparison, left.as_ref().cmp(right.as_ref()))),
        (SqlValue::Boolean(left), SqlValue::Boolean(right)) => Some(holds(comparison, left.cmp(right))),
        (SqlValue::Double(_), _) | (_, SqlValue::Double(_)) => {
            let (left, right) = (left.as_double()?, right.as_double()?);
            // NaN is equal to nothing, and neither less nor greater.
            Some(left.partial_cmp(&right).map_or(comparison == Comparison::NotEqual, |ordering| holds(comparison, ordering)))
        }
        _ => {
            let (operator, is_swapped) = match comparison {
                Comparison::Equal | Comparison::NotEqual => (Operator::Equal, false),
                Comparison::Less => (Operator::LessThan, false),
                Comparison::Greater => (Operator::LessThan, true),
                Comparison::LessOrEqual => (Operator::LessThanOrEqual, false),
                Comparison::GreaterOrEqual => (Operator::LessThanOrEqual, true),
            };
            let (first, second) = if is_swapped { (right, left) } else { (left, right) };
            match apply(operator, first, second, session) {
                Ok(SqlValue::Boolean(result)) => Some(result != (comparison == Comparison::NotEqual)),
                _ => None,
            }
        }
    }
}

fn holds(comparison: Comparison, ordering: Ordering) -> bool {
    match comparison {
        Comparison::Equal => ordering.is_eq(),
        Comparison::NotEqual => ordering.is_ne(),
        Comparison::Less => ordering.is_lt(),
        Comparison::Greater => ordering.is_gt(),
        Comparison::LessOrEqual => ordering.is_le(),
        Comparison::GreaterOrEqual => ordering.is_ge(),
    }
}

enum Trouble {
    /// There is no such operator.
    Unresolved,
    /// The values don't do.
    Failed,
}

impl From<FunctionError> for Trouble {
    fn from(_: FunctionError) -> Trouble {
        Trouble::Failed
    }
}

/// SQL's operator over one pair of values.
fn apply(operator: Operator, left: &SqlValue<'_>, right: &SqlValue<'_>, session: &SessionInfo) -> Result<SqlValue<'static>, Trouble> {
    let types = [left.data_type(), right.data_type()];
    let bound = resolve_operator(operator, &types).map_err(|_| Trouble::Unresolved)?;
    let Kernel::Scalar(kernel) = bound.kernel else { return Err(Trouble::Unresolved) };
    let mut arguments = Vec::with_capacity(2);
    for ((value, from), to) in [left, right].into_iter().zip(&types).zip(&bound.argument_types) {
        let array = to_array(std::slice::from_ref(value), from)?;
        arguments.push(cast_array(&array, from, to, session)?);
    }
    let binding = Binding::new(bound.name, bound.argument_types, bound.return_type, &Arc::new(session.clone()));
    let result = kernel(&Call::new(&binding, 1, &[]), &arguments)?;
    if result.is_null(0) {
        return Err(Trouble::Failed);
    }
    Ok(value_at(&result, &binding.return_type, 0).into_owned())
}
