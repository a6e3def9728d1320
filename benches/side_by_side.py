"""Runs one text on owlake, over its HTTP API, and on DuckDB, in process, over the same Parquet files, and says whether the answers are the same.

When two answers are the same:

- as many rows and columns, every cell equal: text, dates, booleans, integers and decimals exactly; doubles to a relative
  1e-9 (the order of a sum is free); a decimal of ours beside a double of DuckDB's to one unit of the decimal's last place,
  because Trino's averages and quotients of decimals are decimals and DuckDB's are doubles;
- rows in the order the text asks for. Rows whose sort keys tie may stand in any order, and where a LIMIT cuts through such
  rows any of them may be kept. So when the rows do not agree one by one, the text is run again on DuckDB without its LIMIT
  and with the rank of its sort keys, and every row of ours must be one of those rows, used once, at a place its rank allows.
  A text whose sort keys cannot be computed from its output is compared as a multiset, and the verdict says so.
"""

import collections
import contextlib
import datetime
import decimal
import http.client
import json
import math
import os
import pathlib
import re
import statistics
import subprocess
import time
import urllib.parse
import uuid

import duckdb

SAME = "same"
SAME_BUT_TIES = "same, ties apart"
SAME_UNORDERED = "same as a multiset"
VERDICTS_OF_EQUALITY = {SAME, SAME_BUT_TIES, SAME_UNORDERED}
RESULTS_BUCKET = "bench-results"
DOUBLE_TOLERANCE = 1e-9

Answer = collections.namedtuple("Answer", "columns rows")
Column = collections.namedtuple("Column", "name type scale")


class Failed(Exception):
    """A query that owlake refused, or that did not end in time."""


class Connection:
    """One keep-alive connection speaking AWS JSON 1.1."""

    def __init__(self, endpoint, seconds_max=600):
        address = urllib.parse.urlparse(endpoint)
        self.http = http.client.HTTPConnection(address.hostname, address.port)
        self.seconds_max = seconds_max

    def call(self, operation, body):
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"AmazonAthena.{operation}"}
        self.http.request("POST", "/", json.dumps(body), headers)
        answer = self.http.getresponse()
        value = json.loads(answer.read() or "{}")
        if answer.status != 200:
            raise Failed(value.get("message") or value.get("Message") or str(value))
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
                "ResultConfiguration": {"OutputLocation": f"s3://{RESULTS_BUCKET}/"},
            },
        )["QueryExecutionId"]

    def wait(self, query_id):
        pause = 0.0005
        deadline = time.monotonic() + self.seconds_max
        while True:
            execution = self.call("GetQueryExecution", {"QueryExecutionId": query_id})["QueryExecution"]
            status = execution["Status"]
            if status["State"] == "SUCCEEDED":
                return execution
            if status["State"] in ("FAILED", "CANCELLED"):
                raise Failed(status.get("StateChangeReason", status["State"]))
            if time.monotonic() > deadline:
                self.call("StopQueryExecution", {"QueryExecutionId": query_id})
                raise Failed(f"did not end within {self.seconds_max} s")
            time.sleep(pause)
            pause = min(pause * 2, 0.01)

    def answer(self, query_id):
        rows, token = [], None
        while True:
            body = {"QueryExecutionId": query_id}
            if token:
                body["NextToken"] = token
            page = self.call("GetQueryResults", body)
            cells = [[cell.get("VarCharValue") for cell in row["Data"]] for row in page["ResultSet"]["Rows"]]
            if token is None:
                columns = [Column(c["Name"], c["Type"], c.get("Scale", 0)) for c in page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]]
                cells = cells[1:]
            rows += cells
            token = page.get("NextToken")
            if not token:
                return Answer(columns, rows)

    def query(self, sql, database):
        query_id = self.start(sql, database)
        self.wait(query_id)
        return self.answer(query_id)

    def statement(self, sql):
        """A catalog statement: waits for it and reads no rows."""
        self.wait(self.start(sql, "default"))


def environment():
    """The environment without owlake's own settings, which it reads from there."""
    return {name: value for name, value in os.environ.items() if not name.startswith("OWLAKE_")}


@contextlib.contextmanager
def serving(binary, data_dir, seconds_max=600):
    """A server over a data folder, on a free port, and a connection to it with the results bucket made."""
    command = [str(binary), "serve", "--port", "0", "--log", "error", "--data-dir", str(data_dir)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment())
    try:
        connection = Connection(re.search(r"http://\S+", server.stdout.readline()).group(0), seconds_max)
        connection.put_bucket(RESULTS_BUCKET)
        yield connection
    finally:
        server.terminate()
        server.wait(timeout=30)
        server.stdout.close()


def duck_over(bucket, tables, threads=0):
    """DuckDB with a view over each table's files; `/` divides integers as Trino's does."""
    duck = duckdb.connect()
    duck.execute("SET integer_division = true")
    if threads:
        duck.execute(f"SET threads = {threads}")
    for table in tables:
        duck.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{pathlib.Path(bucket) / table}/*.parquet')")
    return duck


def duck_rows(duck, sql):
    return duck.execute(sql).fetchall()


def same_cell(column, ours, theirs):
    """Whether a cell of ours, text by the API, is DuckDB's value."""
    if ours is None or theirs is None:
        return ours is None and theirs is None
    if column.type in ("double", "float", "real"):
        mine, other = float(ours), float(theirs)
        return mine == other or (mine != mine and other != other) or abs(mine - other) <= DOUBLE_TOLERANCE * max(abs(mine), abs(other), 1e-6)
    if column.type == "decimal":
        if isinstance(theirs, float):
            return abs(float(ours) - theirs) <= 10.0**-column.scale * 1.000001 + abs(theirs) * 1e-12
        return decimal.Decimal(ours) == decimal.Decimal(theirs)
    if column.type in ("tinyint", "smallint", "integer", "bigint"):
        return int(ours) == theirs
    if isinstance(theirs, bool):
        return ours == ("true" if theirs else "false")
    if isinstance(theirs, datetime.datetime):
        return datetime.datetime.fromisoformat(ours) == theirs
    return ours == str(theirs)


def same_row(columns, ours, theirs):
    return all(map(same_cell, columns, ours, theirs))


def is_exact(column):
    return column.type not in ("double", "float", "real", "decimal")


def bucket_key(columns, row, text):
    """The cells of a row that equal rows have in the very same spelling."""
    return tuple(None if value is None else text(value) for column, value in zip(columns, row) if is_exact(column))


def spelled(value):
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def matched(columns, ours, theirs):
    """For each row of ours the place of an equal row of theirs, each used once; or None and our first row without one."""
    places = collections.defaultdict(list)
    for place, row in enumerate(theirs):
        places[bucket_key(columns, row, spelled)].append(place)
    found = []
    for row in ours:
        candidates = places[bucket_key(columns, row, str)]
        hit = next((place for place in candidates if same_row(columns, row, theirs[place])), None)
        if hit is None:
            return None, row
        candidates.remove(hit)
        found.append(hit)
    return found, None


def split_order(sql):
    """The text without its outermost ORDER BY and LIMIT, the sort keys or None, and the limit or None."""
    depth, order_at, limit_at = 0, None, None
    for token in re.finditer(r"--[^\n]*|'(?:[^']|'')*'|\"[^\"]*\"|[()]|\bORDER\s+BY\b|\bLIMIT\s+\d+", sql, re.I):
        word = token.group(0)
        if word == "(":
            depth += 1
        elif word == ")":
            depth -= 1
        elif depth == 0 and word[:5].upper() == "ORDER":
            order_at = (token.start(), token.end())
        elif depth == 0 and word[:5].upper() == "LIMIT":
            limit_at = (token.start(), int(word.split()[1]))
    end = limit_at[0] if limit_at else len(sql)
    keys = sql[order_at[1] : end].strip() if order_at else None
    return sql[: order_at[0] if order_at else end].strip(), keys, limit_at[1] if limit_at else None


def ranked_rows(duck, body, keys):
    """Every row of the text without its LIMIT, with its rank by the sort keys last; None when they are not of the output."""
    for spelling in (keys, re.sub(r"\b[a-z_]\w*\.(\w+)", r"\1", keys, flags=re.I)):
        try:
            names = len(duck.execute(f"SELECT * FROM ({body}) LIMIT 0").description)
            # A number as a sort key is a column's place, which a window does not know.
            columns = ", ".join(f"c{place}" for place in range(1, names + 1))
            placed = re.sub(r"(?<![\w.'])(\d+)(?=\s*(?:,|$|ASC|DESC))", r"c\1", spelling, flags=re.I)
            if placed != spelling:
                return duck.execute(f"SELECT *, rank() OVER (ORDER BY {placed}) FROM ({body}) AS answer({columns})").fetchall()
            return duck.execute(f"SELECT *, rank() OVER (ORDER BY {spelling}) FROM ({body}) AS answer").fetchall()
        except duckdb.Error:
            continue
    return None


def verdict(duck, sql, ours, theirs):
    """One of the verdicts of equality, or what differs."""
    columns = ours.columns
    if len(ours.rows) != len(theirs):
        return f"DIFFER: {len(ours.rows)} rows, DuckDB {len(theirs)}"
    if theirs and len(theirs[0]) != len(columns):
        return f"DIFFER: {len(columns)} columns, DuckDB {len(theirs[0])}"
    body, keys, limit = split_order(sql)
    if all(same_row(columns, mine, other) for mine, other in zip(ours.rows, theirs)):
        return SAME
    ranked = ranked_rows(duck, body, keys) if keys else None
    if ranked is None:
        found, missing = matched(columns, ours.rows, theirs)
        if found is not None:
            return SAME if keys is None else SAME_UNORDERED
        if limit is None or keys is not None:
            return f"DIFFER: DuckDB has no row {missing}"
        found, missing = matched(columns, ours.rows, duck_rows(duck, body))
        return SAME_BUT_TIES if found is not None else f"DIFFER: DuckDB has no row {missing}"
    found, missing = matched(columns, ours.rows, ranked)
    if found is None:
        at = ours.rows.index(missing)
        return f"DIFFER: DuckDB has no row {missing}; at its place {at}: {[spelled(v) for v in theirs[at]]}"
    ties = collections.Counter(row[-1] for row in ranked)
    for place, hit in enumerate(found):
        rank = ranked[hit][-1]
        if not rank - 1 <= place < rank - 1 + ties[rank]:
            return f"DIFFER: row {place} {ours.rows[place]} has rank {rank}"
    return SAME_BUT_TIES


def timed(run):
    start = time.perf_counter()
    value = run()
    return time.perf_counter() - start, value


def compare(owlake, duck, queries, database, runs):
    """Prints a line a query; whether every answer was the same."""
    ratios, failed = [], []
    print(f"query    rows  owlake s  duckdb s  ratio  answers   (medians of {runs} runs in turn, after one warm-up)")
    for name, sql in queries.items():
        try:
            ours = owlake.query(sql, database)
            theirs = duck_rows(duck, sql)
            answers = verdict(duck, sql, ours, theirs)
            turns = [(timed(lambda: owlake.query(sql, database))[0], timed(lambda: duck_rows(duck, sql))[0]) for _ in range(runs)]
        except (Failed, duckdb.Error) as error:
            failed.append(name)
            print(f"{name:6}  failed: {type(error).__name__}: {str(error)[:300]}", flush=True)
            continue
        if answers not in VERDICTS_OF_EQUALITY:
            failed.append(name)
        ours_median, theirs_median = (statistics.median(times) for times in zip(*turns)) if turns else (math.nan, math.nan)
        ratios.append(ours_median / theirs_median)
        print(f"{name:6} {len(theirs):6}  {ours_median:8.3f}  {theirs_median:8.3f}  {ratios[-1]:5.2f}  {answers[:300]}", flush=True)
    if ratios and runs:
        print(f"geometric mean of the ratios over {len(ratios)} queries: {math.exp(statistics.fmean(map(math.log, ratios))):.2f}")
    print(f"{len(queries) - len(failed)} of {len(queries)} the same" + (f"; not: {', '.join(failed)}" if failed else ""))
    return not failed
