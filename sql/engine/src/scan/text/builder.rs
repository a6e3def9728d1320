//! How are values read one by one collected into a column? A builder a type, nested ones of others.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryViewBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Float32Builder, Float64Builder, Int8Builder,
    Int16Builder, Int32Builder, Int64Builder, ListArray, MapArray, StringViewBuilder, StructArray, TimestampMillisecondBuilder,
    UInt32Array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use owlake_functions::types::TrinoType;
use owlake_functions::types::arrow_form::{entries_field, item_field, row_fields};

use crate::error::EngineError;

/// Collects the values of one type, in its physical form.
#[derive(Debug)]
pub enum ValueBuilder {
    Boolean(BooleanBuilder),
    Tinyint(Int8Builder),
    Smallint(Int16Builder),
    Integer(Int32Builder),
    Bigint(Int64Builder),
    Real(Float32Builder),
    Double(Float64Builder),
    Decimal { values: Decimal128Builder, precision: u8, scale: u8 },
    Varchar { values: StringViewBuilder, chars_max: Option<usize>, trims: bool },
    Varbinary(BinaryViewBuilder),
    Date(Date32Builder),
    Timestamp(TimestampMillisecondBuilder),
    Array(Box<ArrayBuilder>),
    Map(Box<MapBuilder>),
    Row(Box<RowBuilder>),
}

#[derive(Debug)]
pub struct ArrayBuilder {
    pub element: ValueBuilder,
    element_type: TrinoType,
    ends: Vec<usize>,
    validity: Vec<bool>,
}

/// Keys that repeat or are null are dropped when the column is finished.
#[derive(Debug)]
pub struct MapBuilder {
    pub key: ValueBuilder,
    pub value: ValueBuilder,
    /// Which value a repeated key has.
    pub keeps_last: bool,
    key_type: TrinoType,
    value_type: TrinoType,
    ends: Vec<usize>,
    validity: Vec<bool>,
}

#[derive(Debug)]
pub struct RowBuilder {
    pub fields: Vec<ValueBuilder>,
    row_type: TrinoType,
    validity: Vec<bool>,
}

impl ValueBuilder {
    /// Errors: NOT_SUPPORTED for a type no text can be read as.
    pub fn new(data_type: &TrinoType) -> Result<ValueBuilder, EngineError> {
        Ok(match data_type {
            TrinoType::Boolean => ValueBuilder::Boolean(BooleanBuilder::new()),
            TrinoType::Tinyint => ValueBuilder::Tinyint(Int8Builder::new()),
            TrinoType::Smallint => ValueBuilder::Smallint(Int16Builder::new()),
            TrinoType::Integer => ValueBuilder::Integer(Int32Builder::new()),
            TrinoType::Bigint => ValueBuilder::Bigint(Int64Builder::new()),
            TrinoType::Real => ValueBuilder::Real(Float32Builder::new()),
            TrinoType::Double => ValueBuilder::Double(Float64Builder::new()),
            TrinoType::Decimal { precision, scale } => {
                let values = Decimal128Builder::new().with_precision_and_scale(*precision, i8::try_from(*scale).unwrap_or(i8::MAX));
                let values = values.map_err(|_| EngineError::internal("a column has an invalid decimal type"))?;
                ValueBuilder::Decimal { values, precision: *precision, scale: *scale }
            }
            TrinoType::Varchar(length) => {
                ValueBuilder::Varchar { values: StringViewBuilder::new(), chars_max: length.map(|length| length as usize), trims: false }
            }
            TrinoType::Char(length) => {
                ValueBuilder::Varchar { values: StringViewBuilder::new(), chars_max: Some(*length as usize), trims: true }
            }
            TrinoType::Varbinary => ValueBuilder::Varbinary(BinaryViewBuilder::new()),
            TrinoType::Date => ValueBuilder::Date(Date32Builder::new()),
            TrinoType::Timestamp(0..=3) => ValueBuilder::Timestamp(TimestampMillisecondBuilder::new()),
            TrinoType::Array(element) => ValueBuilder::Array(Box::new(ArrayBuilder {
                element: ValueBuilder::new(element)?,
                element_type: element.as_ref().clone(),
                ends: Vec::new(),
                validity: Vec::new(),
            })),
            TrinoType::Map(key, value) => ValueBuilder::Map(Box::new(MapBuilder {
                key: ValueBuilder::new(key)?,
                value: ValueBuilder::new(value)?,
                keeps_last: false,
                key_type: key.as_ref().clone(),
                value_type: value.as_ref().clone(),
                ends: Vec::new(),
                validity: Vec::new(),
            })),
            TrinoType::Row(fields) => ValueBuilder::Row(Box::new(RowBuilder {
                fields: fields.iter().map(|field| ValueBuilder::new(&field.data_type)).collect::<Result<_, _>>()?,
                row_type: data_type.clone(),
                validity: Vec::new(),
            })),
            other => return Err(EngineError::engine("NOT_SUPPORTED", format!("A column of type {other} cannot be read from text"))),
        })
    }

    /// How many values there are so far.
    pub fn count(&self) -> usize {
        use arrow::array::ArrayBuilder as _;
        match self {
            ValueBuilder::Boolean(values) => values.len(),
            ValueBuilder::Tinyint(values) => values.len(),
            ValueBuilder::Smallint(values) => values.len(),
            ValueBuilder::Integer(values) => values.len(),
            ValueBuilder::Bigint(values) => values.len(),
            ValueBuilder::Real(values) => values.len(),
            ValueBuilder::Double(values) => values.len(),
            ValueBuilder::Decimal { values, .. } => values.len(),
            ValueBuilder::Varchar { values, .. } => values.len(),
            ValueBuilder::Varbinary(values) => values.len(),
            ValueBuilder::Date(values) => values.len(),
            ValueBuilder::Timestamp(values) => values.len(),
            ValueBuilder::Array(array) => array.validity.len(),
            ValueBuilder::Map(map) => map.validity.len(),
            ValueBuilder::Row(row) => row.validity.len(),
        }
    }

    pub fn append_null(&mut self) {
        match self {
            ValueBuilder::Boolean(values) => values.append_null(),
            ValueBuilder::Tinyint(values) => values.append_null(),
            ValueBuilder::Smallint(values) => values.append_null(),
            ValueBuilder::Integer(values) => values.append_null(),
            ValueBuilder::Bigint(values) => values.append_null(),
            ValueBuilder::Real(values) => values.append_null(),
            ValueBuilder::Double(values) => values.append_null(),
            ValueBuilder::Decimal { values, .. } => values.append_null(),
            ValueBuilder::Varchar { values, .. } => values.append_null(),
            ValueBuilder::Varbinary(values) => values.append_null(),
            ValueBuilder::Date(values) => values.append_null(),
            ValueBuilder::Timestamp(values) => values.append_null(),
            ValueBuilder::Array(array) => array.end(false),
            ValueBuilder::Map(map) => map.end(false),
            ValueBuilder::Row(row) => {
                row.fields.iter_mut().for_each(ValueBuilder::append_null);
                row.end(false);
            }
        }
    }

    /// The column so far; the builder is empty then.
    pub fn finish(&mut self) -> Result<ArrayRef, EngineError> {
        Ok(match self {
            ValueBuilder::Boolean(values) => Arc::new(values.finish()),
            ValueBuilder::Tinyint(values) => Arc::new(values.finish()),
            ValueBuilder::Smallint(values) => Arc::new(values.finish()),
            ValueBuilder::Integer(values) => Arc::new(values.finish()),
            ValueBuilder::Bigint(values) => Arc::new(values.finish()),
            ValueBuilder::Real(values) => Arc::new(values.finish()),
            ValueBuilder::Double(values) => Arc::new(values.finish()),
            ValueBuilder::Decimal { values, .. } => Arc::new(values.finish()),
            ValueBuilder::Varchar { values, .. } => Arc::new(values.finish()),
            ValueBuilder::Varbinary(values) => Arc::new(values.finish()),
            ValueBuilder::Date(values) => Arc::new(values.finish()),
            ValueBuilder::Timestamp(values) => Arc::new(values.finish()),
            ValueBuilder::Array(array) => Arc::new(array.finish()?),
            ValueBuilder::Map(map) => Arc::new(map.finish()?),
            ValueBuilder::Row(row) => Arc::new(row.finish()?),
        })
    }
}

/// Appends a text as `varchar(chars_max)` or, trimmed, as `char` holds it.
pub fn append_text(values: &mut StringViewBuilder, text: &str, chars_max: Option<usize>, trims: bool) {
    let cut = match chars_max {
        Some(chars_max) if text.len() > chars_max => text.char_indices().nth(chars_max).map_or(text, |(at, _)| &text[..at]),
        _ => text,
    };
    values.append_value(if trims { cut.trim_end_matches(' ') } else { cut });
}

impl ArrayBuilder {
    /// Ends an array: the elements since the last one are its own.
    pub fn end(&mut self, is_valid: bool) {
        self.ends.push(self.element.count());
        self.validity.push(is_valid);
    }

    fn finish(&mut self) -> Result<ListArray, EngineError> {
        let offsets = offsets(&std::mem::take(&mut self.ends))?;
        let validity = NullBuffer::from(std::mem::take(&mut self.validity));
        let elements = self.element.finish()?;
        ListArray::try_new(item_field(&self.element_type), offsets, elements, Some(validity)).map_err(misbuilt)
    }
}

impl MapBuilder {
    /// Ends a map: the entries since the last one are its own.
    pub fn end(&mut self, is_valid: bool) {
        self.ends.push(self.key.count());
        self.validity.push(is_valid);
    }

    fn finish(&mut self) -> Result<MapArray, EngineError> {
        let ends = std::mem::take(&mut self.ends);
        let validity = NullBuffer::from(std::mem::take(&mut self.validity));
        let (mut keys, mut values) = (self.key.finish()?, self.value.finish()?);
        let (kept, kept_ends) = self.distinct_entries(&keys, &ends)?;
        if kept.len() < keys.len() {
            let kept = UInt32Array::from(kept);
            keys = arrow::compute::take(&keys, &kept, None).map_err(misbuilt)?;
            values = arrow::compute::take(&values, &kept, None).map_err(misbuilt)?;
        }
        let field = entries_field(&self.key_type, &self.value_type);
        let arrow::datatypes::DataType::Struct(fields) = field.data_type() else {
            return Err(EngineError::internal("a map has no entries"));
        };
        let entries = StructArray::try_new(fields.clone(), vec![keys, values], None).map_err(misbuilt)?;
        MapArray::try_new(field, offsets(&kept_ends)?, entries, Some(validity), false).map_err(misbuilt)
    }

    /// The entries to keep, and where each map ends among them.
    fn distinct_entries(&self, keys: &ArrayRef, ends: &[usize]) -> Result<(Vec<u32>, Vec<usize>), EngineError> {
        let compare = arrow::array::make_comparator(keys.as_ref(), keys.as_ref(), Default::default()).map_err(misbuilt)?;
        let mut kept: Vec<u32> = Vec::with_capacity(keys.len());
        let mut kept_ends = Vec::with_capacity(ends.len());
        let mut start = 0;
        for end in ends {
            let map_start = kept.len();
            for entry in (start..*end).filter(|entry| keys.is_valid(*entry)) {
                let repeated = kept[map_start..].iter().position(|other| compare(*other as usize, entry).is_eq());
                match repeated {
                    Some(at) if self.keeps_last => kept[map_start + at] = entry as u32,
                    Some(_) => {}
                    None => kept.push(entry as u32),
                }
            }
            start = *end;
            kept_ends.push(kept.len());
        }
        Ok((kept, kept_ends))
    }
}

impl RowBuilder {
    /// Ends a row; every field must have got its value.
    pub fn end(&mut self, is_valid: bool) {
        self.validity.push(is_valid);
    }

    fn finish(&mut self) -> Result<StructArray, EngineError> {
        let TrinoType::Row(fields) = &self.row_type else { return Err(EngineError::internal("a row has no fields")) };
        let rows = self.validity.len();
        let validity = NullBuffer::from(std::mem::take(&mut self.validity));
        let columns = self.fields.iter_mut().map(ValueBuilder::finish).collect::<Result<Vec<_>, _>>()?;
        StructArray::try_new_with_length(row_fields(fields), columns, Some(validity), rows).map_err(misbuilt)
    }
}

fn offsets(ends: &[usize]) -> Result<OffsetBuffer<i32>, EngineError> {
    let mut offsets = Vec::with_capacity(ends.len() + 1);
    offsets.push(0i32);
    for end in ends {
        offsets.push(i32::try_from(*end).map_err(|_| EngineError::internal("a batch of nested values is too large"))?);
    }
    Ok(OffsetBuffer::new(offsets.into()))
}

fn misbuilt(error: arrow::error::ArrowError) -> EngineError {
    tracing::error!(cause = %error, "a nested column could not be built");
    EngineError::internal("a nested column could not be built")
}
