"""The taxi course by SQL only: CSV tables over raw files, CTAS into partitioned Parquet with Snappy, INSERT of a new month, a view, a
dashboard query; what each way scans and costs, and that it is what the files say.

Runs on small generated months; on real ones too when OWLAKE_TAXI_DATA names a folder with `green_tripdata_<year>-<month>.parquet` of two
months and `taxi_zone_lookup.csv`. Basis: Athena user guide, "CTAS and INSERT INTO for ETL and data analysis", "Amazon Athena pricing".

    OWLAKE_TAXI_DATA=… .venv/bin/python -m pytest -s server/tests/clients/test_taxi_course.py

`owlake demo --course` is the same for a person to read, over the demo's months.
"""

import gzip
import os
import pathlib
import random
import re
import struct
import subprocess
from datetime import datetime, timedelta

import pyarrow.csv
import pyarrow.parquet
import pytest

from conftest import REPOSITORY

TIMESTAMP = "timestamp"
COLUMNS = [
    ("vendorid", "bigint"),
    ("lpep_pickup_datetime", TIMESTAMP),
    ("lpep_dropoff_datetime", TIMESTAMP),
    ("store_and_fwd_flag", "string"),
    ("ratecodeid", "double"),
    ("pulocationid", "bigint"),
    ("dolocationid", "bigint"),
    ("passenger_count", "double"),
    ("trip_distance", "double"),
    ("fare_amount", "double"),
    ("extra", "double"),
    ("mta_tax", "double"),
    ("tip_amount", "double"),
    ("tolls_amount", "double"),
    ("ehail_fee", "double"),
    ("improvement_surcharge", "double"),
    ("total_amount", "double"),
    ("payment_type", "double"),
    ("trip_type", "double"),
    ("congestion_surcharge", "double"),
]
# Ref: Amazon Athena pricing: 5 USD a terabyte, rounded up to whole megabytes, ten of them at least.
DOLLARS_PER_TB = 5
MB = 1 << 20
TB = 1 << 40


def price(scanned):
    return max(10, -(-scanned // MB)) * MB * DOLLARS_PER_TB / TB


def generated_month(year, month, trips):
    """A month of trips as CSV: two decimals, empty fields for nulls, a few pickups that belong to another year."""
    draw = random.Random(year * 100 + month)
    lines = [",".join(name for name, _ in COLUMNS)]
    start = datetime(year, month, 1)
    for trip in range(trips):
        pickup = start + timedelta(seconds=draw.randrange(28 * 86_400))
        if trip % 5_000 == 4_999:
            pickup = pickup.replace(year=2009)
        dropoff = pickup + timedelta(seconds=draw.randrange(60, 5_400))
        distance = draw.randrange(3_000) / 100
        fare = 3 + distance * 2.5
        tip = draw.choice([0, 0, fare / 5])
        known = draw.random() > 0.06
        optional = lambda value: str(value) if known else ""  # noqa: E731
        lines.append(
            f"{draw.choice([1, 2])},{pickup},{dropoff},{optional(draw.choice('NNNY'))},{optional(1.0)},{draw.randrange(1, 264)},"
            f"{draw.randrange(1, 264)},{optional(float(draw.randrange(1, 6)))},{distance},{fare:.2f},0.5,0.5,{tip:.2f},0.0,,"
            f"0.3,{fare + tip + 1.3:.2f},{optional(float(draw.randrange(1, 5)))},{optional(1.0)},{optional(0.0)}"
        )
    return "\n".join(lines) + "\n"


def generated_zones():
    boroughs = ["Bronx", "Brooklyn", "EWR", "Manhattan", "Queens", "Staten Island"]
    lines = ['"LocationID","Borough","Zone","service_zone"']
    lines += [f'{zone},"{boroughs[zone % 6]}","Zone {zone}, ""the"" one","Boro Zone"' for zone in range(1, 264)]
    return "\n".join(lines) + "\n"


def real_month(folder, year, month):
    table = pyarrow.parquet.read_table(pathlib.Path(folder) / f"green_tripdata_{year}-{month:02}.parquet")
    table = table.rename_columns([name.lower() for name in table.column_names])
    target = pyarrow.BufferOutputStream()
    pyarrow.csv.write_csv(table, target, pyarrow.csv.WriteOptions(quoting_style="needed"))
    return target.getvalue().to_pybytes().decode()


def months_of(folder):
    months = sorted(path.stem.removeprefix("green_tripdata_") for path in pathlib.Path(folder).glob("green_tripdata_*.parquet"))
    return [tuple(int(part) for part in month.split("-")) for month in months][:2]


@pytest.fixture(params=["generated", "real"])
def course(request):
    """Two months as (year, month, CSV), and the zones."""
    if request.param == "generated":
        return [(2023, 1, generated_month(2023, 1, 20_000)), (2024, 1, generated_month(2024, 1, 15_000))], generated_zones()
    folder = os.environ.get("OWLAKE_TAXI_DATA")
    if not folder:
        pytest.skip("OWLAKE_TAXI_DATA names no folder of real months")
    months = [(year, month, real_month(folder, year, month)) for year, month in months_of(folder)]
    assert len(months) == 2, f"two months are wanted of {folder}"
    return months, (pathlib.Path(folder) / "taxi_zone_lookup.csv").read_text()


@pytest.fixture
def lake(server, course, request):
    """The raw files in a bucket of their own, and a database for them."""
    name = f"taxi-course-{request.node.callspec.id}"
    s3 = server.client("s3")
    s3.create_bucket(Bucket=name)
    months, zones = course
    for year, month, text in months:
        s3.put_object(Bucket=name, Key=f"raw/trips/{year}-{month:02}.csv", Body=text.encode())
        s3.put_object(Bucket=name, Key=f"raw/packed/{year}-{month:02}.csv.gz", Body=gzip.compress(text.encode(), mtime=0))
    s3.put_object(Bucket=name, Key="raw/zones/zones.csv", Body=zones.encode())
    return s3, name, f"taxi_{request.node.callspec.id}"


def objects(s3, bucket, prefix):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", [])}


def parquet_bytes(s3, bucket, keys, columns):
    """What reading these columns of these files takes by their footers: the footers, and the columns' chunks as they are stored."""
    total = 0
    for key in keys:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        total += struct.unpack("<I", body[-8:-4])[0] + 8
        metadata = pyarrow.parquet.read_metadata(pyarrow.BufferReader(body))
        for group in range(metadata.num_row_groups):
            for index in range(metadata.num_columns):
                chunk = metadata.row_group(group).column(index)
                total += chunk.total_compressed_size if chunk.path_in_schema in columns else 0
    return total


def csv_table(name, bucket, prefix):
    columns = ", ".join(f"`{column}` {data_type}" for column, data_type in COLUMNS)
    return (
        f"CREATE EXTERNAL TABLE {name} ({columns}) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' "
        f"LOCATION 's3://{bucket}/{prefix}' TBLPROPERTIES ('skip.header.line.count'='1')"
    )


# Of one month: how much came in by which way of paying. Decimals add up to the same in any order.
DASHBOARD = """
SELECT payment_type, count(*) AS trips, sum(CAST(total_amount AS decimal(12, 2))) AS dollars, max(trip_distance) AS farthest
FROM {trips} WHERE {month} GROUP BY payment_type ORDER BY payment_type
"""

# The same by borough, joined by hand; the view has it ready.
BOROUGHS = """
SELECT z.borough, count(*), sum(CAST(t.total_amount AS decimal(12, 2))), max(t.trip_distance)
FROM trips_csv t JOIN zones z ON t.pulocationid = CAST(z.locationid AS bigint)
WHERE year(t.lpep_pickup_datetime) = {year} AND month(t.lpep_pickup_datetime) = {month} GROUP BY z.borough ORDER BY z.borough
"""


def test_csv_becomes_cheap(athena, lake, course):
    s3, bucket, database = lake
    (first_year, first_month, first), (year, month, second) = course[0]
    zones_csv = course[1]

    def run(sql):
        execution = athena.execute(sql, database)
        assert execution["Status"]["State"] == "SUCCEEDED", (sql, execution["Status"])
        return execution["Statistics"]["DataScannedInBytes"]

    def query(sql):
        rows, execution = athena.rows(sql, database)
        return rows, execution["Statistics"]["DataScannedInBytes"]

    # 1. Tables over the raw files.
    assert athena.execute(f"CREATE DATABASE {database}")["Status"]["State"] == "SUCCEEDED"
    run(csv_table("trips_csv", bucket, "raw/trips/"))
    run(csv_table("trips_packed", bucket, "raw/packed/"))
    run(
        "CREATE EXTERNAL TABLE zones (locationid string, borough string, zone string, service_zone string) "
        "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' "
        f"LOCATION 's3://{bucket}/raw/zones/' TBLPROPERTIES ('skip.header.line.count'='1')"
    )
    trips = first.count("\n") + second.count("\n") - 2
    rows, scanned = query("SELECT count(*) FROM trips_csv")
    assert rows == [[str(trips)]]
    csv_bytes = objects(s3, bucket, "raw/trips/")
    assert scanned == sum(csv_bytes.values()), "a text is scanned whole"
    assert query("SELECT count(*), count(DISTINCT borough) FROM zones")[0] == [
        [str(zones_csv.strip().count("\n")), str(len({line.split(",")[1] for line in zones_csv.strip().splitlines()[1:]}))]
    ]

    # 2. CTAS of the first month, 3. INSERT of the next.
    chosen = ", ".join(f"t.{name}" for name, _ in COLUMNS)
    parts = "year(t.lpep_pickup_datetime) AS year, month(t.lpep_pickup_datetime) AS month"
    source = f"SELECT {chosen}, {parts} FROM trips_csv t WHERE \"$path\" LIKE '%/{{}}-{{:02}}.csv'"
    # Every file is looked at for its lines; only its path tells which month it is.
    assert run(
        f"CREATE TABLE trips WITH (format = 'PARQUET', write_compression = 'SNAPPY', external_location = 's3://{bucket}/trips/', "
        f"partitioned_by = ARRAY['year', 'month']) AS {source.format(first_year, first_month)}"
    ) in (sum(csv_bytes.values()), csv_bytes[f"raw/trips/{first_year}-{first_month:02}.csv"])
    assert query("SELECT count(*) FROM trips")[0] == [[str(first.count("\n") - 1)]]
    run(f"INSERT INTO trips {source.format(year, month)}")
    assert query("SELECT count(*) FROM trips")[0] == [[str(trips)]]
    partitions = [row[0] for row in query("SHOW PARTITIONS trips")[0]]
    assert f"year={first_year}/month={first_month}" in partitions and f"year={year}/month={month}" in partitions

    # 4. A view, 5. the dashboard: over the CSV, packed and plain, over all of the Parquet, and over its month.
    run("CREATE VIEW trips_of_boroughs AS SELECT t.*, z.borough FROM trips t JOIN zones z ON t.pulocationid = CAST(z.locationid AS bigint)")
    of_pickup = f"year(lpep_pickup_datetime) = {year} AND month(lpep_pickup_datetime) = {month}"
    ways = {
        "CSV": query(DASHBOARD.format(trips="trips_csv", month=of_pickup)),
        "CSV, gzipped": query(DASHBOARD.format(trips="trips_packed", month=of_pickup)),
        "Parquet, all months": query(DASHBOARD.format(trips="trips", month=of_pickup)),
        "Parquet, its month": query(DASHBOARD.format(trips="trips", month=f"year = {year} AND month = {month}")),
    }
    answers = [rows for rows, _ in ways.values()]
    assert len(answers[0]) > 2 and all(rows == answers[0] for rows in answers), answers
    through_view, _ = query(
        "SELECT borough, count(*), sum(CAST(total_amount AS decimal(12, 2))), max(trip_distance) FROM trips_of_boroughs "
        f"WHERE year = {year} AND month = {month} GROUP BY borough ORDER BY borough"
    )
    assert len(through_view) > 3 and through_view == query(BOROUGHS.format(year=year, month=month))[0]

    # The bytes are those of the files and footers, and of nothing else.
    files = objects(s3, bucket, "trips/")
    month_files = [key for key in files if key.startswith(f"trips/year={year}/month={month}/")]
    read = {"payment_type", "total_amount", "trip_distance"}
    scanned = {way: scanned for way, (_, scanned) in ways.items()}
    assert scanned["CSV"] == sum(csv_bytes.values())
    assert scanned["CSV, gzipped"] == sum(objects(s3, bucket, "raw/packed/").values())
    assert scanned["Parquet, its month"] == parquet_bytes(s3, bucket, month_files, read)
    # Row groups and pages whose statistics rule the month out are not read; the page indexes that say so are.
    assert scanned["Parquet, its month"] < scanned["Parquet, all months"] < sum(files.values())
    assert list(scanned.values()) == sorted(scanned.values(), reverse=True)

    print(f"\n{trips} trips, dashboard of {year}-{month:02}:")
    print(f"{'read from':<22}{'bytes scanned':>16}{'of the CSV':>12}{'billed USD':>14}{'USD a million':>15}")
    for way, count in scanned.items():
        # What a million of such queries would cost by their bytes alone, without the ten megabytes at least.
        million = count * DOLLARS_PER_TB / TB * 1_000_000
        print(f"{way:<22}{count:>16,}{count / scanned['CSV']:>12.1%}{price(count):>14.6f}{million:>15.2f}")
    prices = [price(count) for count in scanned.values()]
    assert prices == sorted(prices, reverse=True)


def test_the_command_prints_what_each_step_saves(tmp_path):
    binary = os.environ.get("OWLAKE_BINARY", str(REPOSITORY / "target" / "debug" / "owlake"))
    words = [binary, "demo", "--course", "--data-dir", str(tmp_path / "data"), "--port", "0"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OWLAKE_")}
    # A second run starts anew over the same files.
    for _ in range(2):
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, (done.stdout, done.stderr)
        scanned = {}
        for name in ("CSV", "Parquet", "Parquet, its partition"):
            found = re.search(rf"^ {name} +([0-9]+) +([0-9.]+)% +\$([0-9.]+) +\$([0-9.]+)", done.stdout, re.MULTILINE)
            assert found, done.stdout
            scanned[name] = int(found.group(1))
            assert float(found.group(3)) == pytest.approx(price(scanned[name]), abs=1e-6)
            assert float(found.group(4)) == pytest.approx(scanned[name] * DOLLARS_PER_TB / TB * 1_000_000, abs=0.01)
        raw = sum(path.stat().st_size for path in (tmp_path / "data" / "buckets" / "owlake-demo" / "raw").iterdir())
        assert scanned["CSV"] == raw, "a text is scanned whole"
        assert raw > 4 * scanned["Parquet"] > 8 * scanned["Parquet, its partition"]
        # 20,000, 22,000 and 24,000 trips are written first, 21,000 after them.
        assert "(66000 rows written)" in done.stdout and "(21000 rows written)" in done.stdout
