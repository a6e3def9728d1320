"""Do the AWS SDKs for Go, JavaScript and Java, unmodified, run a query and page through its rows?"""

import os
import pathlib
import shutil
import subprocess

import pytest

from conftest import REPOSITORY

SOURCES = pathlib.Path(__file__).parent / "sdk"
BUILDS = REPOSITORY / "target" / "clients"
OUTPUT = "s3://athena-results/sdk/"
# More rows than a page of 1,000 holds, so that each SDK's own paginator has to follow a token.
SQL = "SELECT n, 'ü' || cast(n AS varchar) AS text, IF(n = 2, NULL, n / 2e0) AS half FROM UNNEST(sequence(1, 1500)) AS t(n)"
UTF8 = "-Dfile.encoding=UTF-8 -Dstdout.encoding=UTF-8"
EXPECTED = ["bigint|varchar|double", "n|text|half", "1|ü1|0.5", "2|ü2|", "3|ü3|1.5"]


def run(command, folder, server=None, **more):
    environment = dict(os.environ)
    environment.pop("AWS_PROFILE", None)
    if server:
        environment.update(
            AWS_ENDPOINT_URL=server.endpoint, AWS_ACCESS_KEY_ID="123456789012", AWS_SECRET_ACCESS_KEY="secret", AWS_REGION="us-east-1", **more
        )
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def need(program):
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed here")


def check(printed):
    lines = printed.splitlines()
    assert lines[:5] == EXPECTED
    assert len(lines) == 1502 and lines[-1] == "1500|ü1500|750.0"


def copied(language):
    folder = BUILDS / f"sdk-{language}"
    shutil.copytree(SOURCES / language, folder, dirs_exist_ok=True)
    return folder


def test_go(server, athena):
    need("go")
    folder = copied("go")
    run(["go", "build", "-o", "query", "."], folder)
    check(run([str(folder / "query"), SQL, OUTPUT], folder, server))


def test_javascript(server, athena):
    need("npm")
    folder = copied("javascript")
    if not (folder / "node_modules" / "@aws-sdk" / "client-athena").is_dir():
        run(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"], folder)
    check(run(["node", "query.js", SQL, OUTPUT], folder, server))


def test_java(server, athena):
    need("mvn")
    folder = copied("java")
    command = ["mvn", "-q", "-B", "compile", "exec:java"]
    printed = run(command, folder, server, CHECK_SQL=SQL, CHECK_OUTPUT=OUTPUT, MAVEN_OPTS=UTF8)
    # Maven resets the console's colours before and after what it runs.
    check(printed.replace("\x1b[0m", ""))
