"""TPC-H through owlake's HTTP API beside DuckDB on the same Parquet files: are the answers the same, and how fast is each?

Then the round trip of SELECT 1 over the API. What counts as the same answer is said in side_by_side.py. The exit code is 1 when a
query fails or an answer differs.

    python benches/tpch.py --binary target/release-fast/owlake [--scale 1] [--runs 5] [--queries q01,q06] [--data folder]
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

from side_by_side import compare, duck_over, environment, serving, timed

HERE = pathlib.Path(__file__).resolve().parent
DATABASE = "tpch"
TABLES = ["region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem"]


def texts():
    """Every query by its name."""
    text = (HERE / "tpch.sql").read_text()
    return {name: sql.strip().rstrip(";") for name, sql in re.findall(r"-- (q\d\d)\n(.*?)(?=\n-- q\d\d\n|\Z)", text, re.S)}


def make_data(binary, data_dir, scale):
    """The tables at a scale, registered as the database."""
    command = [str(binary), "tpch", "--scale", str(scale), "--data-dir", str(data_dir), "--port", "0"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=str(HERE.parent / "target" / "release-fast" / "owlake"))
    parser.add_argument("--scale", default="1")
    parser.add_argument("--runs", type=int, default=5, help="timed turns after the first, whose answers are compared")
    parser.add_argument("--threads", type=int, default=0, help="DuckDB's threads; its own choice when 0")
    parser.add_argument("--queries", default="", help="names, by comma; all when empty")
    parser.add_argument("--data", help="a data folder to keep between runs")
    parser.add_argument("--round-trips", type=int, default=2000)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as temporary:
        data_dir = pathlib.Path(options.data or temporary) / "owlake"
        bucket = data_dir / "buckets" / DATABASE
        if not (bucket / "lineitem").is_dir():
            make_data(options.binary, data_dir, options.scale)
        chosen = {name for name in options.queries.split(",") if name}
        queries = {name: sql for name, sql in texts().items() if not chosen or name in chosen}
        with serving(options.binary, data_dir) as owlake:
            are_same = compare(owlake, duck_over(bucket, TABLES, options.threads), queries, DATABASE, options.runs)
            if options.round_trips:
                round_trips(owlake, options.round_trips)
        sys.exit(0 if are_same else 1)


def round_trips(owlake, count):
    for _ in range(50):
        owlake.query("SELECT 1", DATABASE)
    times = sorted(timed(lambda: owlake.query("SELECT 1", DATABASE))[0] * 1000 for _ in range(count))
    print(f"SELECT 1, start to first page, {count} times on one connection: p50 {times[count // 2]:.2f} ms, p99 {times[count * 99 // 100]:.2f} ms")


if __name__ == "__main__":
    main()
