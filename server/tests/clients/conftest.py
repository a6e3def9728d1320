"""Starts the real binary on a free loopback port, with a data folder of its own, and ends it by its own id."""

import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time
import uuid

import boto3
import botocore.config
import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
# Real taxi months, laid beside the repository where there are any; tests that want them are skipped without.
TAXI = REPOSITORY.parent / "shared" / "data" / "nyc-tlc"


class Server:
    """One running owlake."""

    def __init__(self, data_dir, *flags):
        self.data_dir = pathlib.Path(data_dir)
        binary = os.environ.get("OWLAKE_BINARY", str(REPOSITORY / "target" / "debug" / "owlake"))
        self.log = open(self.data_dir.parent / f"{uuid.uuid4()}.log", "w+", encoding="utf-8")
        command = [binary, "serve", "--data-dir", str(self.data_dir), "--port", "0", *flags]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("OWLAKE_")}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True, env=environment)
        line = self.process.stdout.readline()
        match = re.search(r"https?://\S+", line)
        if not match:
            self.log.seek(0)
            raise RuntimeError(f"the server did not start: {line!r} {self.log.read()}")
        self.endpoint = match.group(0)

    def client(self, service, **config):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="123456789012",
            aws_secret_access_key="secret",
            config=botocore.config.Config(retries={"max_attempts": 1}, **config),
        )

    def is_running(self):
        return self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=30)

    def stop(self):
        if self.is_running():
            self.process.terminate()
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.kill()
        self.process.stdout.close()
        self.log.close()


class Athena:
    """What a test needs of Athena: run to the end, read every page."""

    def __init__(self, server, output):
        self.api = server.client("athena")
        self.output = output

    def execute(self, sql, database=None, **more):
        request = {"QueryString": sql, "ResultConfiguration": {"OutputLocation": self.output}, **more}
        if database:
            request["QueryExecutionContext"] = {"Database": database}
        return self.wait(self.api.start_query_execution(**request)["QueryExecutionId"])

    def wait(self, query_id, seconds=120):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            execution = self.api.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            if execution["Status"]["State"] in ("SUCCEEDED", "FAILED", "CANCELLED"):
                return execution
            time.sleep(0.02)
        raise AssertionError(f"{query_id} did not end within {seconds} s")

    def rows(self, sql, database=None, **more):
        """The rows without the header, as lists of text or None, and the execution."""
        execution = self.execute(sql, database, **more)
        assert execution["Status"]["State"] == "SUCCEEDED", (sql, execution["Status"])
        rows = []
        pages = self.api.get_paginator("get_query_results").paginate(QueryExecutionId=execution["QueryExecutionId"])
        for page in pages:
            for row in page["ResultSet"]["Rows"]:
                rows.append([cell.get("VarCharValue") for cell in row["Data"]])
        if execution["StatementType"] == "DML":
            rows = rows[1:]
        return rows, execution


@pytest.fixture(scope="module")
def server():
    with tempfile.TemporaryDirectory() as folder:
        running = Server(pathlib.Path(folder) / "data")
        yield running
        alive = running.is_running()
        running.stop()
        assert alive, "the server went down during the tests"


@pytest.fixture(scope="module")
def athena(server):
    server.client("s3").create_bucket(Bucket="athena-results")
    return Athena(server, "s3://athena-results/out/")


@pytest.fixture
def local_names(monkeypatch):
    """Every name below localhost is this machine, as RFC 6761 says and not every resolver knows."""
    resolve = socket.getaddrinfo

    def known(host, *arguments, **more):
        name = host.decode() if isinstance(host, bytes) else host
        return resolve("127.0.0.1" if str(name).endswith(".localhost") else host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", known)


@pytest.fixture(scope="session")
def taxi_data():
    if not TAXI.is_dir():
        pytest.skip(f"no taxi months at {TAXI}")
    return TAXI


# `test_s3_boto3.py` is also a script of its own, so it learns the address from the environment when it is imported.
_s3 = {}


def pytest_sessionstart(session):
    if "S3_CHECK_ENDPOINT" not in os.environ:
        _s3["folder"] = tempfile.TemporaryDirectory()
        _s3["server"] = Server(pathlib.Path(_s3["folder"].name) / "data")
        os.environ["S3_CHECK_ENDPOINT"] = _s3["server"].endpoint


def pytest_sessionfinish(session, exitstatus):
    if _s3:
        _s3["server"].stop()
        _s3["folder"].cleanup()
