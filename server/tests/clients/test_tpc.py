"""Every TPC-H and TPC-DS query on generated data: owlake's answers are DuckDB's, cell by cell.

The programs, the texts and what counts as the same answer are those of benches/; the data is small.
"""

import os
import pathlib
import sys
import tempfile

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(REPOSITORY / "benches"))

import side_by_side  # noqa: E402
import tpcds  # noqa: E402
import tpch  # noqa: E402

BINARY = os.environ.get("OWLAKE_BINARY", str(REPOSITORY / "target" / "debug" / "owlake"))

TPCH_SCALE = 0.01
# The largest scale whose queries a binary without optimisation runs in about a minute; dimensions do not shrink much below 1.
TPCDS_SCALE = 0.1


@pytest.fixture(scope="module")
def tpch_engines():
    with tempfile.TemporaryDirectory() as folder:
        data_dir = pathlib.Path(folder) / "owlake"
        tpch.make_data(BINARY, data_dir, TPCH_SCALE)
        with side_by_side.serving(BINARY, data_dir) as owlake:
            yield owlake, side_by_side.duck_over(data_dir / "buckets" / tpch.DATABASE, tpch.TABLES)


@pytest.fixture(scope="module")
def tpcds_engines():
    with tempfile.TemporaryDirectory() as folder:
        data_dir = pathlib.Path(folder) / "owlake"
        bucket = data_dir / "buckets" / tpcds.DATABASE
        bucket.mkdir(parents=True)
        tpcds.make_data(bucket, TPCDS_SCALE)
        with side_by_side.serving(BINARY, data_dir) as owlake:
            for statement in tpcds.ddl(bucket):
                owlake.statement(statement)
            yield owlake, side_by_side.duck_over(bucket, tpcds.TABLES)


def check(engines, sql, database):
    owlake, duck = engines
    ours = owlake.query(sql, database)
    theirs = side_by_side.duck_rows(duck, sql)
    assert side_by_side.verdict(duck, sql, ours, theirs) in side_by_side.VERDICTS_OF_EQUALITY


def test_the_benchmarks_are_whole():
    assert list(tpch.texts()) == [f"q{number:02}" for number in range(1, 23)]
    numbers = {int(name[1:3]) for name in tpcds.texts()}
    assert numbers == set(range(1, 100))
    assert {f"q{number}{half}" for number in (14, 23, 24, 39) for half in "ab"} <= set(tpcds.texts())


@pytest.mark.parametrize("name", tpch.texts())
def test_tpch(tpch_engines, name):
    check(tpch_engines, tpch.texts()[name], tpch.DATABASE)


@pytest.mark.parametrize("name", tpcds.texts())
def test_tpcds(tpcds_engines, name):
    check(tpcds_engines, tpcds.texts()[name], tpcds.DATABASE)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ([["1", "1.50"]], [(1, 1.5)], "same"),
        ([["1", "1.51"]], [(1, 1.5)], "same"),  # A quotient's last place.
        ([["1", "1.52"]], [(1, 1.5)], "DIFFER"),
        ([["1", None]], [(1, 1.5)], "DIFFER"),
        ([], [(1, 1.5)], "DIFFER"),
    ],
)
def test_the_comparison_tells_what_differs(ours, theirs, expected):
    columns = [side_by_side.Column("a", "integer", 0), side_by_side.Column("b", "decimal", 2)]
    duck = side_by_side.duck_over("/nowhere", [])
    text = "SELECT a, b FROM (VALUES (1, CAST(1.5 AS double))) AS t (a, b) ORDER BY a"
    assert side_by_side.verdict(duck, text, side_by_side.Answer(columns, ours), theirs).startswith(expected)


def test_ties_may_stand_in_any_order_and_other_rows_may_not():
    column = side_by_side.Column("a", "integer", 0)
    columns = [column, column]
    duck = side_by_side.duck_over("/nowhere", [])
    text = "SELECT a, b FROM (VALUES (1, 1), (1, 2), (2, 3)) AS t (a, b) ORDER BY a LIMIT "
    tied = side_by_side.Answer(columns, [["1", "2"]])
    assert side_by_side.verdict(duck, text + "1", tied, [(1, 1)]) == side_by_side.SAME_BUT_TIES
    later = side_by_side.Answer(columns, [["2", "3"]])
    assert side_by_side.verdict(duck, text + "1", later, [(1, 1)]).startswith("DIFFER")
    twice = side_by_side.Answer(columns, [["1", "1"], ["1", "1"]])
    assert side_by_side.verdict(duck, text + "2", twice, [(1, 1), (1, 2)]).startswith("DIFFER")
