//! Does a value come back through another type, and through its text? Basis: documented, Trino 401 "Conversion functions".

use arrow::array::ArrayRef;
use owlake_functions::cast::cast_array;
use owlake_functions::types::TrinoType;

use crate::generated::{Random, TYPES, printed, session, type_of, values};

const ROWS: usize = 2000;

fn cast(column: &ArrayRef, from: &TrinoType, to: &TrinoType) -> ArrayRef {
    cast_array(column, from, to, &session()).unwrap_or_else(|error| panic!("{from} to {to}: {error}"))
}

#[track_caller]
fn assert_same(before: &ArrayRef, after: &ArrayRef, data_type: &TrinoType, way: &str) {
    assert_eq!(before.data_type(), after.data_type(), "{way}");
    // Bit for bit: also the zeros' signs.
    if before.to_data() != after.to_data() {
        let (before, after) = (printed(before, data_type), printed(after, data_type));
        let differing = before.iter().zip(&after).find(|(before, after)| before != after);
        panic!("{way}: {differing:?}");
    }
}

#[test]
fn every_value_comes_back_from_varchar() {
    for name in TYPES {
        let data_type = type_of(name);
        let column = values(&data_type, ROWS, &mut Random(11));
        // Casting a real to varchar keeps seven digits only.
        if data_type != TrinoType::Real {
            let text = cast(&column, &data_type, &TrinoType::VARCHAR);
            assert_same(&column, &cast(&text, &TrinoType::VARCHAR, &data_type), &data_type, &format!("{name} through varchar"));
        }
    }
}

#[test]
fn what_is_printed_reads_back() {
    for name in TYPES {
        let data_type = type_of(name);
        let column = values(&data_type, ROWS, &mut Random(12));
        let texts: ArrayRef = std::sync::Arc::new(arrow::array::StringViewArray::from_iter_values(printed(&column, &data_type)));
        assert_same(&column, &cast(&texts, &TrinoType::VARCHAR, &data_type), &data_type, &format!("{name} through its text"));
    }
}

#[test]
fn wider_types_hold_narrower_ones() {
    for (narrow, wide) in [
        ("tinyint", "smallint"),
        ("tinyint", "real"),
        ("smallint", "integer"),
        ("smallint", "real"),
        ("smallint", "decimal(5,0)"),
        ("integer", "bigint"),
        ("integer", "double"),
        ("integer", "decimal(12,2)"),
        ("bigint", "decimal(19,0)"),
        ("bigint", "decimal(38,19)"),
        ("real", "double"),
        ("boolean", "bigint"),
        ("boolean", "double"),
        ("decimal(5,5)", "decimal(38,19)"),
        ("decimal(1,0)", "tinyint"),
        ("decimal(18,3)", "decimal(38,19)"),
        ("date", "timestamp(0)"),
        ("date", "timestamp(6)"),
        ("date", "timestamp(12)"),
        ("timestamp(0)", "timestamp(3)"),
        ("timestamp(3)", "timestamp(6)"),
        ("timestamp(3)", "timestamp(12)"),
        ("timestamp(6)", "timestamp(9)"),
        ("time(3)", "time(12)"),
        ("uuid", "varbinary"),
    ] {
        let (from, to) = (type_of(narrow), type_of(wide));
        let column = values(&from, ROWS, &mut Random(13));
        assert_same(&column, &cast(&cast(&column, &from, &to), &to, &from), &from, &format!("{narrow} through {wide}"));
    }
}

#[test]
fn json_holds_its_scalars() {
    for name in ["boolean", "tinyint", "smallint", "integer", "bigint", "double", "varchar"] {
        let data_type = type_of(name);
        let column = values(&data_type, ROWS, &mut Random(14));
        let json = cast(&column, &data_type, &TrinoType::Json);
        assert_same(&column, &cast(&json, &TrinoType::Json, &data_type), &data_type, &format!("{name} through json"));
    }
}
