"""Dashboards: many clients at once ask panels of one table of many partitions, each a Parquet file of its own; owlake beside DuckDB, in turn.

The table holds one day a partition, registered in the catalog as `MSCK REPAIR TABLE` finds it. A panel is a small aggregate over the last
days, weeks or the whole year, with the days drawn anew each time, so that no answer is an earlier one. owlake is asked over HTTP (start,
poll, first page); DuckDB in process, with as many threads of one database, over the same files (`read_parquet` with a glob, as a dashboard
without a catalog would). The first answer of each kind of panel is compared with DuckDB's, cell by cell.

    python benches/dashboards.py --binary target/release-fast/owlake [--clients 16] [--panels 2000] [--partitions 365] [--rows 2000]

Exits with 1 when an answer is wrong or a query fails.
"""

import argparse
import asyncio
import collections
import datetime
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import time

import duckdb

from load import Client, started
from side_by_side import environment

BUCKET = "dashboards"
TABLE = "default.sales"
FIRST_DAY = datetime.date(2024, 1, 1)


def make_files(folder, partitions, rows):
    folder.mkdir(parents=True)
    duckdb.execute(
        f"""
        COPY (
            SELECT CAST(DATE '{FIRST_DAY}' + CAST(i // {rows} AS INTEGER) AS VARCHAR) AS day,
                   i AS id, 'shop ' || (hash(i) % 40) AS shop, 'item ' || (hash(i * 7) % 500) AS item,
                   CAST(hash(i * 13) % 100000 AS BIGINT) AS cents, CAST(1 + hash(i * 17) % 9 AS INTEGER) AS pieces
            FROM range({partitions * rows}) t(i)
        ) TO '{folder}' (FORMAT parquet, PARTITION_BY (day), COMPRESSION snappy)
        """
    )


def panel(chance, partitions):
    """The name of a panel and its text, for owlake and DuckDB alike; `sales` is the table."""
    day = lambda back: FIRST_DAY + datetime.timedelta(days=partitions - 1 - back)
    end = chance.randrange(0, partitions // 2)
    kind = chance.choice(["figure", "figure", "series", "top", "year", "choices", "detail"])
    span = lambda days: f"day BETWEEN '{day(end + days - 1)}' AND '{day(end)}'"
    return kind, {
        "figure": f"SELECT count(*), sum(cents), max(pieces) FROM sales WHERE {span(7)}",
        "series": f"SELECT day, sum(cents) FROM sales WHERE {span(30)} GROUP BY day ORDER BY day",
        "top": f"SELECT item, sum(cents) AS cents FROM sales WHERE {span(90)} GROUP BY item ORDER BY cents DESC, item LIMIT 10",
        "year": f"SELECT substr(day, 1, 7), sum(pieces) FROM sales WHERE cents > {chance.randrange(50_000)} GROUP BY 1 ORDER BY 1",
        "choices": f"SELECT DISTINCT shop FROM sales WHERE {span(14)} ORDER BY shop",
        "detail": f"SELECT id, item, cents FROM sales WHERE day = '{day(end)}' AND cents >= {chance.randrange(90_000)} ORDER BY id LIMIT 50",
    }[kind]


def percentile(seconds, percent):
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


async def ask(client, sql):
    query_id, execution = await started(client, sql.replace("FROM sales", f"FROM {TABLE}"))
    if execution["Status"]["State"] != "SUCCEEDED":
        raise SystemExit(f"{sql}: {execution['Status']}")
    return query_id


async def owlake(endpoint, clients, panels, partitions):
    left, seconds, kinds, answers = iter(range(panels)), [], collections.defaultdict(list), {}

    async def work(number):
        client, chance = Client(endpoint), random.Random(number)
        for _ in left:
            kind, sql = panel(chance, partitions)
            begun = time.perf_counter()
            query_id = await ask(client, sql)
            rows = await client.rows(query_id)
            seconds.append(time.perf_counter() - begun)
            kinds[kind].append(seconds[-1])
            answers.setdefault(kind, (sql, rows))

    begun = time.perf_counter()
    await asyncio.gather(*(work(number) for number in range(clients)))
    return time.perf_counter() - begun, seconds, kinds, answers


def beside(database, glob, clients, panels, partitions):
    left, lock, seconds, kinds = iter(range(panels)), threading.Lock(), [], collections.defaultdict(list)

    def work(number):
        cursor, chance = database.cursor(), random.Random(number)
        while True:
            with lock:
                if next(left, None) is None:
                    return
            kind, sql = panel(chance, partitions)
            begun = time.perf_counter()
            cursor.execute(sql.replace("FROM sales", f"FROM {glob}")).fetchall()
            seconds.append(time.perf_counter() - begun)
            kinds[kind].append(seconds[-1])

    begun = time.perf_counter()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begun, seconds, kinds


async def prepare(endpoint):
    client = Client(endpoint)
    await client.send("PUT", "/load-results", {})
    columns = "id bigint, shop string, item string, cents bigint, pieces int"
    for sql in (
        f"CREATE EXTERNAL TABLE {TABLE} ({columns}) PARTITIONED BY (day string) STORED AS PARQUET LOCATION 's3://{BUCKET}/sales/'",
        f"MSCK REPAIR TABLE {TABLE}",
    ):
        _, execution = await started(client, sql)
        if execution["Status"]["State"] != "SUCCEEDED":
            raise SystemExit(f"{sql}: {execution['Status']}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--binary", type=pathlib.Path, required=True, action="append", help="may be given twice, to compare")
    arguments.add_argument("--clients", type=int, default=16)
    arguments.add_argument("--panels", type=int, default=2000)
    arguments.add_argument("--partitions", type=int, default=365)
    arguments.add_argument("--rows", type=int, default=2000, help="rows a partition")
    arguments.add_argument("--turns", type=int, default=2)
    chosen = arguments.parse_args()
    mix = (chosen.clients, chosen.panels // chosen.turns, chosen.partitions)
    figures, wrong = collections.defaultdict(list), []
    with tempfile.TemporaryDirectory() as folder:
        servers = []
        try:
            for number, binary in enumerate(chosen.binary):
                files = pathlib.Path(folder) / f"{number}" / "buckets" / BUCKET / "sales"
                make_files(files, chosen.partitions, chosen.rows)
                command = [str(binary), "serve", "--port", "0", "--log", "error", "--data-dir", f"{folder}/{number}"]
                process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment())
                servers.append((process, re.search(r"http://\S+", process.stdout.readline())[0]))
                asyncio.run(prepare(servers[-1][1]))
            database = duckdb.connect()
            glob = f"read_parquet('{files}/*/*.parquet', hive_partitioning = true, hive_types_autocast = false)"
            for turn in range(chosen.turns):
                for number, (_, endpoint) in enumerate(servers):
                    took, seconds, kinds, answers = asyncio.run(owlake(endpoint, *mix))
                    figures[f"owlake {chosen.binary[number].name}" if len(servers) > 1 else "owlake"].append((mix[1] / took, seconds, kinds))
                took, seconds, kinds = beside(database, glob, *mix)
                figures["DuckDB"].append((mix[1] / took, seconds, kinds))
            for kind, (sql, rows) in answers.items():
                expected = database.execute(sql.replace("FROM sales", f"FROM {glob}")).fetchall()
                if rows != [[None if cell is None else str(cell) for cell in row] for row in expected]:
                    wrong.append(f"{sql}: {rows[:3]} instead of {expected[:3]}")
        finally:
            for process, _ in servers:
                process.terminate()
                process.wait(timeout=30)
    names = sorted({kind for turns in figures.values() for _, _, kinds in turns for kind in kinds})
    print(f"| {chosen.clients} clients, {chosen.partitions} partitions | panels a second | p50 ms | p99 ms | {' | '.join(f'{kind} p50' for kind in names)} |")
    print(f"|---|---|---|---|{'---|' * len(names)}")
    for name, turns in figures.items():
        seconds = [second for _, turn, _ in turns for second in turn]
        cells = [f"{sum(rate for rate, _, _ in turns) / len(turns):.0f}", f"{percentile(seconds, 50):.1f}", f"{percentile(seconds, 99):.1f}"]
        cells += [f"{percentile([second for _, _, kinds in turns for second in kinds[kind]], 50):.1f}" for kind in names]
        print(f"| {name} | {' | '.join(cells)} |")
    if wrong:
        sys.exit("wrong:\n" + "\n".join(wrong))


if __name__ == "__main__":
    main()
