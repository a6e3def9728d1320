"""Ten million rows of twelve columns to the result CSV, beside DuckDB's COPY … TO csv with every value quoted, in turn.

Both read the same Parquet file and write the same file system. Prints the median MB/s of the CSV each writes (its own
bytes over its own seconds, and over the processor seconds it used, which a busy machine disturbs less), the ratios
owlake / DuckDB (above 1: owlake is faster), the peak memory of the server after a
tenth of the rows and after all of them, and what the first and the last page of GetQueryResults cost.

    python benches/result_csv.py --binary target/release-fast/owlake [--rows 10000000] [--runs 3] [--data FOLDER]
"""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

import duckdb

from side_by_side import RESULTS_BUCKET, Connection

HERE = pathlib.Path(__file__).resolve().parent
DDL = """CREATE EXTERNAL TABLE wide (id bigint, customer int, quantity smallint, price decimal(12,2), discount double,
    shipped date, changed timestamp, is_open boolean, status string, mode string, comment string, url string)
    STORED AS PARQUET LOCATION 's3://bench/wide/'"""
SOURCE = """SELECT i AS id, (hash(i) % 1500000)::INT AS customer, (hash(i + 1) % 50)::SMALLINT AS quantity,
    ((hash(i + 2) % 10000000) / 100)::DECIMAL(12,2) AS price, (hash(i + 3) % 1000003) / 1000003.0::DOUBLE AS discount,
    DATE '1992-01-01' + (hash(i + 4) % 2500)::INT AS shipped,
    make_timestamp(694224000000000 + (hash(i + 5) % 220000000)::BIGINT * 1000000 + (hash(i + 6) % 1000)::BIGINT * 1000) AS changed,
    hash(i + 7) % 2 = 0 AS is_open, ['F', 'O', 'P'][(hash(i + 8) % 3)::INT + 1] AS status,
    ['AIR', 'MAIL', 'RAIL', 'SHIP', 'TRUCK', 'FOB', 'REG AIR'][(hash(i + 9) % 7)::INT + 1] AS mode,
    CASE WHEN hash(i + 10) % 20 = 0 THEN NULL ELSE 'the "' || (hash(i + 11) % 97) || '" packages sleep' END AS comment,
    'https://example.com/item/' || hash(i + 12) AS url FROM range({rows}) r(i)"""


def timed(run):
    start = time.perf_counter()
    value = run()
    return time.perf_counter() - start, value


def write_table(folder, rows):
    folder.mkdir(parents=True)
    duckdb.sql(SOURCE.format(rows=rows)).write_parquet(str(folder / "part-0.parquet"), compression="snappy")


def peak_mb(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def processor_seconds(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ours(connection, process, buckets, rows=None):
    """MB/s, MB per processor second and the query of one run of owlake; the result stays for its pages to be read."""
    limit = f" WHERE id < {rows}" if rows else ""
    before = processor_seconds(process)
    seconds, query_id = timed(lambda: connection.wait(connection.start(f"SELECT * FROM wide{limit}", "default"))["QueryExecutionId"])
    megabytes = (buckets / RESULTS_BUCKET / f"{query_id}.csv").stat().st_size / 1e6
    return megabytes / seconds, megabytes / (processor_seconds(process) - before), query_id


def theirs(files, out):
    """MB/s and MB per processor second of one run of DuckDB."""
    copy = f"COPY (SELECT * FROM '{files}/*.parquet') TO '{out}' (FORMAT csv, HEADER, FORCE_QUOTE *)"
    before = time.process_time()
    seconds, _ = timed(lambda: duckdb.execute(copy))
    used = time.process_time() - before
    megabytes = out.stat().st_size / 1e6
    out.unlink()
    return megabytes / seconds, megabytes / used


def page_ms(connection, query_id, token=None):
    body = {"QueryExecutionId": query_id} | ({"NextToken": token} if token else {})
    seconds, page = timed(lambda: connection.call("GetQueryResults", body))
    return seconds * 1000, page.get("NextToken")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=str(HERE.parent / "target" / "release-fast" / "owlake"))
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--pages", type=int, default=2000, help="pages read one after the other")
    parser.add_argument("--data", help="a data folder to keep between runs")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as temporary:
        data_dir = pathlib.Path(options.data or temporary) / f"wide-{options.rows}"
        buckets = data_dir / "buckets"
        files = buckets / "bench" / "wide"
        if not files.is_dir():
            write_table(files, options.rows)
        server = subprocess.Popen(
            [options.binary, "serve", "--port", "0", "--log", "error", "--data-dir", str(data_dir)], stdout=subprocess.PIPE, text=True
        )
        try:
            connection = Connection(re.search(r"http://\S+", server.stdout.readline())[0])
            connection.put_bucket(RESULTS_BUCKET)
            connection.wait(connection.start("DROP TABLE IF EXISTS wide", "default"))
            connection.wait(connection.start(DDL, "default"))
            duckdb.execute("SET preserve_insertion_order = false")
            ours(connection, server, buckets, options.rows // 10)
            small_mb = peak_mb(server)
            runs, their_runs, query_id = [], [], None
            for _ in range(options.runs):
                if query_id:
                    (buckets / RESULTS_BUCKET / f"{query_id}.csv").unlink()
                *rates, query_id = ours(connection, server, buckets)
                runs.append(rates)
                their_runs.append(theirs(files, pathlib.Path(temporary) / "out.csv"))
                print(f"owlake {rates[0]:.0f} MB/s, DuckDB {their_runs[-1][0]:.0f} MB/s")
            for at, unit in enumerate(["MB/s", "MB per processor second"]):
                rate, their_rate = (statistics.median(run[at] for run in side) for side in (runs, their_runs))
                print(f"median: owlake {rate:.0f} {unit}, DuckDB {their_rate:.0f} {unit}, ratio {rate / their_rate:.2f}")
            print(f"peak memory: {small_mb:.0f} MB after {options.rows // 10} rows, {peak_mb(server):.0f} MB after {options.rows}")
            costs, token = [], None
            for _ in range(options.pages):
                cost, token = page_ms(connection, query_id, token)
                costs.append(cost)
                if not token:
                    break
            tenth = max(len(costs) // 10, 1)
            first, last = statistics.median(costs[:tenth]), statistics.median(costs[-tenth:])
            print(f"page of 1000 rows: {first:.2f} ms among the first {tenth}, {last:.2f} ms among the last {tenth} of {len(costs)}")
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
