"""The most used functions: owlake through its HTTP API beside DuckDB and plain DataFusion, on one Parquet file, in turn.

Every case aggregates one function's result over the whole file, so every engine computes it for every row. Prints the
fastest and the median milliseconds of each engine, and the ratio of owlake's fastest to the better of the others' (below
1: owlake is faster), with one thread and with two. `--clock cpu` takes the processor time of the process instead of the wall
clock: the same on a machine that others use too, but for one thread only. The file is the same for the same seed and number of rows: plain
encoding, no compression, so that decoding weighs little.

    python benches/functions.py --binary target/release-fast/owlake [--rows 2000000] [--runs 7] [--cases lower,upper]
"""

import argparse
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

import datafusion
import duckdb
import numpy
import pyarrow
import pyarrow.parquet

from side_by_side import Connection, environment

HERE = pathlib.Path(__file__).resolve().parent
SEED = 20240229
ROW_GROUP_ROWS = 250_000
WORDS = (
    "Amber Birch cedar Dover ember Falcon garnet Harbor indigo Juniper kestrel Lantern meadow Nectar orchid Pepper "
    "quartz River saffron Timber umber Velvet willow Xenon yarrow Zephyr".split()
)
TAGS = "red green blue cyan teal gold silver black white pink".split()

DDL = """CREATE EXTERNAL TABLE IF NOT EXISTS t (
  name string, padded string, maybe string, url string, list string, iso string, stamp_text string, day_text string,
  number_text string, integer_text string, json string, stamp timestamp, later timestamp, day date, price double,
  amount decimal(12,2), quantity int, id bigint, user_id bigint, numbers array<bigint>, attributes map<string,string>
) STORED AS PARQUET LOCATION 's3://bench/t/'"""

# One query an engine. `None`: the engine has no such function. Where one text does for several, they share it.
SAME = object()
CASES = {
    # What reading costs, for comparison.
    "read bigint": ("sum(id)", SAME, SAME),
    "read varchar": ("max(name) FILTER (WHERE id >= 0)", SAME, SAME),
    "read array": ("count(numbers) FILTER (WHERE id >= 0)", SAME, SAME),
    # Texts.
    "substr": ("max(substr(name, 3, 5))", SAME, SAME),
    "lower": ("max(lower(name))", SAME, SAME),
    "upper": ("max(upper(name))", SAME, SAME),
    "trim": ("max(trim(padded))", SAME, SAME),
    "length": ("sum(length(name))", SAME, SAME),
    "strpos": ("sum(strpos(url, 'id='))", SAME, SAME),
    "replace": ("max(replace(url, 'item', 'thing'))", SAME, SAME),
    "concat": ("max(concat(name, '-', list))", SAME, SAME),
    "||": ("max(name || '-' || list)", SAME, SAME),
    "split": ("sum(cardinality(split(list, ',')))", "sum(len(string_split(list, ',')))", "sum(cardinality(string_to_array(list, ',')))"),
    "split_part": ("max(split_part(url, '/', 4))", SAME, SAME),
    "reverse": ("max(reverse(name))", SAME, SAME),
    "lpad": ("max(lpad(integer_text, 12, '0'))", SAME, SAME),
    "starts_with": ("count_if(starts_with(name, 'Am'))", SAME, "count(*) FILTER (WHERE starts_with(name, 'Am'))"),
    "LIKE": ("count_if(url LIKE '%site1%id=9%')", SAME, "count(*) FILTER (WHERE url LIKE '%site1%id=9%')"),
    "regexp_like": (
        r"count_if(regexp_like(url, 'site[0-9]+\.com/.*id=9'))",
        r"count_if(regexp_matches(url, 'site[0-9]+\.com/.*id=9'))",
        r"count(*) FILTER (WHERE regexp_like(url, 'site[0-9]+\.com/.*id=9'))",
    ),
    "regexp_extract": (
        r"max(regexp_extract(url, 'id=([0-9]+)', 1))",
        SAME,
        r"max(regexp_match(url, 'id=([0-9]+)')[1])",
    ),
    "regexp_replace": (
        r"max(regexp_replace(url, '[0-9]+', '#'))",
        r"max(regexp_replace(url, '[0-9]+', '#', 'g'))",
        r"max(regexp_replace(url, '[0-9]+', '#', 'g'))",
    ),
    "json_extract_scalar": ("max(json_extract_scalar(json, '$.geo.city'))", "max(json_extract_string(json, '$.geo.city'))", None),
    # Dates and times.
    "date_trunc hour": ("max(date_trunc('hour', stamp))", SAME, SAME),
    "date_trunc month": ("max(date_trunc('month', stamp))", SAME, SAME),
    "date_diff day": ("sum(date_diff('day', stamp, later))", "sum(date_sub('day', stamp, later))", None),
    "date_diff month": ("sum(date_diff('month', stamp, later))", "sum(date_sub('month', stamp, later))", None),
    "date_add day": ("max(date_add('day', 3, stamp))", "max(stamp + INTERVAL 3 DAY)", "max(stamp + INTERVAL '3' DAY)"),
    "date_add month": ("max(date_add('month', 3, stamp))", "max(stamp + INTERVAL 3 MONTH)", "max(stamp + INTERVAL '3' MONTH)"),
    "+ interval": ("max(stamp + INTERVAL '1' DAY)", SAME, SAME),
    "date_format": ("max(date_format(stamp, '%Y-%m-%d %H:%i'))", "max(strftime(stamp, '%Y-%m-%d %H:%M'))", "max(to_char(stamp, '%Y-%m-%d %H:%M'))"),
    "date_parse": (
        "max(date_parse(day_text, '%Y-%m-%d'))",
        "max(strptime(day_text, '%Y-%m-%d'))",
        "max(to_timestamp_millis(day_text, '%Y-%m-%d'))",
    ),
    "from_iso8601_timestamp": ("max(from_iso8601_timestamp(iso))", "max(iso::TIMESTAMPTZ)", "max(to_timestamp_millis(iso))"),
    "year": ("sum(year(stamp))", SAME, "sum(date_part('year', stamp))"),
    "month": ("sum(month(stamp))", SAME, "sum(date_part('month', stamp))"),
    "day_of_week": ("sum(day_of_week(stamp))", "sum(isodow(stamp))", "sum(date_part('isodow', stamp))"),
    "from_unixtime": ("max(from_unixtime(id))", "max(to_timestamp(id))", "max(to_timestamp_seconds(id))"),
    "to_unixtime": ("max(to_unixtime(stamp))", "max(epoch(stamp))", "max(date_part('epoch', stamp))"),
    # Casts.
    "cast varchar to timestamp": ("max(CAST(stamp_text AS timestamp))", SAME, "max(CAST(stamp_text AS timestamp(3)))"),
    "cast timestamp to varchar": ("max(CAST(stamp AS varchar))", SAME, SAME),
    "cast varchar to date": ("max(CAST(day_text AS date))", SAME, SAME),
    "cast date to varchar": ("max(CAST(day AS varchar))", SAME, SAME),
    "cast varchar to double": ("max(CAST(number_text AS double))", SAME, SAME),
    "cast double to varchar": ("max(CAST(price AS varchar))", SAME, SAME),
    "cast varchar to bigint": ("max(CAST(integer_text AS bigint))", SAME, SAME),
    "cast bigint to varchar": ("max(CAST(id AS varchar))", SAME, SAME),
    "cast timestamp to date": ("max(CAST(stamp AS date))", SAME, SAME),
    # Numbers and conditions.
    "round": ("max(round(price, 1))", SAME, SAME),
    "+ bigint": ("max(id + user_id)", SAME, SAME),
    "* double": ("max(price * 1.19e0)", "max(price * 1.19::double)", "max(price * CAST(1.19 AS double))"),
    "* decimal": ("max(amount * amount)", SAME, SAME),
    "greatest": ("max(greatest(id, user_id))", SAME, SAME),
    "coalesce": ("max(coalesce(maybe, name))", SAME, SAME),
    "CASE": ("sum(CASE WHEN quantity > 25 THEN 1 WHEN quantity > 10 THEN 2 ELSE 3 END)", SAME, SAME),
    "IN list": ("count_if(quantity IN (1, 5, 9, 13, 17, 21, 25))", SAME, "count(*) FILTER (WHERE quantity IN (1, 5, 9, 13, 17, 21, 25))"),
    "double comparison": ("count_if(price > 50e0)", SAME, "count(*) FILTER (WHERE price > CAST(50 AS double))"),
    # Arrays, maps and lambdas.
    "element_at array": ("sum(element_at(numbers, 2))", "sum(list_extract(numbers, 2))", "sum(array_element(numbers, 2))"),
    "element_at map": ("max(element_at(attributes, 'red'))", "max(attributes['red'])", "max(map_extract(attributes, 'red')[1])"),
    "cardinality": ("sum(cardinality(numbers))", "sum(len(numbers))", SAME),
    "contains": ("count_if(contains(numbers, 7))", "count_if(list_contains(numbers, 7))", "count(*) FILTER (WHERE array_has(numbers, 7))"),
    "transform": (
        "sum(cardinality(transform(numbers, x -> x + 1)))",
        "sum(len(list_transform(numbers, lambda x: x + 1)))",
        "sum(cardinality(array_transform(numbers, x -> x + 1)))",
    ),
    "filter": (
        "sum(cardinality(filter(numbers, x -> x > 50)))",
        "sum(len(list_filter(numbers, lambda x: x > 50)))",
        "sum(cardinality(array_filter(numbers, x -> x > 50)))",
    ),
    # Aggregates.
    "count(DISTINCT)": ("count(DISTINCT user_id)", SAME, SAME),
    "count(DISTINCT varchar)": ("count(DISTINCT name)", SAME, SAME),
    "approx_distinct": ("approx_distinct(user_id)", "approx_count_distinct(user_id)", SAME),
    "approx_distinct varchar": ("approx_distinct(name)", "approx_count_distinct(name)", SAME),
    "approx_percentile": ("approx_percentile(price, 0.5)", "approx_quantile(price, 0.5)", "approx_percentile_cont(0.5) WITHIN GROUP (ORDER BY price)"),
    "max_by": ("max_by(name, price)", SAME, "first_value(name ORDER BY price DESC)"),
    "max_by grouped": (
        "sum(length(m)) FROM (SELECT max_by(name, price) m FROM t GROUP BY quantity)",
        SAME,
        "sum(length(m)) FROM (SELECT first_value(name ORDER BY price DESC) m FROM t GROUP BY quantity)",
    ),
    "array_agg grouped": (
        "sum(cardinality(a)) FROM (SELECT array_agg(id) a FROM t GROUP BY user_id)",
        "sum(len(a)) FROM (SELECT array_agg(id) a FROM t GROUP BY user_id)",
        SAME,
    ),
    "count_if grouped": (
        "sum(c) FROM (SELECT count_if(quantity > 10) c FROM t GROUP BY user_id)",
        SAME,
        "sum(c) FROM (SELECT count(*) FILTER (WHERE quantity > 10) c FROM t GROUP BY user_id)",
    ),
    "sum grouped": ("max(s) FROM (SELECT sum(id) s FROM t GROUP BY user_id)", SAME, SAME),
    "avg grouped": ("max(s) FROM (SELECT avg(price) s FROM t GROUP BY user_id)", SAME, SAME),
}


def write_file(path, rows):
    """The same rows for the same seed, in row groups."""
    generator = numpy.random.default_rng(SEED)
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = None
    for first in range(0, rows, ROW_GROUP_ROWS):
        table = chunk(generator, first, min(ROW_GROUP_ROWS, rows - first))
        if writer is None:
            writer = pyarrow.parquet.ParquetWriter(
                path, table.schema, compression="none", use_dictionary=False, store_decimal_as_integer=True
            )
        writer.write_table(table)
    writer.close()


def chunk(generator, first, rows):
    words = numpy.array(WORDS, dtype=object)
    whole = lambda low, high: generator.integers(low, high, rows)
    number = whole(0, 1_000_000)
    name = words[whole(0, len(WORDS))] + " " + words[whole(0, len(WORDS))] + " " + number.astype(str).astype(object)
    name[::100] = name[::100] + " Café"
    day = whole(0, 20_000)
    stamp = day * 86_400_000 + whole(0, 86_400_000)
    later = stamp + whole(0, 900 * 86_400_000)
    as_time = lambda millis: numpy.array(millis, dtype="datetime64[ms]")
    text_of = lambda millis: numpy.datetime_as_string(as_time(millis), unit="ms").astype(object)
    iso = text_of(stamp)
    price = numpy.round(generator.gamma(2.0, 30.0, rows), 2)
    maybe = words[whole(0, len(WORDS))]
    maybe[whole(0, 2) == 0] = None
    parts = whole(2, 9)
    tags = numpy.array(TAGS, dtype=object)[generator.integers(0, len(TAGS), (rows, 8))]
    lists = [",".join(row[:count]) for row, count in zip(tags, parts)]
    lengths = whole(0, 9)
    offsets = numpy.concatenate([[0], numpy.cumsum(lengths)]).astype("int32")
    pairs = whole(1, 4)
    pair_offsets = numpy.concatenate([[0], numpy.cumsum(pairs)]).astype("int32")
    keys = [key for count, start in zip(pairs, whole(0, 8)) for key in TAGS[start : start + count]]
    user = whole(0, 100_000)
    json = [
        f'{{"id": {n}, "name": "{w}", "tags": ["{a}", "{b}"], "geo": {{"lat": {p}, "city": "{c}"}}, "active": true}}'
        for n, w, a, b, p, c in zip(number, name, tags[:, 0], tags[:, 1], price, tags[:, 2])
    ]
    site, item = whole(0, 500).astype(str).astype(object), words[whole(0, len(WORDS))]
    columns = {
        "name": pyarrow.array(name, pyarrow.string()),
        "padded": pyarrow.array("  " + name + " ", pyarrow.string()),
        "maybe": pyarrow.array(maybe, pyarrow.string()),
        "url": pyarrow.array("https://www.site" + site + ".com/" + item + "/item?id=" + number.astype(str).astype(object), pyarrow.string()),
        "list": pyarrow.array(lists, pyarrow.string()),
        "iso": pyarrow.array(iso + "Z", pyarrow.string()),
        "stamp_text": pyarrow.array([text.replace("T", " ") for text in iso], pyarrow.string()),
        "day_text": pyarrow.array([text[:10] for text in iso], pyarrow.string()),
        "number_text": pyarrow.array(price.astype(str).astype(object), pyarrow.string()),
        "integer_text": pyarrow.array(number.astype(str).astype(object), pyarrow.string()),
        "json": pyarrow.array(json, pyarrow.string()),
        "stamp": pyarrow.array(as_time(stamp), pyarrow.timestamp("ms")),
        "later": pyarrow.array(as_time(later), pyarrow.timestamp("ms")),
        "day": pyarrow.array(day.astype("int32"), pyarrow.int32()).cast(pyarrow.date32()),
        "price": pyarrow.array(price),
        "amount": pyarrow.array(price, pyarrow.float64()).cast(pyarrow.decimal128(12, 2)),
        "quantity": pyarrow.array(whole(1, 51).astype("int32")),
        "id": pyarrow.array(numpy.arange(first, first + rows) * 37),
        "user_id": pyarrow.array(user),
        "numbers": pyarrow.ListArray.from_arrays(offsets, pyarrow.array(generator.integers(0, 100, int(offsets[-1])))),
        "attributes": pyarrow.MapArray.from_arrays(pair_offsets, pyarrow.array(keys, pyarrow.string()), pyarrow.array(numpy.char.add("v", generator.integers(0, 1000, len(keys)).astype(str)), pyarrow.string())),
    }
    return pyarrow.table(columns)


def statement(expression):
    return f"SELECT {expression}" if "GROUP BY" in expression else f"SELECT {expression} FROM t"


class Owlake:
    def __init__(self, binary, data_dir, threads, clock="wall"):
        # By the wall clock the distance between two looks must not show; by processor time the looks themselves must not.
        self.pause = 0.0004 if clock == "wall" else 0.02
        command = [binary, "serve", "--port", "0", "--log", "error", "--data-dir", str(data_dir), "--query-threads", str(threads)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment())
        endpoint = re.search(r"http://\S+", self.process.stdout.readline()).group(0)
        self.connection = Connection(endpoint)
        self.connection.put_bucket("bench-results")
        self.connection.statement(DDL)

    def query(self, sql):
        query_id = self.connection.start(sql, "default")
        while (status := self.status(query_id))["State"] not in ("SUCCEEDED", "FAILED", "CANCELLED"):
            time.sleep(self.pause)
        if status["State"] != "SUCCEEDED":
            raise RuntimeError(status)
        return self.connection.answer(query_id).rows[0][0]

    def status(self, query_id):
        return self.connection.call("GetQueryExecution", {"QueryExecutionId": query_id})["QueryExecution"]["Status"]

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)


def engines(options, data_dir, file, threads):
    owlake = Owlake(options.binary, data_dir, threads, options.clock)
    duck = duckdb.connect()
    duck.execute(f"SET threads = {threads}")
    duck.execute("SET TimeZone = 'UTC'")
    duck.execute(f"CREATE VIEW t AS SELECT * FROM read_parquet('{file}')")
    # The dialect that has lambdas.
    config = datafusion.SessionConfig().with_target_partitions(threads).set("datafusion.sql_parser.dialect", "databricks")
    plain = datafusion.SessionContext(config)
    plain.register_parquet("t", str(file))
    return owlake, [
        ("owlake", owlake.query),
        ("duckdb", lambda sql: duck.execute(sql).fetchone()[0]),
        ("datafusion", lambda sql: plain.sql(sql).collect()[0].column(0)[0].as_py()),
    ]


def cpu_clock(pid):
    """The clock of a process's processor time. Ref: Linux, clock_getcpuclockid."""
    return lambda: time.clock_gettime((~pid << 3) | 2)


def timed_by(clock, run):
    start = clock()
    value = run()
    return clock() - start, value


def measure(found, runs, expressions, clocks):
    """Milliseconds by engine, in turns, after one warm-up; `None` where the engine has no such function."""
    times = {name: [] for name, _ in found}
    answers = {}
    for turn in range(runs + 1):
        for (name, query), expression in zip(found, expressions):
            if expression is None:
                continue
            try:
                seconds, answer = timed_by(clocks[name], lambda: query(statement(expression)))
            except Exception as error:
                if turn == 0:
                    print(f"  {name} failed: {str(error)[:160]}")
                continue
            if turn:
                times[name].append(seconds * 1000)
            answers[name] = answer
    return times, answers


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=str(HERE.parent / "target" / "release-fast" / "owlake"))
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--cases", default="", help="names, separated by commas; all when empty")
    parser.add_argument("--data", help="a folder to keep the file in between runs")
    parser.add_argument("--answers", action="store_true", help="print what each engine answers")
    options = parser.parse_args()
    chosen = {name.strip() for name in options.cases.split(",") if name.strip()}

    with tempfile.TemporaryDirectory() as temporary:
        data_dir = pathlib.Path(options.data or temporary)
        file = data_dir / "buckets" / "bench" / "t" / f"rows-{options.rows}.parquet"
        if not file.exists():
            write_file(file, options.rows)
        for threads in map(int, options.threads.split(",")):
            compare(options, data_dir, file, threads, chosen)


def compare(options, data_dir, file, threads, chosen):
    owlake, found = engines(options, data_dir, file, threads)
    if options.clock == "cpu":
        clocks = {"owlake": cpu_clock(owlake.process.pid), "duckdb": time.process_time, "datafusion": time.process_time}
    else:
        clocks = dict.fromkeys(["owlake", "duckdb", "datafusion"], time.perf_counter)
    try:
        print(f"{threads} thread(s), {options.rows} rows, fastest/median ms by the {options.clock} clock of {options.runs} runs in turn after one warm-up")
        print(f"{'case':26} {'owlake':>13} {'duckdb':>13} {'datafusion':>13}  ratio to the faster")
        for name, (ours, *others) in CASES.items():
            if chosen and name not in chosen:
                continue
            expressions = [ours, *(ours if other is SAME else other for other in others)]
            times, answers = measure(found, options.runs, expressions, clocks)
            shown = [f"{min(taken):.1f}/{statistics.median(taken):.1f}" if taken else "-" for taken in times.values()]
            rivals = [min(times[rival]) for rival in ("duckdb", "datafusion") if times[rival]]
            ratio = f"{min(times['owlake']) / min(rivals):.2f}" if rivals and times["owlake"] else "-"
            print(f"{name:26} {shown[0]:>13} {shown[1]:>13} {shown[2]:>13}  {ratio:>5}", flush=True)
            if options.answers:
                print("   ", answers)
    finally:
        owlake.stop()


if __name__ == "__main__":
    main()
