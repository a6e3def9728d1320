"""Does a dbt project with dbt-athena, unmodified, build, build again and document itself?"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from conftest import REPOSITORY

PROJECT = pathlib.Path(__file__).parent / "dbt"
# dbt needs a PyAthena older than the one tested beside it, so it has an environment of its own.
REQUIREMENTS = ["dbt-core==1.10.23", "dbt-athena==1.11.1"]


@pytest.fixture(scope="module")
def program():
    home = REPOSITORY / "target" / "clients" / "dbt"
    program = home / "bin" / "dbt"
    if subprocess.run([program, "--version"], capture_output=True, check=False).returncode if program.exists() else True:
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run([home / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", *REQUIREMENTS], check=True)
    return program


@pytest.fixture(scope="module")
def dbt(server, program, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dbt") / "project"
    shutil.copytree(PROJECT, folder)
    server.client("s3").create_bucket(Bucket="dbt-lake")
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "DBT_PROFILES_DIR": str(folder),
        "DO_NOT_TRACK": "1",
    }

    def run(*arguments):
        command = [program, "--no-use-colors", "--no-version-check", *arguments]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == 0, f"dbt {' '.join(arguments)}\n{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
        return done.stdout

    run.folder = folder
    return run


def test_the_project_is_built_tested_and_rebuilt(dbt, athena):
    # 1 seed, 5 models, 5 data tests: none may fail, warn or be skipped.
    assert "PASS=11 WARN=0 ERROR=0 SKIP=0" in dbt("build")
    rows = lambda sql: athena.rows(sql, "dbt_taxi")[0]  # noqa: E731
    # n % 3 = 0, 1, 2 is zone 1, 4, 7; the fares of n = 3, 6, 9, 12 are 1.5 × 30.
    assert rows("SELECT * FROM by_borough ORDER BY borough") == [["EWR", "4", "45.0"], ["Manhattan", "4", "33.0"], ["Queens", "4", "39.0"]]
    assert rows("SELECT name, opened, area FROM zones ORDER BY zone_id") == [
        ["Newark Airport", "2001-01-01", "7.5"],
        ["Alphabet City", "2002-02-02", "0.9"],
        ["Astoria, North", "2003-03-03", None],
    ]
    assert rows("SELECT count(*) FROM described") == [["2"]]
    assert rows('SELECT day FROM "trips$partitions" ORDER BY day') == [["2024-01-01"], ["2024-01-02"]]

    variables = ("--vars", json.dumps({"run": 2}))
    assert "ERROR=0" in dbt("run", *variables)
    assert rows("SELECT run, trips FROM appended ORDER BY run") == [["1", "12"], ["2", "12"]]
    # Only the second day is written again; the first keeps what the first run wrote.
    assert rows("SELECT day, min(run), max(run), count(*) FROM overwritten GROUP BY day ORDER BY day") == [
        ["2024-01-01", "1", "1", "6"],
        ["2024-01-02", "2", "2", "6"],
    ]
    assert "PASS=5" in dbt("test")


def test_the_documentation_reads_the_catalog(dbt, athena):
    dbt("build")
    dbt("docs", "generate")
    catalog = json.loads((dbt.folder / "target" / "catalog.json").read_text(encoding="utf-8"))
    assert catalog["errors"] is None
    trips = catalog["nodes"]["model.taxi.trips"]
    assert {name: column["type"] for name, column in trips["columns"].items()} == {
        "trip_id": "bigint",
        "zone_id": "int",
        "fare": "double",
        "day": "date",
    }
    assert set(catalog["nodes"]) == {
        "seed.taxi.zones",
        "model.taxi.trips",
        "model.taxi.by_borough",
        "model.taxi.appended",
        "model.taxi.overwritten",
        "model.taxi.described",
    }
