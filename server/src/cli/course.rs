//! What does `owlake demo --course` teach? Raw CSV becomes partitioned Parquet by SQL alone, and the same question gets cheaper with each step.
//!
//! Ref: Athena user guide, "Use CTAS and INSERT INTO for ETL and data analysis", "Partitioning and bucketing"; Amazon Athena pricing.

use comfy_table::{CellAlignment, Table, TableComponent, presets};

use super::client::{Client, QueryOptions, QueryResult};
use super::demo::{BUCKET, DemoError};
use super::print::{self, Format};
use crate::query::metering;

const DATABASE: &str = "taxi_course";
/// How often a dashboard asks its question in the last column of prices.
const QUERIES: f64 = 1_000_000.0;
const BYTES_PER_TB: f64 = (1_u64 << 40) as f64;

/// A step: what it is for, and its statements.
struct Step {
    title: &'static str,
    statements: &'static [&'static str],
}

/// The course, in order. It can be run again: what an earlier run made goes first.
const STEPS: &[Step] = &[
    Step {
        title: "1. Tables over the raw files",
        statements: &[
            "DROP DATABASE IF EXISTS taxi_course CASCADE",
            "CREATE DATABASE taxi_course COMMENT 'From CSV to Parquet'",
            "CREATE EXTERNAL TABLE trips_csv (\n  vendor_id int, pickup_datetime timestamp, dropoff_datetime timestamp, pickup_location_id int,\n  \
             dropoff_location_id int, passenger_count int, trip_distance double, fare_amount double, tip_amount double,\n  \
             total_amount double, payment_type int)\nROW FORMAT DELIMITED FIELDS TERMINATED BY ','\n\
             LOCATION 's3://owlake-demo/raw/' TBLPROPERTIES ('skip.header.line.count'='1')",
            "CREATE EXTERNAL TABLE zones (locationid bigint, borough string, zone string)\nSTORED AS PARQUET LOCATION 's3://owlake-demo/zones/'",
        ],
    },
    Step {
        title: "2. CREATE TABLE AS: Parquet, Snappy, a folder a month",
        statements: &[
            "CREATE TABLE trips WITH (format = 'PARQUET', write_compression = 'SNAPPY', partitioned_by = ARRAY['year', 'month']) AS\n\
             SELECT t.*, year(pickup_datetime) AS year, month(pickup_datetime) AS month\nFROM trips_csv t WHERE pickup_datetime < TIMESTAMP '2024-02-01 00:00:00'",
        ],
    },
    Step {
        title: "3. INSERT INTO: a new month",
        statements: &[
            "INSERT INTO trips\nSELECT t.*, year(pickup_datetime), month(pickup_datetime)\nFROM trips_csv t WHERE pickup_datetime >= TIMESTAMP '2024-02-01 00:00:00'",
            "SHOW PARTITIONS trips",
        ],
    },
    Step {
        title: "4. A view",
        statements: &[
            "CREATE VIEW trips_of_boroughs AS\nSELECT t.*, z.borough FROM trips t JOIN zones z ON t.pickup_location_id = z.locationid",
            "SELECT borough, count(*) AS trips, round(avg(total_amount), 2) AS fare\nFROM trips_of_boroughs WHERE year = 2024 AND month = 2\nGROUP BY borough ORDER BY trips DESC",
        ],
    },
];

/// The dashboard's question, asked of a table under a condition that means February 2024.
const DASHBOARD: &str = "SELECT payment_type, count(*) AS trips, sum(CAST(total_amount AS decimal(12, 2))) AS dollars\n\
    FROM {table} WHERE {month}\nGROUP BY payment_type ORDER BY payment_type";

/// What is asked, before and after: a name, the table, the condition.
const WAYS: &[(&str, &str, &str)] = &[
    ("CSV", "trips_csv", "year(pickup_datetime) = 2024 AND month(pickup_datetime) = 2"),
    ("Parquet", "trips", "year(pickup_datetime) = 2024 AND month(pickup_datetime) = 2"),
    ("Parquet, its partition", "trips", "year = 2024 AND month = 2"),
];

/// Runs the course at a running server over the demo's files, and prints each statement, its rows and the table of prices.
/// Errors: a statement that fails; answers that differ by where they are read from.
pub async fn run(client: &Client) -> Result<(), DemoError> {
    let options =
        QueryOptions { database: Some(DATABASE.to_owned()), output_location: Some(format!("s3://{BUCKET}/results/")), rows_max: 100 };
    for step in STEPS {
        println!("-- {}\n", step.title);
        for sql in step.statements {
            let result = client.run(sql, &options).await?;
            println!("{sql};\n{}\n", told(&result));
        }
    }
    println!("-- 5. The dashboard's question, before and after\n");
    let mut answers: Vec<(&str, QueryResult)> = Vec::new();
    for (name, table, month) in WAYS {
        let sql = DASHBOARD.replace("{table}", table).replace("{month}", month);
        let result = client.run(&sql, &options).await?;
        println!("{sql};\n{}\n", told(&result));
        answers.push((name, result));
    }
    if let Some((name, _)) = answers.iter().find(|(_, result)| result.rows != answers[0].1.rows) {
        return Err(DemoError::Differs { way: (*name).to_owned() });
    }
    println!("{}", prices(&answers));
    println!("A query is billed ten megabytes at least; the last column leaves that out.");
    Ok(())
}

fn told(result: &QueryResult) -> String {
    let rows = if result.rows.is_empty() { String::new() } else { print::rows(result, Format::Table) };
    let is_write = matches!(result.substatement_type.as_str(), "CREATE_TABLE_AS_SELECT" | "INSERT");
    match result.update_count.filter(|_| is_write) {
        Some(count) => format!("{rows}({count} rows written)  {} ms  scanned {}", result.total_ms, print::bytes(result.bytes_scanned)),
        None => format!("{rows}{}", print::footer(result)),
    }
}

fn prices(answers: &[(&str, QueryResult)]) -> String {
    let of_csv = answers.first().map_or(1.0, |(_, result)| result.bytes_scanned.max(1) as f64);
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_header([
        "read from",
        "bytes scanned",
        "of the CSV",
        "billed",
        "a million queries",
    ]);
    for (name, result) in answers {
        let bytes = result.bytes_scanned as f64;
        table.add_row([
            (*name).to_owned(),
            result.bytes_scanned.to_string(),
            format!("{:.1}%", bytes / of_csv * 100.0),
            print::usd(result.bytes_scanned),
            format!("${:.2}", bytes * metering::USD_PER_TB_DEFAULT / BYTES_PER_TB * QUERIES),
        ]);
    }
    for line in [TableComponent::HorizontalLines, TableComponent::MiddleIntersections] {
        table.remove_style(line);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}
