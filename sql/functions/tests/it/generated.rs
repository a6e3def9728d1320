//! Which values are tried? Edges and random ones of every type, from a seeded generator; and how a function is called on them.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray, Float32Array, Float64Array, Int8Array, Int16Array,
    Int32Array, Int64Array, StringViewArray, TimestampMicrosecondArray, TimestampMillisecondArray,
};
use arrow::datatypes::Field;
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};
use owlake_functions::error::FunctionError;
use owlake_functions::registry::{Argument, BoundFunction, Operator, SessionInfo, resolve_function, resolve_operator};
use owlake_functions::types::TrinoType;
use owlake_functions::types::parse::parse;
use owlake_functions::types::text::ValueWriter;

/// The types whose values have a text that reads back.
pub const TYPES: &[&str] = &[
    "boolean",
    "tinyint",
    "smallint",
    "integer",
    "bigint",
    "real",
    "double",
    "decimal(1,0)",
    "decimal(5,5)",
    "decimal(18,3)",
    "decimal(38,0)",
    "decimal(38,19)",
    "varchar",
    "date",
    "time(0)",
    "time(3)",
    "time(12)",
    "timestamp(0)",
    "timestamp(3)",
    "timestamp(6)",
    "timestamp(9)",
    "timestamp(12)",
    "uuid",
];

pub fn type_of(text: &str) -> TrinoType {
    parse(text).unwrap()
}

pub fn session() -> Arc<SessionInfo> {
    Arc::new(SessionInfo { zone: "America/Los_Angeles".into(), start_micros: 0, user: "u".into(), catalog: "c".into(), schema: None })
}

/// A generator of numbers: splitmix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// A number of any size, small ones as likely as large ones, and the edges often.
    pub fn whole(&mut self, low: i128, high: i128) -> i128 {
        let wide = (i128::from(self.next() as i64) << 64) | i128::from(self.next());
        match self.below(8) {
            0 => low + i128::from(self.below(3)),
            1 => high - i128::from(self.below(3)),
            2 => i128::from(self.below(7)) - 3,
            _ => wide >> self.below(127),
        }
        .clamp(low, high)
    }

    pub fn double(&mut self) -> f64 {
        match self.below(6) {
            0 => [0.0, -0.0, 1.0, -1.5, f64::MAX, f64::MIN_POSITIVE, 5e-324, 1e7, 1e-3, 9.007_199_254_740_993e15][self.below(10) as usize],
            1 => self.whole(-1_000_000, 1_000_000) as f64 / 100.0,
            _ => Some(f64::from_bits(self.next())).filter(|value| value.is_finite()).unwrap_or(0.5),
        }
    }
}

/// `rows` values of a type, none null.
pub fn values(data_type: &TrinoType, rows: usize, random: &mut Random) -> ArrayRef {
    macro_rules! whole {
        ($array:ty, $native:ty) => {
            Arc::new((0..rows).map(|_| Some(random.whole(<$native>::MIN.into(), <$native>::MAX.into()) as $native)).collect::<$array>())
        };
    }
    // The years 1 to 9999: beyond, texts carry signs that not every reader takes.
    let day_range = (-719_162i128, 2_932_896i128);
    let moments = |random: &mut Random, per_day: i128, unit: i128| {
        let local = random.whole(day_range.0 * per_day, day_range.1 * per_day);
        local.div_euclid(unit) * unit
    };
    match data_type {
        TrinoType::Boolean => Arc::new((0..rows).map(|_| Some(random.below(2) == 1)).collect::<BooleanArray>()),
        TrinoType::Tinyint => whole!(Int8Array, i8),
        TrinoType::Smallint => whole!(Int16Array, i16),
        TrinoType::Integer => whole!(Int32Array, i32),
        TrinoType::Bigint => whole!(Int64Array, i64),
        TrinoType::Real => Arc::new(
            (0..rows)
                .map(|_| Some(f32::from_bits(random.next() as u32)).map(|v| if v.is_finite() { v } else { 1.5 }))
                .collect::<Float32Array>(),
        ),
        TrinoType::Double => Arc::new((0..rows).map(|_| Some(random.double())).collect::<Float64Array>()),
        TrinoType::Decimal { precision, scale } => {
            let bound = 10i128.pow(u32::from(*precision)) - 1;
            let values = (0..rows).map(|_| random.whole(-bound, bound)).collect::<Vec<_>>();
            Arc::new(Decimal128Array::from(values).with_precision_and_scale(*precision, *scale as i8).unwrap())
        }
        TrinoType::Varchar(_) => {
            let text = |random: &mut Random| {
                (0..random.below(20)).map(|_| ['a', 'Z', ' ', 'é', '💩', '"', '\\', '\n'][random.below(8) as usize]).collect::<String>()
            };
            Arc::new((0..rows).map(|_| Some(text(random))).collect::<StringViewArray>())
        }
        TrinoType::Date => Arc::new((0..rows).map(|_| Some(random.whole(day_range.0, day_range.1) as i32)).collect::<Date32Array>()),
        TrinoType::Time(precision) => {
            let unit = 10i64.pow(12 - u32::from(*precision));
            let day = 86_400_000_000_000_000i128;
            Arc::new((0..rows).map(|_| Some(random.whole(0, day - 1) as i64 / unit * unit)).collect::<Int64Array>())
        }
        TrinoType::Timestamp(precision @ 0..=3) => {
            let unit = 10i128.pow(3 - u32::from(*precision));
            Arc::new((0..rows).map(|_| Some(moments(random, 86_400_000, unit) as i64)).collect::<TimestampMillisecondArray>())
        }
        TrinoType::Timestamp(precision @ 4..=6) => {
            let unit = 10i128.pow(6 - u32::from(*precision));
            Arc::new((0..rows).map(|_| Some(moments(random, 86_400_000_000, unit) as i64)).collect::<TimestampMicrosecondArray>())
        }
        TrinoType::Timestamp(precision) => {
            let unit = 10i128.pow(12 - u32::from(*precision));
            let values = (0..rows).map(|_| moments(random, 86_400_000_000_000_000, unit)).collect::<Vec<_>>();
            Arc::new(Decimal128Array::from(values).with_precision_and_scale(38, 0).unwrap())
        }
        TrinoType::Uuid => {
            let bytes = (0..rows).map(|_| [random.next().to_be_bytes(), random.next().to_be_bytes()].concat()).collect::<Vec<_>>();
            Arc::new(FixedSizeBinaryArray::try_from_iter(bytes.into_iter()).unwrap())
        }
        other => panic!("no values of {other}"),
    }
}

/// The text Athena prints for each value.
pub fn printed(values: &ArrayRef, data_type: &TrinoType) -> Vec<String> {
    let writer = ValueWriter::new(data_type);
    let print = |row| {
        let mut text = String::new();
        writer.write(values.as_ref(), row, &mut text);
        text
    };
    (0..values.len()).map(print).collect()
}

/// A function of the library on columns of the types given, which must be those it is declared for.
pub fn call(name: &str, arguments: &[(&str, ArrayRef)]) -> Result<ArrayRef, FunctionError> {
    let types: Vec<Argument> = arguments.iter().map(|(data_type, _)| Argument::Value(type_of(data_type))).collect();
    let mut no_lambda = |_: usize, _: &[TrinoType]| Ok(TrinoType::Unknown);
    let function = resolve_function(name, &types, &mut no_lambda)?;
    run(&function, arguments.iter().map(|(_, values)| Arc::clone(values)).collect())
}

/// An operator on two columns of one type; the result and its type.
pub fn operate(operator: Operator, data_type: &TrinoType, columns: Vec<ArrayRef>) -> Result<(ArrayRef, TrinoType), FunctionError> {
    let function = resolve_operator(operator, &vec![data_type.clone(); columns.len()])?;
    let values = run(&function, columns)?;
    Ok((values, function.return_type.clone()))
}

fn run(function: &BoundFunction, columns: Vec<ArrayRef>) -> Result<ArrayRef, FunctionError> {
    let rows = columns[0].len();
    let udf = function.scalar_udf(&session())?;
    let fields = columns.iter().map(|column| Arc::new(Field::new("a", column.data_type().clone(), true))).collect();
    let return_field = Arc::new(Field::new("r", owlake_functions::types::arrow_form::arrow_type(&function.return_type), true));
    let arguments = ScalarFunctionArgs {
        args: columns.into_iter().map(ColumnarValue::Array).collect(),
        arg_fields: fields,
        number_rows: rows,
        return_field,
        config_options: Arc::new(ConfigOptions::default()),
    };
    udf.invoke_with_args(arguments).map_err(FunctionError::from)?.into_array(rows).map_err(FunctionError::from)
}
