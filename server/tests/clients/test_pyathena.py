"""Does PyAthena work unmodified? Its cursors, its metadata calls and its SQLAlchemy dialect, as its documentation has them."""

import asyncio
import datetime
import decimal
import os

import pandas
import pyarrow
import pyarrow.fs
import pytest

pyathena = pytest.importorskip("pyathena")
sqlalchemy = pytest.importorskip("sqlalchemy")

from pyathena.arrow.cursor import ArrowCursor  # noqa: E402
from pyathena.async_cursor import AsyncCursor  # noqa: E402
from pyathena.cursor import DictCursor  # noqa: E402
from pyathena.pandas.async_cursor import AsyncPandasCursor  # noqa: E402
from pyathena.pandas.cursor import PandasCursor  # noqa: E402
from pyathena.pandas.util import to_sql  # noqa: E402
from pyathena.polars.cursor import PolarsCursor  # noqa: E402
from pyathena.s3fs.cursor import S3FSCursor  # noqa: E402
from pyathena.spark.cursor import SparkCursor  # noqa: E402

ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
STAGING = "s3://pyathena/staging/"
TABLE = """CREATE EXTERNAL TABLE reflected.t (
    a int COMMENT 'the number', b string, d decimal(10,2), ts timestamp, dt date, arr array<int>, st struct<x:int,y:string>
) PARTITIONED BY (p string) STORED AS PARQUET LOCATION 's3://pyathena/t/' TBLPROPERTIES ('k'='v')"""


@pytest.fixture(scope="module")
def connection(server):
    before = dict(os.environ)
    os.environ.update(ENVIRONMENT, AWS_ENDPOINT_URL=server.endpoint)
    server.client("s3").create_bucket(Bucket="pyathena")
    connection = pyathena.connect(s3_staging_dir=STAGING, region_name="us-east-1", poll_interval=0.02)
    for sql in ("CREATE DATABASE reflected", TABLE):
        assert connection.cursor().execute(sql).fetchall() == []
    yield connection
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def arrow_finds_the_server(monkeypatch, server):
    # Arrow's own S3 client heeds no environment variable where PyAthena makes it, so the address is laid under it.
    made = pyarrow.fs.S3FileSystem
    monkeypatch.setattr(pyarrow.fs, "S3FileSystem", lambda **settings: made(endpoint_override=server.endpoint, **settings))


@pytest.fixture(scope="module")
def engine(connection):
    return sqlalchemy.create_engine(
        f"awsathena+rest://:@athena.us-east-1.amazonaws.com:443/reflected?s3_staging_dir={STAGING}&poll_interval=0.02"
    )


def test_values_become_python_objects(connection):
    sql = """SELECT true, 3, 4000000000, 2.5e0, decimal '1.20', 'x', date '2020-01-02', timestamp '2020-01-02 03:04:05.678',
             array[1, 2], x'01ff', null"""
    assert connection.cursor().execute(sql).fetchall() == [
        (
            True,
            3,
            4000000000,
            2.5,
            decimal.Decimal("1.20"),
            "x",
            datetime.date(2020, 1, 2),
            datetime.datetime(2020, 1, 2, 3, 4, 5, 678000),
            [1, 2],
            b"\x01\xff",
            None,
        )
    ]


def test_the_description_is_that_of_the_result(connection):
    cursor = connection.cursor().execute("SELECT 1 AS a, decimal '1.20' AS d, 'x' AS s")
    assert [(column[0], column[1], column[4], column[5]) for column in cursor.description[:2]] == [("a", "integer", 10, 0), ("d", "decimal", 3, 2)]
    assert cursor.description[2][:2] == ("s", "varchar")
    assert cursor.output_location == f"{STAGING}{cursor.query_id}.csv"
    assert cursor.statement_type == "DML" and cursor.state == "SUCCEEDED"
    assert cursor.data_scanned_in_bytes == 0


def test_results_longer_than_a_page(connection):
    rows = connection.cursor().execute("SELECT n FROM UNNEST(sequence(1, 2500)) t(n)").fetchall()
    assert rows == [(number,) for number in range(1, 2501)]


def test_dictionaries_and_futures(connection):
    assert connection.cursor(DictCursor).execute("SELECT 1 AS a, 'b' AS b").fetchall() == [{"a": 1, "b": "b"}]
    cursor = connection.cursor(AsyncCursor)
    futures = [cursor.execute(f"SELECT {number}")[1] for number in range(5)]
    assert [future.result().fetchall() for future in futures] == [[(number,)] for number in range(5)]


def test_the_pandas_cursor_reads_the_result_object(connection):
    frame = connection.cursor(PandasCursor).execute("SELECT 1 AS a, 'x' AS s, cast(null AS varchar) AS n").as_pandas()
    assert frame["a"].tolist() == [1] and frame["s"].tolist() == ["x"] and frame["n"].isna().all()


def test_parameters(connection):
    assert connection.cursor().execute("SELECT %(x)s, %(s)s", parameters={"x": 1, "s": "o'b"}).fetchall() == [(1, "o'b")]
    assert connection.cursor().execute("SELECT ?, ?", parameters=["1", "'x'"], paramstyle="qmark").fetchall() == [(1, "x")]


def test_failures_are_told_apart(connection):
    with pytest.raises(pyathena.error.OperationalError, match="COLUMN_NOT_FOUND: line 1:8"):
        connection.cursor().execute("SELECT nothing")
    with pytest.raises(pyathena.error.DatabaseError, match="mismatched input 'SELEC'"):
        connection.cursor().execute("SELEC 1")


def test_an_earlier_result_is_found_again(connection):
    first = connection.cursor().execute("SELECT 4711").query_id
    assert connection.cursor().execute("SELECT 4711", cache_size=20).query_id == first


def test_metadata_calls(connection):
    cursor = connection.cursor()
    assert "reflected" in [database.name for database in cursor.list_databases("awsdatacatalog")]
    assert [table.name for table in cursor.list_table_metadata("awsdatacatalog", "reflected")] == ["t"]
    table = cursor.get_table_metadata("t", "awsdatacatalog", "reflected")
    assert table.table_type == "EXTERNAL_TABLE" and table.location == "s3://pyathena/t"
    assert [column.name for column in table.columns] == ["a", "b", "d", "ts", "dt", "arr", "st"]
    assert [key.name for key in table.partition_keys] == ["p"]


def test_hive_statements_give_lines(connection):
    def lines(sql):
        return [row[0] for row in connection.cursor().execute(sql).fetchall()]

    assert lines("SHOW TABLES IN reflected") == ["t"]
    assert "reflected" in lines("SHOW DATABASES")
    assert [line.strip() for line in lines("SHOW COLUMNS IN reflected.t")] == ["a", "b", "d", "ts", "dt", "arr", "st", "p"]
    assert lines("SHOW PARTITIONS reflected.t") == []


def test_sqlalchemy_reflects_the_catalogue(engine):
    inspector = sqlalchemy.inspect(engine)
    assert "reflected" in inspector.get_schema_names()
    assert inspector.get_table_names("reflected") == ["t"]
    assert inspector.get_view_names("reflected") == []
    assert inspector.has_table("t", "reflected") and not inspector.has_table("nothing", "reflected")
    columns = {column["name"]: column for column in inspector.get_columns("t", "reflected")}
    assert columns["a"]["comment"] == "the number" and columns["p"]["dialect_options"] == {"awsathena_partition": True}
    assert isinstance(columns["a"]["type"], sqlalchemy.types.INTEGER)
    assert (columns["d"]["type"].precision, columns["d"]["type"].scale) == (10, 2)
    options = inspector.get_table_options("t", "reflected")
    assert options["awsathena_location"] == "s3://pyathena/t" and options["awsathena_tblproperties"]["k"] == "v"


def test_sqlalchemy_makes_and_reads_tables(engine):
    metadata = sqlalchemy.MetaData()
    table = sqlalchemy.Table(
        "made",
        metadata,
        sqlalchemy.Column("id", sqlalchemy.Integer, comment="x"),
        sqlalchemy.Column("s", sqlalchemy.String),
        schema="reflected",
        awsathena_location="s3://pyathena/made/",
        awsathena_file_format="PARQUET",
    )
    metadata.create_all(engine)
    with engine.connect() as opened:
        assert opened.execute(sqlalchemy.select(sqlalchemy.func.count(table.c.id)).where(table.c.id.in_([1, 2]))).scalar() == 0
    metadata.drop_all(engine)
    assert not sqlalchemy.inspect(engine).has_table("made", "reflected")


def test_the_arrow_cursor_reads_results_and_unloaded_files(connection, arrow_finds_the_server):
    sql = "SELECT n, 'x' AS s, cast(n / 4e0 AS real) AS r, array[n] AS a FROM UNNEST(sequence(1, 3)) t(n)"
    expected = {"n": [1, 2, 3], "s": ["x"] * 3}
    table = connection.cursor(ArrowCursor).execute(sql).as_arrow()
    assert table.select(["n", "s"]).to_pydict() == expected and table.schema.field("n").type == pyarrow.int64()
    unloaded = connection.cursor(ArrowCursor, unload=True).execute(sql).as_arrow().sort_by("n")
    assert unloaded.to_pydict() == {**expected, "r": [0.25, 0.5, 0.75], "a": [[1], [2], [3]]}
    assert unloaded.schema.field("r").type == pyarrow.float32()


def test_the_polars_cursor_reads_results_and_unloaded_files(connection):
    sql = "SELECT n, date '2024-01-02' AS d FROM UNNEST(sequence(1, 3)) t(n)"
    for unload in (False, True):
        frame = connection.cursor(PolarsCursor, unload=unload).execute(sql).as_polars().sort("n")
        assert frame["n"].to_list() == [1, 2, 3] and frame["d"].to_list() == [datetime.date(2024, 1, 2)] * 3


def test_the_pandas_cursor_unloads(connection):
    frame = connection.cursor(PandasCursor, unload=True).execute("SELECT n FROM UNNEST(sequence(1, 1500)) t(n)").as_pandas()
    assert sorted(frame["n"]) == list(range(1, 1501))
    assert len(connection.cursor(PandasCursor, unload=True).execute("SELECT 1 AS n WHERE false").as_pandas()) == 0


def test_the_asyncio_cursor(connection):
    async def rows():
        opened = await pyathena.aio_connect(s3_staging_dir=STAGING, region_name="us-east-1", poll_interval=0.02)
        cursors = [opened.cursor() for _ in range(5)]
        done = await asyncio.gather(*(cursor.execute(f"SELECT {number}") for number, cursor in enumerate(cursors)))
        return [await cursor.fetchall() for cursor in done]

    assert asyncio.run(rows()) == [[(number,)] for number in range(5)]


def test_the_row_count_of_an_insert(connection):
    connection.cursor().execute("CREATE TABLE reflected.counted WITH (external_location = 's3://pyathena/counted/') AS SELECT 1 AS a")
    cursor = connection.cursor().execute("INSERT INTO reflected.counted SELECT n FROM UNNEST(ARRAY[2, 3]) t(n)")
    assert (cursor.substatement_type, cursor.rowcount) == ("INSERT", 2)
    assert sorted(connection.cursor().execute("SELECT a FROM reflected.counted").fetchall()) == [(1,), (2,), (3,)]


def test_frames_become_tables(connection, engine):
    frame = pandas.DataFrame({"a": [1, 2, 3], "s": ["x", None, "z"], "p": ["u", "u", "v"]})
    to_sql(frame, "framed", connection, "s3://pyathena/framed/", schema="reflected", index=False, partitions=["p"], if_exists="replace")
    assert connection.cursor().execute("SELECT a, s, p FROM reflected.framed ORDER BY a").fetchall() == [(1, "x", "u"), (2, None, "u"), (3, "z", "v")]
    frame.to_sql("inserted", engine, schema="reflected", index=False, if_exists="replace", method="multi")
    assert pandas.read_sql("SELECT a, s, p FROM reflected.inserted ORDER BY a", engine)["s"].tolist()[::2] == ["x", "z"]


def test_the_file_system_cursor(connection):
    rows = connection.cursor(S3FSCursor).execute("""SELECT 1 AS a, 'x,"y' AS b, CAST(NULL AS varchar) AS c""").fetchall()
    assert rows == [(1, 'x,"y', None)]


def test_frames_in_the_background_and_in_chunks(connection):
    cursor = connection.cursor(AsyncPandasCursor, unload=True)
    assert cursor.execute("SELECT 7 AS a")[1].result().as_pandas()["a"].tolist() == [7]
    chunks = connection.cursor(PandasCursor).execute("SELECT n FROM UNNEST(sequence(1, 25)) t(n)", chunksize=10).as_pandas()
    assert [len(chunk) for chunk in chunks] == [10, 10, 5]


def test_many_inserts_and_a_started_one(connection):
    connection.cursor().execute("CREATE TABLE reflected.many WITH (external_location = 's3://pyathena/many/') AS SELECT 1 AS a, 'x' AS s WHERE false")
    connection.cursor().executemany("INSERT INTO reflected.many VALUES (%(a)d, %(s)s)", [{"a": 1, "s": "u"}, {"a": 2, "s": "v"}])
    started = []
    rows = connection.cursor(on_start_query_execution=started.append).execute("SELECT * FROM reflected.many ORDER BY a").fetchall()
    assert rows == [(1, "u"), (2, "v")] and len(started) == 1


def test_sqlalchemy_reflects_views_and_inserts_rows(connection, engine):
    with engine.connect() as opened:
        opened.execute(sqlalchemy.text("CREATE OR REPLACE VIEW reflected.v AS SELECT a, b FROM reflected.t"))
    inspector = sqlalchemy.inspect(engine)
    assert inspector.get_view_names("reflected") == ["v"]
    assert [(column["name"], type(column["type"])) for column in inspector.get_columns("v", "reflected")] == [("a", sqlalchemy.types.INTEGER), ("b", sqlalchemy.types.String)]
    assert inspector.get_view_definition("v", "reflected").startswith("CREATE VIEW reflected.v AS\nSELECT")
    with engine.connect() as opened:
        opened.execute(sqlalchemy.text("DROP VIEW reflected.v"))
    metadata = sqlalchemy.MetaData()
    table = sqlalchemy.Table(
        "rows_in",
        metadata,
        sqlalchemy.Column("id", sqlalchemy.Integer),
        sqlalchemy.Column("s", sqlalchemy.String),
        sqlalchemy.Column("p", sqlalchemy.String, awsathena_partition=True),
        schema="reflected",
        awsathena_location="s3://pyathena/rows_in/",
        awsathena_file_format="PARQUET",
        awsathena_compression="SNAPPY",
    )
    metadata.create_all(engine)
    with engine.connect() as opened:
        opened.execute(table.insert(), {"id": 1, "s": "x", "p": "q"})
        opened.execute(table.insert().values([{"id": 2, "s": "y", "p": "q"}, {"id": 3, "s": None, "p": "r"}]))
        assert opened.execute(sqlalchemy.select(table).order_by(table.c.id)).fetchall() == [(1, "x", "q"), (2, "y", "q"), (3, None, "r")]
    again = sqlalchemy.Table("rows_in", sqlalchemy.MetaData(), schema="reflected", autoload_with=engine)
    assert again.columns.keys() == ["id", "s", "p"]
    metadata.drop_all(engine)


@pytest.mark.parametrize("dialect", ["pandas", "polars", "s3fs"])
def test_the_dialect_reads_through_other_cursors(connection, dialect):
    address = f"awsathena+{dialect}://:@athena.us-east-1.amazonaws.com:443/reflected?s3_staging_dir={STAGING}&poll_interval=0.02"
    with sqlalchemy.create_engine(address).connect() as opened:
        assert opened.execute(sqlalchemy.text("SELECT 1 AS a, 'x' AS b")).fetchall() == [(1, "x")]


def test_spark_is_refused_by_name(connection):
    with pytest.raises(pyathena.error.OperationalError, match="StartSession is not implemented by this emulator"):
        connection.cursor(SparkCursor, work_group="primary")
