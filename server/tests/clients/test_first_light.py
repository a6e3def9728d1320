"""The main job with boto3 alone: real taxi months become a partitioned table and answer questions. basis: documented, Athena user guide."""

import io

import pyarrow
import pyarrow.csv
import pyarrow.parquet
import pytest

MONTHS = {("2023", "01"): "green_tripdata_2023-01.parquet", ("2024", "01"): "green_tripdata_2024-01.parquet"}

COLUMNS = """
  vendorid bigint, lpep_pickup_datetime timestamp, lpep_dropoff_datetime timestamp, store_and_fwd_flag string,
  ratecodeid double, pulocationid bigint, dolocationid bigint, passenger_count double, trip_distance double,
  fare_amount double, extra double, mta_tax double, tip_amount double, tolls_amount double, ehail_fee double,
  improvement_surcharge double, total_amount double, payment_type double, trip_type double, congestion_surcharge double
"""


@pytest.fixture(scope="module")
def lake(server, athena, taxi_data):
    s3 = server.client("s3")
    s3.create_bucket(Bucket="taxi")
    for (year, month), name in MONTHS.items():
        s3.upload_file(str(taxi_data / name), "taxi", f"green/pickup_year={year}/pickup_month={month}/{name}")
    zones = pyarrow.csv.read_csv(taxi_data / "taxi_zone_lookup.csv")
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(zones, buffer)
    s3.put_object(Bucket="taxi", Key="zones/zones.parquet", Body=buffer.getvalue())

    athena.rows("CREATE DATABASE nyc")
    athena.rows(
        f"CREATE EXTERNAL TABLE green ({COLUMNS}) PARTITIONED BY (pickup_year int, pickup_month string) "
        "STORED AS PARQUET LOCATION 's3://taxi/green/'",
        "nyc",
    )
    athena.rows(
        "CREATE EXTERNAL TABLE zones (locationid bigint, borough string, zone string, service_zone string) "
        "STORED AS PARQUET LOCATION 's3://taxi/zones/'",
        "nyc",
    )
    repaired, _ = athena.rows("MSCK REPAIR TABLE green", "nyc")
    assert "Repair: Added partition to metastore green:pickup_year=2023/pickup_month=01" in [row[0] for row in repaired]
    return athena


def expected(taxi_data):
    """Counts and sums by another reader of the same files."""
    answer = {}
    for (year, _month), name in MONTHS.items():
        table = pyarrow.parquet.read_table(taxi_data / name, columns=["total_amount"])
        answer[int(year)] = (table.num_rows, sum(value.as_py() or 0.0 for value in table["total_amount"]))
    return answer


def test_counts_and_sums_by_partition(lake, taxi_data):
    rows, execution = lake.rows(
        "SELECT pickup_year, count(*), sum(total_amount) FROM green GROUP BY 1 ORDER BY 1", "nyc"
    )
    assert [(int(year), int(count)) for year, count, _sum in rows] == [(2023, 68_211), (2024, 56_551)]
    for year, count, total in rows:
        assert int(count) == expected(taxi_data)[int(year)][0]
        assert float(total) == pytest.approx(expected(taxi_data)[int(year)][1], rel=1e-9)
    assert [round(float(total), 2) for _year, _count, total in rows] == [1_486_275.22, 1_266_922.59]
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DML", "SELECT")


def column_chunk_bytes(path, columns):
    """Compressed bytes of the named columns' chunks, from the footer."""
    metadata = pyarrow.parquet.ParquetFile(path).metadata
    total = 0
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(index)
            if chunk.path_in_schema.lower() in columns:
                total += chunk.total_compressed_size
    return total


def footer_bytes(path):
    """The footer, its length and the closing magic."""
    data = path.read_bytes()
    return int.from_bytes(data[-8:-4], "little") + 8


def test_one_partition_reads_only_its_touched_columns(lake, taxi_data):
    rows, execution = lake.rows("SELECT sum(total_amount) FROM green WHERE pickup_year = 2024", "nyc")
    assert round(float(rows[0][0]), 2) == 1_266_922.59
    path = taxi_data / MONTHS[("2024", "01")]
    scanned = execution["Statistics"]["DataScannedInBytes"]
    chunks = column_chunk_bytes(path, {"total_amount"})
    assert chunks <= scanned <= chunks + footer_bytes(path), (scanned, chunks, footer_bytes(path))
    _, again = lake.rows("SELECT sum(total_amount) FROM green WHERE pickup_year = 2024", "nyc")
    assert again["Statistics"]["DataScannedInBytes"] == scanned


def test_a_partition_that_is_not_there_costs_nothing(lake):
    rows, execution = lake.rows("SELECT count(total_amount) FROM green WHERE pickup_year = 1999", "nyc")
    assert rows == [["0"]]
    assert execution["Statistics"]["DataScannedInBytes"] == 0


def test_drifting_physical_types_read_by_name(lake, taxi_data):
    rows, _ = lake.rows(
        "SELECT pickup_year, sum(vendorid), min(pulocationid), max(dolocationid), count(ehail_fee), sum(passenger_count) "
        "FROM green GROUP BY pickup_year ORDER BY pickup_year",
        "nyc",
    )
    for (year, _month), name in MONTHS.items():
        table = pyarrow.parquet.read_table(taxi_data / name)
        table = table.rename_columns([column.lower() for column in table.column_names])
        compute = pyarrow.compute
        want = [
            int(year),
            compute.sum(table["vendorid"]).as_py(),
            compute.min(table["pulocationid"]).as_py(),
            compute.max(table["dolocationid"]).as_py(),
            len(table["ehail_fee"]) - table["ehail_fee"].null_count,
            compute.sum(table["passenger_count"]).as_py(),
        ]
        got = [row for row in rows if row[0] == year][0]
        assert [float(value) for value in got] == [float(value) for value in want]


def test_join_with_the_zone_lookup(lake, taxi_data):
    rows, _ = lake.rows(
        "SELECT z.borough, count(*) AS trips FROM green g JOIN zones z ON g.pulocationid = z.locationid "
        "WHERE g.pickup_year = 2023 GROUP BY z.borough ORDER BY trips DESC, z.borough",
        "nyc",
    )
    zones = {row["LocationID"]: row["Borough"] for row in pyarrow.csv.read_csv(taxi_data / "taxi_zone_lookup.csv").to_pylist()}
    table = pyarrow.parquet.read_table(taxi_data / MONTHS[("2023", "01")], columns=["PULocationID"])
    counts = {}
    for value in table["PULocationID"].to_pylist():
        counts[zones[value]] = counts.get(zones[value], 0) + 1
    assert {borough: int(trips) for borough, trips in rows} == counts


def test_the_result_file_is_athenas_csv(lake, server):
    rows, execution = lake.rows("SELECT 1 AS n, 'a\"b' AS \"Text\", CAST(NULL AS varchar) AS nothing, '' AS empty", "nyc")
    assert rows == [["1", 'a"b', None, ""]]
    location = execution["ResultConfiguration"]["OutputLocation"]
    assert location == f"s3://athena-results/out/{execution['QueryExecutionId']}.csv"
    bucket, key = location.removeprefix("s3://").split("/", 1)
    s3 = server.client("s3")
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    assert body == '"n","Text","nothing","empty"\n"1","a""b",,""\n'
    assert s3.head_object(Bucket=bucket, Key=key + ".metadata")["ContentLength"] > 0


def test_column_info_carries_types(lake):
    execution = lake.execute("SELECT vendorid, lpep_pickup_datetime, store_and_fwd_flag, 1.5 FROM green LIMIT 1", "nyc")
    page = lake.api.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    info = [(c["Name"], c["Type"], c["Precision"], c["Scale"], c["CaseSensitive"]) for c in page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]]
    assert info == [
        ("vendorid", "bigint", 19, 0, False),
        ("lpep_pickup_datetime", "timestamp", 3, 0, False),
        ("store_and_fwd_flag", "varchar", 2147483647, 0, True),
        ("_col3", "double", 17, 0, False),
    ]


def test_pages_of_a_thousand_rows_with_the_header_on_the_first(lake):
    execution = lake.execute("SELECT total_amount FROM green WHERE pickup_year = 2023 LIMIT 2500", "nyc")
    query_id = execution["QueryExecutionId"]
    first = lake.api.get_query_results(QueryExecutionId=query_id)
    assert len(first["ResultSet"]["Rows"]) == 1000
    assert first["ResultSet"]["Rows"][0]["Data"][0]["VarCharValue"] == "total_amount"
    second = lake.api.get_query_results(QueryExecutionId=query_id, NextToken=first["NextToken"])
    third = lake.api.get_query_results(QueryExecutionId=query_id, NextToken=second["NextToken"])
    assert [len(page["ResultSet"]["Rows"]) for page in (second, third)] == [1000, 501]
    assert "NextToken" not in third


def test_catalog_statements_have_athenas_texts(lake):
    shown, execution = lake.rows("SHOW PARTITIONS green", "nyc")
    assert [row[0] for row in shown] == ["pickup_year=2023/pickup_month=01", "pickup_year=2024/pickup_month=01"]
    assert execution["ResultConfiguration"]["OutputLocation"].endswith(".txt")
    described, _ = lake.rows("DESCRIBE zones", "nyc")
    assert described[0] == ["locationid          \tbigint              \t                    "]
    tables, _ = lake.rows("SHOW TABLES IN nyc")
    assert [row[0] for row in tables] == ["green", "zones"]


def test_glue_sees_what_ddl_made_and_filters_partitions(lake, server):
    glue = server.client("glue")
    table = glue.get_table(DatabaseName="nyc", Name="GREEN")["Table"]
    assert table["StorageDescriptor"]["Location"] == "s3://taxi/green"
    assert [key["Name"] for key in table["PartitionKeys"]] == ["pickup_year", "pickup_month"]
    found = glue.get_partitions(DatabaseName="nyc", TableName="green", Expression="pickup_year > 2023 AND pickup_month = '01'")
    assert [partition["Values"] for partition in found["Partitions"]] == [["2024", "01"]]


def test_sts_tells_the_account(server):
    assert server.client("sts").get_caller_identity()["Account"] == "123456789012"
