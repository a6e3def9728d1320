//! What is in a TPC-H data set? The official generator's rows as Arrow batches. Ref: TPC-H specification 3.0.1, clause 4.2.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use tpchgen::generators::{
    CustomerGenerator, LineItemGenerator, NationGenerator, OrderGenerator, PartGenerator, PartSuppGenerator, RegionGenerator,
    SupplierGenerator,
};

use crate::parquet_file::TestdataError;

/// The eight tables, smallest first.
pub const TABLES: &[&str] = &["region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem"];

/// How columns are spelled and typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// `l_orderkey`, money `decimal(15,2)`: the specification, and what other engines are compared on.
    Standard,
    /// `orderkey`, every key and count bigint but `linenumber`, `size` and `shippriority` (integer), money double: as Trino's own tests have it.
    Trino,
}

/// One column before it is spelled for a flavour.
enum Values {
    Bigint(Vec<i64>),
    Integer(Vec<i32>),
    /// Cents.
    Money(Vec<i64>),
    Text(Vec<String>),
    /// Days since the epoch.
    Date(Vec<i32>),
}

/// Rows held in memory at a time: bounds the generator's memory at any scale.
const BATCH_ROWS: usize = 65_536;

/// Gives every batch of `table` at `scale` to `sink`, in the generator's order. An unknown table gives no batch.
pub fn generate(
    table: &str,
    scale: f64,
    flavour: Flavour,
    sink: &mut dyn FnMut(RecordBatch) -> Result<(), TestdataError>,
) -> Result<(), TestdataError> {
    match table {
        "region" => in_batches(RegionGenerator::new(scale, 1, 1).iter(), flavour, sink, |rows| {
            vec![
                ("r_regionkey", Values::Bigint(rows.iter().map(|row| row.r_regionkey).collect())),
                ("r_name", texts(rows, |row| row.r_name.to_string())),
                ("r_comment", texts(rows, |row| row.r_comment.to_string())),
            ]
        }),
        "nation" => in_batches(NationGenerator::new(scale, 1, 1).iter(), flavour, sink, |rows| {
            vec![
                ("n_nationkey", Values::Bigint(rows.iter().map(|row| row.n_nationkey).collect())),
                ("n_name", texts(rows, |row| row.n_name.to_string())),
                ("n_regionkey", Values::Bigint(rows.iter().map(|row| row.n_regionkey).collect())),
                ("n_comment", texts(rows, |row| row.n_comment.to_string())),
            ]
        }),
        "supplier" => in_batches(SupplierGenerator::new(scale, 1, 1).iter(), flavour, sink, |rows| {
            vec![
                ("s_suppkey", Values::Bigint(rows.iter().map(|row| row.s_suppkey).collect())),
                ("s_name", texts(rows, |row| row.s_name.to_string())),
                ("s_address", texts(rows, |row| row.s_address.to_string())),
                ("s_nationkey", Values::Bigint(rows.iter().map(|row| row.s_nationkey).collect())),
                ("s_phone", texts(rows, |row| row.s_phone.to_string())),
                ("s_acctbal", Values::Money(rows.iter().map(|row| row.s_acctbal.into_inner()).collect())),
                ("s_comment", texts(rows, |row| row.s_comment.clone())),
            ]
        }),
        "customer" => in_batches(CustomerGenerator::new(scale, 1, 1).iter(), flavour, sink, |rows| {
            vec![
                ("c_custkey", Values::Bigint(rows.iter().map(|row| row.c_custkey).collect())),
                ("c_name", texts(rows, |row| row.c_name.to_string())),
                ("c_address", texts(rows, |row| row.c_address.to_string())),
                ("c_nationkey", Values::Bigint(rows.iter().map(|row| row.c_nationkey).collect())),
                ("c_phone", texts(rows, |row| row.c_phone.to_string())),
                ("c_acctbal", Values::Money(rows.iter().map(|row| row.c_acctbal.into_inner()).collect())),
                ("c_mktsegment", texts(rows, |row| row.c_mktsegment.to_string())),
                ("c_comment", texts(rows, |row| row.c_comment.to_string())),
            ]
        }),
        "part" => in_batches(PartGenerator::new(scale, 1, 1).iter(), flavour, sink, |rows| {
            vec![
                ("p_partkey", Values::Bigint(rows.iter().map(|row| row.p_partkey).collect())),
                ("p_name", texts(rows, |row| row.p_name.to_string())),
                ("p_mfgr", texts(rows, |row| row.p_mfgr.to_string())),
                ("p_brand", texts(rows, |row| row.p_brand.to_string())),
                ("p_type", texts(rows, |row| row.p_type.to_string())),
                ("p_size", Values::Integer(rows.iter().map(|row| row.p_size).collect())),
                ("p_container", texts(rows, |row| row.p_container.to_string())),
                ("p_retailprice", Values::Money(rows.iter().map(|row| row.p_retailprice.into_inner()).collect())),
                ("p_comment", texts(rows, |row| row.p_comment.to_string())),
            ]
        }),
        "partsupp" => in_batches(PartSuppGenerator::new(scale, 1, 1).iter(), flavour, sink, |rows| {
            vec![
                ("ps_partkey", Values::Bigint(rows.iter().map(|row| row.ps_partkey).collect())),
                ("ps_suppkey", Values::Bigint(rows.iter().map(|row| row.ps_suppkey).collect())),
                ("ps_availqty", Values::Integer(rows.iter().map(|row| row.ps_availqty).collect())),
                ("ps_supplycost", Values::Money(rows.iter().map(|row| row.ps_supplycost.into_inner()).collect())),
                ("ps_comment", texts(rows, |row| row.ps_comment.to_string())),
            ]
        }),
        "orders" => in_batches(OrderGenerator::new(scale, 1, 1).iter(), flavour, sink, |rows| {
            vec![
                ("o_orderkey", Values::Bigint(rows.iter().map(|row| row.o_orderkey).collect())),
                ("o_custkey", Values::Bigint(rows.iter().map(|row| row.o_custkey).collect())),
                ("o_orderstatus", texts(rows, |row| row.o_orderstatus.to_string())),
                ("o_totalprice", Values::Money(rows.iter().map(|row| row.o_totalprice.into_inner()).collect())),
                ("o_orderdate", Values::Date(rows.iter().map(|row| row.o_orderdate.to_unix_epoch()).collect())),
                ("o_orderpriority", texts(rows, |row| row.o_orderpriority.to_string())),
                ("o_clerk", texts(rows, |row| row.o_clerk.to_string())),
                ("o_shippriority", Values::Integer(rows.iter().map(|row| row.o_shippriority).collect())),
                ("o_comment", texts(rows, |row| row.o_comment.to_string())),
            ]
        }),
        "lineitem" => in_batches(LineItemGenerator::new(scale, 1, 1).iter(), flavour, sink, |rows| {
            vec![
                ("l_orderkey", Values::Bigint(rows.iter().map(|row| row.l_orderkey).collect())),
                ("l_partkey", Values::Bigint(rows.iter().map(|row| row.l_partkey).collect())),
                ("l_suppkey", Values::Bigint(rows.iter().map(|row| row.l_suppkey).collect())),
                ("l_linenumber", Values::Integer(rows.iter().map(|row| row.l_linenumber).collect())),
                ("l_quantity", Values::Money(rows.iter().map(|row| row.l_quantity * 100).collect())),
                ("l_extendedprice", Values::Money(rows.iter().map(|row| row.l_extendedprice.into_inner()).collect())),
                ("l_discount", Values::Money(rows.iter().map(|row| row.l_discount.into_inner()).collect())),
                ("l_tax", Values::Money(rows.iter().map(|row| row.l_tax.into_inner()).collect())),
                ("l_returnflag", texts(rows, |row| row.l_returnflag.to_string())),
                ("l_linestatus", texts(rows, |row| row.l_linestatus.to_string())),
                ("l_shipdate", Values::Date(rows.iter().map(|row| row.l_shipdate.to_unix_epoch()).collect())),
                ("l_commitdate", Values::Date(rows.iter().map(|row| row.l_commitdate.to_unix_epoch()).collect())),
                ("l_receiptdate", Values::Date(rows.iter().map(|row| row.l_receiptdate.to_unix_epoch()).collect())),
                ("l_shipinstruct", texts(rows, |row| row.l_shipinstruct.to_string())),
                ("l_shipmode", texts(rows, |row| row.l_shipmode.to_string())),
                ("l_comment", texts(rows, |row| row.l_comment.to_string())),
            ]
        }),
        _ => Ok(()),
    }
}

fn texts<Row>(rows: &[Row], text: impl Fn(&Row) -> String) -> Values {
    Values::Text(rows.iter().map(text).collect())
}

fn in_batches<Row>(
    rows: impl Iterator<Item = Row>,
    flavour: Flavour,
    sink: &mut dyn FnMut(RecordBatch) -> Result<(), TestdataError>,
    columns: impl Fn(&[Row]) -> Vec<(&'static str, Values)>,
) -> Result<(), TestdataError> {
    let mut held = Vec::with_capacity(BATCH_ROWS);
    for row in rows {
        held.push(row);
        if held.len() == BATCH_ROWS {
            sink(batch(columns(&held), flavour)?)?;
            held.clear();
        }
    }
    if held.is_empty() { Ok(()) } else { sink(batch(columns(&held), flavour)?) }
}

fn batch(columns: Vec<(&'static str, Values)>, flavour: Flavour) -> Result<RecordBatch, TestdataError> {
    let mut fields = Vec::with_capacity(columns.len());
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(columns.len());
    for (name, values) in columns {
        let name = match flavour {
            Flavour::Standard => name,
            Flavour::Trino => name.split_once('_').map_or(name, |(_, rest)| rest),
        };
        let array: ArrayRef = match values {
            Values::Bigint(values) => Arc::new(Int64Array::from(values)),
            Values::Integer(values) => Arc::new(Int32Array::from(values)),
            Values::Money(cents) => match flavour {
                Flavour::Standard => {
                    Arc::new(Decimal128Array::from_iter_values(cents.into_iter().map(i128::from)).with_precision_and_scale(15, 2)?)
                }
                Flavour::Trino => Arc::new(Float64Array::from_iter_values(cents.into_iter().map(|cents| cents as f64 / 100.0))),
            },
            Values::Text(values) => Arc::new(StringArray::from(values)),
            Values::Date(values) => Arc::new(Date32Array::from(values)),
        };
        fields.push(Field::new(name, array.data_type().clone(), false));
        arrays.push(array);
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?)
}

/// The Hive DDL type of a generated column.
pub fn hive_type(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Int64 => "bigint",
        DataType::Int32 => "int",
        DataType::Float64 => "double",
        DataType::Decimal128(_, _) => "decimal(15,2)",
        DataType::Date32 => "date",
        _ => "string",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    // basis: documented TPC-H specification 4.2.5.1: rows at scale 1 (times the scale), nation and region fixed.
    #[test]
    fn cardinalities_follow_the_specification() {
        for (table, expected) in [
            ("region", 5),
            ("nation", 25),
            ("supplier", 100),
            ("customer", 1_500),
            ("part", 2_000),
            ("partsupp", 8_000),
            ("orders", 15_000),
        ] {
            let mut rows = 0;
            generate(table, 0.01, Flavour::Standard, &mut |batch| {
                rows += batch.num_rows();
                Ok(())
            })
            .unwrap();
            assert_eq!(rows, expected, "{table}");
        }
    }

    #[test]
    fn the_trino_flavour_has_no_prefix_and_double_money() {
        generate("customer", 0.001, Flavour::Trino, &mut |batch| {
            assert_eq!(batch.schema().field_with_name("acctbal").unwrap().data_type(), &DataType::Float64);
            assert!(batch.schema().field_with_name("c_acctbal").is_err());
            Ok(())
        })
        .unwrap();
    }
}
