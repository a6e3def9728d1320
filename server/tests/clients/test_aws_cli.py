"""The main job from the AWS CLI and from owlake's own commands. basis: documented, AWS CLI reference."""

import json
import os
import pathlib
import subprocess
import sys
import time

from conftest import REPOSITORY


def own_environment():
    """Without the settings of whoever runs the tests; the program refuses those it does not know."""
    return {key: value for key, value in os.environ.items() if not key.startswith("OWLAKE_")}


def cli(server, *words):
    environment = {
        **own_environment(),
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_PAGER": "",
    }
    program = str(pathlib.Path(sys.executable).parent / "aws")
    done = subprocess.run([sys.executable, program, *words], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


def cli_query(server, sql, database):
    words = ["athena", "start-query-execution", "--query-string", sql, "--output", "json"]
    words += ["--query-execution-context", f"Database={database}", "--result-configuration", "OutputLocation=s3://cli/results/"]
    query_id = json.loads(cli(server, *words))["QueryExecutionId"]
    for _ in range(600):
        execution = json.loads(cli(server, "athena", "get-query-execution", "--query-execution-id", query_id, "--output", "json"))["QueryExecution"]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            break
        time.sleep(0.05)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    page = json.loads(cli(server, "athena", "get-query-results", "--query-execution-id", query_id, "--output", "json"))
    return [[cell.get("VarCharValue") for cell in row["Data"]] for row in page["ResultSet"]["Rows"]]


def test_the_same_from_the_command_line(server, taxi_data):
    cli(server, "s3", "mb", "s3://cli")
    for year in ("2023", "2024"):
        source = taxi_data / f"green_tripdata_{year}-01.parquet"
        cli(server, "s3", "cp", str(source), f"s3://cli/green/pickup_year={year}/pickup_month=01/{source.name}")
    listed = cli(server, "s3", "ls", "s3://cli/green/", "--recursive")
    assert len(listed.splitlines()) == 2
    cli_query(server, "CREATE DATABASE cli", "default")
    cli_query(
        server,
        "CREATE EXTERNAL TABLE green (total_amount double, trip_distance double) PARTITIONED BY (pickup_year int, pickup_month string) "
        "STORED AS PARQUET LOCATION 's3://cli/green/'",
        "cli",
    )
    cli_query(server, "MSCK REPAIR TABLE green", "cli")
    rows = cli_query(server, "SELECT pickup_year, count(*) AS n, round(sum(total_amount), 2) AS total FROM green GROUP BY 1 ORDER BY 1", "cli")
    assert rows[0] == ["pickup_year", "n", "total"]
    assert [(row[0], row[1], float(row[2])) for row in rows[1:]] == [("2023", "68211", 1486275.22), ("2024", "56551", 1266922.59)]

    binary = os.environ.get("OWLAKE_BINARY", str(REPOSITORY / "target" / "debug" / "owlake"))
    statement = "SELECT pickup_year, count(*) AS n FROM green GROUP BY 1 ORDER BY 1;"
    words = [binary, "query", "--endpoint", server.endpoint, "--database", "cli", "--format", "csv", "--quiet", "-e", statement]
    done = subprocess.run(words, env=own_environment(), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "pickup_year,n\n2023,68211\n2024,56551\n"), done.stderr
    words = [binary, "repl", "--endpoint", server.endpoint, "--database", "cli"]
    done = subprocess.run(words, input=f"\\timing\n\\f csv\n{statement}\n\\q\n", capture_output=True, text=True, timeout=60, env=own_environment())
    assert "2023,68211\n2024,56551\n" in done.stdout, (done.stdout, done.stderr)


def test_the_demo_makes_and_queries_its_lake(tmp_path):
    binary = os.environ.get("OWLAKE_BINARY", str(REPOSITORY / "target" / "debug" / "owlake"))
    words = [binary, "demo", "--data-dir", str(tmp_path / "data"), "--port", "0"]
    first = subprocess.run(words, env=own_environment(), capture_output=True, text=True, timeout=120)
    assert first.returncode == 0, first.stderr
    assert "taxi" in first.stdout and "$" in first.stdout
    again = subprocess.run(words, env=own_environment(), capture_output=True, text=True, timeout=120)
    assert again.returncode == 0, again.stderr
