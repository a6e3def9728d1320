//! Which types does a path surely give, and do its operators take them? Ref: Trino 401 `JsonPathAnalyzer`.

use super::tree::{Arithmetic, Method, Node, Predicate, Step};
use crate::error::FunctionError;
use crate::registry::{Argument, Operator, resolve_function, resolve_operator};
use crate::types::TrinoType;

/// Checks operand types where they are known from the path alone. Errors: INVALID_PATH with Trino's text.
pub fn check(root: &Node) -> Result<(), FunctionError> {
    node_type(root).map(|_| ())
}

fn invalid(message: String) -> FunctionError {
    FunctionError::new("INVALID_PATH", message)
}

/// None where only the value will tell.
fn node_type(node: &Node) -> Result<Option<TrinoType>, FunctionError> {
    match node {
        Node::Context | Node::Current | Node::Variable(_) | Node::Null => Ok(None),
        Node::Last => Ok(Some(TrinoType::Integer)),
        Node::Literal(value) => Ok(Some(value.data_type())),
        Node::Steps(base, steps) => steps.iter().try_fold(node_type(base)?, step_type),
        Node::Sign { is_minus, base } => match node_type(base)? {
            None => Ok(None),
            Some(base) if *is_minus => match resolve_operator(Operator::Negate, std::slice::from_ref(&base)) {
                Ok(found) => Ok(Some(found.return_type)),
                Err(error) => Err(invalid(format!(
                    "invalid operand type ({}) in JSON path arithmetic unary expression: {}",
                    base.display_name(),
                    error.message
                ))),
            },
            Some(base) if base.is_numeric() => Ok(Some(base)),
            Some(base) => Err(invalid(format!("Invalid operand type ({}) in JSON path arithmetic unary expression", base.display_name()))),
        },
        Node::Binary(operator, left, right) => {
            let (left, right) = (node_type(left)?, node_type(right)?);
            let (Some(left), Some(right)) = (left, right) else { return Ok(None) };
            match resolve_operator(operator.operator(), &[left.clone(), right.clone()]) {
                Ok(found) => Ok(Some(found.return_type)),
                Err(error) => Err(invalid(format!(
                    "invalid operand types ({} and {}) in JSON path arithmetic binary expression: {}",
                    left.display_name(),
                    right.display_name(),
                    error.message
                ))),
            }
        }
    }
}

fn step_type(base: Option<TrinoType>, step: &Step) -> Result<Option<TrinoType>, FunctionError> {
    match step {
        Step::Member(_) | Step::Descendants(_) => Ok(None),
        Step::Elements(subscripts) => {
            for (from, to) in subscripts {
                node_type(from)?;
                to.as_ref().map(node_type).transpose()?;
            }
            Ok(None)
        }
        Step::Filter(predicate) => {
            check_predicate(predicate)?;
            Ok(base)
        }
        Step::Method(method) => method_type(*method, base),
    }
}

fn method_type(method: Method, base: Option<TrinoType>) -> Result<Option<TrinoType>, FunctionError> {
    let name = match method {
        Method::KeyValue => return Ok(None),
        Method::Size => return Ok(Some(TrinoType::Integer)),
        Method::Type => return Ok(Some(TrinoType::Varchar(Some(27)))),
        Method::Double => {
            return match base {
                Some(base) if !base.is_string() && !base.is_numeric() => {
                    Err(invalid(format!("cannot perform JSON path double() method with {} argument", base.display_name())))
                }
                _ => Ok(Some(TrinoType::Double)),
            };
        }
        Method::Abs => "abs",
        Method::Ceiling => "ceiling",
        Method::Floor => "floor",
    };
    let Some(base) = base else { return Ok(None) };
    let mut no_lambda = |_: usize, _: &[TrinoType]| Err(FunctionError::internal("a path method takes no lambda"));
    match resolve_function(name, &[Argument::Value(base.clone())], &mut no_lambda) {
        Ok(found) => Ok(Some(found.return_type)),
        Err(error) => {
            Err(invalid(format!("cannot perform JSON path {name}() method with {} argument: {}", base.display_name(), error.message)))
        }
    }
}

fn check_predicate(predicate: &Predicate) -> Result<(), FunctionError> {
    match predicate {
        Predicate::And(left, right) | Predicate::Or(left, right) => {
            check_predicate(left)?;
            check_predicate(right)
        }
        Predicate::Not(inner) | Predicate::IsUnknown(inner) => check_predicate(inner),
        Predicate::Exists(node) => check(node),
        Predicate::Compare(_, left, right) | Predicate::StartsWith(left, right) => {
            check(left)?;
            check(right)
        }
    }
}

impl Arithmetic {
    /// The SQL operator of the same name.
    pub fn operator(self) -> Operator {
        match self {
            Arithmetic::Add => Operator::Add,
            Arithmetic::Subtract => Operator::Subtract,
            Arithmetic::Multiply => Operator::Multiply,
            Arithmetic::Divide => Operator::Divide,
            Arithmetic::Modulus => Operator::Modulus,
        }
    }
}
