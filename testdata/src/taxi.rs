//! What is in the demo's taxi lake? Invented trips with the shape of New York's green-taxi months. Ref: TLC trip record data dictionary.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use arrow::record_batch::RecordBatch;

use crate::parquet_file::TestdataError;

/// Zones of the lookup table: `(location_id, borough, zone)`.
pub const ZONES: &[(i64, &str, &str)] = &[
    (7, "Queens", "Astoria"),
    (25, "Brooklyn", "Boerum Hill"),
    (41, "Manhattan", "Central Harlem"),
    (42, "Manhattan", "Central Harlem North"),
    (61, "Brooklyn", "Crown Heights North"),
    (74, "Manhattan", "East Harlem North"),
    (75, "Manhattan", "East Harlem South"),
    (82, "Queens", "Elmhurst"),
    (95, "Queens", "Forest Hills"),
    (97, "Brooklyn", "Fort Greene"),
    (129, "Queens", "Jackson Heights"),
    (138, "Queens", "LaGuardia Airport"),
    (166, "Manhattan", "Morningside Heights"),
    (181, "Brooklyn", "Park Slope"),
    (236, "Manhattan", "Upper East Side North"),
    (247, "Bronx", "West Concourse"),
];

/// A small, fixed generator of numbers (SplitMix64), so that every run makes the same lake.
#[derive(Debug, Clone)]
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Numbers(seed)
    }

    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 to `bound - 1`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next_u64() % bound }
    }
}

/// One trip, before it is laid out in columns or as a CSV line. Money in cents.
#[derive(Debug, Clone)]
pub struct Trip {
    pub vendor_id: i64,
    pub pickup_micros: i64,
    pub dropoff_micros: i64,
    pub pickup_location_id: i64,
    pub dropoff_location_id: i64,
    pub passenger_count: Option<i64>,
    pub trip_hundredth_miles: i64,
    pub fare_cents: i64,
    pub tip_cents: i64,
    pub payment_type: i64,
}

impl Trip {
    /// Fare, tip and the fixed surcharge of 1.50.
    pub fn total_cents(&self) -> i64 {
        self.fare_cents + self.tip_cents + 150
    }
}

/// The trips of one month, `month` from 1 to 12. The same arguments give the same trips.
pub fn trips(year: i32, month: u32, rows: usize) -> Vec<Trip> {
    let seed = u64::from(year.unsigned_abs()) * 100 + u64::from(month);
    let mut numbers = Numbers::new(seed);
    let (start, end) = month_bounds_micros(year, month);
    let span_seconds = u64::try_from((end - start) / 1_000_000).unwrap_or(1);
    (0..rows)
        .map(|_| {
            let pickup = start + i64::try_from(numbers.below(span_seconds)).unwrap_or(0) * 1_000_000;
            let minutes = 3 + i64::try_from(numbers.below(42)).unwrap_or(0);
            let miles = 30 + i64::try_from(numbers.below(900)).unwrap_or(0);
            let payment_type = 1 + i64::try_from(numbers.below(2)).unwrap_or(0);
            let fare = 300 + miles * 2 + minutes * 50;
            Trip {
                vendor_id: 1 + i64::try_from(numbers.below(2)).unwrap_or(0),
                pickup_micros: pickup,
                dropoff_micros: pickup + minutes * 60_000_000,
                pickup_location_id: zone(&mut numbers),
                dropoff_location_id: zone(&mut numbers),
                passenger_count: if numbers.below(20) == 0 { None } else { Some(1 + i64::try_from(numbers.below(5)).unwrap_or(0)) },
                trip_hundredth_miles: miles,
                fare_cents: fare,
                tip_cents: if payment_type == 1 { fare / 5 } else { 0 },
                payment_type,
            }
        })
        .collect()
}

fn zone(numbers: &mut Numbers) -> i64 {
    let index = usize::try_from(numbers.below(ZONES.len() as u64)).unwrap_or(0);
    ZONES[index].0
}

/// First instant of the month and of the next, in microseconds since the epoch.
fn month_bounds_micros(year: i32, month: u32) -> (i64, i64) {
    let first = |year, month| {
        chrono::NaiveDate::from_ymd_opt(year, month, 1).map_or(0, |date| date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros())
    };
    let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    (first(year, month), first(next_year, next_month))
}

/// Trips as one batch with the physical types a taxi file has.
pub fn trips_batch(trips: &[Trip]) -> Result<RecordBatch, TestdataError> {
    let timestamp = DataType::Timestamp(TimeUnit::Microsecond, None);
    let schema = Schema::new(vec![
        Field::new("VendorID", DataType::Int64, true),
        Field::new("pickup_datetime", timestamp.clone(), true),
        Field::new("dropoff_datetime", timestamp, true),
        Field::new("PULocationID", DataType::Int64, true),
        Field::new("DOLocationID", DataType::Int64, true),
        Field::new("passenger_count", DataType::Int64, true),
        Field::new("trip_distance", DataType::Float64, true),
        Field::new("fare_amount", DataType::Float64, true),
        Field::new("tip_amount", DataType::Float64, true),
        Field::new("total_amount", DataType::Float64, true),
        Field::new("payment_type", DataType::Int64, true),
    ]);
    let integers = |value: fn(&Trip) -> i64| -> ArrayRef { Arc::new(Int64Array::from_iter_values(trips.iter().map(value))) };
    let hundredths = |value: fn(&Trip) -> i64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(trips.iter().map(|trip| value(trip) as f64 / 100.0)))
    };
    let instants = |value: fn(&Trip) -> i64| -> ArrayRef { Arc::new(TimestampMicrosecondArray::from_iter_values(trips.iter().map(value))) };
    let columns: Vec<ArrayRef> = vec![
        integers(|trip| trip.vendor_id),
        instants(|trip| trip.pickup_micros),
        instants(|trip| trip.dropoff_micros),
        integers(|trip| trip.pickup_location_id),
        integers(|trip| trip.dropoff_location_id),
        Arc::new(Int64Array::from_iter(trips.iter().map(|trip| trip.passenger_count))),
        hundredths(|trip| trip.trip_hundredth_miles),
        hundredths(|trip| trip.fare_cents),
        hundredths(|trip| trip.tip_cents),
        hundredths(Trip::total_cents),
        integers(|trip| trip.payment_type),
    ];
    Ok(RecordBatch::try_new(Arc::new(schema), columns)?)
}

/// The zone lookup as one batch: `locationid`, `borough`, `zone`.
pub fn zones_batch() -> Result<RecordBatch, TestdataError> {
    let schema = Schema::new(vec![
        Field::new("LocationID", DataType::Int64, true),
        Field::new("Borough", DataType::Utf8, true),
        Field::new("Zone", DataType::Utf8, true),
    ]);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(ZONES.iter().map(|(id, _, _)| *id))),
        Arc::new(StringArray::from_iter_values(ZONES.iter().map(|(_, borough, _)| *borough))),
        Arc::new(StringArray::from_iter_values(ZONES.iter().map(|(_, _, zone)| *zone))),
    ];
    Ok(RecordBatch::try_new(Arc::new(schema), columns)?)
}

/// The header and lines of a month as CSV, as it would lie in a bucket before anyone converts it.
pub fn trips_csv(trips: &[Trip]) -> String {
    use std::fmt::Write;
    let mut text = String::from(
        "vendor_id,pickup_datetime,dropoff_datetime,pickup_location_id,dropoff_location_id,passenger_count,trip_distance,fare_amount,tip_amount,total_amount,payment_type\n",
    );
    let instant = |micros: i64| {
        chrono::DateTime::from_timestamp_micros(micros).map_or(String::new(), |instant| instant.format("%Y-%m-%d %H:%M:%S").to_string())
    };
    let money = |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
    for trip in trips {
        let passengers = trip.passenger_count.map_or(String::new(), |count| count.to_string());
        let _infallible = writeln!(
            text,
            "{},{},{},{},{},{},{},{},{},{},{}",
            trip.vendor_id,
            instant(trip.pickup_micros),
            instant(trip.dropoff_micros),
            trip.pickup_location_id,
            trip.dropoff_location_id,
            passengers,
            money(trip.trip_hundredth_miles),
            money(trip.fare_cents),
            money(trip.tip_cents),
            money(trip.total_cents()),
            trip.payment_type
        );
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_the_same_every_time_and_stays_within_its_bounds() {
        let first = trips(2024, 2, 500);
        let second = trips(2024, 2, 500);
        assert_eq!(trips_csv(&first), trips_csv(&second));
        let (start, end) = month_bounds_micros(2024, 2);
        assert_eq!((end - start) / 86_400_000_000, 29);
        assert!(first.iter().all(|trip| (start..end).contains(&trip.pickup_micros)));
    }

    #[test]
    fn columns_and_csv_tell_the_same_total() {
        let month = trips(2023, 12, 200);
        let batch = trips_batch(&month).unwrap();
        let totals = batch.column_by_name("total_amount").unwrap().as_any().downcast_ref::<Float64Array>().unwrap();
        let from_columns: f64 = totals.iter().flatten().sum();
        let from_csv: f64 = trips_csv(&month).lines().skip(1).map(|line| line.split(',').nth(9).unwrap().parse::<f64>().unwrap()).sum();
        assert!((from_columns - from_csv).abs() < 1e-6);
    }
}
