"""Does awswrangler work unmodified? Its catalogue functions, its Parquet writer and its readers, as its documentation has them."""

import datetime
import decimal

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
