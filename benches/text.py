"""Queries over one big CSV file, beside DuckDB's read_csv of the same file with the same columns, in turn.

DuckDB is told the types and that nothing is quoted, as ROW FORMAT DELIMITED says it to owlake; neither keeps the file in memory but
for the page cache. Prints for each query the median of the paired ratios DuckDB / owlake (above 1: owlake is faster) and both medians.

    python benches/text.py --binary target/release-fast/owlake --data FOLDER [--rows 10000000] [--runs 5] [--threads 2]

FOLDER/buckets/text/trips/trips.csv is made when missing: about 100 MB a million rows.
"""

import argparse
import pathlib
import statistics

import duckdb

from side_by_side import Failed, serving, timed

HERE = pathlib.Path(__file__).resolve().parent
COLUMNS = {
    "vendor": ("bigint", "1 + i % 2"),
    "pickup": ("timestamp", "strftime(TIMESTAMP '2023-01-01' + INTERVAL 1 SECOND * (i * 7919 % 31536000), '%Y-%m-%d %H:%M:%S')"),
    "dropoff": ("timestamp", "strftime(TIMESTAMP '2023-01-01' + INTERVAL 1 SECOND * (i * 7919 % 31536000 + 600), '%Y-%m-%d %H:%M:%S')"),
    "flag": ("string", "CASE WHEN i % 17 = 0 THEN NULL WHEN i % 50 = 0 THEN 'Y' ELSE 'N' END"),
    "pickup_zone": ("bigint", "1 + i * 31 % 263"),
    "dropoff_zone": ("bigint", "1 + i * 17 % 263"),
    "passengers": ("double", "CASE WHEN i % 17 = 0 THEN NULL ELSE (1 + i % 5)::double END"),
    "distance": ("double", "(i * 37 % 3000) / 100.0"),
    "fare": ("double", "3 + (i * 37 % 3000) / 40.0"),
    "extra": ("double", "(i % 4) / 2.0"),
    "tip": ("double", "CASE WHEN i % 3 = 0 THEN (i * 11 % 1500) / 100.0 ELSE 0.0 END"),
    "tolls": ("double", "CASE WHEN i % 29 = 0 THEN 6.55 ELSE 0.0 END"),
    "total": ("double", "5 + (i * 37 % 4500) / 40.0"),
    "payment": ("bigint", "CASE WHEN i % 17 = 0 THEN NULL ELSE 1 + i % 4 END"),
    "note": ("string", "'trip number ' || i"),
}
QUERIES = {
    "count(*)": "SELECT count(*) FROM {}",
    "one number": "SELECT sum(total) FROM {}",
    "dashboard": "SELECT payment, count(*), sum(total), max(distance) FROM {} GROUP BY payment ORDER BY payment",
    "filter": "SELECT count(*) FROM {} WHERE pickup_zone = 132 AND total > 50",
    "times": "SELECT min(pickup), max(dropoff) FROM {}",
    "texts": "SELECT max(flag), max(note) FROM {}",
    "every column": "SELECT " + ", ".join(f"max({name})" for name in COLUMNS) + " FROM {}",
}
DUCK_TYPES = {"string": "VARCHAR", "timestamp": "TIMESTAMP", "bigint": "BIGINT", "double": "DOUBLE"}


def same(ours, theirs):
    """Rows of texts beside rows of values; doubles to nine digits."""

    def is_same(text, value):
        if text is None or value is None:
            return text is value
        if isinstance(value, float):
            return abs(float(text) - value) <= abs(value) * 1e-9
        return text.removesuffix(".000") == str(value)

    return len(ours) == len(theirs) and all(is_same(a, b) for row, other in zip(ours, theirs) for a, b in zip(row, other))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=str(HERE.parent / "target" / "release-fast" / "owlake"))
    parser.add_argument("--data", required=True, help="the folder of the lake")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    file = pathlib.Path(options.data) / "buckets" / "text" / "trips" / "trips.csv"
    duck = duckdb.connect()
    duck.execute(f"SET threads = {options.threads}")
    if not file.exists():
        file.parent.mkdir(parents=True)
        chosen = ", ".join(f"{expression} AS {name}" for name, (_, expression) in COLUMNS.items())
        duck.execute(f"COPY (SELECT {chosen} FROM range({options.rows}) AS t(i)) TO '{file}' (FORMAT csv, HEADER, DELIMITER ',')")
    print(f"{file.stat().st_size / 1e6:.0f} MB")
    types = ", ".join(f"'{name}': '{DUCK_TYPES[data_type]}'" for name, (data_type, _) in COLUMNS.items())
    csv = f"read_csv('{file}', header = true, delim = ',', quote = '', columns = {{{types}}})"
    columns = ", ".join(f"`{name}` {data_type}" for name, (data_type, _) in COLUMNS.items())
    table = (
        f"CREATE EXTERNAL TABLE trips ({columns}) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' "
        "LOCATION 's3://text/trips/' TBLPROPERTIES ('skip.header.line.count'='1')"
    )
    ratios = []
    with serving(options.binary, options.data) as connection:
        for statement in ["CREATE DATABASE IF NOT EXISTS text", "DROP TABLE IF EXISTS text.trips", table.replace("TABLE ", "TABLE text.", 1)]:
            connection.statement(statement)
        for name, query in QUERIES.items():
            mine, other = [], []
            for run in range(options.runs + 1):
                our_seconds, answer = timed(lambda: connection.query(query.format("text.trips"), "default"))
                their_seconds, rows = timed(lambda: duck.execute(query.format(csv)).fetchall())
                if not same(answer.rows, rows):
                    raise Failed(f"{name}: {answer.rows[:3]} is not {rows[:3]}")
                # The first turn warms the page cache.
                if run:
                    mine.append(our_seconds)
                    other.append(their_seconds)
            ratios.append(statistics.median(theirs / ours for ours, theirs in zip(mine, other)))
            print(f"| {name} | {ratios[-1]:.2f} | {statistics.median(mine):.2f} s | {statistics.median(other):.2f} s |", flush=True)
    print(f"| **geometric mean** | **{statistics.geometric_mean(ratios):.2f}** | | |")


if __name__ == "__main__":
    main()
