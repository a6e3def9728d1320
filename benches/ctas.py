"""CREATE TABLE AS of TPC-H lineitem to Snappy Parquet, unpartitioned and partitioned by year, beside DuckDB's COPY … TO parquet, in turn.

Both read the same Parquet file of `owlake tpch` with the same number of threads and write the same file system; DuckDB keeps no
insertion order, as CREATE TABLE AS promises none. Prints for each shape the medians of the paired ratios DuckDB / owlake (above 1:
owlake is faster) by the wall clock and by processor time (user and system; on a busy machine the one that tells), all medians in
seconds, the bytes each wrote, and the server's peak memory. What both wrote is read back by DuckDB and compared by the sum of every
row's hash.

    python benches/ctas.py --binary target/release-fast/owlake --data FOLDER [--runs 5] [--threads 2]

FOLDER holds what `owlake tpch --scale 1 --data-dir FOLDER` made; it is made when missing.
"""

import argparse
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import duckdb

from side_by_side import RESULTS_BUCKET, Connection, timed

HERE = pathlib.Path(__file__).resolve().parent
COLUMNS = [
    *("l_orderkey", "l_partkey", "l_suppkey", "l_linenumber", "l_quantity", "l_extendedprice", "l_discount", "l_tax", "l_returnflag"),
    *("l_linestatus", "l_shipdate", "l_commitdate", "l_receiptdate", "l_shipinstruct", "l_shipmode", "l_comment"),
]
SHAPES = {
    "unpartitioned": ("SELECT * FROM {table}", ""),
    "partitioned by year": ("SELECT *, year(l_shipdate) AS l_year FROM {table}", "l_year"),
}


class Server:
    """owlake over a data folder, on a free port; its process, for its memory."""

    def __init__(self, binary, data_dir):
        command = [binary, "serve", "--port", "0", "--log", "error", "--data-dir", str(data_dir)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.connection = Connection(re.search(r"http://\S+", self.process.stdout.readline())[0])
        self.connection.put_bucket(RESULTS_BUCKET)

    def peak_mb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024

    def processor_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.process.terminate()
        self.process.wait()


def ours(server, name, query, key):
    partitioned = f", partitioned_by = ARRAY['{key}']" if key else ""
    location = f"s3://{RESULTS_BUCKET}/ctas/{name}/"
    sql = f"""CREATE TABLE {name} WITH (format = 'PARQUET', write_compression = 'SNAPPY', external_location = '{location}'{partitioned})
        AS {query.format(table='tpch.lineitem')}"""
    return costs(server.processor_seconds, lambda: server.connection.wait(server.connection.start(sql, "default")))


def theirs(duck, files, target, query, key):
    partitioned = f", PARTITION_BY ({key})" if key else ""
    table = f"read_parquet('{files}/*.parquet')"
    sql = f"COPY ({query.format(table=table)}) TO '{target}' (FORMAT parquet, COMPRESSION snappy{partitioned})"
    return costs(time.process_time, lambda: duck.execute(sql))


def costs(processor_seconds, action):
    """Seconds by the wall clock, and of all processors."""
    before = processor_seconds()
    return timed(action)[0], processor_seconds() - before


def size(folder):
    files = [folder] if folder.is_file() else [path for path in folder.rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in files)


def contents(folder, key):
    """What tells two copies of the table apart, whatever their order."""
    files = str(folder) if folder.is_file() else f"{folder}/{'*/' if key else ''}*"
    texts = ", ".join(f"{column}::varchar" for column in [*COLUMNS, *([key] if key else [])])
    select = f"count(*), sum(l_extendedprice), sum(hash(concat_ws('|', {texts}))::hugeint)"
    return duckdb.execute(f"SELECT {select} FROM read_parquet('{files}', hive_partitioning = {bool(key)})").fetchall()


def told(turns, clock, name):
    mine, other = ([turn[side][clock] for turn in turns] for side in (0, 1))
    ratio = statistics.median(turn[1][clock] / turn[0][clock] for turn in turns)
    return f"{name} ratio {ratio:.2f} (owlake {statistics.median(mine):.2f} s, DuckDB {statistics.median(other):.2f} s)"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=str(HERE.parent / "target" / "release-fast" / "owlake"))
    parser.add_argument("--data", required=True, help="the folder of `owlake tpch`")
    parser.add_argument("--scale", default="1")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    data_dir = pathlib.Path(options.data)
    buckets = data_dir / "buckets"
    if not (buckets / "tpch").is_dir():
        subprocess.run([options.binary, "tpch", "--scale", options.scale, "--data-dir", str(data_dir)], check=True)
    files = buckets / "tpch" / "lineitem"
    duck = duckdb.connect()
    duck.execute(f"SET threads = {options.threads}")
    duck.execute("SET preserve_insertion_order = false")
    out = buckets / RESULTS_BUCKET / "ctas"
    shutil.rmtree(out, ignore_errors=True)
    failed = False
    with tempfile.TemporaryDirectory(dir=data_dir) as temporary:
        for shape, (query, key) in SHAPES.items():
            name = "ctas_" + re.sub(r"\W", "_", shape)
            target = pathlib.Path(temporary) / name
            server = Server(options.binary, data_dir)
            try:
                turns = []
                for run in range(options.runs + 1):
                    server.connection.statement(f"DROP TABLE IF EXISTS {name}")
                    shutil.rmtree(out / name, ignore_errors=True)
                    shutil.rmtree(target, ignore_errors=True)
                    target.unlink(missing_ok=True)
                    turn = (ours(server, name, query, key), theirs(duck, files, target, query, key))
                    # The first turn warms the page cache.
                    if run:
                        turns.append(turn)
                our_size, their_size = size(out / name), size(target)
                is_same = contents(out / name, key) == contents(target, key)
                failed |= not is_same
                print(
                    f"{shape}: {told(turns, 0, 'wall')}; {told(turns, 1, 'processor')}; "
                    f"size {our_size / 1e6:.0f} MB / {their_size / 1e6:.0f} MB = {our_size / their_size:.2f}, "
                    f"peak memory {server.peak_mb():.0f} MB, contents {'same' if is_same else 'DIFFER'}",
                    flush=True,
                )
                server.connection.statement(f"DROP TABLE IF EXISTS {name}")
            finally:
                server.close()
                shutil.rmtree(out, ignore_errors=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
