"""What do queries cost, who says so, and who stops them? Cutoff, usage, metrics, the price command.

Ref: Amazon Athena pricing (5 USD per TB, whole megabytes, 10 MB minimum); Athena user guide, "Set per-query and per-workgroup
data usage controls", "Monitor Athena query metrics with CloudWatch".
"""

import http.server
import json
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import time
import urllib.request

import numpy
import prometheus_client.parser
import pyarrow
import pyarrow.parquet
import pytest

from conftest import REPOSITORY, Athena, Server

MB = 1 << 20
LIMIT = 10_000_000


@pytest.fixture(scope="module")
def priced():
    """A server with a price of its own and a table of 32 MB that do not compress, 16 a column."""
    with tempfile.TemporaryDirectory() as folder:
        running = Server(pathlib.Path(folder) / "data", "--usd-per-tb", "6.75")
        running.client("s3").create_bucket(Bucket="athena-results")
        running.client("s3").create_bucket(Bucket="heavy")
        table = running.data_dir / "buckets" / "heavy" / "noise"
        table.mkdir()
        random = numpy.random.default_rng(7)
        columns = {name: random.random(2 * MB) for name in ("a", "b")}
        pyarrow.parquet.write_table(pyarrow.table(columns), table / "part-0.parquet", compression="none", use_dictionary=False)
        running.athena = Athena(running, "s3://athena-results/out/")
        running.athena.rows("CREATE EXTERNAL TABLE noise (a double, b double) STORED AS PARQUET LOCATION 's3://heavy/noise/'")
        yield running
        running.stop()


def execute(server, sql, **more):
    return server.athena.execute(sql, "default", **more)


def read(server, path):
    with urllib.request.urlopen(server.endpoint + path) as answer:
        return answer.read().decode()


def usage(server, workgroup):
    return json.loads(read(server, "/_owlake/usage"))["workgroups"].get(workgroup, {})


def samples(server):
    lines = [line for line in read(server, "/metrics").splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def make_workgroup(server, name, **configuration):
    configuration = {"ResultConfiguration": {"OutputLocation": "s3://athena-results/group/"}, **configuration}
    server.client("athena").create_work_group(Name=name, Configuration=configuration)


def test_a_query_past_the_cutoff_is_cancelled_and_billed_for_what_it_read(priced):
    make_workgroup(priced, "limited", BytesScannedCutoffPerQuery=LIMIT)
    execution = execute(priced, "SELECT sum(a), sum(b) FROM noise", WorkGroup="limited")
    assert execution["Status"]["State"] == "CANCELLED"
    assert execution["Status"]["StateChangeReason"] == "Bytes scanned limit was exceeded"
    assert "AthenaError" not in execution["Status"]
    scanned = execution["Statistics"]["DataScannedInBytes"]
    assert scanned > LIMIT
    with pytest.raises(Exception, match="Could not find results"):
        priced.client("athena").get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    billed = usage(priced, "limited")
    assert (billed["cancelled"], billed["bytes_scanned"], billed["billed_mb"]) == (1, scanned, -(-scanned // MB))


def test_the_cutoff_can_be_lifted_and_is_the_workgroups_own(priced):
    execution = execute(priced, "SELECT sum(a) FROM noise")
    assert execution["Status"]["State"] == "SUCCEEDED"
    priced.client("athena").update_work_group(WorkGroup="limited", ConfigurationUpdates={"RemoveBytesScannedCutoffPerQuery": True})
    assert execute(priced, "SELECT sum(a) FROM noise", WorkGroup="limited")["Status"]["State"] == "SUCCEEDED"


def test_usage_and_metrics_add_up(priced):
    make_workgroup(priced, "counted", PublishCloudWatchMetricsEnabled=True)
    make_workgroup(priced, "silent", PublishCloudWatchMetricsEnabled=False)
    executions = [execute(priced, sql, WorkGroup="counted") for sql in ["SELECT sum(a) FROM noise", "SELECT 1", "SHOW TABLES", "SELECT 1/0"]]
    execute(priced, "SELECT 1", WorkGroup="silent")
    scanned = executions[0]["Statistics"]["DataScannedInBytes"]
    billed_mb = -(-scanned // MB)
    billed = usage(priced, "counted")
    assert (billed["queries"], billed["succeeded"], billed["failed"], billed["cancelled"]) == (4, 3, 1, 0)
    assert (billed["bytes_scanned"], billed["billed_mb"]) == (scanned, billed_mb)
    assert billed["usd"] == pytest.approx(billed_mb / MB * 6.75)
    found = samples(priced)
    labels = 'WorkGroup="counted",QueryState="SUCCEEDED",QueryType="DML"'
    assert found[f"ProcessedBytes_sum{{{labels}}}"] == scanned
    assert found[f"ProcessedBytes_count{{{labels}}}"] == 2
    statistics = [execution["Statistics"] for execution in executions[:2]]
    for metric, member in {
        "EngineExecutionTime": "EngineExecutionTimeInMillis",
        "QueryPlanningTime": "QueryPlanningTimeInMillis",
        "QueryQueueTime": "QueryQueueTimeInMillis",
        "ServiceProcessingTime": "ServiceProcessingTimeInMillis",
        "TotalExecutionTime": "TotalExecutionTimeInMillis",
    }.items():
        assert found[f"{metric}_sum{{{labels}}}"] == sum(each.get(member, 0) for each in statistics)
    assert found['TotalExecutionTime_count{WorkGroup="counted",QueryState="FAILED",QueryType="DML"}'] == 1
    assert found['TotalExecutionTime_count{WorkGroup="counted",QueryState="SUCCEEDED",QueryType="UTILITY"}'] == 1
    assert found['owlake_billed_megabytes_total{workgroup="counted",state="SUCCEEDED",type="DML"}'] == billed_mb
    assert not any('WorkGroup="silent"' in name for name in found), "CloudWatch has metrics of publishing workgroups only"
    assert found['owlake_queries_total{workgroup="silent",state="SUCCEEDED",type="DML"}'] == 1


def test_every_line_of_the_metrics_is_text_exposition(priced):
    sample = re.compile(r'[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-zA-Z_]+="[^"\\]*"(,[a-zA-Z_]+="[^"\\]*")*\})? [0-9.e+-]+')
    for line in read(priced, "/metrics").splitlines():
        assert line.startswith(("# HELP ", "# TYPE ")) or sample.fullmatch(line), line


def test_prometheus_reads_the_metrics(priced):
    families = {family.name: family for family in prometheus_client.parser.text_string_to_metric_families(read(priced, "/metrics"))}
    # The parser takes the ending `_total` off a counter's name.
    assert families["owlake_queries"].type == "counter" and families["ProcessedBytes"].type == "summary"
    assert all(family.documentation for family in families.values())
    labels = [(sample.name, tuple(sorted(sample.labels.items()))) for family in families.values() for sample in family.samples]
    assert len(labels) == len(set(labels)), "each line is a series of its own"
    assert sum(sample.value for sample in families["owlake_queries"].samples) == json.loads(read(priced, "/_owlake/usage"))["total"]["queries"]


def test_a_bucket_may_be_called_metrics(priced):
    s3 = priced.client("s3")
    s3.create_bucket(Bucket="metrics")
    s3.put_object(Bucket="metrics", Key="x", Body=b"y")
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket="metrics")["Contents"]] == ["x"]


def cost(server, sql, *flags):
    binary = os.environ.get("OWLAKE_BINARY", str(REPOSITORY / "target" / "debug" / "owlake"))
    command = [binary, "cost", "--endpoint", server.endpoint, "--database", "default", "--usd-per-tb", "6.75", "-e", sql, *flags]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OWLAKE_")}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)


def test_the_cost_command_names_bytes_partitions_columns_and_price(priced):
    days = priced.data_dir / "buckets" / "heavy" / "days"
    for day in ("1", "2", "3"):
        (days / f"day={day}").mkdir(parents=True)
        pyarrow.parquet.write_table(pyarrow.table({"n": [1.0, 2.0], "m": ["x", "y"]}), days / f"day={day}" / "p.parquet")
    priced.athena.rows("CREATE EXTERNAL TABLE days (n double, m string) PARTITIONED BY (day string) STORED AS PARQUET LOCATION 's3://heavy/days/'")
    priced.athena.rows("MSCK REPAIR TABLE days")
    sql = "SELECT sum(n) FROM days WHERE day = '2'"
    scanned = execute(priced, sql)["Statistics"]["DataScannedInBytes"]
    run = cost(priced, f"{sql}; SELECT sum(a) FROM noise; SHOW TABLES")
    assert run.returncode == 0, run.stderr
    assert f"scanned {scanned} bytes" in run.stdout
    price = f"billed 10 MB, ${10 / MB * 6.75:.6f}"
    assert price in run.stdout
    assert re.search(r"default\.days: partitions 1 of 3; columns .*\bn\b", run.stdout), run.stdout
    assert "noise: no partitions; columns a\n" in run.stdout
    assert re.search(r"3\. SHOW TABLES\n +scanned 0 bytes \(0 B\), billed 0 MB, \$0\.000000", run.stdout), run.stdout
    heavy = execute(priced, "SELECT sum(a) FROM noise")["Statistics"]["DataScannedInBytes"]
    assert f"total: scanned {scanned + heavy} bytes" in run.stdout


def test_the_cost_command_names_what_writing_statements_touch(priced):
    folder = priced.data_dir / "buckets" / "heavy" / "weeks"
    for week in ("1", "2", "3", "4"):
        (folder / f"week={week}").mkdir(parents=True)
        pyarrow.parquet.write_table(pyarrow.table({"n": [1.0, 2.0], "m": ["x", "y"]}), folder / f"week={week}" / "p.parquet")
    priced.athena.rows("CREATE EXTERNAL TABLE weeks (n double, m string) PARTITIONED BY (week string) STORED AS PARQUET LOCATION 's3://heavy/weeks/'")
    priced.athena.rows("MSCK REPAIR TABLE weeks")
    query = "SELECT n FROM weeks WHERE week IN ('2', '3', '4')"
    scanned = execute(priced, query)["Statistics"]["DataScannedInBytes"]
    run = cost(
        priced,
        f"CREATE TABLE summed WITH (format = 'PARQUET') AS {query}; INSERT INTO summed {query}; "
        f"UNLOAD ({query}) TO 's3://heavy/unloaded/' WITH (format = 'PARQUET'); SELECT count(*) FROM summed",
    )
    assert run.returncode == 0, run.stderr
    touched = r"default\.weeks: partitions 3 of 4; columns n, week\n"
    statements = re.split(r"(?m)^(?=\d+\. |total: )", run.stdout)[1:]
    for statement in statements[:3]:
        assert re.search(touched, statement), statement
        assert f"scanned {scanned} bytes" in statement and "billed 10 MB" in statement, statement
    # They have happened, once each.
    assert priced.athena.rows("SELECT count(*) FROM default.summed")[0] == [["12"]]
    assert len(priced.client("s3").list_objects_v2(Bucket="heavy", Prefix="unloaded/")["Contents"]) >= 1


def test_the_cost_command_fails_past_its_bounds(priced):
    sql = "SELECT sum(a) FROM noise; SELECT sum(b) FROM noise"
    scanned = sum(execute(priced, part)["Statistics"]["DataScannedInBytes"] for part in sql.split("; "))
    assert cost(priced, sql, "--max-bytes", str(scanned)).returncode == 0
    over = cost(priced, sql, "--max-bytes", str(scanned - 1))
    assert over.returncode == 1 and "more than --max-bytes" in over.stderr
    assert cost(priced, sql, "--max-usd", "1").returncode == 0
    over = cost(priced, sql, "--max-usd", "0.0001")
    assert over.returncode == 1 and "more than --max-usd" in over.stderr
    wrong = cost(priced, "SELECT nope FROM noise")
    assert wrong.returncode == 1 and "statement 1" in wrong.stderr and "COLUMN_NOT_FOUND" in wrong.stderr


def test_the_cost_command_takes_scripts_as_people_write_them(priced, tmp_path):
    def run(text, *flags):
        path = tmp_path / "queries.sql"
        path.write_bytes(text)
        binary = os.environ.get("OWLAKE_BINARY", str(REPOSITORY / "target" / "debug" / "owlake"))
        command = [binary, "cost", "--endpoint", priced.endpoint, "--database", "default", "--usd-per-tb", "6.75", "-f", str(path), *flags]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("OWLAKE_")}
        return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)

    script = b"""\xef\xbb\xbf-- first; no end
SELECT ';' AS a, 'it''s; x' /* ; */ FROM noise LIMIT 1;;

/* nothing ; here */ ;
EXPLAIN SELECT sum(a) FROM noise; EXPLAIN ANALYZE SELECT sum(b) FROM noise -- end
"""
    ran = run(script, "--json")
    assert ran.returncode == 0, ran.stderr
    document = json.loads(ran.stdout)
    first, plan, measured = document["statements"]
    assert first["sql"].startswith("-- first; no end") and list(first["tables"]) == ["default.noise"]
    assert (plan["bytes_scanned"], plan["billed_mb"]) == (0, 0)
    assert measured["billed_mb"] == -(-measured["bytes_scanned"] // MB) > 10
    assert document["total"]["bytes_scanned"] == first["bytes_scanned"] + measured["bytes_scanned"]
    assert document["total"]["usd"] == pytest.approx(document["total"]["billed_mb"] / MB * 6.75) and document["error"] is None
    for nothing in [b"", b" ;; ", b"-- only\n/* a ; b */"]:
        ran = run(nothing, "--max-bytes", "1")
        assert (ran.returncode, ran.stdout) == (1, "") and "no statement" in ran.stderr
    ran = run(b"SELECT 1; SELECT nope FROM noise; SELECT 2", "--json")
    document = json.loads(ran.stdout)
    assert ran.returncode == 1 and len(document["statements"]) == 1
    assert document["error"].startswith("statement 2: COLUMN_NOT_FOUND: line 1:8: Column 'nope'"), "the place is that in the script"
    ran = run(b"SELECT sum(a) FROM noise", "--json", "--max-bytes", "5")
    assert ran.returncode == 1 and "more than --max-bytes 5" in json.loads(ran.stdout)["error"]
    assert run(b"SELECT 1", "--max-usd", "nan").returncode == 1
    assert run(b"SELECT 1", "--max-bytes", "10MB").returncode == 2
    ran = run(b"\xff\xfe\x00")
    assert ran.returncode == 1 and "cannot be read" in ran.stderr


def test_totals_outlive_a_restart(tmp_path):
    server = Server(tmp_path / "data")
    server.client("s3").create_bucket(Bucket="athena-results")
    Athena(server, "s3://athena-results/").execute("SELECT 1")
    before = usage(server, "primary")
    server.stop()
    server = Server(tmp_path / "data")
    try:
        assert usage(server, "primary") == before
        assert before["queries"] == 1
    finally:
        server.stop()


def test_a_query_running_at_a_kill_is_failed_with_a_reason(tmp_path):
    server = Server(tmp_path / "data")
    server.client("s3").create_bucket(Bucket="athena-results")
    api = server.client("athena")
    endless = "SELECT count(*) FROM UNNEST(sequence(1, 50000)) a(x) CROSS JOIN UNNEST(sequence(1, 50000)) b(y) CROSS JOIN UNNEST(sequence(1, 50000)) c(z) WHERE x * y + z < 0"
    query_id = api.start_query_execution(QueryString=endless, ResultConfiguration={"OutputLocation": "s3://athena-results/"})["QueryExecutionId"]
    while api.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]["State"] != "RUNNING":
        time.sleep(0.01)
    time.sleep(0.1)
    server.kill()
    server.stop()
    server = Server(tmp_path / "data")
    try:
        status = server.client("athena").get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
        assert (status["State"], status["StateChangeReason"]) == ("FAILED", "The server stopped before the query finished")
        assert status["AthenaError"]["ErrorCategory"] == 1
        assert "CompletionDateTime" in status
    finally:
        server.stop()


def test_each_query_is_a_trace_at_the_collector(tmp_path):
    received = []

    class Collector(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.path, self.headers["Content-Type"], json.loads(body)))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *arguments):
            pass

    collector = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    server = Server(tmp_path / "data", "--otlp-endpoint", f"http://127.0.0.1:{collector.server_port}")
    try:
        server.client("s3").create_bucket(Bucket="athena-results")
        athena = Athena(server, "s3://athena-results/")
        ended = [athena.execute(sql) for sql in ("SELECT 1 + 1", "SELECT 1/0", "SHOW DATABASES")]
    finally:
        # What waits is sent before the server is gone.
        server.stop()
        collector.shutdown()
    assert {(path, kind) for path, kind, _ in received} == {("/v1/traces", "application/json")}
    spans = [span for _, _, body in received for group in body["resourceSpans"] for scope in group["scopeSpans"] for span in scope["spans"]]
    for execution in ended:
        own = [span for span in spans if span["traceId"] == execution["QueryExecutionId"].replace("-", "")]
        roots = [span for span in own if not span.get("parentSpanId")]
        assert len(roots) == 1
        assert {span["parentSpanId"] for span in own if span is not roots[0]} <= {roots[0]["spanId"]}
        assert len({span["spanId"] for span in own}) == len(own) and all(re.fullmatch("[0-9a-f]{16}", span["spanId"]) for span in own)
        assert all(int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]) for span in own)
        assert roots[0]["status"]["code"] == (2 if execution["Status"]["State"] == "FAILED" else 1)
        assert int(roots[0]["startTimeUnixNano"]) // 1_000_000 == round(execution["Status"]["SubmissionDateTime"].timestamp() * 1000)


def test_a_collector_that_is_gone_holds_nothing_up(tmp_path):
    server = Server(tmp_path / "data", "--otlp-endpoint", "http://127.0.0.1:9")
    server.client("s3").create_bucket(Bucket="athena-results")
    assert Athena(server, "s3://athena-results/").execute("SELECT 1")["Status"]["State"] == "SUCCEEDED"
    begun = time.monotonic()
    server.stop()
    assert time.monotonic() - begun < 10


def test_health_counts_what_waits_and_runs(tmp_path):
    server = Server(tmp_path / "data", "--dml-running-max", "1")
    try:
        server.client("s3").create_bucket(Bucket="athena-results")
        api = server.client("athena")
        endless = "SELECT count(*) FROM UNNEST(sequence(1, 3000)) a(x) CROSS JOIN UNNEST(sequence(1, 3000)) b(y) CROSS JOIN UNNEST(sequence(1, 3000)) c(z) WHERE x * y + z < 0"
        location = {"OutputLocation": "s3://athena-results/"}
        ids = [api.start_query_execution(QueryString=endless, ResultConfiguration=location)["QueryExecutionId"] for _ in range(3)]
        deadline = time.monotonic() + 30
        health = {}
        while (health.get("queries_queued"), health.get("queries_running")) != (2, 1):
            assert time.monotonic() < deadline, health
            health = json.loads(read(server, "/_owlake/health"))
            time.sleep(0.01)
        assert health["status"] == "ok" and health["version"] and health["uptime_seconds"] >= 0
        for query_id in ids:
            api.stop_query_execution(QueryExecutionId=query_id)
        health = json.loads(read(server, "/_owlake/health"))
        assert (health["queries_queued"], health["queries_running"]) == (0, 0)
    finally:
        server.stop()
