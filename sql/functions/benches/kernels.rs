//! How many nanoseconds a row does a scalar function take, without a query around it? Beside DataFusion's own function on the same arrays.
//!
//! `cargo bench --package owlake-functions --bench kernels --profile release-fast [-- name …]`; the fastest of many turns, in
//! turns. Whole queries beside DuckDB: `benches/functions.py`.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int64Array, StringViewArray, TimestampMillisecondArray};
use arrow::datatypes::Field;
use datafusion::common::ScalarValue;
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF};
use owlake_functions::cast::cast_udf;
use owlake_functions::registry::{Argument, SessionInfo, resolve_function};
use owlake_functions::types::TrinoType;
use owlake_functions::types::arrow_form::arrow_type;
use owlake_functions::types::parse::parse;

/// Rows of a batch, as in a query.
const ROWS: usize = 8192;
/// How long each function is run in all.
const RUN_TIME: Duration = Duration::from_millis(150);

/// A call: its name in the output, ours, and DataFusion's function with its arguments where it has one.
struct Case {
    name: &'static str,
    ours: Bound,
    theirs: Option<Bound>,
}

/// A function and what it is called with.
struct Bound {
    udf: Arc<ScalarUDF>,
    arguments: Vec<ColumnarValue>,
}

impl Bound {
    fn run(&self) -> ColumnarValue {
        let fields = self.arguments.iter().map(|argument| Arc::new(Field::new("a", argument.data_type(), true))).collect::<Vec<_>>();
        let types = self.arguments.iter().map(ColumnarValue::data_type).collect::<Vec<_>>();
        let return_type = self.udf.return_type(&types);
        let return_field = Arc::new(Field::new("r", return_type.unwrap_or(arrow::datatypes::DataType::Null), true));
        let arguments = ScalarFunctionArgs {
            args: self.arguments.clone(),
            arg_fields: fields,
            number_rows: ROWS,
            return_field,
            config_options: Arc::new(ConfigOptions::default()),
        };
        match self.udf.invoke_with_args(arguments) {
            Ok(values) => values,
            Err(error) => {
                eprintln!("{}: {error}", self.udf.name());
                std::process::exit(1)
            }
        }
    }
}

fn main() {
    let chosen: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    println!("{:28} {:>10} {:>12}   ns a row", "function", "owlake", "datafusion");
    for case in cases() {
        if !chosen.is_empty() && !chosen.iter().any(|name| case.name.contains(name.as_str())) {
            continue;
        }
        let (mut ours, mut theirs) = (f64::INFINITY, f64::INFINITY);
        let start = Instant::now();
        while start.elapsed() < RUN_TIME * if case.theirs.is_some() { 2 } else { 1 } {
            ours = ours.min(nanos_per_row(&case.ours));
            if let Some(bound) = &case.theirs {
                theirs = theirs.min(nanos_per_row(bound));
            }
        }
        let theirs = if theirs.is_finite() { format!("{theirs:.2}") } else { "-".to_string() };
        println!("{:28} {ours:>10.2} {theirs:>12}", case.name);
    }
}

fn nanos_per_row(bound: &Bound) -> f64 {
    let start = Instant::now();
    black_box(bound.run());
    start.elapsed().as_nanos() as f64 / ROWS as f64
}

/// A linear congruential generator: the same rows every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// The columns of the cases.
struct Columns {
    name: ArrayRef,
    padded: ArrayRef,
    url: ArrayRef,
    list: ArrayRef,
    iso: ArrayRef,
    stamp_text: ArrayRef,
    day_text: ArrayRef,
    number_text: ArrayRef,
    integer_text: ArrayRef,
    json: ArrayRef,
    stamp: ArrayRef,
    later: ArrayRef,
    price: ArrayRef,
    amount: ArrayRef,
    id: ArrayRef,
    other: ArrayRef,
}

impl Columns {
    fn new() -> Columns {
        let mut numbers = Numbers(7);
        let words = ["Amber", "birch", "Cedar", "dover", "Kestrel", "lantern", "Zephyr"];
        let texts = |make: &mut dyn FnMut(usize) -> String| -> ArrayRef {
            Arc::new((0..ROWS).map(|row| Some(make(row))).collect::<StringViewArray>())
        };
        let integers: Vec<u64> = (0..ROWS).map(|_| numbers.below(1_000_000)).collect();
        let picks: Vec<usize> = (0..ROWS).map(|_| numbers.below(7) as usize).collect();
        let millis: Vec<i64> = (0..ROWS).map(|_| numbers.below(1_728_000_000) as i64 * 1000 + numbers.below(1000) as i64).collect();
        let prices: Vec<f64> = (0..ROWS).map(|_| numbers.below(50_000) as f64 / 100.0).collect();
        let stamps: Vec<String> = millis
            .iter()
            .map(|millis| {
                chrono::DateTime::from_timestamp_millis(*millis).map_or(String::new(), |at| at.format("%Y-%m-%d %H:%M:%S%.3f").to_string())
            })
            .collect();
        let name = |row: usize| {
            format!("{} {} {}{}", words[picks[row]], words[picks[row] / 2], integers[row], if row.is_multiple_of(100) { " é" } else { "" })
        };
        Columns {
            name: texts(&mut |row| name(row)),
            padded: texts(&mut |row| format!("  {} ", name(row))),
            url: texts(&mut |row| format!("https://www.site{}.com/{}/item?id={}", picks[row] * 71, words[picks[row]], integers[row])),
            list: texts(&mut |row| words[..=picks[row]].join(",")),
            iso: texts(&mut |row| stamps[row].replace(' ', "T") + "Z"),
            stamp_text: texts(&mut |row| stamps[row].clone()),
            day_text: texts(&mut |row| stamps[row][..10].to_string()),
            number_text: texts(&mut |row| prices[row].to_string()),
            integer_text: texts(&mut |row| integers[row].to_string()),
            json: texts(&mut |row| {
                format!(
                    r#"{{"id": {}, "name": "{}", "tags": ["a", "b"], "geo": {{"lat": {}, "city": "{}"}}, "active": true}}"#,
                    integers[row],
                    words[picks[row]],
                    prices[row],
                    words[picks[row] / 2]
                )
            }),
            stamp: Arc::new(TimestampMillisecondArray::from(millis.clone())),
            later: Arc::new(TimestampMillisecondArray::from(
                millis.iter().zip(&integers).map(|(millis, more)| millis + *more as i64 * 100_000).collect::<Vec<_>>(),
            )),
            amount: Arc::new(
                Decimal128Array::from(prices.iter().map(|price| (price * 100.0) as i128).collect::<Vec<_>>())
                    .with_data_type(arrow::datatypes::DataType::Decimal128(12, 2)),
            ),
            price: Arc::new(Float64Array::from(prices)),
            id: Arc::new(Int64Array::from(integers.iter().map(|value| *value as i64).collect::<Vec<_>>())),
            other: Arc::new(Int64Array::from(integers.iter().rev().map(|value| *value as i64).collect::<Vec<_>>())),
        }
    }
}

fn session() -> Arc<SessionInfo> {
    Arc::new(SessionInfo { zone: "UTC".into(), start_micros: 0, user: "bench".into(), catalog: "c".into(), schema: None })
}

/// Our function over arguments of Trino types, cast as the signature wants, as a query would.
fn ours(name: &str, arguments: &[(&str, ColumnarValue)]) -> Bound {
    let types: Vec<TrinoType> = arguments.iter().map(|(data_type, _)| type_of(data_type)).collect();
    let mut no_lambda = |_: usize, _: &[TrinoType]| Ok(TrinoType::Unknown);
    let given: Vec<Argument> = types.iter().cloned().map(Argument::Value).collect();
    let function = match resolve_function(name, &given, &mut no_lambda) {
        Ok(function) => function,
        Err(error) => exit(name, &error),
    };
    let mut cast = Vec::with_capacity(arguments.len());
    for ((wanted, actual), (_, value)) in function.argument_types.iter().zip(&types).zip(arguments) {
        cast.push(if arrow_type(wanted) == arrow_type(actual) {
            value.clone()
        } else {
            Bound { udf: our_cast(actual, wanted), arguments: vec![value.clone()] }.run()
        });
    }
    match function.scalar_udf(&session()) {
        Ok(udf) => Bound { udf, arguments: cast },
        Err(error) => exit(name, &error),
    }
}

fn type_of(text: &str) -> TrinoType {
    parse(text).unwrap_or(TrinoType::Unknown)
}

fn our_cast(from: &TrinoType, to: &TrinoType) -> Arc<ScalarUDF> {
    match cast_udf(from, to, false, &session()) {
        Ok(udf) => udf,
        Err(error) => exit("cast", &error),
    }
}

fn exit(name: &str, error: &dyn std::fmt::Display) -> ! {
    eprintln!("{name}: {error}");
    std::process::exit(1)
}

fn array(values: &ArrayRef) -> ColumnarValue {
    ColumnarValue::Array(Arc::clone(values))
}

fn text(value: &str) -> ColumnarValue {
    ColumnarValue::Scalar(ScalarValue::Utf8View(Some(value.to_string())))
}

fn whole(value: i64) -> ColumnarValue {
    ColumnarValue::Scalar(ScalarValue::Int64(Some(value)))
}

fn theirs(udf: Arc<ScalarUDF>, arguments: Vec<ColumnarValue>) -> Option<Bound> {
    Some(Bound { udf, arguments })
}

fn cases() -> Vec<Case> {
    use datafusion::functions::{core, datetime, math, string, unicode};
    let c = Columns::new();
    let varchar = |values: &ArrayRef| ("varchar", array(values));
    let stamp = || ("timestamp(3)", array(&c.stamp));
    let cast = |name, values: &ArrayRef, from: &str, to: &str| Case {
        name,
        ours: Bound { udf: our_cast(&type_of(from), &type_of(to)), arguments: vec![array(values)] },
        theirs: None,
    };
    let alone = |name: &'static str, function: &str, arguments: &[(&str, ColumnarValue)]| Case {
        name,
        ours: ours(function, arguments),
        theirs: None,
    };
    let unit = |unit: &str| ("varchar", text(unit));
    let flags: ArrayRef = Arc::new(BooleanArray::from(vec![true; ROWS]));
    vec![
        Case {
            name: "substr",
            ours: ours("substr", &[varchar(&c.name), ("bigint", whole(3)), ("bigint", whole(5))]),
            theirs: theirs(unicode::substr(), vec![array(&c.name), whole(3), whole(5)]),
        },
        Case { name: "lower", ours: ours("lower", &[varchar(&c.name)]), theirs: theirs(string::lower(), vec![array(&c.name)]) },
        Case { name: "upper", ours: ours("upper", &[varchar(&c.name)]), theirs: theirs(string::upper(), vec![array(&c.name)]) },
        Case { name: "trim", ours: ours("trim", &[varchar(&c.padded)]), theirs: theirs(string::btrim(), vec![array(&c.padded)]) },
        Case {
            name: "length",
            ours: ours("length", &[varchar(&c.name)]),
            theirs: theirs(unicode::character_length(), vec![array(&c.name)]),
        },
        Case {
            name: "strpos",
            ours: ours("strpos", &[varchar(&c.url), varchar_text("id=")]),
            theirs: theirs(unicode::strpos(), vec![array(&c.url), text("id=")]),
        },
        Case {
            name: "replace",
            ours: ours("replace", &[varchar(&c.url), varchar_text("item"), varchar_text("thing")]),
            theirs: theirs(string::replace(), vec![array(&c.url), text("item"), text("thing")]),
        },
        Case {
            name: "concat",
            ours: ours("concat", &[varchar(&c.name), varchar_text("-"), varchar(&c.list)]),
            theirs: theirs(string::concat(), vec![array(&c.name), text("-"), array(&c.list)]),
        },
        alone("split", "split", &[varchar(&c.list), varchar_text(",")]),
        Case {
            name: "split_part",
            ours: ours("split_part", &[varchar(&c.url), varchar_text("/"), ("bigint", whole(4))]),
            theirs: theirs(string::split_part(), vec![array(&c.url), text("/"), whole(4)]),
        },
        Case { name: "reverse", ours: ours("reverse", &[varchar(&c.name)]), theirs: theirs(unicode::reverse(), vec![array(&c.name)]) },
        alone("lpad", "lpad", &[varchar(&c.integer_text), ("bigint", whole(12)), varchar_text("0")]),
        Case {
            name: "starts_with",
            ours: ours("starts_with", &[varchar(&c.name), varchar_text("Am")]),
            theirs: theirs(string::starts_with(), vec![array(&c.name), text("Am")]),
        },
        alone("regexp_like", "regexp_like", &[varchar(&c.url), varchar_text(r"site[0-9]+\.com/.*id=9")]),
        alone("regexp_extract", "regexp_extract", &[varchar(&c.url), varchar_text("id=([0-9]+)"), ("bigint", whole(1))]),
        alone("regexp_replace", "regexp_replace", &[varchar(&c.url), varchar_text("[0-9]+"), varchar_text("#")]),
        alone("json_extract_scalar", "json_extract_scalar", &[varchar(&c.json), ("jsonpath", text("$.geo.city"))]),
        Case {
            name: "date_trunc hour",
            ours: ours("date_trunc", &[unit("hour"), stamp()]),
            theirs: theirs(datetime::date_trunc(), vec![text("hour"), array(&c.stamp)]),
        },
        Case {
            name: "date_trunc month",
            ours: ours("date_trunc", &[unit("month"), stamp()]),
            theirs: theirs(datetime::date_trunc(), vec![text("month"), array(&c.stamp)]),
        },
        alone("date_diff day", "date_diff", &[unit("day"), stamp(), ("timestamp(3)", array(&c.later))]),
        alone("date_diff month", "date_diff", &[unit("month"), stamp(), ("timestamp(3)", array(&c.later))]),
        alone("date_add day", "date_add", &[unit("day"), ("bigint", whole(3)), stamp()]),
        alone("date_add month", "date_add", &[unit("month"), ("bigint", whole(3)), stamp()]),
        Case {
            name: "date_format",
            ours: ours("date_format", &[stamp(), varchar_text("%Y-%m-%d %H:%i")]),
            theirs: theirs(
                datetime::to_char(),
                vec![array(&c.stamp), ColumnarValue::Scalar(ScalarValue::Utf8(Some("%Y-%m-%d %H:%M".to_string())))],
            ),
        },
        alone("date_parse", "date_parse", &[varchar(&c.day_text), varchar_text("%Y-%m-%d")]),
        alone("from_iso8601_timestamp", "from_iso8601_timestamp", &[varchar(&c.iso)]),
        Case { name: "year", ours: ours("year", &[stamp()]), theirs: theirs(datetime::date_part(), vec![text("year"), array(&c.stamp)]) },
        Case {
            name: "month",
            ours: ours("month", &[stamp()]),
            theirs: theirs(datetime::date_part(), vec![text("month"), array(&c.stamp)]),
        },
        alone("day_of_week", "day_of_week", &[stamp()]),
        alone("hour", "hour", &[stamp()]),
        alone("from_unixtime", "from_unixtime", &[("double", array(&c.price))]),
        Case { name: "to_unixtime", ours: ours("to_unixtime", &[stamp()]), theirs: None },
        Case {
            name: "round",
            ours: ours("round", &[("double", array(&c.price)), ("integer", ColumnarValue::Scalar(ScalarValue::Int32(Some(1))))]),
            theirs: theirs(math::round(), vec![array(&c.price), ColumnarValue::Scalar(ScalarValue::Int32(Some(1)))]),
        },
        Case {
            name: "greatest",
            ours: ours("greatest", &[("bigint", array(&c.id)), ("bigint", array(&c.other))]),
            theirs: theirs(core::greatest(), vec![array(&c.id), array(&c.other)]),
        },
        alone("+ bigint", "$add", &[("bigint", array(&c.id)), ("bigint", array(&c.other))]),
        alone("* decimal", "$multiply", &[("decimal(12,2)", array(&c.amount)), ("decimal(12,2)", array(&c.amount))]),
        alone(
            "> double",
            "$greater_than",
            &[("double", array(&c.price)), ("double", ColumnarValue::Scalar(ScalarValue::Float64(Some(50.0))))],
        ),
        alone("= boolean", "$equal", &[("boolean", array(&flags)), ("boolean", array(&flags))]),
        cast("cast varchar to timestamp", &c.stamp_text, "varchar", "timestamp(3)"),
        cast("cast timestamp to varchar", &c.stamp, "timestamp(3)", "varchar"),
        cast("cast timestamp to zoned", &c.stamp, "timestamp(3)", "timestamp(3) with time zone"),
        cast("cast timestamp to date", &c.stamp, "timestamp(3)", "date"),
        cast("cast varchar to date", &c.day_text, "varchar", "date"),
        cast("cast varchar to double", &c.number_text, "varchar", "double"),
        cast("cast double to varchar", &c.price, "double", "varchar"),
        cast("cast varchar to bigint", &c.integer_text, "varchar", "bigint"),
        cast("cast bigint to varchar", &c.id, "bigint", "varchar"),
        cast("cast double to bigint", &c.price, "double", "bigint"),
    ]
}

fn varchar_text(value: &str) -> (&'static str, ColumnarValue) {
    ("varchar", text(value))
}
