//! What does a directive such as `%,.2f` make of a value? Ref: Java `java.util.Formatter`, the conversions SQL types reach.

use super::java_moment::formatted;
use crate::types::number_text::{push_decimal, push_java_double};

/// One directive, or text between two.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    Text(String),
    Directive(Directive),
}

/// `%[index$][flags][width][.precision]conversion`.
#[derive(Debug, Clone, PartialEq)]
pub struct Directive {
    /// From 1; none takes the next argument, 0 (`<`) the previous one.
    pub index: Option<usize>,
    pub flags: String,
    pub width: Option<usize>,
    pub precision: Option<usize>,
    pub conversion: char,
    /// What follows `t` and `T`.
    pub suffix: Option<char>,
}

/// Widths and precisions past this are refused. Basis: inferred; it bounds memory.
const WIDTH_MAX: usize = 10_000;

/// Reads a format. The error is Java's: `UnknownFormatConversion: Conversion = 'q'`.
pub fn parse(format: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = vec![];
    let mut text = String::new();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (directive, after) = directive(rest)?;
        rest = after;
        match directive.conversion {
            'n' => text.push('\n'),
            '%' if directive.width.is_none() => text.push('%'),
            _ => {
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                }
                pieces.push(Piece::Directive(directive));
            }
        }
    }
    text.push_str(rest);
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Ok(pieces)
}

fn directive(text: &str) -> Result<(Directive, &str), String> {
    let unknown = |c: char| format!("UnknownFormatConversion: Conversion = '{c}'");
    let mut rest = text;
    let mut found = Directive { index: None, flags: String::new(), width: None, precision: None, conversion: '%', suffix: None };
    if let Some(after) = rest.strip_prefix('<') {
        found.index = Some(0);
        rest = after;
    } else if let (Some(number), after) = number(rest)
        && let Some(after) = after.strip_prefix('$')
    {
        found.index = Some(number);
        rest = after;
    }
    while let Some(flag) = rest.chars().next().filter(|c| "-#+ 0,(".contains(*c)) {
        found.flags.push(flag);
        rest = &rest[1..];
    }
    (found.width, rest) = number(rest);
    if let Some(after) = rest.strip_prefix('.') {
        let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        found.precision = Some(after[..end].parse().map_err(|_| unknown('.'))?);
        rest = &after[end..];
    }
    if found.width.max(found.precision).is_some_and(|size| size > WIDTH_MAX) {
        return Err(format!("IllegalFormatWidth: {}", found.width.max(found.precision).unwrap_or(0)));
    }
    let conversion = rest.chars().next().ok_or_else(|| unknown('%'))?;
    rest = &rest[conversion.len_utf8()..];
    if !"bBhHsScCdoxXeEfgGaAtTn%".contains(conversion) {
        return Err(unknown(conversion));
    }
    found.conversion = conversion;
    if matches!(conversion, 't' | 'T') {
        let suffix = rest.chars().next().ok_or_else(|| unknown(conversion))?;
        rest = &rest[suffix.len_utf8()..];
        found.suffix = Some(suffix);
    }
    Ok((found, rest))
}

fn number(text: &str) -> (Option<usize>, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    // A leading zero is a flag, not a width.
    if end == 0 || text.starts_with('0') { (None, text) } else { (text[..end].parse().ok(), &text[end..]) }
}

/// A value as Java would see it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    Double(f64),
    /// Unscaled value and scale.
    Decimal(i128, u32),
    Text(String),
    /// A date or time as its `toString`.
    Temporal(String),
}

impl Value {
    fn class(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "java.lang.Boolean",
            Value::Integer(_) => "java.lang.Long",
            Value::Double(_) => "java.lang.Double",
            Value::Decimal(..) => "java.math.BigDecimal",
            Value::Text(_) => "java.lang.String",
            Value::Temporal(_) => "java.time.LocalDateTime",
        }
    }

    fn plain(&self) -> String {
        let mut text = String::new();
        match self {
            Value::Null => text.push_str("null"),
            Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
            Value::Integer(value) => text.push_str(&value.to_string()),
            Value::Double(value) => push_java_double(&mut text, *value),
            Value::Decimal(unscaled, scale) => push_decimal(&mut text, *unscaled, *scale),
            Value::Text(value) | Value::Temporal(value) => text.push_str(value),
        }
        text
    }
}

impl Directive {
    fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    /// The text of a value. The error is Java's exception.
    pub fn apply(&self, value: &Value) -> Result<String, String> {
        let is_upper = self.conversion.is_ascii_uppercase();
        let wrong = || Err(format!("IllegalFormatConversion: {} != {}", self.conversion, value.class()));
        let body = match (self.conversion.to_ascii_lowercase(), value) {
            ('s', value) => self.cut(value.plain()),
            ('b', Value::Bool(value)) => self.cut(value.to_string()),
            ('b', value) => self.cut((*value != Value::Null).to_string()),
            (_, Value::Null) => self.cut("null".to_string()),
            ('d', Value::Integer(value)) => return Ok(self.number(*value < 0, value.unsigned_abs().to_string(), String::new())),
            ('x', Value::Integer(value)) => self.zeros(format!("{value:x}")),
            ('o', Value::Integer(value)) => self.zeros(format!("{value:o}")),
            ('f', Value::Double(value)) if value.is_finite() => return Ok(self.fixed(&fixed_double(*value, self.precision.unwrap_or(6)))),
            ('f', Value::Decimal(unscaled, scale)) => return Ok(self.fixed(&rounded(*unscaled, *scale, self.precision.unwrap_or(6)))),
            ('e', Value::Double(value)) if value.is_finite() => {
                let text = exponential(*value, self.precision.unwrap_or(6));
                return Ok(self.cased(self.fixed(&text), is_upper));
            }
            ('e', Value::Decimal(unscaled, scale)) => {
                let text = exponential_decimal(*unscaled, *scale, self.precision.unwrap_or(6));
                return Ok(self.cased(self.fixed(&text), is_upper));
            }
            ('g', Value::Double(value)) if value.is_finite() => {
                return Ok(self.cased(self.fixed(&general(*value, self.precision.unwrap_or(6))), is_upper));
            }
            ('f' | 'e' | 'g', Value::Double(value)) => Value::Double(*value).plain(),
            ('c', Value::Integer(value)) => match u32::try_from(*value).ok().and_then(char::from_u32) {
                Some(c) => c.to_string(),
                None => return Err(format!("IllegalFormatCodePoint: Code point = 0x{value:x}")),
            },
            ('t', Value::Temporal(text)) => formatted(text, self.suffix.unwrap_or('?'))?,
            _ => return wrong(),
        };
        Ok(self.cased(self.pad(body), is_upper))
    }

    fn cased(&self, text: String, is_upper: bool) -> String {
        if is_upper { text.to_uppercase() } else { text }
    }

    fn cut(&self, text: String) -> String {
        match self.precision {
            Some(precision) => text.chars().take(precision).collect(),
            None => text,
        }
    }

    fn zeros(&self, digits: String) -> String {
        let missing = self.width.filter(|_| self.has('0')).unwrap_or(0).saturating_sub(digits.len());
        format!("{}{digits}", "0".repeat(missing))
    }

    fn pad(&self, text: String) -> String {
        let missing = self.width.unwrap_or(0).saturating_sub(text.chars().count());
        if self.has('-') { format!("{text}{}", " ".repeat(missing)) } else { format!("{}{text}", " ".repeat(missing)) }
    }

    /// `digits` with a sign, split at its point.
    fn fixed(&self, text: &str) -> String {
        let (is_negative, size) = text.strip_prefix('-').map_or((false, text), |size| (true, size));
        let split = size.find(|c: char| !c.is_ascii_digit()).unwrap_or(size.len());
        self.number(is_negative, size[..split].to_string(), size[split..].to_string())
    }

    /// Sign, grouping and zero padding.
    fn number(&self, is_negative: bool, whole: String, tail: String) -> String {
        let grouped = if self.has(',') { group(&whole) } else { whole };
        let (before, after) = match (is_negative, self.has('('), self.has('+'), self.has(' ')) {
            (true, true, ..) => ("(", ")"),
            (true, ..) => ("-", ""),
            (false, _, true, _) => ("+", ""),
            (false, _, _, true) => (" ", ""),
            _ => ("", ""),
        };
        let length = before.len() + grouped.len() + tail.len() + after.len();
        let missing = self.width.filter(|_| self.has('0')).unwrap_or(0).saturating_sub(length);
        self.pad(format!("{before}{}{grouped}{tail}{after}", "0".repeat(missing)))
    }
}

fn group(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A decimal with so many digits after the point, half up.
fn rounded(unscaled: i128, scale: u32, digits: usize) -> String {
    let mut text = String::new();
    let wanted = digits as u32;
    if wanted < scale {
        push_decimal(
            &mut text,
            crate::cast::number::divide_half_up(unscaled, crate::cast::number::power_of_ten((scale - wanted) as u8)),
            wanted,
        );
    } else {
        push_decimal(&mut text, unscaled, scale);
        if scale == 0 && wanted > 0 {
            text.push('.');
        }
        text.push_str(&"0".repeat((wanted - scale) as usize));
    }
    text
}

/// A decimal as `1.234560e+01`, half up. Ref: Java's `Formatter.print(StringBuilder, BigDecimal, …)`.
fn exponential_decimal(unscaled: i128, scale: u32, precision: usize) -> String {
    let digits = unscaled.unsigned_abs().to_string();
    let exponent = digits.len() as i64 - 1 - i64::from(scale);
    scientific(unscaled < 0, &digits, exponent, precision)
}

/// A double as `1.234560e+01`, half up.
fn exponential(value: f64, precision: usize) -> String {
    let (digits, exponent) = shortest_digits(value);
    scientific(value.is_sign_negative(), &digits, exponent, precision)
}

/// A double with so many digits after the point, half up. Ref: Java's `FormattedFloatingDecimal.applyPrecision`.
fn fixed_double(value: f64, precision: usize) -> String {
    let (digits, exponent) = shortest_digits(value);
    let whole_digits = usize::try_from(exponent + 1).unwrap_or(0);
    let leading = usize::try_from(-exponent - 1).unwrap_or(0);
    let mut all = format!("{}{digits}", "0".repeat(leading));
    all.extend(std::iter::repeat_n('0', (whole_digits + precision).saturating_sub(all.len())));
    let kept = half_up(&all, whole_digits + precision);
    let whole = &kept[..kept.len() - precision];
    let (sign, point) = (if value.is_sign_negative() { "-" } else { "" }, if precision > 0 { "." } else { "" });
    format!("{sign}{}{point}{}", if whole.is_empty() { "0" } else { whole }, &kept[kept.len() - precision..])
}

/// The fewest digits that tell a double, without point, and the power of ten of the first. Java rounds these, not the double's exact value.
fn shortest_digits(value: f64) -> (String, i64) {
    let text = format!("{:e}", value.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (mantissa.replace('.', ""), exponent.parse().unwrap_or(0))
}

fn scientific(is_negative: bool, digits: &str, exponent: i64, precision: usize) -> String {
    let wanted = precision + 1;
    let mut kept = half_up(&format!("{digits}{}", "0".repeat(wanted.saturating_sub(digits.len()))), wanted);
    let exponent = exponent + (kept.len() > wanted) as i64;
    kept.truncate(wanted);
    let (sign, point) = (if is_negative { "-" } else { "" }, if precision > 0 { "." } else { "" });
    format!("{sign}{}{point}{}e{}{:02}", &kept[..1], &kept[1..], if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

/// The first `count` of at least as many digits, rounded by the next one; one digit more when that carries past the first.
fn half_up(digits: &str, count: usize) -> String {
    let mut kept = digits.as_bytes()[..count].to_vec();
    if digits.as_bytes().get(count).is_some_and(|next| *next >= b'5') {
        match kept.iter().rposition(|digit| *digit != b'9') {
            Some(at) => {
                kept[at] += 1;
                kept[at + 1..].fill(b'0');
            }
            None => {
                kept.fill(b'0');
                kept.insert(0, b'1');
            }
        }
    }
    kept.into_iter().map(char::from).collect()
}

/// Fixed between 1e-4 and 10^precision, else with an exponent; `precision` significant digits.
fn general(value: f64, precision: usize) -> String {
    let precision = precision.max(1);
    let size = value.abs();
    if value == 0.0 {
        return format!("{value:.*}", precision - 1);
    }
    if (1e-4..10f64.powi(precision as i32)).contains(&size) {
        let magnitude = size.log10().floor() as i64 + 1;
        return format!("{value:.*}", usize::try_from(precision as i64 - magnitude).unwrap_or(0));
    }
    exponential(value, precision - 1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn formatted(format: &str, value: Value) -> String {
        let pieces = parse(format).unwrap();
        pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Directive(directive) => directive.apply(&value).unwrap(),
            })
            .collect()
    }

    #[test]
    fn directives_print_as_in_java() {
        assert_eq!(formatted("%s%%", Value::Integer(123)), "123%");
        assert_eq!(formatted("%.5f", Value::Double(2.345_678_9)), "2.34568");
        assert_eq!(formatted("%03d", Value::Integer(8)), "008");
        assert_eq!(formatted("%,.2f", Value::Double(1_234_567.89)), "1,234,567.89");
        assert_eq!(formatted("%,.2f", Value::Decimal(123_456_789, 2)), "1,234,567.89");
        assert_eq!(formatted("%-7s|%7s", Value::Text("x".into())), "x      |      x");
        assert_eq!(formatted("%(d", Value::Integer(-5)), "(5)");
        assert_eq!(formatted("%+d", Value::Integer(5)), "+5");
        assert_eq!(formatted("%x", Value::Integer(255)), "ff");
        assert_eq!(formatted("%.3e", Value::Double(12_345.678)), "1.235e+04");
        assert_eq!(formatted("%b", Value::Bool(true)), "true");
        assert_eq!(parse("%q").unwrap_err(), "UnknownFormatConversion: Conversion = 'q'");
        assert!(parse("%d").unwrap().iter().any(|piece| matches!(piece, Piece::Directive(directive) if directive.apply(&Value::Text("a".into())).unwrap_err() == "IllegalFormatConversion: d != java.lang.String")));
    }
}
