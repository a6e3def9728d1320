"""Many clients, many small queries of mixed kinds, one server: none lost, none wrong, and how long each took.

Each client has one connection and runs one query after the other: starts it, polls it to its end, reads its whole answer over
GetQueryResults, and compares it with what Python says it is. Statements that must fail or be refused are among them. In the end
ListQueryExecutions must list every acknowledged query, each in the state its client saw. Exits with 1 when one is lost or wrong.

    python benches/load.py --binary target/release-fast/owlake [--clients 64] [--queries 20000] [--seed 1] [--endpoint http://…]

The clients are coroutines of one process and share the machine with the server, so times are the whole machine's.
"""

import argparse
import asyncio
import collections
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import uuid

from side_by_side import environment

BUCKET = "load-results"
QUERY_SECONDS_MAX = 300
TERMINAL = {"SUCCEEDED", "FAILED", "CANCELLED"}


class Wrong(Exception):
    """An answer that is not the one there is."""


class Client:
    """One keep-alive connection; HTTP by hand, because the clients share the processor with the server."""

    def __init__(self, endpoint):
        address = urllib.parse.urlparse(endpoint)
        self.address = (address.hostname, address.port)
        self.reader = self.writer = None

    async def send(self, method, path, headers, body=b""):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(*self.address)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.writer.write(f"{method} {path} HTTP/1.1\r\nhost: x\r\n{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        answer = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        length = int(re.search(r"(?i)content-length: (\d+)", answer)[1])
        return int(answer.split(" ", 2)[1]), await self.reader.readexactly(length)

    async def call(self, operation, **body):
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"AmazonAthena.{operation}"}
        status, answer = await self.send("POST", "/", headers, json.dumps(body).encode())
        return status, json.loads(answer)

    async def start(self, sql):
        location = {"OutputLocation": f"s3://{BUCKET}/out/"}
        return await self.call("StartQueryExecution", QueryString=sql, ClientRequestToken=str(uuid.uuid4()), ResultConfiguration=location)

    async def execution(self, query_id):
        status, answer = await self.call("GetQueryExecution", QueryExecutionId=query_id)
        if status != 200:
            raise Wrong(f"{query_id} is lost: {answer}")
        return answer["QueryExecution"]

    async def ended(self, query_id):
        deadline = time.monotonic() + QUERY_SECONDS_MAX
        pause = 0.001
        while True:
            execution = await self.execution(query_id)
            if execution["Status"]["State"] in TERMINAL:
                return execution
            if time.monotonic() > deadline:
                raise Wrong(f"{query_id} hangs: {execution}")
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.05)

    async def rows(self, query_id):
        """Every row but the header, as texts."""
        rows, more = [], {}
        while True:
            status, page = await self.call("GetQueryResults", QueryExecutionId=query_id, **more)
            if status != 200:
                raise Wrong(f"no result: {page}")
            rows += [[cell.get("VarCharValue") for cell in row["Data"]] for row in page["ResultSet"]["Rows"]]
            if "NextToken" not in page:
                return rows[1:]
            more = {"NextToken": page["NextToken"]}


def succeeds(sql, expected):
    async def run(client):
        query_id, execution = await started(client, sql)
        if execution["Status"]["State"] != "SUCCEEDED":
            raise Wrong(f"{sql}: {execution['Status']}")
        rows = await client.rows(query_id)
        if rows != expected:
            raise Wrong(f"{sql}: {rows[:3]} of {len(rows)} rows instead of {expected[:3]} of {len(expected)}")
        return query_id, "SUCCEEDED"

    return run


def fails(sql, reason):
    async def run(client):
        query_id, execution = await started(client, sql)
        status = execution["Status"]
        if (status["State"], status.get("StateChangeReason")) != ("FAILED", reason):
            raise Wrong(f"{sql}: {status}")
        return query_id, "FAILED"

    return run


def is_refused(sql):
    async def run(client):
        status, answer = await client.start(sql)
        if (status, answer.get("AthenaErrorCode")) != (400, "MALFORMED_QUERY"):
            raise Wrong(f"{sql}: {answer}")
        return None, "REFUSED"

    return run


def shows_databases():
    async def run(client):
        query_id, execution = await started(client, "SHOW DATABASES")
        _, page = await client.call("GetQueryResults", QueryExecutionId=query_id)
        if execution["Status"]["State"] != "SUCCEEDED" or page["ResultSet"]["Rows"] != [{"Data": [{"VarCharValue": "default"}]}]:
            raise Wrong(f"SHOW DATABASES: {execution['Status']} {page}")
        return query_id, "SUCCEEDED"

    return run


async def started(client, sql):
    status, answer = await client.start(sql)
    if status != 200:
        raise Wrong(f"{sql}: {answer}")
    return answer["QueryExecutionId"], await client.ended(answer["QueryExecutionId"])


def mixed(chance):
    """One small query and what must come of it."""
    n = chance.randrange(1_000_000)
    kind = chance.choice(["literal", "literal", "sequence", "sum", "group", "table", "table", "failure", "refusal", "databases"])
    if kind == "literal":
        return kind, succeeds(f"SELECT {n} AS n, 'it''s {n}' AS t, NULL AS nothing", [[str(n), f"it's {n}", None]])
    if kind == "sequence":
        count = chance.randrange(1, 2500)
        return kind, succeeds(f"SELECT x + {n} FROM UNNEST(sequence(1, {count})) t(x)", [[str(x + n)] for x in range(1, count + 1)])
    if kind == "sum":
        count = chance.randrange(1, 5000)
        return kind, succeeds(f"SELECT sum(x), count(*), max(x) FROM UNNEST(sequence(1, {count})) t(x)", [[str(count * (count + 1) // 2), str(count), str(count)]])
    if kind == "group":
        parts = chance.randrange(2, 9)
        groups = collections.Counter(x % parts for x in range(1, 1001))
        sql = f"SELECT x % {parts} AS k, count(*) FROM UNNEST(sequence(1, 1000)) t(x) GROUP BY x % {parts} ORDER BY k"
        return kind, succeeds(sql, [[str(k), str(groups[k])] for k in sorted(groups)])
    if kind == "table":
        first = chance.randrange(0, TABLE_ROWS)
        last = min(first + chance.randrange(1, 50), TABLE_ROWS)
        sql = f"SELECT id, name FROM default.load_items WHERE id >= {first} AND id < {last} ORDER BY id"
        return kind, succeeds(sql, [[str(x), f"item {x}"] for x in range(first, last)])
    if kind == "failure":
        return kind, fails(f"SELECT {n} / 0", "DIVISION_BY_ZERO: Division by zero")
    if kind == "refusal":
        return kind, is_refused(f"SELECT {n} FRM t WHERE")
    return kind, shows_databases()


TABLE_ROWS = 5000


async def prepare(client):
    await client.send("PUT", f"/{BUCKET}", {})
    sql = (
        f"CREATE TABLE default.load_items WITH (format = 'PARQUET', external_location = 's3://{BUCKET}/items/') AS "
        f"SELECT x AS id, 'item ' || CAST(x AS varchar) AS name FROM UNNEST(sequence(0, {TABLE_ROWS - 1})) t(x)"
    )
    _, execution = await started(client, sql)
    if execution["Status"]["State"] != "SUCCEEDED":
        raise SystemExit(f"the table cannot be made: {execution['Status']}")


async def listed(client):
    ids, more = [], {}
    while True:
        _, page = await client.call("ListQueryExecutions", MaxResults=50, **more)
        ids += page["QueryExecutionIds"]
        if "NextToken" not in page:
            return ids
        more = {"NextToken": page["NextToken"]}


async def load(endpoint, clients, queries, seed):
    await prepare(Client(endpoint))
    left, seconds, ends, problems, kinds = iter(range(queries)), [], {}, [], collections.Counter()

    async def work(number):
        client, chance = Client(endpoint), random.Random(f"{seed}/{number}")
        for _ in left:
            kind, query = mixed(chance)
            begun = time.perf_counter()
            try:
                query_id, state = await query(client)
            except (Wrong, OSError, EOFError) as error:
                problems.append(f"{kind}: {error!r}")
                client = Client(endpoint)
                continue
            seconds.append(time.perf_counter() - begun)
            kinds[kind] += 1
            if query_id:
                ends[query_id] = state

    begun = time.perf_counter()
    await asyncio.gather(*(work(number) for number in range(clients)))
    took = time.perf_counter() - begun

    client = Client(endpoint)
    known = set(await listed(client))
    problems += [f"{query_id} is not listed" for query_id in ends if query_id not in known]
    ids = list(ends)
    for at in range(0, len(ids), 50):
        _, batch = await client.call("BatchGetQueryExecution", QueryExecutionIds=ids[at : at + 50])
        problems += [f"lost: {each}" for each in batch["UnprocessedQueryExecutionIds"]]
        for execution in batch["QueryExecutions"]:
            if execution["Status"]["State"] != ends[execution["QueryExecutionId"]]:
                problems.append(f"changed: {execution}")

    seconds.sort()
    at = lambda percent: 1000 * seconds[min(len(seconds) - 1, len(seconds) * percent // 100)]
    print(f"{queries} queries of {clients} clients in {took:.1f} s, {queries / took:.0f} a second: {dict(kinds)}")
    print(f"from the start of a query to its checked answer: p50 {at(50):.1f} ms, p90 {at(90):.1f} ms, p99 {at(99):.1f} ms, longest {1000 * seconds[-1]:.1f} ms")
    print(f"{len(ends)} acknowledged, {len(problems)} lost or wrong")
    for problem in problems[:20]:
        print(f"  {problem}", file=sys.stderr)
    return not problems and len(seconds) == queries


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--binary", type=pathlib.Path)
    arguments.add_argument("--endpoint", help="a server that runs already, on a new data folder")
    arguments.add_argument("--clients", type=int, default=64)
    arguments.add_argument("--queries", type=int, default=2000)
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()
    if chosen.endpoint:
        sys.exit(not asyncio.run(load(chosen.endpoint, chosen.clients, chosen.queries, chosen.seed)))
    if not chosen.binary:
        arguments.error("--binary or --endpoint is needed")
    with tempfile.TemporaryDirectory() as folder:
        # Some of the queries are DDL, of which 20 may be active unless said otherwise.
        limits = ["--history-queries-max", "1000000", "--ddl-active-max", "200"]
        command = [str(chosen.binary), "serve", "--port", "0", "--log", "error", *limits, "--data-dir", f"{folder}/data"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment())
        try:
            endpoint = re.search(r"http://\S+", server.stdout.readline())[0]
            is_right = asyncio.run(load(endpoint, chosen.clients, chosen.queries, chosen.seed))
            is_right &= server.poll() is None
        finally:
            server.terminate()
            server.wait(timeout=30)
    sys.exit(not is_right)


if __name__ == "__main__":
    main()
