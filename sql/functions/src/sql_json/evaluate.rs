//! What does a path give for a document? Ref: Trino 401 `PathEvaluationVisitor`.

use std::borrow::Cow;
use std::rc::Rc;

use super::item::{Item, Pair, SqlValue};
use super::operate::arithmetic;
use super::path::tree::{Method, Node, Path, Step};
use crate::cast::from_text::parse_float;
use crate::error::FunctionError;
use crate::json::tree::Json;
use crate::registry::SessionInfo;

/// The JSON null a path or parameter writes.
pub static NULL: Json<'static> = Json::Null;

/// What a path found.
pub type Sequence<'a> = Vec<Item<'a>>;

/// PATH_EVALUATION_ERROR.
pub fn failed(message: String) -> FunctionError {
    FunctionError::new("PATH_EVALUATION_ERROR", format!("path evaluation failed: {message}"))
}

/// PATH_EVALUATION_ERROR for what an operation inside said; Trino keeps that to itself.
pub fn failed_within() -> FunctionError {
    failed(String::new())
}

fn structural(message: String) -> FunctionError {
    failed(format!("structural error: {message}"))
}

fn wrong_kind(expected: &str, actual: &str) -> FunctionError {
    failed(format!("invalid item type. Expected: {expected}, actual: {actual}"))
}

/// What stands around an expression: the item a filter looks at, the last index of an array.
#[derive(Debug, Clone, Default)]
pub struct Scope<'a> {
    pub current: Option<Item<'a>>,
    pub last: Option<i32>,
}

/// Evaluates a path over one document.
pub struct Evaluator<'a> {
    pub path: &'a Path,
    pub input: &'a Json<'a>,
    /// None is the empty sequence.
    pub parameters: &'a [Option<Item<'a>>],
    pub session: &'a SessionInfo,
    next_object: i32,
}

impl<'a> Evaluator<'a> {
    pub fn new(path: &'a Path, input: &'a Json<'a>, parameters: &'a [Option<Item<'a>>], session: &'a SessionInfo) -> Evaluator<'a> {
        Evaluator { path, input, parameters, session, next_object: 0 }
    }

    /// The items the path finds. Errors: PATH_EVALUATION_ERROR.
    pub fn run(&mut self) -> Result<Sequence<'a>, FunctionError> {
        self.sequence(&self.path.root, &Scope::default())
    }

    /// Arrays replaced by their elements, one level of them, in lax mode.
    pub fn unwrapped(&self, items: Sequence<'a>) -> Sequence<'a> {
        if !self.path.is_lax || !items.iter().any(Item::is_array) {
            return items;
        }
        let mut flat = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Item::Node(Json::Array(elements)) => flat.extend(elements.iter().map(Item::Node)),
                other => flat.push(other),
            }
        }
        flat
    }

    pub fn sequence(&mut self, node: &'a Node, scope: &Scope<'a>) -> Result<Sequence<'a>, FunctionError> {
        Ok(match node {
            Node::Context => vec![Item::Node(self.input)],
            Node::Null => vec![Item::Node(&NULL)],
            Node::Literal(value) => vec![Item::Value(value.borrowed())],
            Node::Variable(place) => self.parameters.get(*place).cloned().flatten().into_iter().collect(),
            Node::Current => match &scope.current {
                Some(item) => vec![item.clone()],
                None => return Err(failed("accessing current filter item with no enclosing filter".to_owned())),
            },
            Node::Last => match scope.last {
                Some(last) => vec![Item::Value(SqlValue::Integer(last))],
                None => return Err(failed("accessing the last array index with no enclosing array".to_owned())),
            },
            Node::Steps(base, steps) => {
                let mut items = self.sequence(base, scope)?;
                for step in steps {
                    items = self.step(step, items, scope)?;
                }
                items
            }
            Node::Sign { is_minus, base } => {
                let items = self.sequence(base, scope)?;
                let mut signed = Vec::with_capacity(items.len());
                for item in self.unwrapped(items) {
                    let value = numeric(&item)?;
                    signed.push(Item::Value(if *is_minus { negated(value)? } else { value }));
                }
                signed
            }
            Node::Binary(operator, left, right) => {
                let left = self.sequence(left, scope)?;
                let right = self.sequence(right, scope)?;
                let (left, right) = (self.unwrapped(left), self.unwrapped(right));
                let ([left], [right]) = (left.as_slice(), right.as_slice()) else {
                    return Err(failed("arithmetic binary expression requires singleton operands".to_owned()));
                };
                let (left, right) = (operand(left)?, operand(right)?);
                vec![Item::Value(arithmetic(*operator, &left, &right, self.session)?)]
            }
        })
    }

    fn step(&mut self, step: &'a Step, items: Sequence<'a>, scope: &Scope<'a>) -> Result<Sequence<'a>, FunctionError> {
        match step {
            Step::Member(key) => self.members(key.as_deref(), items),
            Step::Descendants(key) => {
                let mut found = vec![];
                items.iter().for_each(|item| descendants(item, key, &mut found));
                Ok(found)
            }
            Step::Elements(subscripts) => self.elements(subscripts, items, scope),
            Step::Filter(predicate) => {
                let mut kept = vec![];
                for item in self.unwrapped(items) {
                    let inner = Scope { current: Some(item.clone()), last: scope.last };
                    if self.holds(predicate, &inner) == Some(true) {
                        kept.push(item);
                    }
                }
                Ok(kept)
            }
            Step::Method(Method::Size) => items.iter().map(|item| self.size(item)).collect(),
            Step::Method(Method::Type) => {
                Ok(items.iter().map(|item| Item::Value(SqlValue::Varchar(Cow::Borrowed(type_name(item))))).collect())
            }
            Step::Method(Method::KeyValue) => self.pairs(items),
            Step::Method(method) => {
                let items = self.unwrapped(items);
                items.iter().map(|item| computed(*method, item).map(Item::Value)).collect()
            }
        }
    }

    fn members(&self, key: Option<&str>, items: Sequence<'a>) -> Result<Sequence<'a>, FunctionError> {
        let is_lax = self.path.is_lax;
        let mut found = vec![];
        for item in self.unwrapped(items) {
            let count = found.len();
            match &item {
                Item::Node(Json::Object(members)) => match key {
                    None => found.extend(members.iter().map(|(_, value)| Item::Node(value))),
                    Some(key) => found.extend(members.iter().find(|(name, _)| name == key).map(|(_, value)| Item::Node(value))),
                },
                Item::Pair(pair) => match key {
                    None => found.extend(pair_members(pair).into_iter().map(|(_, value)| value)),
                    Some(key) => found.extend(pair_members(pair).into_iter().find(|(name, _)| *name == key).map(|(_, value)| value)),
                },
                _ if is_lax => continue,
                other => return Err(wrong_kind("OBJECT", &other.kind())),
            }
            if let (Some(key), false) = (key, is_lax || found.len() > count) {
                return Err(structural(format!("missing member '{key}' in JSON object")));
            }
        }
        Ok(found)
    }

    fn elements(
        &mut self,
        subscripts: &'a [(Node, Option<Node>)],
        items: Sequence<'a>,
        scope: &Scope<'a>,
    ) -> Result<Sequence<'a>, FunctionError> {
        let is_lax = self.path.is_lax;
        let mut found = vec![];
        for item in items {
            let single;
            let elements: &mut dyn ExactSizeIterator<Item = Item<'a>> = match item {
                Item::Node(Json::Array(elements)) => &mut elements.iter().map(Item::Node),
                other if is_lax => {
                    single = [other];
                    &mut single.into_iter()
                }
                other => return Err(wrong_kind("ARRAY", &other.kind())),
            };
            if subscripts.is_empty() {
                found.extend(elements);
                continue;
            }
            let size = elements.len();
            if size == 0 {
                if is_lax {
                    continue;
                }
                return Err(structural("invalid array subscript for empty array".to_owned()));
            }
            let elements: Vec<Item<'a>> = elements.collect();
            let inner = Scope { current: scope.current.clone(), last: Some(size as i32 - 1) };
            for (from, to) in subscripts {
                let first = self.sequence(from, &inner)?;
                let last = to.as_ref().map(|to| self.sequence(to, &inner)).transpose()?;
                let [first] = first.as_slice() else {
                    return Err(failed("array subscript 'from' value must be singleton numeric".to_owned()));
                };
                let first = array_index(first)?;
                let last = match last.as_deref() {
                    None => first,
                    Some([last]) => array_index(last)?,
                    Some(_) => return Err(failed("array subscript 'to' value must be singleton numeric".to_owned())),
                };
                let inside = 0..size as i64;
                let is_inside = inside.contains(&first) && inside.contains(&last) && first <= last;
                if !is_lax && !is_inside {
                    return Err(structural(format!("invalid array subscript: [{first}, {last}] for array of size {size}")));
                }
                let (first, last) = (first.max(0), last.min(size as i64 - 1));
                if first <= last {
                    found.extend_from_slice(&elements[first as usize..=last as usize]);
                }
            }
        }
        Ok(found)
    }

    fn size(&self, item: &Item<'a>) -> Result<Item<'a>, FunctionError> {
        match item {
            Item::Node(Json::Array(elements)) => Ok(Item::Value(SqlValue::Integer(elements.len() as i32))),
            _ if self.path.is_lax => Ok(Item::Value(SqlValue::Integer(1))),
            other => Err(wrong_kind("ARRAY", &other.kind())),
        }
    }

    fn pairs(&mut self, items: Sequence<'a>) -> Result<Sequence<'a>, FunctionError> {
        let mut found = vec![];
        for item in self.unwrapped(items) {
            let id = self.next_object;
            match &item {
                Item::Node(Json::Object(members)) => {
                    found.extend(members.iter().map(|(name, value)| {
                        Item::Pair(Rc::new(Pair { name: Cow::Borrowed(name.as_ref()), value: Item::Node(value), id }))
                    }))
                }
                Item::Pair(pair) => found.extend(
                    pair_members(pair).into_iter().map(|(name, value)| Item::Pair(Rc::new(Pair { name: Cow::Borrowed(name), value, id }))),
                ),
                other => return Err(wrong_kind("OBJECT", &other.kind())),
            }
            self.next_object += 1;
        }
        Ok(found)
    }
}

fn pair_members<'a>(pair: &Pair<'a>) -> [(&'static str, Item<'a>); 3] {
    let name = Item::Value(SqlValue::Varchar(pair.name.clone()));
    [("name", name), ("value", pair.value.clone()), ("id", Item::Value(SqlValue::Integer(pair.id)))]
}

/// The values of `key` at any depth; an object's own before those further in.
fn descendants<'a>(item: &Item<'a>, key: &str, found: &mut Sequence<'a>) {
    match item {
        Item::Node(Json::Object(members)) => {
            found.extend(members.iter().find(|(name, _)| name == key).map(|(_, value)| Item::Node(value)));
            members.iter().for_each(|(_, value)| descendants(&Item::Node(value), key, found));
        }
        Item::Node(Json::Array(elements)) => elements.iter().for_each(|element| descendants(&Item::Node(element), key, found)),
        Item::Pair(pair) => {
            let members = pair_members(pair);
            found.extend(members.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone()));
            members.iter().for_each(|(_, value)| descendants(value, key, found));
        }
        _ => {}
    }
}

/// A number of the document, or any SQL value: what it may do is up to the operator.
fn operand<'a>(item: &Item<'a>) -> Result<SqlValue<'a>, FunctionError> {
    match item {
        Item::Value(value) => Ok(value.clone()),
        Item::Node(Json::Number(_)) => item.scalar().map_err(|_| failed_within())?.ok_or_else(failed_within),
        other => Err(wrong_kind("NUMBER", &other.kind())),
    }
}

fn numeric<'a>(item: &Item<'a>) -> Result<SqlValue<'a>, FunctionError> {
    let value = operand(item)?;
    if value.as_double().is_some() { Ok(value) } else { Err(wrong_kind("NUMBER", &item.kind())) }
}

fn array_index(item: &Item<'_>) -> Result<i64, FunctionError> {
    if let Item::Node(Json::Number(number)) = item {
        let whole = if Json::is_integer(number) { number.parse().ok() } else { number.parse().ok().and_then(truncated) };
        return whole.ok_or_else(|| failed(format!("cannot convert value {number} to long")));
    }
    let value = numeric(item)?;
    match value {
        SqlValue::Decimal { unscaled, scale, .. } => {
            // Half away from zero, as a cast to bigint rounds.
            let base = 10i128.pow(u32::from(scale));
            let (whole, rest) = (unscaled / base, unscaled % base);
            let rounded = if rest.abs() >= base - rest.abs() && rest != 0 { whole + rest.signum() } else { whole };
            i64::try_from(rounded).map_err(|_| failed_within())
        }
        SqlValue::Real(value) => truncated(f64::from(value).round()).ok_or_else(failed_within),
        SqlValue::Double(value) => truncated(value.round()).ok_or_else(failed_within),
        other => other.as_integer().ok_or_else(failed_within),
    }
}

/// The first double past 64 bits.
const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

/// Without its fraction; none outside 64 bits.
fn truncated(value: f64) -> Option<i64> {
    (-TWO_TO_63..TWO_TO_63).contains(&value).then_some(value as i64)
}

fn negated(value: SqlValue<'_>) -> Result<SqlValue<'_>, FunctionError> {
    let result = match value {
        SqlValue::Tinyint(value) => value.checked_neg().map(SqlValue::Tinyint),
        SqlValue::Smallint(value) => value.checked_neg().map(SqlValue::Smallint),
        SqlValue::Integer(value) => value.checked_neg().map(SqlValue::Integer),
        SqlValue::Bigint(value) => value.checked_neg().map(SqlValue::Bigint),
        SqlValue::Real(value) => Some(SqlValue::Real(-value)),
        SqlValue::Double(value) => Some(SqlValue::Double(-value)),
        SqlValue::Decimal { unscaled, precision, scale } => Some(SqlValue::Decimal { unscaled: -unscaled, precision, scale }),
        _ => None,
    };
    result.ok_or_else(failed_within)
}

/// `abs`, `ceiling`, `floor` and `double`.
fn computed<'a>(method: Method, item: &Item<'a>) -> Result<SqlValue<'a>, FunctionError> {
    if method == Method::Double {
        return to_double(item).map(SqlValue::Double);
    }
    let value = numeric(item)?;
    Ok(match (method, value) {
        (Method::Abs, SqlValue::Real(value)) => SqlValue::Real(value.abs()),
        (Method::Abs, SqlValue::Double(value)) => SqlValue::Double(value.abs()),
        (Method::Abs, SqlValue::Decimal { unscaled, precision, scale }) => SqlValue::Decimal { unscaled: unscaled.abs(), precision, scale },
        (Method::Abs, value) if value.as_integer().is_some_and(|value| value < 0) => negated(value)?,
        (Method::Ceiling, SqlValue::Real(value)) => SqlValue::Real(value.ceil()),
        (Method::Ceiling, SqlValue::Double(value)) => SqlValue::Double(value.ceil()),
        (Method::Floor, SqlValue::Real(value)) => SqlValue::Real(value.floor()),
        (Method::Floor, SqlValue::Double(value)) => SqlValue::Double(value.floor()),
        (Method::Ceiling | Method::Floor, SqlValue::Decimal { unscaled, precision, scale }) => {
            let base = 10i128.pow(u32::from(scale));
            let below = unscaled.div_euclid(base);
            let is_up = method == Method::Ceiling && unscaled.rem_euclid(base) != 0;
            SqlValue::Decimal { unscaled: below + i128::from(is_up), precision: precision - scale + scale.min(1), scale: 0 }
        }
        (_, value) => value,
    })
}

fn to_double(item: &Item<'_>) -> Result<f64, FunctionError> {
    let value = match item {
        Item::Node(Json::Number(_) | Json::Text(_)) => item.scalar().map_err(|_| failed_within())?.ok_or_else(failed_within)?,
        Item::Value(value) => value.borrowed(),
        other => return Err(wrong_kind("NUMBER or TEXT", &other.kind())),
    };
    match (&value, value.as_double()) {
        (_, Some(number)) => Ok(number),
        (SqlValue::Varchar(text) | SqlValue::Char(text, _), None) => parse_float(text).ok_or_else(failed_within),
        _ => Err(wrong_kind("NUMBER or TEXT", &item.kind())),
    }
}

fn type_name(item: &Item<'_>) -> &'static str {
    use crate::types::TrinoType;
    match item {
        Item::Node(Json::Null) => "null",
        Item::Node(Json::Bool(_)) | Item::Value(SqlValue::Boolean(_)) => "boolean",
        Item::Node(Json::Number(_)) => "number",
        Item::Node(Json::Text(_)) | Item::Value(SqlValue::Varchar(_) | SqlValue::Char(..)) => "string",
        Item::Node(Json::Array(_)) => "array",
        Item::Node(Json::Object(_)) | Item::Pair(_) => "object",
        Item::Value(SqlValue::Other(_, data_type)) => match data_type {
            TrinoType::Date => "date",
            TrinoType::Time(_) => "time without time zone",
            TrinoType::TimeWithTimeZone(_) => "time with time zone",
            TrinoType::TimestampWithTimeZone(_) => "timestamp with time zone",
            _ => "timestamp without time zone",
        },
        Item::Value(_) => "number",
    }
}
