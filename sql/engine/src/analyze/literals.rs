//! Which constant does a literal mean? Numbers, texts, dates, intervals and the current time. Ref: Trino 401 `LiteralInterpreter`, `ExpressionAnalyzer`.

use datafusion::common::ScalarValue;
use owlake_functions::cast::from_text;
use owlake_functions::cast::temporal_parse::parse_date;
use owlake_functions::types::zone::{self, ZoneCursor};
use owlake_functions::types::{TrinoType, parse};
use owlake_syntax::location::Location;
use owlake_syntax::trino::ast::{CurrentTime, Expression, ExpressionKind, IntervalLiteral, IntervalUnit, Sign};

use crate::ir::{Expr, ExprKind};
use crate::session::Session;

use super::failure::{Analysis, fail_at};
use super::literal_text::{self, Refusal};

const DECIMAL_PRECISION_MAX: usize = 38;
const PICOS_PER_MICRO: i128 = 1_000_000;
const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
const CURRENT_PRECISION_DEFAULT: u8 = 3;
const TEMPORAL_PRECISION_MAX: u32 = 12;

fn constant(value: ScalarValue, data_type: TrinoType) -> Expr {
    Expr { kind: ExprKind::Literal(value), data_type }
}

/// The constant of any literal form. Errors: INVALID_LITERAL; TYPE_NOT_FOUND for a prefix that is no type.
pub(crate) fn literal(expression: &Expression, session: &Session) -> Analysis<Expr> {
    let at = expression.location;
    Ok(match &expression.kind {
        ExpressionKind::NullLiteral => constant(ScalarValue::Boolean(None), TrinoType::Unknown),
        ExpressionKind::BooleanLiteral(value) => constant(ScalarValue::Boolean(Some(*value)), TrinoType::Boolean),
        ExpressionKind::StringLiteral(text) => text_constant(text, TrinoType::Varchar(Some(character_count(text)))),
        ExpressionKind::CharLiteral(text) => text_constant(text.trim_end_matches(' '), TrinoType::Char(character_count(text))),
        ExpressionKind::BinaryLiteral(bytes) => constant(ScalarValue::BinaryView(Some(bytes.clone())), TrinoType::Varbinary),
        ExpressionKind::LongLiteral(value) => integer(*value),
        ExpressionKind::DoubleLiteral(value) => constant(ScalarValue::Float64(Some(*value)), TrinoType::Double),
        ExpressionKind::DecimalLiteral { value, is_typed } => decimal(value, *is_typed, at, session)?,
        ExpressionKind::GenericLiteral { type_name, value } => generic(type_name, value, at)?,
        ExpressionKind::TimeLiteral(text) => {
            let (value, data_type) = literal_text::time(text).map_err(|refusal| refused(at, text, "time", refusal))?;
            constant(value, data_type)
        }
        ExpressionKind::TimestampLiteral(text) => {
            let (value, data_type) = literal_text::timestamp(text).map_err(|refusal| refused(at, text, "timestamp", refusal))?;
            constant(value, data_type)
        }
        ExpressionKind::IntervalLiteral(interval) => interval_constant(interval, at)?,
        _ => return Err(crate::error::EngineError::internal("an expression that is no literal was read as one")),
    })
}

fn invalid(at: Location, text: &str, kind: &str) -> crate::error::EngineError {
    fail_at(at, "INVALID_LITERAL", format!("'{text}' is not a valid {kind} literal"))
}

fn refused(at: Location, text: &str, kind: &str, refusal: Refusal) -> crate::error::EngineError {
    match refusal {
        Refusal::Malformed => invalid(at, text, kind),
        Refusal::Precision(type_name, digits) => precision_out_of_range(at, type_name, digits),
    }
}

fn precision_out_of_range(at: Location, type_name: &str, digits: impl std::fmt::Display) -> crate::error::EngineError {
    let message = format!("{type_name} precision must be in range [0, {TEMPORAL_PRECISION_MAX}]: {digits}");
    fail_at(at, "NUMERIC_VALUE_OUT_OF_RANGE", message)
}

fn character_count(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

fn text_constant(text: &str, data_type: TrinoType) -> Expr {
    constant(ScalarValue::Utf8View(Some(text.to_owned())), data_type)
}

/// `integer` when it fits, else `bigint`.
fn integer(value: i64) -> Expr {
    match i32::try_from(value) {
        Ok(value) => constant(ScalarValue::Int32(Some(value)), TrinoType::Integer),
        Err(_) => constant(ScalarValue::Int64(Some(value)), TrinoType::Bigint),
    }
}

/// `5` or `-5`: the grammar reads a sign as part of the number.
pub(crate) fn long_literal(expression: &Expression) -> Option<i64> {
    match &expression.kind {
        ExpressionKind::LongLiteral(value) => Some(*value),
        ExpressionKind::ArithmeticUnary { sign: Sign::Minus, value } => match &value.kind {
            ExpressionKind::LongLiteral(value) => value.checked_neg(),
            _ => None,
        },
        _ => None,
    }
}

/// A number with its minus: one constant, so that `-2147483648` is an integer. `None` when the operand is no plain number.
pub(crate) fn signed_number(sign: Sign, value: &Expression, session: &Session) -> Analysis<Option<Expr>> {
    if sign == Sign::Plus {
        return Ok(None);
    }
    Ok(match &value.kind {
        ExpressionKind::LongLiteral(number) => number.checked_neg().map(integer),
        ExpressionKind::DoubleLiteral(number) => Some(constant(ScalarValue::Float64(Some(-number)), TrinoType::Double)),
        ExpressionKind::DecimalLiteral { value: text, is_typed: false } => {
            Some(decimal(&format!("-{text}"), false, value.location, session)?)
        }
        _ => None,
    })
}

fn decimal(text: &str, is_typed: bool, at: Location, session: &Session) -> Analysis<Expr> {
    if session.decimal_literals_as_double && !is_typed {
        let value: f64 = text.parse().map_err(|_| invalid(at, text, "double"))?;
        return Ok(constant(ScalarValue::Float64(Some(value)), TrinoType::Double));
    }
    parse_decimal(text).ok_or_else(|| invalid(at, text, "decimal"))
}

/// Digits with a point: the precision counts them without leading zeros. Ref: Trino 401 `Decimals.parse`.
fn parse_decimal(text: &str) -> Option<Expr> {
    let (is_negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if (whole.is_empty() && fraction.is_empty()) || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let precision = (whole.len() + fraction.len()).max(1);
    if precision > DECIMAL_PRECISION_MAX {
        return None;
    }
    let mut unscaled: i128 = 0;
    for digit in whole.bytes().chain(fraction.bytes()) {
        unscaled = unscaled * 10 + i128::from(digit - b'0');
    }
    let unscaled = if is_negative { -unscaled } else { unscaled };
    let (precision, scale) = (u8::try_from(precision).ok()?, u8::try_from(fraction.len()).ok()?);
    let value = ScalarValue::Decimal128(Some(unscaled), precision, i8::try_from(scale).ok()?);
    Some(constant(value, TrinoType::Decimal { precision, scale }))
}

/// `type 'text'`: what `CAST('text' AS type)` gives.
fn generic(type_name: &str, text: &str, at: Location) -> Analysis<Expr> {
    let data_type = parse::parse(type_name).map_err(|_| fail_at(at, "TYPE_NOT_FOUND", format!("Unknown resolvedType: {type_name}")))?;
    let fail = || invalid(at, text, &data_type.display_name());
    let value = match &data_type {
        TrinoType::Boolean => ScalarValue::Boolean(Some(from_text::parse_boolean(text).ok_or_else(fail)?)),
        TrinoType::Tinyint => ScalarValue::Int8(Some(text.parse().map_err(|_| fail())?)),
        TrinoType::Smallint => ScalarValue::Int16(Some(text.parse().map_err(|_| fail())?)),
        TrinoType::Integer => ScalarValue::Int32(Some(text.parse().map_err(|_| fail())?)),
        TrinoType::Bigint => ScalarValue::Int64(Some(text.parse().map_err(|_| fail())?)),
        TrinoType::Real => ScalarValue::Float32(Some(from_text::parse_float(text).ok_or_else(fail)?)),
        TrinoType::Double => ScalarValue::Float64(Some(from_text::parse_float(text).ok_or_else(fail)?)),
        TrinoType::Decimal { .. } => return parse_decimal(text).ok_or_else(|| invalid(at, text, "decimal")),
        TrinoType::Varchar(None) => ScalarValue::Utf8View(Some(text.to_owned())),
        TrinoType::Char(_) => return Ok(text_constant(text.trim_end_matches(' '), TrinoType::Char(character_count(text)))),
        TrinoType::Date => ScalarValue::Date32(Some(parse_date(text).ok_or_else(fail)?)),
        TrinoType::Time(_) | TrinoType::TimeWithTimeZone(_) => {
            let (value, data_type) = literal_text::time(text).map_err(|refusal| refused(at, text, "time", refusal))?;
            return Ok(constant(value, data_type));
        }
        TrinoType::Timestamp(_) | TrinoType::TimestampWithTimeZone(_) => {
            let (value, data_type) = literal_text::timestamp(text).map_err(|refusal| refused(at, text, "timestamp", refusal))?;
            return Ok(constant(value, data_type));
        }
        TrinoType::Varbinary => ScalarValue::BinaryView(Some(text.as_bytes().to_vec())),
        TrinoType::Uuid => ScalarValue::FixedSizeBinary(16, Some(from_text::parse_uuid(text).map_err(|_| fail())?.to_vec())),
        TrinoType::IpAddress => ScalarValue::FixedSizeBinary(16, Some(from_text::parse_ip_address(text).map_err(|_| fail())?.to_vec())),
        TrinoType::Json => {
            if owlake_functions::json::tree::parse(text).is_err() {
                return Err(fail());
            }
            let argument = text_constant(text, TrinoType::VARCHAR);
            return json_parse(argument, at);
        }
        other => return Err(fail_at(at, "INVALID_LITERAL", format!("No literal form for type {other}"))),
    };
    Ok(constant(value, data_type))
}

/// JSON text has one canonical form; the library's `json_parse` knows it.
fn json_parse(text: Expr, at: Location) -> Analysis<Expr> {
    use owlake_functions::registry::{Argument, resolve_function};
    let mut no_lambda = |_: usize, _: &[TrinoType]| Err(owlake_functions::error::FunctionError::internal("json_parse takes no lambda"));
    let function = resolve_function("json_parse", &[Argument::Value(TrinoType::VARCHAR)], &mut no_lambda)
        .map_err(|error| super::failure::of_function(at, &error))?;
    Ok(Expr { kind: ExprKind::Call { function: function.into(), arguments: vec![text] }, data_type: TrinoType::Json })
}

fn interval_constant(interval: &IntervalLiteral, at: Location) -> Analysis<Expr> {
    let fail = || invalid(at, &interval.value, "interval");
    let sign = if interval.sign == Sign::Minus { -1 } else { 1 };
    match interval.from {
        IntervalUnit::Year | IntervalUnit::Month => {
            let months = literal_text::months(&interval.value, interval.from, interval.to).ok_or_else(fail)?;
            let months = i32::try_from(months * sign).map_err(|_| fail())?;
            Ok(constant(ScalarValue::Int32(Some(months)), TrinoType::IntervalYearToMonth))
        }
        IntervalUnit::Day | IntervalUnit::Hour | IntervalUnit::Minute | IntervalUnit::Second => {
            let millis = literal_text::interval_millis(&interval.value, interval.from, interval.to).ok_or_else(fail)?;
            Ok(constant(ScalarValue::Int64(Some(millis * sign)), TrinoType::IntervalDayToSecond))
        }
    }
}

/// `current_timestamp(p)` and its kin: the query's start, the same all through the query.
pub(crate) fn current_time(function: CurrentTime, precision: Option<u32>, session: &Session, at: Location) -> Analysis<Expr> {
    if let Some(precision) = precision.filter(|precision| *precision > TEMPORAL_PRECISION_MAX) {
        let name = match function {
            CurrentTime::Date => "DATE",
            CurrentTime::Time => "TIME WITH TIME ZONE",
            CurrentTime::Timestamp => "TIMESTAMP WITH TIME ZONE",
            CurrentTime::LocalTime => "TIME",
            CurrentTime::LocalTimestamp => "TIMESTAMP",
        };
        return Err(precision_out_of_range(at, name, precision));
    }
    let precision = precision.and_then(|precision| u8::try_from(precision).ok()).unwrap_or(CURRENT_PRECISION_DEFAULT);
    let key = zone::load_key(&session.info.zone).map_err(|error| super::failure::of_function(at, &error))?;
    let start_micros = session.info.start_micros;
    let offset_seconds = ZoneCursor::new(key).offset_at(start_micros.div_euclid(MICROS_PER_SECOND));
    let local_micros = start_micros + i64::from(offset_seconds) * MICROS_PER_SECOND;
    let picos_of_day = || {
        let picos = i128::from(local_micros.rem_euclid(MICROS_PER_DAY)) * PICOS_PER_MICRO;
        i64::try_from(round_picos(picos, precision) % (i128::from(MICROS_PER_DAY) * PICOS_PER_MICRO)).unwrap_or(0)
    };
    Ok(match function {
        CurrentTime::Date => {
            let days = i32::try_from(local_micros.div_euclid(MICROS_PER_DAY)).unwrap_or(i32::MAX);
            constant(ScalarValue::Date32(Some(days)), TrinoType::Date)
        }
        CurrentTime::Time => {
            let packed = zone::pack_time(picos_of_day(), offset_seconds / 60);
            constant(ScalarValue::Decimal128(Some(packed), 38, 0), TrinoType::TimeWithTimeZone(precision))
        }
        CurrentTime::LocalTime => constant(ScalarValue::Int64(Some(picos_of_day())), TrinoType::Time(precision)),
        CurrentTime::Timestamp => {
            let picos = round_picos(i128::from(start_micros) * PICOS_PER_MICRO, precision);
            constant(literal_text::zoned_scalar(picos, key, precision), TrinoType::TimestampWithTimeZone(precision))
        }
        CurrentTime::LocalTimestamp => {
            let picos = round_picos(i128::from(local_micros) * PICOS_PER_MICRO, precision);
            constant(literal_text::timestamp_scalar(picos, precision), TrinoType::Timestamp(precision))
        }
    })
}

/// Rounds half up to `precision` digits of a second.
fn round_picos(picos: i128, precision: u8) -> i128 {
    let unit = 10_i128.pow(12 - u32::from(precision.min(12)));
    (picos + unit / 2).div_euclid(unit) * unit
}

/// The text of a date or timestamp constant that is not before the query's start; `None` for anything else.
pub(crate) fn text_not_past(expr: &Expr, session: &Session) -> Option<String> {
    let ExprKind::Literal(value) = &expr.kind else { return None };
    let epoch_picos = literal_text::epoch_picos(value, &expr.data_type, session)?;
    if epoch_picos < i128::from(session.info.start_micros) * PICOS_PER_MICRO {
        return None;
    }
    let array = value.to_array().ok()?;
    let mut text = String::new();
    owlake_functions::types::text::ValueWriter::new(&expr.data_type).write(array.as_ref(), 0, &mut text);
    Some(text)
}
