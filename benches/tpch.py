"""TPC-H through owlake's HTTP API beside DuckDB on the same Parquet files, in one run, query by query in turn.

Prints each query's median seconds of both, the ratio owlake / DuckDB (below 1: owlake is faster) and the geometric
mean, and whether the answers agree. Then the round trip of SELECT 1 over the API.

    python benches/tpch.py --binary target/release-fast/owlake [--scale 1] [--runs 5] [--queries q01,q06]
"""

import argparse
import http.client
import json
import math
import pathlib
import re
import statistics
import subprocess
import tempfile
import time
import urllib.parse
import uuid

import duckdb

HERE = pathlib.Path(__file__).resolve().parent
TABLES = ["region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem"]


class Connection:
    """One keep-alive connection speaking AWS JSON 1.1."""

    def __init__(self, endpoint):
        address = urllib.parse.urlparse(endpoint)
        self.http = http.client.HTTPConnection(address.hostname, address.port)

    def call(self, operation, body):
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"AmazonAthena.{operation}"}
        self.http.request("POST", "/", json.dumps(body), headers)
        answer = self.http.getresponse()
        value = json.loads(answer.read())
        if answer.status != 200:
            raise RuntimeError(value)
        return value

    def put_bucket(self, bucket):
        self.http.request("PUT", f"/{bucket}")
        self.http.getresponse().read()

    def start(self, sql, database):
        return self.call(
            "StartQueryExecution",
            {
                "QueryString": sql,
                "ClientRequestToken": str(uuid.uuid4()),
                "QueryExecutionContext": {"Database": database},
                "ResultConfiguration": {"OutputLocation": "s3://bench-results/"},
            },
        )["QueryExecutionId"]

    def wait(self, query_id):
        pause = 0.0005
        while True:
            execution = self.call("GetQueryExecution", {"QueryExecutionId": query_id})["QueryExecution"]
            state = execution["Status"]["State"]
            if state == "SUCCEEDED":
                return execution
            if state in ("FAILED", "CANCELLED"):
                raise RuntimeError(execution["Status"])
            time.sleep(pause)
            pause = min(pause * 2, 0.01)

    def rows(self, query_id):
        rows, token = [], None
        while True:
            body = {"QueryExecutionId": query_id}
            if token:
                body["NextToken"] = token
            page = self.call("GetQueryResults", body)
            rows += [[cell.get("VarCharValue") for cell in row["Data"]] for row in page["ResultSet"]["Rows"]]
            token = page.get("NextToken")
            if not token:
                return rows[1:]

    def query(self, sql, database):
        query_id = self.start(sql, database)
        self.wait(query_id)
        return self.rows(query_id)


def queries(chosen):
    text = (HERE / "tpch.sql").read_text()
    found = {}
    for name, sql in re.findall(r"-- (q\d\d)\n(.*?)(?=\n-- q\d\d\n|\Z)", text, re.S):
        if not chosen or name in chosen:
            found[name] = sql.strip().rstrip(";")
    return found


def cell(value):
    """A value as comparable text: numbers rounded, dates as written."""
    if value is None:
        return None
    try:
        return f"{float(value):.4g}"
    except (TypeError, ValueError):
        return str(value).strip()


def same(ours, theirs):
    def table(rows):
        return sorted(str([cell(value) for value in row]) for row in rows)

    return table(ours) == table(theirs)


def timed(run):
    start = time.perf_counter()
    value = run()
    return time.perf_counter() - start, value


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=str(HERE.parent / "target" / "release-fast" / "owlake"))
    parser.add_argument("--scale", default="1")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--queries", default="")
    parser.add_argument("--data", help="a data folder to keep between runs")
    parser.add_argument("--round-trips", type=int, default=2000)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as temporary:
        data_dir = pathlib.Path(options.data or temporary) / "owlake"
        files = data_dir / "buckets" / "tpch"
        if not (files / "lineitem").is_dir():
            subprocess.run([options.binary, "tpch", "--scale", options.scale, "--data-dir", str(data_dir), "--port", "0"], check=True)
        server = subprocess.Popen(
            [options.binary, "serve", "--port", "0", "--log", "error", "--data-dir", str(data_dir)],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            endpoint = re.search(r"http://\S+", server.stdout.readline()).group(0)
            owlake = Connection(endpoint)
            owlake.put_bucket("bench-results")
            duck = duckdb.connect()
            if options.threads:
                duck.execute(f"SET threads = {options.threads}")
            for table in TABLES:
                duck.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{files / table}/*.parquet')")
            compare(owlake, duck, queries({name for name in options.queries.split(",") if name}), options.runs)
            if options.round_trips:
                round_trips(owlake, options.round_trips)
        finally:
            server.terminate()
            server.wait(timeout=30)


def compare(owlake, duck, found, runs):
    ratios = []
    print(f"query  owlake s  duckdb s  ratio  answers   (medians of {runs} runs in turn, after one warm-up)")
    for name, sql in found.items():
        ours, theirs = [], []
        answers = None
        try:
            for turn in range(runs + 1):
                our_time, our_rows = timed(lambda: owlake.query(sql, "tpch"))
                their_time, their_rows = timed(lambda: duck.execute(sql).fetchall())
                if turn == 0:
                    answers = "same" if same(our_rows, their_rows) else "DIFFER"
                    continue
                ours.append(our_time)
                theirs.append(their_time)
        except RuntimeError as error:
            print(f"{name}    failed: {str(error)[:160]}")
            continue
        ratio = statistics.median(ours) / statistics.median(theirs)
        ratios.append(ratio)
        print(f"{name}    {statistics.median(ours):8.3f}  {statistics.median(theirs):8.3f}  {ratio:5.2f}  {answers}", flush=True)
    if ratios:
        print(f"geometric mean of the ratios over {len(ratios)} queries: {math.exp(statistics.fmean(map(math.log, ratios))):.2f}")


def round_trips(owlake, count):
    for _ in range(50):
        owlake.query("SELECT 1", "tpch")
    times = sorted(timed(lambda: owlake.query("SELECT 1", "tpch"))[0] * 1000 for _ in range(count))
    print(f"SELECT 1, start to first page, {count} times on one connection: p50 {times[count // 2]:.2f} ms, p99 {times[count * 99 // 100]:.2f} ms")


if __name__ == "__main__":
    main()
