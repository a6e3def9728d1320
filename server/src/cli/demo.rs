//! What does `owlake demo` make? A small taxi lake, registered and queried, and a list of things to try.

use std::path::Path;

use owlake_testdata::parquet_file::{Codec, write_parquet};
use owlake_testdata::taxi;

use super::client::{Client, ClientError, QueryOptions};
use super::print::{self, Format};

/// The bucket of the demo's data and of its results.
pub const BUCKET: &str = "owlake-demo";
/// The months of the lake: year, month, trips.
const MONTHS: &[(i32, u32, usize)] = &[(2023, 11, 20_000), (2023, 12, 22_000), (2024, 1, 24_000), (2024, 2, 21_000)];
const ROW_GROUP_ROWS: usize = 8_192;
const DATABASE: &str = "taxi";

/// The statements that register the lake, in order.
const DDL: &[&str] = &[
    "CREATE DATABASE IF NOT EXISTS taxi COMMENT 'The demo lake of owlake'",
    "CREATE EXTERNAL TABLE IF NOT EXISTS taxi.trips (\
       vendorid bigint, pickup_datetime timestamp, dropoff_datetime timestamp, pulocationid bigint, dolocationid bigint, \
       passenger_count bigint, trip_distance double, fare_amount double, tip_amount double, total_amount double, payment_type bigint) \
     PARTITIONED BY (pickup_year int, pickup_month string) STORED AS PARQUET LOCATION 's3://owlake-demo/trips/'",
    "MSCK REPAIR TABLE taxi.trips",
    "CREATE EXTERNAL TABLE IF NOT EXISTS taxi.zones (locationid bigint, borough string, zone string) \
     STORED AS PARQUET LOCATION 's3://owlake-demo/zones/'",
    "CREATE EXTERNAL TABLE IF NOT EXISTS taxi.raw_trips (\
       vendor_id string, pickup_datetime string, dropoff_datetime string, pickup_location_id string, dropoff_location_id string, \
       passenger_count string, trip_distance string, fare_amount string, tip_amount string, total_amount string, payment_type string) \
     ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' STORED AS TEXTFILE LOCATION 's3://owlake-demo/raw/' TBLPROPERTIES ('skip.header.line.count'='1')",
];

/// The queries the demo runs and shows.
const QUERIES: &[&str] = &[
    "SELECT pickup_year, pickup_month, count(*) AS trips, round(sum(total_amount), 2) AS revenue\nFROM trips\nGROUP BY 1, 2\nORDER BY 1, 2",
    "SELECT z.borough, count(*) AS trips, round(avg(t.tip_amount), 2) AS tip\nFROM trips t JOIN zones z ON t.pulocationid = z.locationid\n\
     WHERE t.pickup_year = 2024 AND t.pickup_month = '01'\nGROUP BY z.borough\nORDER BY trips DESC",
];

/// Why the demo did not get through.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Data(#[from] owlake_testdata::parquet_file::TestdataError),
    #[error("the answer read from {way} differs from that of the CSV")]
    Differs { way: String },
    #[error("cannot write '{path}': {reason}")]
    Write { path: String, reason: String },
}

/// Lays the demo's files into the data folder: a bucket's files are its objects, so no upload is needed. The same every time.
pub fn write_lake(data_dir: &Path) -> Result<(), DemoError> {
    let bucket = data_dir.join("buckets").join(BUCKET);
    let raw = bucket.join("raw");
    std::fs::create_dir_all(&raw).map_err(|error| DemoError::Write { path: raw.display().to_string(), reason: error.to_string() })?;
    for (year, month, rows) in MONTHS {
        let trips = taxi::trips(*year, *month, *rows);
        let parquet = bucket.join(format!("trips/pickup_year={year}/pickup_month={month:02}/trips.parquet"));
        write_parquet(&parquet, &[taxi::trips_batch(&trips)?], Codec::Snappy, ROW_GROUP_ROWS)?;
        let csv = raw.join(format!("trips-{year}-{month:02}.csv"));
        std::fs::write(&csv, taxi::trips_csv(&trips))
            .map_err(|error| DemoError::Write { path: csv.display().to_string(), reason: error.to_string() })?;
    }
    write_parquet(&bucket.join("zones/zones.parquet"), &[taxi::zones_batch()?], Codec::Snappy, ROW_GROUP_ROWS)?;
    Ok(())
}

/// Registers the lake at a running server, runs the demo's queries and prints what they give and cost.
pub async fn run(client: &Client) -> Result<(), DemoError> {
    let options =
        QueryOptions { database: Some(DATABASE.to_string()), output_location: Some(format!("s3://{BUCKET}/results/")), rows_max: 100 };
    for statement in DDL {
        client.run(statement, &QueryOptions { database: None, ..options.clone() }).await?;
    }
    println!("The demo lake is registered: database '{DATABASE}', tables trips (partitioned Parquet), zones (Parquet), raw_trips (CSV).\n");
    for sql in QUERIES {
        let result = client.run(sql, &options).await?;
        println!("{sql};\n{}{}\n", print::rows(&result, Format::Table), print::footer(&result));
    }
    print!("{}", suggestions(client.endpoint()));
    Ok(())
}

fn suggestions(endpoint: &str) -> String {
    format!(
        "Try:\n  owlake repl --endpoint {endpoint} --database {DATABASE}\n  owlake query --endpoint {endpoint} --database {DATABASE} -e \"SELECT count(*) FROM trips\"\n\
         \x20 aws --endpoint-url {endpoint} athena list-databases --catalog-name AwsDataCatalog\n  aws --endpoint-url {endpoint} s3 ls s3://{BUCKET}/ --recursive\n"
    )
}
