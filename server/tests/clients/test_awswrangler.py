"""Does awswrangler work unmodified? Its catalogue functions, its Parquet writer and its readers, as its documentation has them."""

import datetime
import decimal
import uuid

import boto3
import pandas as pd
import pytest

wr = pytest.importorskip("awswrangler")

DATABASE = "wrangled"
OUTPUT = "s3://wrangler/out/"


@pytest.fixture(scope="module")
def session(server):
    services = ("athena", "glue", "s3", "sts")
    for service in services:
        setattr(wr.config, f"{service}_endpoint_url", server.endpoint)
    session = boto3.Session(aws_access_key_id="123456789012", aws_secret_access_key="secret", region_name="us-east-1")
    server.client("s3").create_bucket(Bucket="wrangler")
    wr.catalog.create_database(DATABASE, boto3_session=session)
    yield session
    for service in services:
        setattr(wr.config, f"{service}_endpoint_url", None)


def frame():
    return pd.DataFrame(
        {
            "a": [1, 2, 3],
            "s": ["x", None, "z"],
            "d": [1.5, 2.5, None],
            "dt": [datetime.date(2020, 1, 1)] * 3,
            "ts": [pd.Timestamp("2020-01-01 01:02:03.456")] * 3,
            "b": [True, False, None],
            "de": [decimal.Decimal("1.20")] * 3,
            "arr": [[1, 2], [], None],
            "p": ["u", "u", "v"],
            "y": [2020, 2021, 2021],
        }
    )


@pytest.fixture(scope="module")
def table(session):
    written = wr.s3.to_parquet(
        frame(),
        path="s3://wrangler/t/",
        dataset=True,
        database=DATABASE,
        table="t",
        partition_cols=["p", "y"],
        glue_table_settings={"description": "three rows", "parameters": {"k": "v"}, "columns_comments": {"a": "the number"}},
        boto3_session=session,
    )
    assert written["partitions_values"] == {
        "s3://wrangler/t/p=u/y=2020/": ["u", "2020"],
        "s3://wrangler/t/p=u/y=2021/": ["u", "2021"],
        "s3://wrangler/t/p=v/y=2021/": ["v", "2021"],
    }
    return "t"


def read(session, sql, **more):
    return wr.athena.read_sql_query(sql, database=DATABASE, s3_output=OUTPUT, ctas_approach=False, boto3_session=session, **more)


def test_the_written_table_is_in_the_catalogue(session, table):
    assert wr.catalog.does_table_exist(DATABASE, table, boto3_session=session)
    assert not wr.catalog.does_table_exist(DATABASE, "nothing", boto3_session=session)
    assert wr.catalog.get_table_types(DATABASE, table, boto3_session=session) == {
        "a": "bigint",
        "s": "string",
        "d": "double",
        "dt": "date",
        "ts": "timestamp",
        "b": "boolean",
        "de": "decimal(3,2)",
        "arr": "array<bigint>",
        "p": "string",
        "y": "bigint",
    }
    assert wr.catalog.get_table_location(DATABASE, table, boto3_session=session) == "s3://wrangler/t/"
    assert wr.catalog.get_table_description(DATABASE, table, boto3_session=session) == "three rows"
    assert wr.catalog.get_table_parameters(DATABASE, table, boto3_session=session)["k"] == "v"
    assert wr.catalog.get_columns_comments(DATABASE, table, boto3_session=session)["a"] == "the number"
    assert wr.catalog.get_partitions(DATABASE, table, expression="p = 'u' AND y >= 2021", boto3_session=session) == {
        "s3://wrangler/t/p=u/y=2021/": ["u", "2021"]
    }
    listed = wr.catalog.tables(database=DATABASE, boto3_session=session)
    assert listed.set_index("Table").loc[table, "Partitions"] == "p, y"


@pytest.mark.parametrize(("by", "text", "is_found"), [("name_prefix", "t", True), ("name_suffix", "t", True), ("name_contains", "t", True), ("name_suffix", "x", False)])
def test_tables_are_found_by_a_part_of_their_name(session, table, by, text, is_found):
    # awswrangler turns these into the globs `t*`, `*t` and `*t*`.
    assert (table in list(wr.catalog.tables(database=DATABASE, boto3_session=session, **{by: text})["Table"])) == is_found


def test_rows_come_back_with_their_types(session, table):
    rows = read(session, "SELECT a, s, d, dt, ts, b, de, p, y FROM t ORDER BY a")
    types = rows.dtypes.astype(str).to_dict()
    # The unit is pandas' own choice.
    assert types.pop("ts").startswith("datetime64")
    assert types == {
        "a": "Int64",
        "s": "string",
        "d": "float64",
        "dt": "object",
        "b": "boolean",
        "de": "object",
        "p": "string",
        "y": "Int64",
    }
    first = rows.iloc[0].to_dict()
    assert first["dt"] == datetime.date(2020, 1, 1) and first["de"] == decimal.Decimal("1.20")
    assert first["ts"] == pd.Timestamp("2020-01-01 01:02:03.456") and first["y"] == 2020
    assert rows["s"].isna().tolist() == [False, True, False]
    assert rows["b"].isna().tolist() == [False, False, True]
    assert rows.query_metadata["Status"]["State"] == "SUCCEEDED"


def test_parameters_chunks_and_empty_results(session, table):
    assert read(session, "SELECT a FROM t WHERE s = :s", params={"s": "x"})["a"].tolist() == [1]
    assert read(session, "SELECT a FROM t WHERE s = ?", params=["'z'"], paramstyle="qmark")["a"].tolist() == [3]
    assert [len(chunk) for chunk in read(session, "SELECT a FROM t", chunksize=2)] == [2, 1]
    empty = read(session, "SELECT a, s FROM t WHERE a = 99")
    assert list(empty.columns) == ["a", "s"] and len(empty) == 0


def test_a_failed_query_has_athenas_reason(session, table):
    with pytest.raises(wr.exceptions.QueryFailed, match="COLUMN_NOT_FOUND: line 1:8: Column 'nothing' cannot be resolved"):
        read(session, "SELECT nothing FROM t")


def test_writing_again_adds_and_replaces(session):
    def write(rows, mode):
        wr.s3.to_parquet(rows, path="s3://wrangler/w/", dataset=True, database=DATABASE, table="w", partition_cols=["p"], mode=mode, boto3_session=session)

    def counts():
        rows = read(session, "SELECT p, count(*) AS n FROM w GROUP BY p ORDER BY p")
        return dict(zip(rows["p"], rows["n"]))

    rows = frame()[["a", "s", "p"]]
    write(rows, "overwrite")
    assert counts() == {"u": 2, "v": 1}
    write(rows, "append")
    assert counts() == {"u": 4, "v": 2}
    write(rows[rows.p == "v"], "overwrite_partitions")
    assert counts() == {"u": 4, "v": 1}
    write(rows.assign(added=7), "append")
    assert "added" in wr.catalog.get_table_types(DATABASE, "w", boto3_session=session)
    rows = read(session, "SELECT added, count(*) AS n FROM w GROUP BY 1 ORDER BY 1")
    assert rows["n"].tolist() == [3, 5]


def test_statements_of_the_athena_module(session, table):
    arguments = {"database": DATABASE, "s3_output": OUTPUT, "boto3_session": session}
    described = wr.athena.describe_table(table, **arguments)
    assert described["Column Name"].tolist() == ["a", "s", "d", "dt", "ts", "b", "de", "arr", "p", "y"]
    assert described["Partition"].tolist() == [False] * 8 + [True] * 2
    shown = wr.athena.show_create_table(table, **arguments)
    assert "PARTITIONED BY" in shown and "s3://wrangler/t" in shown
    wr.catalog.create_parquet_table(
        database=DATABASE, table="repaired", path="s3://wrangler/t/", columns_types={"a": "bigint"}, partitions_types={"p": "string", "y": "bigint"}, boto3_session=session
    )
    assert wr.athena.repair_table("repaired", **arguments) == "SUCCEEDED"
    assert read(session, "SELECT count(*) AS n FROM repaired")["n"].tolist() == [3]


def test_queries_are_started_waited_for_and_listed(session, table):
    query_id = wr.athena.start_query_execution("SELECT a, s FROM t", database=DATABASE, s3_output=OUTPUT, boto3_session=session)
    assert wr.athena.wait_query(query_id, boto3_session=session)["Status"]["State"] == "SUCCEEDED"
    assert wr.athena.get_query_columns_types(query_id, boto3_session=session) == {"a": "bigint", "s": "varchar"}
    assert query_id in wr.athena.list_query_executions(boto3_session=session)
    assert len(wr.athena.get_query_results(query_id, boto3_session=session)) == 3


def test_partitions_and_tables_are_deleted(session):
    wr.s3.to_parquet(frame()[["a", "p"]], path="s3://wrangler/gone/", dataset=True, database=DATABASE, table="gone", partition_cols=["p"], boto3_session=session)
    wr.catalog.delete_partitions(table="gone", database=DATABASE, partitions_values=[["u"]], boto3_session=session)
    assert list(wr.catalog.get_partitions(DATABASE, "gone", boto3_session=session).values()) == [["v"]]
    assert wr.catalog.delete_table_if_exists(DATABASE, "gone", boto3_session=session)
    assert not wr.catalog.delete_table_if_exists(DATABASE, "gone", boto3_session=session)


@pytest.mark.parametrize("way", [{}, {"ctas_approach": False}, {"ctas_approach": False, "unload_approach": True}], ids=["ctas", "csv", "unload"])
def test_each_way_of_reading_gives_the_same_rows(session, table, way):
    def query(sql, **more):
        # An UNLOAD goes to the output folder itself, which has to be empty.
        output = f"s3://wrangler/ways/{uuid.uuid4()}/"
        return wr.athena.read_sql_query(sql, database=DATABASE, s3_output=output, boto3_session=session, **way, **more)

    rows = query("SELECT a, s, d, b, p, y FROM t ORDER BY a")
    assert rows["a"].tolist() == [1, 2, 3] and rows["p"].tolist() == ["u", "u", "v"] and rows["y"].tolist() == [2020, 2021, 2021]
    assert rows["s"].isna().tolist() == [False, True, False] and rows["d"].isna().tolist() == [False, False, True]
    assert rows["b"].isna().tolist() == [False, False, True]
    assert rows.query_metadata["Status"]["State"] == "SUCCEEDED"
    # A result of no row keeps its columns, which the CTAS way learns from the catalogue and the CSV way from the result's types.
    # An UNLOAD of no row leaves an empty manifest, for which awswrangler has an exception of its own.
    if way.get("unload_approach"):
        with pytest.raises(wr.exceptions.EmptyDataFrame):
            query("SELECT a, s FROM t WHERE a = 99")
    else:
        assert list(query("SELECT a, s FROM t WHERE a = 99").columns) == ["a", "s"]
    assert [name for name in wr.catalog.tables(database=DATABASE, boto3_session=session)["Table"] if name.startswith("temp_table")] == []
    chunks = list(query("SELECT a FROM t", chunksize=True))
    assert sorted(value for chunk in chunks for value in chunk["a"]) == [1, 2, 3]


def test_nested_values_come_back_through_parquet(session, table):
    rows = wr.athena.read_sql_query("SELECT arr, de, dt, ts FROM t ORDER BY a", database=DATABASE, s3_output=OUTPUT, boto3_session=session)
    assert [None if value is None else list(value) for value in rows["arr"]] == [[1, 2], [], None]
    assert rows["de"].tolist() == [decimal.Decimal("1.20")] * 3 and rows["dt"].tolist() == [datetime.date(2020, 1, 1)] * 3
    assert rows["ts"].tolist() == [pd.Timestamp("2020-01-01 01:02:03.456")] * 3


def test_files_not_kept_are_deleted(session, table):
    output = "s3://wrangler/swept/"
    wr.athena.read_sql_query("SELECT a FROM t", database=DATABASE, s3_output=output, keep_files=False, boto3_session=session)
    assert [path for path in wr.s3.list_objects(output, boto3_session=session) if "tables/" not in path and "temp_table" in path] == []


def test_a_table_is_created_by_ctas(session, table):
    made = wr.athena.create_ctas_table(
        "SELECT a, s, p FROM t",
        database=DATABASE,
        ctas_table="made",
        storage_format="parquet",
        write_compression="snappy",
        partitioning_info=["p"],
        s3_output="s3://wrangler/made/",
        wait=True,
        boto3_session=session,
    )
    assert (made["ctas_database"], made["ctas_table"]) == (DATABASE, "made")
    assert made["ctas_query_metadata"].raw_payload["SubstatementType"] == "CREATE_TABLE_AS_SELECT"
    assert wr.catalog.get_table_types(DATABASE, "made", boto3_session=session) == {"a": "bigint", "s": "string", "p": "string"}
    assert sorted(wr.catalog.get_partitions(DATABASE, "made", boto3_session=session).values()) == [["u"], ["v"]]
    assert read(session, "SELECT a FROM made WHERE p = 'v'")["a"].tolist() == [3]


def test_unloaded_files_are_readable(session, table):
    wr.athena.unload(
        "SELECT a, p FROM t", "s3://wrangler/unloaded/", DATABASE, file_format="PARQUET", compression="snappy", partitioned_by=["p"], boto3_session=session
    )
    # awswrangler leaves the manifest and the metadata in the same folder.
    rows = wr.s3.read_parquet("s3://wrangler/unloaded/", dataset=True, path_ignore_suffix=[".csv", ".metadata"], boto3_session=session)
    assert sorted(zip(rows["a"], rows["p"])) == [(1, "u"), (2, "u"), (3, "v")]


def test_a_cached_result_is_read_again(session, table):
    sql = "SELECT a, 'cached' AS c FROM t"
    first = read(session, sql)
    again = read(session, sql, athena_cache_settings={"max_cache_seconds": 900})
    assert again.query_metadata["QueryExecutionId"] == first.query_metadata["QueryExecutionId"]


def test_other_file_formats_are_written_and_read(session):
    rows = frame()[["a", "s", "ts", "p"]]
    dataset = {"dataset": True, "database": DATABASE, "partition_cols": ["p"], "boto3_session": session}
    wr.s3.to_csv(rows, path="s3://wrangler/csv/", table="as_csv", index=False, **dataset)
    wr.s3.to_json(rows.drop(columns=["ts"]), path="s3://wrangler/json/", table="as_json", orient="records", lines=True, index=False, **dataset)
    wr.s3.to_orc(rows, path="s3://wrangler/orc/", table="as_orc", **dataset)
    for table in ("as_csv", "as_json", "as_orc"):
        found = read(session, f"SELECT a, s, p FROM {table} ORDER BY a")
        assert found["a"].tolist() == [1, 2, 3] and found["p"].tolist() == ["u", "u", "v"], table
        assert found["s"].tolist()[::2] == ["x", "z"], table
        assert sorted(wr.catalog.get_partitions(DATABASE, table, boto3_session=session).values()) == [["u"], ["v"]]
    assert read(session, "SELECT ts FROM as_csv")["ts"].tolist() == [pd.Timestamp("2020-01-01 01:02:03.456")] * 3
    assert len(wr.athena.read_sql_table("as_orc", DATABASE, s3_output=OUTPUT, boto3_session=session)) == 3


def test_its_buckets_are_athenas(session):
    rows = pd.DataFrame({"a": range(100), "s": [f"text {number}" for number in range(100)]})
    for column in ("a", "s"):
        table = f"bucketed_by_{column}"
        wr.s3.to_parquet(
            rows, path=f"s3://wrangler/{table}/", dataset=True, database=DATABASE, table=table, bucketing_info=([column], 4), boto3_session=session
        )
        theirs = read(session, f'SELECT a, "$bucket" AS b FROM {table} ORDER BY a')
        # The same rows by CREATE TABLE AS; awswrangler's hash and ours are two programs.
        wr.athena.create_ctas_table(
            f"SELECT a, s FROM {table}", database=DATABASE, ctas_table=f"{table}_again", bucketing_info=([column], 4), s3_output=f"s3://wrangler/{table}-again/", wait=True, boto3_session=session
        )
        ours = read(session, f'SELECT a, "$bucket" AS b FROM {table}_again ORDER BY a')
        assert theirs["b"].tolist() == ours["b"].tolist(), column
        assert set(ours["b"]) == {0, 1, 2, 3}


def test_tables_by_ctas_without_rows_and_in_text(session, table):
    arguments = {"database": DATABASE, "wait": True, "boto3_session": session}
    wr.athena.create_ctas_table("SELECT a, s, p FROM t", ctas_table="shape_only", schema_only=True, s3_output="s3://wrangler/shape/", **arguments)
    assert wr.catalog.get_table_types(DATABASE, "shape_only", boto3_session=session) == {"a": "bigint", "s": "string", "p": "string"}
    assert read(session, "SELECT count(*) AS n FROM shape_only")["n"].tolist() == [0]
    wr.athena.create_ctas_table(
        "SELECT a, s FROM t", ctas_table="in_text", storage_format="textfile", field_delimiter=";", s3_output="s3://wrangler/text/", **arguments
    )
    assert wr.catalog.table(DATABASE, "in_text", boto3_session=session)["Type"].tolist() == ["bigint", "string"]
    assert sorted(read(session, "SELECT a FROM in_text")["a"]) == [1, 2, 3]


def test_prepared_statements(session, table):
    wr.athena.create_prepared_statement("SELECT a, p FROM t WHERE a = ?", "by_number", boto3_session=session)
    assert "by_number" in [statement["StatementName"] for statement in wr.athena.list_prepared_statements(boto3_session=session)]
    assert read(session, 'EXECUTE "by_number"', params=["2"], paramstyle="qmark")[["a", "p"]].values.tolist() == [[2, "u"]]
    assert read(session, 'EXECUTE "by_number" USING 3')["p"].tolist() == ["v"]
    with pytest.raises(wr.exceptions.AlreadyExists):
        wr.athena.create_prepared_statement("SELECT 1 AS n", "by_number", mode="error", boto3_session=session)
    wr.athena.create_prepared_statement("SELECT 1 AS n", "by_number", mode="update", boto3_session=session)
    assert read(session, 'EXECUTE "by_number"')["n"].tolist() == [1]
    wr.athena.delete_prepared_statement("by_number", boto3_session=session)
    with pytest.raises(wr.exceptions.QueryFailed, match="NOT_FOUND: Prepared statement not found: by_number"):
        read(session, 'EXECUTE "by_number"')


def test_the_catalogue_s_other_functions(session, table):
    about = {"boto3_session": session}
    wr.catalog.create_parquet_table(DATABASE, "managed", "s3://wrangler/t/", {"a": "bigint"}, partitions_types={"p": "string", "y": "bigint"}, **about)
    wr.catalog.add_parquet_partitions(DATABASE, "managed", {"s3://wrangler/t/p=u/y=2020/": ["u", "2020"]}, **about)
    assert wr.catalog.get_parquet_partitions(DATABASE, "managed", **about) == {"s3://wrangler/t/p=u/y=2020/": ["u", "2020"]}
    wr.catalog.add_column(DATABASE, "managed", "b", "int", "new", **about)
    assert wr.catalog.table(DATABASE, "managed", **about)["Column Name"].tolist() == ["a", "b", "p", "y"]
    wr.catalog.delete_column(DATABASE, "managed", "b", **about)
    wr.catalog.upsert_table_parameters({"k": "w"}, DATABASE, "managed", **about)
    assert wr.catalog.get_table_parameters(DATABASE, "managed", **about)["k"] == "w"
    wr.catalog.overwrite_table_parameters({"only": "this"}, DATABASE, "managed", **about)
    assert wr.catalog.get_table_parameters(DATABASE, "managed", **about) == {"only": "this"}
    assert wr.catalog.get_table_number_of_versions(DATABASE, "managed", **about) > 1
    wr.catalog.delete_all_partitions("managed", DATABASE, **about)
    assert wr.catalog.get_partitions(DATABASE, "managed", **about) == {}
    assert DATABASE in wr.catalog.databases(**about)["Database"].tolist()
    assert "managed" in [found["Name"] for found in wr.catalog.get_tables(database=DATABASE, name_contains="anage", **about)]
    assert "managed" in [found["Name"] for found in wr.catalog.search_tables("managed", **about)]
    wr.catalog.create_database("short_lived", **about)
    wr.catalog.delete_database("short_lived", **about)
    assert "short_lived" not in [found["Name"] for found in wr.catalog.get_databases(**about)]


def test_what_is_not_built_is_refused_by_name(session):
    rows = frame()[["a", "s"]]
    with pytest.raises(wr.exceptions.QueryFailed, match="NOT_SUPPORTED: Iceberg tables are not supported by owlake yet: wrangled.ice"):
        wr.athena.to_iceberg(
            rows, database=DATABASE, table="ice", temp_path="s3://wrangler/tmp/", table_location="s3://wrangler/ice/", s3_output=OUTPUT, boto3_session=session
        )
    assert not wr.catalog.does_table_exist(DATABASE, "ice", boto3_session=session)
