//! Do scans prune, evolve and meter as documented? Real Parquet objects in a bucket in memory.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float32Array, Float64Array, Int32Array, Int64Array, NullArray, StringArray, TimestampMicrosecondArray,
    TimestampNanosecondArray,
};
use arrow::datatypes::{DataType, Field};
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use datafusion::common::ScalarValue;
use owlake_functions::types::TrinoType;
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::file::metadata::ParquetMetaDataReader;
use parquet::file::properties::WriterProperties;

use crate::ir::{Column, Expr, ExprKind, Relation, Symbol};
use crate::testing::{BUCKET, Lake, rows};

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, values)| (name, values, true))).unwrap()
}

fn ints(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn all_rows(batches: &[RecordBatch]) -> Vec<Vec<String>> {
    let mut all: Vec<Vec<String>> = batches.iter().flat_map(rows).collect();
    all.sort();
    all
}

fn in_list(symbol: u32, data_type: TrinoType, value: ScalarValue) -> Expr {
    let column = Expr { kind: ExprKind::Column(Symbol(symbol)), data_type: data_type.clone() };
    let value = Expr { kind: ExprKind::Literal(value), data_type };
    Expr { kind: ExprKind::InList { value: Box::new(column), list: vec![value] }, data_type: TrinoType::Boolean }
}

fn filtered(input: Relation, predicate: Expr) -> Relation {
    Relation::Filter { input: Box::new(input), predicate }
}

/// Stored bytes of the footer, and of each column's chunks by name, read from the file itself.
fn stored_bytes(file: &Bytes) -> (u64, Vec<(String, u64)>) {
    let tail = file.len() - 8;
    let length = u32::from_le_bytes(file[tail..tail + 4].try_into().unwrap());
    let metadata = ParquetMetaDataReader::decode_metadata(&file[tail - length as usize..tail]).unwrap();
    let mut columns: Vec<(String, u64)> = Vec::new();
    for group in metadata.row_groups() {
        for chunk in group.columns() {
            let name = chunk.column_path().string();
            let bytes = chunk.compressed_size() as u64;
            match columns.iter_mut().find(|(known, _)| *known == name) {
                Some((_, total)) => *total += bytes,
                None => columns.push((name, bytes)),
            }
        }
    }
    (u64::from(length) + 8, columns)
}

fn bytes_of(columns: &[(String, u64)], name: &str) -> u64 {
    columns.iter().find(|(known, _)| known == name).unwrap().1
}

async fn partitioned() -> (Lake, Vec<Bytes>) {
    let lake = Lake::new();
    lake.create_table("events", &[("id", "bigint"), ("name", "string")], &[("day", "int")]);
    let mut files = Vec::new();
    for day in 1..=3i64 {
        lake.add_partition("events", &[&day.to_string()], None);
        let names: Vec<String> = (0..1000).map(|row| format!("event {day} {}", row * 7919 % 1000)).collect();
        let ids: Vec<i64> = (0..1000).map(|row| day * 10_000 + row).collect();
        let batch = batch(vec![("id", ints(&ids)), ("name", Arc::new(StringArray::from(names)) as ArrayRef)]);
        files.push(lake.put_parquet(&format!("events/day={day}/part-0.parquet"), &batch).await);
    }
    (lake, files)
}

#[tokio::test]
async fn pruned_partitions_and_untouched_columns_cost_nothing() {
    let (lake, files) = partitioned().await;
    let day_two = || filtered(lake.scan("events", &["id", "day"]), in_list(2, TrinoType::Integer, ScalarValue::Int32(Some(2))));
    let (batches, meter) = lake.run(day_two()).await.unwrap();
    let all = all_rows(&batches);
    assert_eq!(all.len(), 1000);
    assert!(all.iter().all(|row| row[1] == "2" && row[0].starts_with("20")));
    let (footer, columns) = stored_bytes(&files[1]);
    assert_eq!(meter.bytes_scanned(), footer + bytes_of(&columns, "id"));
    assert_eq!(meter.rows_read(), 1000);
    // Again, from the footer cache: the same number.
    let (_, again) = lake.run(day_two()).await.unwrap();
    assert_eq!(again.bytes_scanned(), meter.bytes_scanned());
}

#[tokio::test]
async fn a_full_scan_costs_all_touched_chunks_and_the_footers() {
    let (lake, files) = partitioned().await;
    let (batches, meter) = lake.run(lake.scan("events", &["name", "id"])).await.unwrap();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 3000);
    let expected: u64 =
        files.iter().map(stored_bytes).map(|(footer, columns)| footer + columns.iter().map(|(_, bytes)| bytes).sum::<u64>()).sum();
    assert_eq!(meter.bytes_scanned(), expected);
}

#[tokio::test]
async fn without_columns_only_footers_are_read() {
    let (lake, files) = partitioned().await;
    let relation = Relation::Project { input: Box::new(lake.scan("events", &[])), expressions: vec![literal_one()] };
    let (batches, meter) = lake.run(relation).await.unwrap();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 3000);
    assert_eq!(meter.bytes_scanned(), files.iter().map(|file| stored_bytes(file).0).sum::<u64>());
}

fn literal_one() -> (Column, Expr) {
    let one = Expr { kind: ExprKind::Literal(ScalarValue::Int64(Some(1))), data_type: TrinoType::Bigint };
    (Column { symbol: Symbol(50), data_type: TrinoType::Bigint }, one)
}

#[tokio::test]
async fn a_partition_of_nothing_but_pruned_files_is_not_even_listed() {
    let (lake, _) = partitioned().await;
    // A partition whose bucket is missing fails only when it is read.
    lake.add_partition("events", &["9"], Some("s3://nowhere/x/"));
    let day = |value| filtered(lake.scan("events", &["id", "day"]), in_list(2, TrinoType::Integer, ScalarValue::Int32(Some(value))));
    assert_eq!(all_rows(&lake.run(day(1)).await.unwrap().0).len(), 1000);
    let error = lake.run(day(9)).await.unwrap_err().to_string();
    assert!(error.contains("The specified bucket does not exist"), "{error}");
    assert_eq!(lake.run(day(77)).await.unwrap().1.bytes_scanned(), 0);
}

#[tokio::test]
async fn files_of_differing_physical_types_read_as_declared() {
    let lake = Lake::new();
    let columns =
        [("vendorid", "bigint"), ("amount", "double"), ("at", "timestamp"), ("flag", "string"), ("fee", "double"), ("late", "string")];
    lake.create_table("trips", &columns, &[]);
    let gzip = WriterProperties::builder().set_compression(Compression::GZIP(GzipLevel::default())).build();
    let zstd = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
    let snappy = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let old = batch(vec![
        ("VendorID", Arc::new(Int32Array::from(vec![Some(1), None])) as ArrayRef),
        ("Amount", Arc::new(Float32Array::from(vec![1.5, 2.5])) as ArrayRef),
        ("At", Arc::new(TimestampNanosecondArray::from(vec![1_499_999, 1_500_000])) as ArrayRef),
        ("flag", Arc::new(StringArray::from(vec!["Y", "N"])) as ArrayRef),
        ("FEE", Arc::new(NullArray::new(2)) as ArrayRef),
        ("extra", ints(&[8, 9])),
    ]);
    lake.put_parquet_with("trips/old.parquet", &old, gzip).await;
    let new = batch(vec![
        ("flag", Arc::new(StringArray::from(vec![Some("Z")])) as ArrayRef),
        ("vendorid", ints(&[7])),
        ("amount", Arc::new(Float64Array::from(vec![-0.25])) as ArrayRef),
        ("at", Arc::new(TimestampMicrosecondArray::from(vec![-1_501]).with_timezone("UTC")) as ArrayRef),
        ("fee", Arc::new(Float64Array::from(vec![3.0])) as ArrayRef),
        ("late", Arc::new(StringArray::from(vec!["here"])) as ArrayRef),
    ]);
    lake.put_parquet_with("trips/new.parquet", &new, snappy).await;
    lake.put_parquet_with("trips/sub/deeper.parquet", &new.slice(0, 1), zstd).await;
    let scan = lake.scan("trips", &["vendorid", "amount", "at", "flag", "fee", "late"]);
    let (batches, _) = lake.run(scan).await.unwrap();
    let expected_types =
        [DataType::Int64, DataType::Float64, DataType::Timestamp(arrow::datatypes::TimeUnit::Millisecond, None), DataType::Utf8View];
    assert!(
        batches.iter().all(|batch| batch.columns().iter().zip(&expected_types).all(|(column, expected)| column.data_type() == expected))
    );
    assert_eq!(
        all_rows(&batches),
        [
            vec!["1", "1.5", "1970-01-01T00:00:00.001", "Y", "NULL", "NULL"],
            vec!["7", "-0.25", "1969-12-31T23:59:59.998", "Z", "3.0", "here"],
            vec!["7", "-0.25", "1969-12-31T23:59:59.998", "Z", "3.0", "here"],
            vec!["NULL", "2.5", "1970-01-01T00:00:00.002", "N", "NULL", "NULL"],
        ]
    );
}

#[tokio::test]
async fn an_incompatible_column_fails_only_when_it_is_read() {
    let lake = Lake::new();
    lake.create_table("t", &[("a", "int"), ("b", "string")], &[]);
    lake.put_parquet("t/x.parquet", &batch(vec![("a", ints(&[1])), ("b", Arc::new(StringArray::from(vec!["v"])) as ArrayRef)])).await;
    assert_eq!(all_rows(&lake.run(lake.scan("t", &["b"])).await.unwrap().0), [["v"]]);
    let error = lake.run(lake.scan("t", &["a"])).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "HIVE_BAD_DATA: Field a's type INT64 in parquet file s3://{BUCKET}/t/x.parquet is incompatible with type integer defined in table schema"
        )
    );
}

#[tokio::test]
async fn what_is_not_parquet_is_named() {
    let lake = Lake::new();
    lake.create_table("t", &[("a", "bigint")], &[]);
    lake.put("t/data.csv", Bytes::from_static(b"a,b\n1,2\n3,4\nlast")).await;
    let error = lake.run(lake.scan("t", &["a"])).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("HIVE_BAD_DATA: Not valid Parquet file: s3://{BUCKET}/t/data.csv expected magic number: PAR1 got: last")
    );
    // A truncated file, and one whose length points outside of it.
    let whole = lake.put_parquet("t/data.csv", &batch(vec![("a", ints(&[1, 2, 3]))])).await;
    lake.put("t/data.csv", whole.slice(..whole.len() - 5)).await;
    let error = lake.run(lake.scan("t", &["a"])).await.unwrap_err();
    assert!(error.to_string().starts_with(&format!("HIVE_BAD_DATA: Not valid Parquet file: s3://{BUCKET}/t/data.csv")), "{error}");
    lake.put("t/data.csv", Bytes::from_static(b"PAR1xxxx\xff\xff\xff\x7fPAR1")).await;
    let error = lake.run(lake.scan("t", &["a"])).await.unwrap_err();
    assert!(error.to_string().starts_with("HIVE_BAD_DATA: Not valid Parquet file"), "{error}");
}

#[tokio::test]
async fn hidden_objects_and_markers_are_not_data() {
    let lake = Lake::new();
    lake.create_table("t", &[("a", "bigint")], &[]);
    let file = batch(vec![("a", ints(&[1]))]);
    lake.put_parquet("t/a.parquet", &file).await;
    lake.put_parquet("t/_temporary/b.parquet", &file).await;
    lake.put("t/_SUCCESS", Bytes::from_static(b"x")).await;
    lake.put("t/.crc", Bytes::from_static(b"x")).await;
    lake.put("t/empty", Bytes::new()).await;
    lake.put_parquet("tt/a.parquet", &file).await;
    assert_eq!(all_rows(&lake.run(lake.scan("t", &["a"])).await.unwrap().0), [["1"]]);
    // Written between two queries: seen by the second.
    lake.put_parquet("t/c.parquet", &batch(vec![("a", ints(&[2]))])).await;
    assert_eq!(all_rows(&lake.run(lake.scan("t", &["a"])).await.unwrap().0), [["1"], ["2"]]);
    // Replaced: the new content.
    lake.put_parquet("t/c.parquet", &batch(vec![("a", ints(&[3]))])).await;
    assert_eq!(all_rows(&lake.run(lake.scan("t", &["a"])).await.unwrap().0), [["1"], ["3"]]);
}

#[tokio::test]
async fn partition_values_are_typed_and_null_is_null() {
    let lake = Lake::new();
    lake.create_table("t", &[("a", "bigint")], &[("d", "date"), ("k", "string")]);
    lake.add_partition("t", &["2024-02-29", "x y"], Some(&format!("s3://{BUCKET}/elsewhere/")));
    lake.add_partition("t", &["__HIVE_DEFAULT_PARTITION__", "z"], None);
    lake.put_parquet("elsewhere/f", &batch(vec![("a", ints(&[1]))])).await;
    lake.put_parquet("t/d=__HIVE_DEFAULT_PARTITION__/k=z/f", &batch(vec![("a", ints(&[2]))])).await;
    let (batches, _) = lake.run(lake.scan("t", &["k", "d", "a", "$path", "$partition", "$file_size"])).await.unwrap();
    let all = all_rows(&batches);
    assert_eq!(all[0][..5], ["x y", "2024-02-29", "1", "s3://lake/elsewhere/f", "d=2024-02-29/k=x y"]);
    assert_eq!(all[1][..3], ["z", "NULL", "2"]);
    assert!(all[0][5].parse::<u64>().unwrap() > 0);
}

#[tokio::test]
async fn a_bad_partition_value_is_named() {
    let lake = Lake::new();
    lake.create_table("t", &[("a", "bigint")], &[("n", "int")]);
    lake.add_partition("t", &["seven"], None);
    let error = lake.run(lake.scan("t", &["a", "n"])).await.unwrap_err();
    assert_eq!(error.to_string(), "HIVE_INVALID_PARTITION_VALUE: Invalid partition value 'seven' for integer partition key: n");
}

#[tokio::test]
async fn nested_columns_are_read_by_field_name() {
    let lake = Lake::new();
    lake.create_table("t", &[("s", "struct<x:bigint,missing:string,l:array<double>>")], &[]);
    let inner = arrow::array::ListArray::from_iter_primitive::<arrow::datatypes::Float32Type, _, _>([Some(vec![Some(1.5), None])]);
    let fields = vec![
        (Arc::new(Field::new("L", inner.data_type().clone(), true)), Arc::new(inner) as ArrayRef),
        (Arc::new(Field::new("X", DataType::Int32, true)), Arc::new(Int32Array::from(vec![4])) as ArrayRef),
    ];
    let file = batch(vec![("S", Arc::new(arrow::array::StructArray::from(fields)) as ArrayRef)]);
    lake.put_parquet("t/f", &file).await;
    let (batches, _) = lake.run(lake.scan("t", &["s"])).await.unwrap();
    let row = batches[0].column(0).as_struct();
    assert_eq!(row.column(0).as_primitive::<arrow::datatypes::Int64Type>().value(0), 4);
    assert!(row.column(1).is_null(0));
    assert_eq!(row.column(2).as_list::<i32>().value(0).as_primitive::<arrow::datatypes::Float64Type>().value(0), 1.5);
}

#[tokio::test]
async fn other_formats_are_refused_by_name() {
    let lake = Lake::new();
    lake.create_table("t", &[("a", "bigint")], &[]);
    let name = owlake_catalog::TableName::parse("t").unwrap();
    let mut definition = lake.engine.catalog.table(&crate::testing::database(), &name).unwrap().definition.clone();
    let storage = definition.storage.as_mut().unwrap();
    let format = Arc::make_mut(&mut storage.format);
    format.serde_info.as_mut().unwrap().serialization_library = Some("com.amazon.ionhiveserde.IonHiveSerDe".to_owned());
    let update = owlake_catalog::TableUpdate { definition, expected_version_id: None, archive: owlake_catalog::Archive::Skip };
    lake.engine.catalog.update_table(&crate::testing::database(), &name, update).unwrap();
    let error = lake.run(lake.scan("t", &["a"])).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "HIVE_UNSUPPORTED_FORMAT: Table db.t is stored in a format that is not supported: com.amazon.ionhiveserde.IonHiveSerDe"
    );
}

/// Row groups whose statistics rule a predicate out are not read, whatever the file's tick of time.
#[tokio::test]
async fn row_groups_are_pruned_through_rounded_timestamps() {
    let lake = Lake::new();
    lake.create_table("t", &[("at", "timestamp"), ("v", "bigint")], &[]);
    let micros: Vec<i64> = (0..4000).map(|second| second * 1_000_000).collect();
    let file =
        batch(vec![("at", Arc::new(TimestampMicrosecondArray::from(micros)) as ArrayRef), ("v", ints(&(0..4000).collect::<Vec<_>>()))]);
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(1000)).build();
    let bytes = lake.put_parquet_with("t/f", &file, properties).await;
    let whole = lake.run(lake.scan("t", &["at", "v"])).await.unwrap().1.bytes_scanned();
    let (footer, columns) = stored_bytes(&bytes);
    assert_eq!(whole, footer + columns.iter().map(|(_, bytes)| bytes).sum::<u64>());
    let predicate = in_list(1, TrinoType::Timestamp(3), ScalarValue::TimestampMillisecond(Some(3_500_000), None));
    let (batches, meter) = lake.run(filtered(lake.scan("t", &["at", "v"]), predicate)).await.unwrap();
    assert_eq!(all_rows(&batches), [["1970-01-01T00:58:20", "3500"]]);
    assert!(meter.bytes_scanned() < whole / 2, "{} of {whole}", meter.bytes_scanned());
}

/// Changes how a table, or one of its partitions, is stored.
fn with_serde(lake: &Lake, table: &str, partition: Option<&str>, class: &str, parameters: &[(&str, &str)], columns: &[(&str, &str)]) {
    let name = owlake_catalog::TableName::parse(table).unwrap();
    let database = crate::testing::database();
    let mut definition = lake.engine.catalog.table(&database, &name).unwrap().definition.clone();
    let storage = definition.storage.as_mut().unwrap();
    let format = Arc::make_mut(&mut storage.format);
    let serde = format.serde_info.as_mut().unwrap();
    serde.serialization_library = Some(class.to_owned());
    serde.parameters = parameters.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    if !columns.is_empty() {
        format.columns = columns.iter().map(|(name, data_type)| owlake_catalog::Column::new(*name, *data_type)).collect();
    }
    match partition {
        None => {
            let update = owlake_catalog::TableUpdate { definition, expected_version_id: None, archive: owlake_catalog::Archive::Skip };
            lake.engine.catalog.update_table(&database, &name, update).unwrap();
        }
        Some(value) => {
            let location = format!("s3://{BUCKET}/{table}/{value}/");
            let storage = owlake_catalog::StorageDescriptor { location: Some(location.as_str().into()), format: storage.format.clone() };
            let values = [value].into_iter().collect();
            let partition =
                owlake_catalog::PartitionDefinition { values, storage: Some(storage), ..owlake_catalog::PartitionDefinition::default() };
            lake.engine.catalog.create_partition(&database, &name, partition).unwrap();
        }
    }
}

const LAZY: &str = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";

/// Ref: measured Athena behaviour, "Partitions": each carries its own SerDe and columns.
#[tokio::test]
async fn partitions_are_read_with_their_own_serde_and_columns() {
    let lake = Lake::new();
    lake.create_table("t", &[("id", "bigint"), ("name", "string")], &[("dt", "string")]);
    let columns = [("id", "bigint"), ("name", "string")];
    let text = |text: &'static str| Bytes::from_static(text.as_bytes());
    lake.add_partition("t", &["parquet"], Some(&format!("s3://{BUCKET}/t/parquet/")));
    let batch = batch(vec![("id", ints(&[1])), ("name", Arc::new(StringArray::from(vec!["one"])) as ArrayRef)]);
    let parquet = lake.put_parquet("t/parquet/f", &batch).await;
    with_serde(&lake, "t", Some("comma"), LAZY, &[("field.delim", ",")], &columns);
    lake.put("t/comma/f.csv", text("2,two\n3\n")).await;
    with_serde(&lake, "t", Some("quoted"), "org.apache.hadoop.hive.serde2.OpenCSVSerde", &[("separatorChar", "|")], &columns);
    lake.put("t/quoted/f.csv", text("\"4\"|\"fo\"\"ur\"\n")).await;
    with_serde(&lake, "t", Some("json"), "org.openx.data.jsonserde.JsonSerDe", &[], &columns);
    lake.put("t/json/f.json", text("{\"name\":\"five\",\"id\":5}\n")).await;
    // An older partition: narrower, and without the last column. 300 is no smallint's, 70000 is not.
    with_serde(&lake, "t", Some("old"), LAZY, &[("field.delim", ",")], &[("id", "smallint")]);
    lake.put("t/old/f.csv", text("300,dropped\n70000\n")).await;
    assert_eq!(
        lake.sorted("SELECT dt, id, name FROM t").await,
        [
            ["comma", "2", "two"],
            ["comma", "3", "NULL"],
            ["json", "5", "five"],
            ["old", "300", "NULL"],
            ["old", "NULL", "NULL"],
            ["parquet", "1", "one"],
            ["quoted", "4", "fo\"ur"],
        ]
    );
    let (rows, meter) = lake.sql("SELECT count(*), sum(id) FROM t WHERE dt IN ('comma', 'parquet')").await.unwrap();
    assert_eq!(rows, [["3", "6"]]);
    let (footer, stored) = stored_bytes(&parquet);
    assert_eq!(meter.bytes_scanned(), 8 + footer + bytes_of(&stored, "id"));
    assert_eq!(meter.rows_read(), 3);

    with_serde(&lake, "t", Some("other"), LAZY, &[], &[("id", "double")]);
    lake.put("t/other/f.csv", text("1.5\n")).await;
    assert_eq!(
        lake.sql("SELECT name FROM t WHERE dt = 'other'").await.unwrap_err().to_string(),
        "HIVE_PARTITION_SCHEMA_MISMATCH: There is a mismatch between the table and partition schemas. The types are incompatible and cannot be coerced. The column 'id' in table 'db.t' is declared as type 'bigint', but partition 'dt=other' declared column 'id' as type 'double'."
    );
}

/// Ref: Amazon Athena pricing: text is charged whole, compressed as it is stored.
#[tokio::test]
async fn text_is_charged_as_stored_whatever_is_read() {
    let lake = Lake::new();
    lake.create_table("t", &[("id", "bigint"), ("name", "string")], &[]);
    with_serde(&lake, "t", None, LAZY, &[("field.delim", ",")], &[]);
    let text: String = (0..500_000).map(|row| format!("{row},name of {row}\n")).collect();
    let plain = Bytes::from(text);
    lake.put("t/a.csv", plain.clone()).await;
    for sql in ["SELECT count(*) FROM t", "SELECT sum(id) FROM t", "SELECT max(name), min(id) FROM t WHERE id > 499998"] {
        let (_, meter) = lake.sql(sql).await.unwrap();
        assert_eq!(meter.bytes_scanned(), plain.len() as u64, "{sql}");
        assert_eq!(meter.rows_read(), 500_000, "{sql}");
    }
    assert_eq!(lake.sql("SELECT count(*), sum(id), count(DISTINCT name) FROM t").await.unwrap().0, [["500000", "124999750000", "500000"]]);
    let (rows, meter) = lake.sql("SELECT * FROM t LIMIT 5").await.unwrap();
    assert_eq!(rows.len(), 5);
    assert!(meter.bytes_scanned() < plain.len() as u64);
}
