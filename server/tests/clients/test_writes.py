"""Rows that become files: CREATE TABLE AS, INSERT INTO and UNLOAD by boto3, read back by boto3, gzip and pyarrow."""

# basis: measured Athena behaviour, "Writing", "Result objects", "GetQueryResults"; Athena user guide, CTAS, INSERT INTO, UNLOAD

import gzip
import io
import json
import re
import time

import conftest
import pyarrow.parquet
import pytest

FILE_NAME = re.compile(r"\d{8}_\d{6}_\d{5}_[a-z0-9]{5}_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(\.gz)?$")


@pytest.fixture(scope="module")
def s3(server, athena):
    client = server.client("s3")
    client.create_bucket(Bucket="lake")
    assert athena.execute("CREATE DATABASE w")["Status"]["State"] == "SUCCEEDED"
    return client


def split(uri):
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    return {"Bucket": bucket, "Key": key}


def body(s3, uri):
    return s3.get_object(**split(uri))["Body"].read()


def keys(s3, prefix, bucket="lake"):
    return [item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]


def succeeded(athena, sql, **more):
    execution = athena.execute(sql, **more)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    return execution


def failed(athena, sql, **more):
    execution = athena.execute(sql, **more)
    assert execution["Status"]["State"] == "FAILED", execution["Status"]
    return execution


def counted(athena, execution):
    """The answer of a statement that counts: one bigint column `rows`, no rows, the count."""
    page = athena.api.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    info = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [(column["Name"], column["Type"]) for column in info] == [("rows", "bigint")]
    assert page["ResultSet"]["Rows"] == []
    return page["UpdateCount"]


def manifest(s3, execution):
    return body(s3, execution["Statistics"]["DataManifestLocation"]).decode().splitlines()


def test_ctas_goes_under_the_results_by_default(server, athena, s3):
    execution = succeeded(athena, "CREATE TABLE w.plain AS SELECT * FROM (VALUES (1, 'a'), (2, NULL)) t (id, name)")
    place = execution["ResultConfiguration"]["OutputLocation"]
    query_id = execution["QueryExecutionId"]
    assert execution["StatementType"] == "DDL" and execution["SubstatementType"] == "CREATE_TABLE_AS_SELECT"
    assert place == f"s3://athena-results/out/tables/{query_id}"
    assert counted(athena, execution) == 2
    assert execution["Statistics"]["DataManifestLocation"] == f"{place}-manifest.csv"
    files = manifest(s3, execution)
    assert files and all(file.startswith(f"{place}/") and FILE_NAME.match(file.rsplit("/", 1)[1]) for file in files)
    table = pyarrow.parquet.read_table(io.BytesIO(body(s3, files[0])))
    assert table.to_pydict() == {"id": [1, 2], "name": ["a", None]}
    metadata = pyarrow.parquet.read_metadata(io.BytesIO(body(s3, files[0])))
    assert metadata.row_group(0).column(0).compression == "GZIP"
    assert sorted(keys(s3, f"out/tables/{query_id}", "athena-results")) == sorted(
        [file.removeprefix("s3://athena-results/") for file in files]
        + [f"out/tables/{query_id}-manifest.csv", f"out/tables/{query_id}.metadata"]
    )
    entry = server.client("glue").get_table(DatabaseName="w", Name="plain")["Table"]
    assert entry["TableType"] == "EXTERNAL_TABLE" and entry["Parameters"]["EXTERNAL"] == "TRUE"
    assert [(column["Name"], column["Type"]) for column in entry["StorageDescriptor"]["Columns"]] == [("id", "int"), ("name", "varchar(1)")]
    assert entry["StorageDescriptor"]["Location"] == place
    assert entry["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"].endswith("ParquetHiveSerDe")


def test_ctas_partitioned_by_year_with_snappy(server, athena, s3):
    execution = succeeded(
        athena,
        """CREATE TABLE w.trips WITH (format = 'PARQUET', write_compression = 'SNAPPY', external_location = 's3://lake/trips/',
           partitioned_by = ARRAY['year', 'month']) AS
           SELECT i AS id, CAST(i AS double) / 4 AS fare, 2020 + i % 3 AS year, CAST(1 + i % 2 AS varchar) AS month
           FROM UNNEST(sequence(1, 6000)) t (i)""",
    )
    assert counted(athena, execution) == 6000
    found = keys(s3, "trips/")
    assert sorted(manifest(s3, execution)) == sorted(f"s3://lake/{key}" for key in found)
    assert {key.rsplit("/", 1)[0] for key in found} == {f"trips/year={y}/month={m}" for y in (2020, 2021, 2022) for m in (1, 2)}
    metadata = pyarrow.parquet.read_metadata(io.BytesIO(body(s3, f"s3://lake/{found[0]}")))
    assert metadata.row_group(0).column(0).compression == "SNAPPY"
    assert metadata.schema.names == ["id", "fare"]
    rows, pruned = athena.rows("SELECT count(*), sum(fare) FROM w.trips WHERE year = 2021")
    assert rows == [["2000", str(sum(i / 4 for i in range(1, 6001) if i % 3 == 1))]]
    rows, whole = athena.rows("SELECT count(*), sum(fare) FROM w.trips")
    assert rows == [["6000", str(sum(range(1, 6001)) / 4)]]
    assert pruned["Statistics"]["DataScannedInBytes"] < whole["Statistics"]["DataScannedInBytes"]
    partitions = server.client("glue").get_partitions(DatabaseName="w", TableName="trips")["Partitions"]
    assert sorted(tuple(partition["Values"]) for partition in partitions) == [(str(y), str(m)) for y in (2020, 2021, 2022) for m in (1, 2)]
    assert all(partition["StorageDescriptor"]["Location"].startswith("s3://lake/trips/year=") for partition in partitions)


def test_nested_columns_have_the_names_other_readers_expect(athena, s3):
    execution = succeeded(
        athena,
        """CREATE TABLE w.nested AS SELECT ARRAY[1, 2] AS a, MAP(ARRAY['k'], ARRAY[1.5E0]) AS m,
           CAST(ROW(7, 'x') AS ROW(Id integer, label varchar)) AS r, TIMESTAMP '2020-01-02 03:04:05.678' AS ts, DATE '2020-01-02' AS d""",
    )
    table = pyarrow.parquet.read_table(io.BytesIO(body(s3, manifest(s3, execution)[0])))
    row = table.to_pylist()[0]
    assert row["a"] == [1, 2] and row["m"] == [("k", 1.5)] and row["r"] == {"id": 7, "label": "x"}
    assert row["ts"].isoformat(timespec="milliseconds") == "2020-01-02T03:04:05.678" and row["d"].isoformat() == "2020-01-02"
    rows, _ = athena.rows("SELECT a[2], m['k'], r.id, r.label, ts FROM w.nested")
    assert rows == [["2", "1.5", "7", "x", "2020-01-02 03:04:05.678"]]


def test_text_and_json_are_gzipped_lines(server, athena, s3):
    rows = "SELECT * FROM (VALUES (1, 'a,b', true, ARRAY[1, 2]), (NULL, NULL, NULL, NULL)) t (id, name, flag, list)"
    execution = succeeded(athena, f"CREATE TABLE w.text WITH (format = 'TEXTFILE', field_delimiter = '|') AS {rows}")
    (file,) = manifest(s3, execution)
    assert file.endswith(".gz") and FILE_NAME.search(file)
    assert gzip.decompress(body(s3, file)).decode() == "1|a,b|true|1\x022\n\\N|\\N|\\N|\\N\n"
    entry = server.client("glue").get_table(DatabaseName="w", Name="text")["Table"]["StorageDescriptor"]
    assert entry["SerdeInfo"]["SerializationLibrary"].endswith("LazySimpleSerDe")
    assert entry["SerdeInfo"]["Parameters"]["field.delim"] == "|"
    execution = succeeded(athena, f"CREATE TABLE w.json WITH (format = 'JSON', write_compression = 'NONE') AS {rows}")
    (file,) = manifest(s3, execution)
    assert not file.endswith(".gz")
    assert [json.loads(line) for line in body(s3, file).decode().splitlines()] == [
        {"id": 1, "name": "a,b", "flag": True, "list": [1, 2]},
        {"id": None, "name": None, "flag": None, "list": None},
    ]


def test_insert_appends_and_registers_partitions(server, athena, s3):
    succeeded(athena, "CREATE EXTERNAL TABLE w.sales (id int, amount double) PARTITIONED BY (day date) STORED AS PARQUET LOCATION 's3://lake/sales/'")
    execution = succeeded(athena, "INSERT INTO w.sales VALUES (1, 1.5, DATE '2024-01-01'), (2, 2.5, DATE '2024-01-02')")
    assert execution["StatementType"] == "DML" and execution["SubstatementType"] == "INSERT"
    assert execution["ResultConfiguration"]["OutputLocation"] == f"s3://athena-results/out/{execution['QueryExecutionId']}"
    assert counted(athena, execution) == 2
    assert len(manifest(s3, execution)) == 2
    succeeded(athena, "INSERT INTO w.sales (day, id) SELECT DATE '2024-01-02', 3")
    rows, _ = athena.rows("SELECT id, amount, day FROM w.sales ORDER BY id")
    assert rows == [["1", "1.5", "2024-01-01"], ["2", "2.5", "2024-01-02"], ["3", None, "2024-01-02"]]
    partitions = server.client("glue").get_partitions(DatabaseName="w", TableName="sales")["Partitions"]
    assert sorted(partition["Values"][0] for partition in partitions) == ["2024-01-01", "2024-01-02"]
    nothing = succeeded(athena, "INSERT INTO w.sales SELECT 1, 1.5, DATE '2024-01-09' WHERE false")
    assert counted(athena, nothing) == 0
    assert "DataManifestLocation" not in nothing["Statistics"]


def test_unload_writes_to_an_empty_target_only(athena, s3):
    sql = "UNLOAD (SELECT id, amount FROM w.sales) TO 's3://lake/unloaded/' WITH (format = 'PARQUET', compression = 'SNAPPY')"
    execution = succeeded(athena, sql)
    query_id = execution["QueryExecutionId"]
    assert execution["ResultConfiguration"]["OutputLocation"] == f"s3://athena-results/out/{query_id}"
    assert execution["Statistics"]["DataManifestLocation"] == f"s3://athena-results/out/{query_id}-manifest.csv"
    assert execution["Statistics"]["DataScannedInBytes"] > 0
    assert counted(athena, execution) == 3
    tables = [pyarrow.parquet.read_table(io.BytesIO(body(s3, uri))) for uri in manifest(s3, execution)]
    assert sorted(row["id"] for table in tables for row in table.to_pylist()) == [1, 2, 3]
    again = failed(athena, sql)
    reason = again["Status"]["StateChangeReason"]
    assert reason.startswith("HIVE_PATH_ALREADY_EXISTS: ")
    assert reason.endswith(
        f". If a data manifest file was generated at 's3://athena-results/out/{again['QueryExecutionId']}-manifest.csv', you may need to manually "
        "clean the data from locations specified in the manifest. Athena will not delete data in your account."
    )


def test_failures_say_what_athena_says_and_leave_nothing(athena, s3):
    existing = failed(athena, "CREATE TABLE w.plain AS SELECT 1 a")
    query_id = existing["QueryExecutionId"]
    assert existing["Status"]["StateChangeReason"] == (
        "TABLE_ALREADY_EXISTS: line 1:1: Destination table 'awsdatacatalog.w.plain' already exists. You may need to manually clean the data at "
        f"location 's3://athena-results/out/tables/{query_id}' before retrying. Athena will not delete data in your account."
    )
    assert existing["Status"]["AthenaError"]["ErrorType"] == 1110
    missing = failed(athena, "CREATE TABLE nowhere.t AS SELECT 1 a")
    assert missing["Status"]["StateChangeReason"].startswith("Database nowhere not found. Please check your query. You may need to manually clean")
    assert (missing["Status"]["AthenaError"]["ErrorCategory"], missing["Status"]["AthenaError"]["ErrorType"]) == (2, 1301)
    typed = failed(athena, "CREATE TABLE w.u AS SELECT uuid() AS u")
    assert typed["Status"]["StateChangeReason"].startswith("NOT_SUPPORTED: Unsupported Hive type: uuid. You may need to manually clean")
    mismatch = failed(athena, "INSERT INTO w.sales (id) VALUES ('abc')")
    assert mismatch["Status"]["StateChangeReason"].startswith(
        "TYPE_MISMATCH: Insert query has mismatched column types: Table: [integer], Query: [varchar(3)]. If a data manifest file was generated at "
    )
    divided = failed(
        athena,
        "CREATE TABLE w.divided WITH (external_location = 's3://lake/divided/') AS SELECT 1 / (i - 40000) AS q FROM UNNEST(sequence(1, 50000)) t (i)",
    )
    assert divided["Status"]["StateChangeReason"].startswith("DIVISION_BY_ZERO: Division by zero. You may need to manually clean")
    assert keys(s3, "divided") == []
    assert failed(athena, "SELECT * FROM w.divided")["Status"]["AthenaError"]["ErrorType"] == 1301


def test_a_cancelled_ctas_leaves_nothing(athena, s3):
    started = athena.api.start_query_execution(
        QueryString="""CREATE TABLE w.endless WITH (external_location = 's3://lake/endless/') AS
            SELECT a.i * 10000 + b.i AS n FROM UNNEST(sequence(1, 10000)) a (i) CROSS JOIN UNNEST(sequence(1, 10000)) b (i)""",
        ResultConfiguration={"OutputLocation": athena.output},
    )["QueryExecutionId"]
    athena.api.stop_query_execution(QueryExecutionId=started)
    assert athena.wait(started)["Status"]["State"] == "CANCELLED"
    assert keys(s3, "endless") == []
    assert failed(athena, "SELECT * FROM w.endless")["Status"]["AthenaError"]["ErrorType"] == 1301


def test_an_enforcing_workgroup_refuses_a_location_of_ones_own(athena, s3):
    configuration = {"EnforceWorkGroupConfiguration": True, "ResultConfiguration": {"OutputLocation": "s3://athena-results/enforced/"}}
    athena.api.create_work_group(Name="enforcing", Configuration=configuration)
    with pytest.raises(athena.api.exceptions.InvalidRequestException) as refused:
        athena.api.start_query_execution(
            QueryString="CREATE TABLE w.mine WITH (external_location = 's3://lake/mine/') AS SELECT 1 a", WorkGroup="enforcing"
        )
    assert refused.value.response["Error"]["Message"] == (
        "The Create Table As Select query failed because it was submitted with an 'external_location' property to an Athena Workgroup that enforces a "
        "centralized output location for all queries. Please remove the 'external_location' property and resubmit the query."
    )
    started = athena.api.start_query_execution(QueryString="CREATE TABLE w.theirs AS SELECT 1 a", WorkGroup="enforcing")["QueryExecutionId"]
    assert athena.wait(started)["Statistics"]["DataManifestLocation"] == f"s3://athena-results/enforced/tables/{started}-manifest.csv"


def test_a_killed_server_leaves_all_of_a_table_or_nothing(tmp_path):
    """Killed at instants spread over the statement's run; a restart finds whole tables only, and no temporary file."""
    data_dir = tmp_path / "data"
    rows = "SELECT a.i * 1000 + b.i AS n, 'row' AS s FROM UNNEST(sequence(1, 1000)) a (i) CROSS JOIN UNNEST(sequence(0, 999)) b (i)"
    outcomes = set()
    for round_number in range(8):
        running = conftest.Server(data_dir)
        athena = conftest.Athena(running, "s3://athena-results/out/")
        if round_number == 0:
            running.client("s3").create_bucket(Bucket="athena-results")
            succeeded(athena, "CREATE DATABASE k")
        query = f"CREATE TABLE k.t{round_number} AS {rows}"
        athena.api.start_query_execution(QueryString=query, ResultConfiguration={"OutputLocation": athena.output})
        time.sleep(0.15 * round_number)
        running.kill()
        running.stop()
        running = conftest.Server(data_dir)
        athena = conftest.Athena(running, "s3://athena-results/out/")
        found = athena.execute(f"SELECT count(*), sum(n) FROM k.t{round_number}")
        if found["Status"]["State"] == "SUCCEEDED":
            body = running.client("s3").get_object(**split(found["ResultConfiguration"]["OutputLocation"]))["Body"].read().decode()
            total = sum(a * 1000 + b for a in range(1, 1001) for b in range(1000))
            assert body.splitlines()[1] == f'"1000000","{total}"'
            outcomes.add("all")
        else:
            assert found["Status"]["StateChangeReason"].startswith("TABLE_NOT_FOUND"), found["Status"]
            outcomes.add("nothing")
        temporary = [path for path in data_dir.rglob(".owlake/tmp/*")]
        assert temporary == []
        running.stop()
    assert "nothing" in outcomes


def test_prepare_says_when_a_workgroup_has_too_many(athena, s3):
    # Ref: Athena user guide, service quotas: 1000 prepared statements a workgroup; the API's text is the reason, without an engine's name.
    athena.api.create_work_group(Name="full", Configuration={"ResultConfiguration": {"OutputLocation": "s3://athena-results/full/"}})
    for number in range(1000):
        athena.api.create_prepared_statement(StatementName=f"statement_{number}", WorkGroup="full", QueryStatement="SELECT ?")
    refused = failed(athena, "PREPARE one_more FROM SELECT 1", WorkGroup="full")["Status"]
    text = "Cannot create prepared statement one_more. The number of prepared statements in this workgroup exceeds the limit of 1000."
    assert refused["StateChangeReason"] == text
    with pytest.raises(athena.api.exceptions.InvalidRequestException) as direct:
        athena.api.create_prepared_statement(StatementName="one_more", WorkGroup="full", QueryStatement="SELECT 1")
    assert direct.value.response["Error"]["Message"] == text
    # Replacing one, and removing one, still work.
    succeeded(athena, "PREPARE statement_7 FROM SELECT 7 AS n", WorkGroup="full")
    succeeded(athena, "DEALLOCATE PREPARE statement_8", WorkGroup="full")
    succeeded(athena, "PREPARE one_more FROM SELECT 1", WorkGroup="full")
    missing = failed(athena, "DEALLOCATE PREPARE statement_8", WorkGroup="full")["Status"]
    assert missing["StateChangeReason"] == "NOT_FOUND: PreparedStatement statement_8 was not found in WorkGroup full"
