//! Does a signature fit the arguments of a call, and with which types? Ref: Trino 401 `SignatureBinder`.

use std::sync::Arc;

use crate::error::FunctionError;
use crate::registry::{Argument, LambdaTyper};
use crate::types::coercion::{can_coerce, common_supertype};
use crate::types::{RowField, TrinoType};

use super::{Calculus, Pattern, Signature};

/// A signature with its variables filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    pub argument_types: Vec<TrinoType>,
    pub return_type: TrinoType,
}

/// Rounds in which a lambda's result may still widen a variable.
const ROUNDS_MAX: usize = 4;

/// Binds `signature` to `arguments`: `None` when it does not fit. Errors only come from a lambda's body.
pub fn bind(
    signature: &Signature,
    arguments: &[Argument],
    is_coercing: bool,
    type_lambda: &mut LambdaTyper<'_>,
) -> Result<Option<Bound>, FunctionError> {
    let Some(patterns) = patterns(signature, arguments.len()) else { return Ok(None) };
    let mut binder = Binder { types: vec![None; signature.variables.len()], literals: vec![None; signature.literals.len()], is_coercing };
    for (pattern, argument) in patterns.iter().zip(arguments) {
        match (pattern, argument) {
            (Pattern::Function(parameters, _), Argument::Lambda { parameters: count }) if parameters.len() == *count => {}
            (Pattern::Function(..), _) | (_, Argument::Lambda { .. }) => return Ok(None),
            (_, Argument::Value(actual)) => {
                if !binder.unify(pattern, actual) {
                    return Ok(None);
                }
            }
        }
    }
    for _ in 0..ROUNDS_MAX {
        let before = (binder.types.clone(), binder.literals.clone());
        for (position, pattern) in patterns.iter().enumerate() {
            let Pattern::Function(parameters, result) = pattern else { continue };
            let Some(parameters) = parameters.iter().map(|parameter| binder.substitute(parameter)).collect::<Option<Vec<_>>>() else {
                continue;
            };
            let body = type_lambda(position, &parameters)?;
            // A lambda's result is never coerced, but a bare NULL may be of any type that the call decides.
            let is_bare_null =
                body == TrinoType::Unknown && !matches!(result.as_ref(), Pattern::Exact(_)) && binder.substitute(result).is_some();
            let fits = is_bare_null || binder.unify_exactly(result, &body) || binder.widens(result, &body);
            if !fits {
                return Ok(None);
            }
        }
        if before == (binder.types.clone(), binder.literals.clone()) {
            break;
        }
    }
    binder.finish(signature, &patterns, arguments)
}

/// The pattern of every argument: the last repeats in a variadic signature.
fn patterns(signature: &Signature, count: usize) -> Option<Vec<&Pattern>> {
    let declared = signature.arguments.len();
    if !signature.is_variadic {
        return (declared == count).then(|| signature.arguments.iter().collect());
    }
    let last = signature.arguments.last()?;
    (count + 1 >= declared).then(|| signature.arguments.iter().chain(std::iter::repeat(last)).take(count).collect())
}

struct Binder {
    types: Vec<Option<TrinoType>>,
    literals: Vec<Option<i64>>,
    is_coercing: bool,
}

impl Binder {
    fn unify_exactly(&mut self, pattern: &Pattern, actual: &TrinoType) -> bool {
        let is_coercing = std::mem::replace(&mut self.is_coercing, false);
        let fits = self.unify(pattern, actual);
        self.is_coercing = is_coercing;
        fits
    }

    /// May a variable widen to a lambda's result, as the state of `reduce(doubles, 0, (s, x) -> s + x, …)` does? The next
    /// round then types the lambda anew.
    fn widens(&mut self, result: &Pattern, body: &TrinoType) -> bool {
        let Pattern::Variable(index) = result else { return false };
        let is_wider = self.is_coercing
            && self.types[*index].as_ref().is_some_and(|bound| common_supertype(bound, body).is_some_and(|common| common == *body));
        if is_wider {
            self.types[*index] = Some(body.clone());
        }
        is_wider
    }

    /// Narrows the variables so that `actual` fits `pattern`; false when it can't.
    fn unify(&mut self, pattern: &Pattern, actual: &TrinoType) -> bool {
        let coerces = self.is_coercing;
        match (pattern, actual) {
            (Pattern::Any, _) => true,
            (Pattern::Variable(index), _) => {
                let merged = match &self.types[*index] {
                    None => Some(actual.clone()),
                    Some(bound) if bound == actual => return true,
                    Some(bound) if coerces => common_supertype(bound, actual),
                    Some(_) => None,
                };
                let fits = merged.is_some();
                if fits {
                    self.types[*index] = merged;
                }
                fits
            }
            (Pattern::Exact(expected), _) => {
                if coerces {
                    can_coerce(actual, expected)
                } else {
                    expected == actual
                }
            }
            (Pattern::Varchar(length), TrinoType::Varchar(actual)) => self.literal(length, actual.map_or(UNBOUNDED, i64::from)),
            (Pattern::Varchar(length), TrinoType::Unknown) if coerces => self.literal(length, 0),
            (Pattern::Char(length), TrinoType::Char(actual)) => self.literal(length, i64::from(*actual)),
            (Pattern::Char(length), TrinoType::Varchar(actual)) if coerces => {
                self.literal(length, actual.map_or(CHAR_LENGTH_MAX, |actual| i64::from(actual).min(CHAR_LENGTH_MAX)))
            }
            (Pattern::Char(length), TrinoType::Unknown) if coerces => self.literal(length, 0),
            (Pattern::Decimal(precision, scale), _) => {
                let (p, s) = match actual {
                    TrinoType::Decimal { precision, scale } => (i64::from(*precision), i64::from(*scale)),
                    TrinoType::Tinyint if coerces => (3, 0),
                    TrinoType::Smallint if coerces => (5, 0),
                    TrinoType::Integer if coerces => (10, 0),
                    TrinoType::Bigint if coerces => (19, 0),
                    TrinoType::Unknown if coerces => (1, 0),
                    _ => return false,
                };
                self.decimal(precision, scale, p, s)
            }
            (Pattern::Time(precision), TrinoType::Time(actual)) => self.literal(precision, i64::from(*actual)),
            (Pattern::TimeWithTimeZone(precision), TrinoType::TimeWithTimeZone(actual)) => self.literal(precision, i64::from(*actual)),
            (Pattern::TimeWithTimeZone(precision), TrinoType::Time(actual)) if coerces => self.literal(precision, i64::from(*actual)),
            (Pattern::Timestamp(precision), TrinoType::Timestamp(actual)) => self.literal(precision, i64::from(*actual)),
            (Pattern::Timestamp(precision), TrinoType::Date) if coerces => self.literal(precision, 0),
            (Pattern::TimestampWithTimeZone(precision), TrinoType::TimestampWithTimeZone(actual)) => {
                self.literal(precision, i64::from(*actual))
            }
            (Pattern::TimestampWithTimeZone(precision), TrinoType::Timestamp(actual)) if coerces => {
                self.literal(precision, i64::from(*actual))
            }
            (Pattern::TimestampWithTimeZone(precision), TrinoType::Date) if coerces => self.literal(precision, 0),
            (
                Pattern::Time(precision)
                | Pattern::TimeWithTimeZone(precision)
                | Pattern::Timestamp(precision)
                | Pattern::TimestampWithTimeZone(precision),
                TrinoType::Unknown,
            ) if coerces => self.literal(precision, 0),
            (Pattern::Array(element), TrinoType::Array(actual)) => self.unify(element, actual),
            (Pattern::Array(element), TrinoType::Unknown) if coerces => self.unify(element, &TrinoType::Unknown),
            (Pattern::Map(key, value), TrinoType::Map(actual_key, actual_value)) => {
                self.unify(key, actual_key) && self.unify(value, actual_value)
            }
            (Pattern::Map(key, value), TrinoType::Unknown) if coerces => {
                self.unify(key, &TrinoType::Unknown) && self.unify(value, &TrinoType::Unknown)
            }
            (Pattern::Row(fields), TrinoType::Row(actual)) => {
                fields.len() == actual.len() && fields.iter().zip(actual.iter()).all(|(field, actual)| self.unify(field, &actual.data_type))
            }
            (Pattern::Row(fields), TrinoType::Unknown) if coerces => fields.iter().all(|field| self.unify(field, &TrinoType::Unknown)),
            (Pattern::Qdigest(element), TrinoType::Qdigest(actual)) => self.unify(element, actual),
            _ => false,
        }
    }

    fn literal(&mut self, calculus: &Calculus, actual: i64) -> bool {
        match calculus {
            Calculus::Literal(index) => match self.literals[*index] {
                None => {
                    self.literals[*index] = Some(actual);
                    true
                }
                Some(bound) if bound == actual => true,
                Some(bound) if self.is_coercing => {
                    self.literals[*index] = Some(bound.max(actual));
                    true
                }
                Some(_) => false,
            },
            other => other.evaluate(&self.literals).is_some_and(|expected| expected == actual || (self.is_coercing && actual < expected)),
        }
    }

    fn decimal(&mut self, precision: &Calculus, scale: &Calculus, p: i64, s: i64) -> bool {
        if let (Calculus::Literal(precision), Calculus::Literal(scale)) = (precision, scale)
            && let (Some(bound_p), Some(bound_s)) = (self.literals[*precision], self.literals[*scale])
            && (bound_p, bound_s) != (p, s)
        {
            if !self.is_coercing {
                return false;
            }
            let common_s = bound_s.max(s);
            self.literals[*precision] = Some(((bound_p - bound_s).max(p - s) + common_s).min(38));
            self.literals[*scale] = Some(common_s);
            return true;
        }
        match (precision, scale) {
            (Calculus::Number(precision), Calculus::Number(scale)) if self.is_coercing => s <= *scale && p - s <= precision - scale,
            _ => self.literal(precision, p) && self.literal(scale, s),
        }
    }

    /// The type a pattern stands for; none while a variable of it is free or a literal is out of bounds.
    fn substitute(&self, pattern: &Pattern) -> Option<TrinoType> {
        let number = |calculus: &Calculus| calculus.evaluate(&self.literals);
        let precision = |calculus: &Calculus| number(calculus).and_then(|value| u8::try_from(value).ok()).filter(|value| *value <= 12);
        Some(match pattern {
            Pattern::Variable(index) => self.types[*index].clone()?,
            Pattern::Any => TrinoType::Unknown,
            Pattern::Exact(data_type) => data_type.clone(),
            Pattern::Varchar(length) => {
                TrinoType::Varchar(Some(number(length)?).filter(|length| *length < UNBOUNDED).and_then(|length| u32::try_from(length).ok()))
            }
            Pattern::Char(length) => {
                TrinoType::Char(u32::try_from(number(length)?).ok().filter(|length| i64::from(*length) <= CHAR_LENGTH_MAX)?)
            }
            Pattern::Decimal(precision, scale) => {
                let (precision, scale) = (u8::try_from(number(precision)?).ok()?, u8::try_from(number(scale)?).ok()?);
                if precision == 0 || precision > 38 || scale > precision {
                    return None;
                }
                TrinoType::Decimal { precision, scale }
            }
            Pattern::Time(value) => TrinoType::Time(precision(value)?),
            Pattern::TimeWithTimeZone(value) => TrinoType::TimeWithTimeZone(precision(value)?),
            Pattern::Timestamp(value) => TrinoType::Timestamp(precision(value)?),
            Pattern::TimestampWithTimeZone(value) => TrinoType::TimestampWithTimeZone(precision(value)?),
            Pattern::Array(element) => TrinoType::array(self.substitute(element)?),
            Pattern::Map(key, value) => TrinoType::map(self.substitute(key)?, self.substitute(value)?),
            Pattern::Row(fields) => {
                let fields = fields.iter().map(|field| Some(RowField { name: None, data_type: self.substitute(field)? }));
                TrinoType::Row(fields.collect::<Option<Vec<_>>>()?.into())
            }
            Pattern::Qdigest(element) => TrinoType::Qdigest(Arc::new(self.substitute(element)?)),
            Pattern::Function(parameters, result) => {
                let parameters = parameters.iter().map(|parameter| self.substitute(parameter)).collect::<Option<Vec<_>>>()?;
                TrinoType::Function(parameters.into(), Arc::new(self.substitute(result)?))
            }
        })
    }

    fn finish(&self, signature: &Signature, patterns: &[&Pattern], arguments: &[Argument]) -> Result<Option<Bound>, FunctionError> {
        for (variable, bound) in signature.variables.iter().zip(&self.types) {
            let Some(bound) = bound else { return Ok(None) };
            let is_unfit = (variable.is_comparable && !bound.is_comparable())
                || (variable.is_orderable && !bound.is_orderable())
                || (variable.is_row && !matches!(bound, TrinoType::Row(_)))
                || variable.castable_to.as_ref().is_some_and(|target| !crate::types::castable::can_cast(bound, target))
                || variable.castable_from.as_ref().is_some_and(|source| !crate::types::castable::can_cast(source, bound));
            if is_unfit {
                return Ok(None);
            }
        }
        let mut argument_types = Vec::with_capacity(arguments.len());
        for (pattern, argument) in patterns.iter().zip(arguments) {
            if let (Pattern::Any, Argument::Value(actual)) = (pattern, argument) {
                argument_types.push(actual.clone());
                continue;
            }
            let Some(expected) = self.substitute(pattern) else { return Ok(None) };
            if let Argument::Value(actual) = argument {
                let fits =
                    expected == *actual || if self.is_coercing { can_coerce(actual, &expected) } else { is_same_shape(actual, &expected) };
                if !fits {
                    return Ok(None);
                }
            }
            argument_types.push(expected);
        }
        Ok(self.substitute(&signature.result).map(|return_type| Bound { argument_types, return_type }))
    }
}

/// Equal but for the names of row fields, which patterns do not have.
fn is_same_shape(left: &TrinoType, right: &TrinoType) -> bool {
    match (left, right) {
        (TrinoType::Row(left), TrinoType::Row(right)) => {
            left.len() == right.len() && left.iter().zip(right.iter()).all(|(left, right)| is_same_shape(&left.data_type, &right.data_type))
        }
        (TrinoType::Array(left), TrinoType::Array(right)) => is_same_shape(left, right),
        (TrinoType::Map(left_key, left_value), TrinoType::Map(right_key, right_value)) => {
            is_same_shape(left_key, right_key) && is_same_shape(left_value, right_value)
        }
        _ => left == right,
    }
}

const UNBOUNDED: i64 = 2_147_483_647;
const CHAR_LENGTH_MAX: i64 = 65_536;
