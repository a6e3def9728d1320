//! What does `owlake tpch` make? The TPC-H tables at a scale, as Parquet in a bucket, registered as database `tpch`.

use std::path::Path;

use owlake_testdata::parquet_file::{Codec, ParquetWriter, TestdataError};
use owlake_testdata::tpch;

use super::client::{Client, ClientError, QueryOptions};

/// The bucket of the tables and of the results.
pub const BUCKET: &str = "tpch";
/// Rows a row group: some seven groups in the largest table at scale 1.
const ROW_GROUP_ROWS: usize = 1 << 20;

/// Why the tables could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TpchError {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Data(#[from] TestdataError),
}

/// Writes every table into the bucket's folder and gives the statements that register them.
pub fn write_tables(data_dir: &Path, scale: f64) -> Result<Vec<String>, TpchError> {
    let bucket = data_dir.join("buckets").join(BUCKET);
    let mut ddl = vec!["CREATE DATABASE IF NOT EXISTS tpch".to_string()];
    for table in tpch::TABLES {
        let mut writer: Option<ParquetWriter> = None;
        let mut columns = String::new();
        tpch::generate(table, scale, tpch::Flavour::Standard, &mut |batch| {
            let open = match &mut writer {
                Some(open) => open,
                none => {
                    let schema = batch.schema();
                    let definitions =
                        schema.fields().iter().map(|field| format!("{} {}", field.name(), tpch::hive_type(field.data_type())));
                    columns = definitions.collect::<Vec<_>>().join(", ");
                    none.insert(ParquetWriter::create(
                        &bucket.join(format!("{table}/{table}.parquet")),
                        schema,
                        Codec::Snappy,
                        ROW_GROUP_ROWS,
                    )?)
                }
            };
            open.write(&batch)
        })?;
        if let Some(writer) = writer {
            writer.close()?;
        }
        ddl.push(format!(
            "CREATE EXTERNAL TABLE IF NOT EXISTS tpch.{table} ({columns}) STORED AS PARQUET LOCATION 's3://{BUCKET}/{table}/'"
        ));
    }
    Ok(ddl)
}

/// Registers the tables at a running server.
pub async fn register(client: &Client, ddl: &[String]) -> Result<(), TpchError> {
    let options = QueryOptions { database: None, output_location: Some(format!("s3://{BUCKET}/results/")), rows_max: 1 };
    for statement in ddl {
        client.run(statement, &options).await?;
    }
    println!("TPC-H is registered as database 'tpch': {}.", tpch::TABLES.join(", "));
    Ok(())
}
