//! How does a JSON object become a row? Keys find columns and struct fields by name, values go straight to their builders.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::ArrayRef;
use owlake_functions::types::TrinoType;

use super::descriptor::WantedColumn;
use super::json_text::{JsonText, Malformed, Start};
use crate::error::EngineError;
use crate::scan::text::builder::{ValueBuilder, append_text};

/// How keys are matched to names.
#[derive(Debug, Clone, Default)]
pub struct NameRules {
    /// Keys count in lower case.
    pub ignores_case: bool,
    /// A dot in a key counts as an underscore.
    pub joins_dots: bool,
    /// The key that stands for a column or field.
    pub mapped: HashMap<String, String>,
    /// `_col0`, `_col1`, … name columns by position.
    pub has_positions: bool,
}

/// What a SerDe makes of scalars, and of values in places they do not fit.
pub trait ScalarRules: Send {
    /// Appends a scalar; `column` is the position of the column it is of, for error texts.
    fn append_scalar(&self, values: &mut ValueBuilder, value: &Start<'_>, column: usize) -> Result<(), EngineError>;

    /// Appends an object's key as a map's.
    fn append_key(&self, values: &mut ValueBuilder, key: &str, column: usize) -> Result<(), EngineError> {
        self.append_scalar(values, &Start::Text(key.into()), column)
    }

    /// A value of another kind than the type: appended as something, or refused. What began is read past already, as `rendered`.
    fn append_misfit(&self, values: &mut ValueBuilder, value: &Start<'_>, rendered: &str, column: usize) -> Result<(), EngineError>;

    /// Whether a scalar or an object stands for an array of one element.
    fn wraps_elements(&self) -> bool {
        false
    }

    /// What is said of a key that repeats within an object.
    fn duplicate_key(&self, key: &str) -> EngineError;

    /// A line that is no JSON.
    fn malformed(&self, error: Malformed) -> EngineError;
}

/// What of a type matters for reading it: where keys go.
#[derive(Debug, Clone)]
pub enum Shape {
    Scalar,
    Array(Box<Shape>),
    Map(Box<Shape>),
    Row(Arc<Names>, Vec<Shape>),
}

/// The names of an object's wanted keys.
#[derive(Debug)]
pub struct Names {
    by_key: HashMap<String, usize>,
    /// In order, as a guess at which key comes next.
    keys: Vec<String>,
    rules: NameRules,
}

impl Names {
    pub fn new(names: impl Iterator<Item = String>, rules: &NameRules) -> Names {
        let keys: Vec<String> = names
            .map(|name| {
                let key = rules.mapped.get(&name).cloned().unwrap_or(name);
                if rules.ignores_case { key.to_lowercase() } else { key }
            })
            .collect();
        let by_key = keys.iter().enumerate().rev().map(|(index, key)| (key.clone(), index)).collect();
        Names { by_key, keys, rules: rules.clone() }
    }

    /// Which name a key means; `guess` is the one after the last.
    #[inline]
    fn find(&self, key: &str, guess: usize) -> Option<usize> {
        if self.keys.get(guess).is_some_and(|next| next == key) {
            return Some(guess);
        }
        let is_lower = !self.rules.ignores_case || key.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
        let found = if is_lower { self.by_key.get(key) } else { self.by_key.get(key.to_lowercase().as_str()) };
        found.copied().or_else(|| self.find_oddly(key))
    }

    fn find_oddly(&self, key: &str) -> Option<usize> {
        if self.rules.joins_dots && key.contains('.') {
            let joined = key.replace('.', "_");
            return self.by_key.get(&if self.rules.ignores_case { joined.to_lowercase() } else { joined }).copied();
        }
        None
    }

    fn position(&self, key: &str) -> Option<usize> {
        if self.rules.has_positions { key.strip_prefix("_col")?.parse().ok() } else { None }
    }
}

impl Shape {
    pub fn new(data_type: &TrinoType, rules: &NameRules) -> Shape {
        match data_type {
            TrinoType::Array(element) => Shape::Array(Box::new(Shape::new(element, rules))),
            TrinoType::Map(_, value) => Shape::Map(Box::new(Shape::new(value, rules))),
            TrinoType::Row(fields) => {
                let names = fields.iter().map(|field| field.name.as_deref().unwrap_or_default().to_owned());
                let shapes = fields.iter().map(|field| Shape::new(&field.data_type, rules)).collect();
                Shape::Row(Arc::new(Names::new(names, rules)), shapes)
            }
            _ => Shape::Scalar,
        }
    }
}

/// Reads objects into columns.
pub struct RowReader<R> {
    pub rules: R,
    columns: Vec<WantedColumn>,
    names: Arc<Names>,
    shapes: Vec<Shape>,
    values: Vec<ValueBuilder>,
    rows: usize,
    rendered: String,
}

impl<R: ScalarRules> RowReader<R> {
    /// Errors: a column of a type that cannot be read from text.
    pub fn new(columns: &[WantedColumn], names: &NameRules, rules: R) -> Result<Self, EngineError> {
        let mut values = columns.iter().map(|column| ValueBuilder::new(&column.data_type)).collect::<Result<Vec<_>, _>>()?;
        values.iter_mut().for_each(keep_last_keys);
        Ok(RowReader {
            rules,
            columns: columns.to_vec(),
            names: Arc::new(Names::new(columns.iter().map(|column| column.name.to_lowercase()), names)),
            shapes: columns.iter().map(|column| Shape::new(&column.data_type, names)).collect(),
            values,
            rows: 0,
            rendered: String::new(),
        })
    }

    /// Ends a row: what has no value yet is NULL.
    pub fn end_row(&mut self) {
        self.rows += 1;
        for values in &mut self.values {
            if values.count() < self.rows {
                values.append_null();
            }
        }
    }

    /// The columns of the rows so far.
    pub fn finish(&mut self) -> Result<Vec<ArrayRef>, EngineError> {
        self.rows = 0;
        self.values.iter_mut().map(ValueBuilder::finish).collect()
    }

    /// Reads the fields of an object whose start is read.
    pub fn object(&mut self, json: &mut JsonText<'_>) -> Result<(), EngineError> {
        let RowReader { rules, columns, names, shapes, values, rows, rendered } = self;
        let mut is_first = true;
        let mut guess = 0;
        while let Some(key) = json.key(&mut is_first).map_err(|error| rules.malformed(error))? {
            let start = json.value().map_err(|error| rules.malformed(error))?;
            let found = names.find(&key, guess);
            let found = found.or_else(|| names.position(&key).and_then(|index| columns.iter().position(|column| column.index == index)));
            let Some(slot) = found else {
                json.skip(&start).map_err(|error| rules.malformed(error))?;
                continue;
            };
            guess = slot + 1;
            if values[slot].count() > *rows {
                return Err(rules.duplicate_key(&key));
            }
            let column = columns[slot].index;
            append(rules, json, &start, &mut values[slot], &shapes[slot], column, rendered)?;
        }
        Ok(())
    }

    /// Reads the elements of an array whose start is read as the columns by position.
    pub fn array(&mut self, json: &mut JsonText<'_>) -> Result<(), EngineError> {
        let RowReader { rules, columns, shapes, values, rendered, .. } = self;
        let mut is_first = true;
        let mut index = 0;
        while json.element(&mut is_first).map_err(|error| rules.malformed(error))? {
            let start = json.value().map_err(|error| rules.malformed(error))?;
            match columns.iter().position(|column| column.index == index) {
                Some(slot) => append(rules, json, &start, &mut values[slot], &shapes[slot], index, rendered)?,
                None => json.skip(&start).map_err(|error| rules.malformed(error))?,
            }
            index += 1;
        }
        Ok(())
    }
}

/// A map's repeated keys have the last value. Ref: Trino 401 hive formats, JSON deserializers.
fn keep_last_keys(values: &mut ValueBuilder) {
    match values {
        ValueBuilder::Array(array) => keep_last_keys(&mut array.element),
        ValueBuilder::Map(map) => {
            map.keeps_last = true;
            keep_last_keys(&mut map.value);
        }
        ValueBuilder::Row(row) => row.fields.iter_mut().for_each(keep_last_keys),
        _ => {}
    }
}

fn append<R: ScalarRules>(
    rules: &R,
    json: &mut JsonText<'_>,
    start: &Start<'_>,
    values: &mut ValueBuilder,
    shape: &Shape,
    column: usize,
    rendered: &mut String,
) -> Result<(), EngineError> {
    let malformed = |error| rules.malformed(error);
    match (values, shape, start) {
        (values, _, Start::Null) => values.append_null(),
        (ValueBuilder::Array(array), Shape::Array(shape), Start::Array) => {
            let mut is_first = true;
            while json.element(&mut is_first).map_err(malformed)? {
                let element = json.value().map_err(malformed)?;
                append(rules, json, &element, &mut array.element, shape, column, rendered)?;
            }
            array.end(true);
        }
        (ValueBuilder::Array(array), Shape::Array(shape), single) if rules.wraps_elements() => {
            if matches!(single, Start::Text(text) if text.is_empty()) {
                array.end(false);
            } else {
                append(rules, json, single, &mut array.element, shape, column, rendered)?;
                array.end(true);
            }
        }
        (ValueBuilder::Map(map), Shape::Map(shape), Start::Object) => {
            let mut is_first = true;
            while let Some(key) = json.key(&mut is_first).map_err(malformed)? {
                rules.append_key(&mut map.key, &key, column)?;
                let value = json.value().map_err(malformed)?;
                append(rules, json, &value, &mut map.value, shape, column, rendered)?;
            }
            map.end(true);
        }
        (ValueBuilder::Row(row), Shape::Row(names, shapes), Start::Object) => {
            let before = row.fields.first().map_or(0, ValueBuilder::count);
            let mut is_first = true;
            let mut guess = 0;
            while let Some(key) = json.key(&mut is_first).map_err(malformed)? {
                let value = json.value().map_err(malformed)?;
                let Some(field) = names.find(&key, guess) else {
                    json.skip(&value).map_err(malformed)?;
                    continue;
                };
                guess = field + 1;
                if row.fields[field].count() > before {
                    return Err(rules.duplicate_key(&key));
                }
                append(rules, json, &value, &mut row.fields[field], &shapes[field], column, rendered)?;
            }
            row.fields.iter_mut().filter(|values| values.count() == before).for_each(ValueBuilder::append_null);
            row.end(true);
        }
        (values, Shape::Scalar, Start::Text(_) | Start::Bare(_)) => rules.append_scalar(values, start, column)?,
        (values, _, misfit) => {
            rendered.clear();
            json.render(misfit, rendered).map_err(malformed)?;
            rules.append_misfit(values, misfit, rendered, column)?;
        }
    }
    Ok(())
}

/// Appends a text if the type is one of texts.
pub fn append_as_text(values: &mut ValueBuilder, text: &str) -> bool {
    match values {
        ValueBuilder::Varchar { values, chars_max, trims } => {
            append_text(values, text, *chars_max, *trims);
            true
        }
        _ => false,
    }
}
