"""`SELECT 1`, from its start to SUCCEEDED to its first page of results: owlake beside MiniStack and moto, in turn, in one run.

One keep-alive connection each and no client library, so the times are the servers': start, poll without a pause, read the page. The
servers take turns of a few queries, so that what disturbs the machine disturbs all of them. MiniStack and moto are installed by
package name into an environment of their own, `target/peers`, unless `--peers none`. They run no engine here: moto answers canned rows and
MiniStack's answer is its own affair; what is compared is what a test waits for.

    python benches/latency.py --binary target/release-fast/owlake [--queries 2000] [--peers ministack,moto] [--p50-ms 2 --p99-ms 10]

Exits with 1 when owlake's answer is wrong or, where bounds are given, above them.
"""

import argparse
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import uuid

from side_by_side import environment

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
PEERS = REPOSITORY / "target" / "peers"
BUCKET = "latency-results"
TURN = 20
WARM_UP = 100
READY_SECONDS_MAX = 60
AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"


class Peer:
    """One server's connection and the times it has shown."""

    def __init__(self, name, endpoint):
        address = urllib.parse.urlparse(endpoint)
        self.name = name
        self.http = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        self.http.connect()
        # What a person's client does, too; else Nagle's algorithm adds up to 40 ms for some servers.
        self.http.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.milliseconds = []
        self.polls = []

    def call(self, operation, body):
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"AmazonAthena.{operation}",
            "Authorization": AUTHORIZATION.format(service="athena"),
            "X-Amz-Date": "20260101T000000Z",
        }
        self.http.request("POST", "/", json.dumps(body), headers)
        answer = self.http.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{self.name}: {operation}: {answer.status} {text[:500]}")
        return json.loads(text)

    def put_bucket(self):
        self.http.request("PUT", f"/{BUCKET}", headers={"Authorization": AUTHORIZATION.format(service="s3")})
        self.http.getresponse().read()

    def select_one(self):
        """Milliseconds of one query, how often it was polled, and its first page."""
        begun = time.perf_counter()
        body = {
            "QueryString": "SELECT 1",
            "ClientRequestToken": str(uuid.uuid4()),
            "ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/"},
        }
        query_id = self.call("StartQueryExecution", body)["QueryExecutionId"]
        polls = 0
        while True:
            polls += 1
            state = self.call("GetQueryExecution", {"QueryExecutionId": query_id})["QueryExecution"]["Status"]["State"]
            if state == "SUCCEEDED":
                break
            if state in ("FAILED", "CANCELLED"):
                raise SystemExit(f"{self.name}: the query is {state}")
        page = self.call("GetQueryResults", {"QueryExecutionId": query_id})
        return 1000 * (time.perf_counter() - begun), polls, page

    def turn(self, queries):
        for _ in range(queries):
            milliseconds, polls, _ = self.select_one()
            self.milliseconds.append(milliseconds)
            self.polls.append(polls)

    def percentile(self, percent):
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def install(names):
    """The peers' own environment, made once."""
    if not (PEERS / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(PEERS)], check=True)
    packages = {"ministack": "ministack", "moto": "moto[server]"}
    known = subprocess.run([str(PEERS / "bin" / "python"), "-m", "pip", "freeze"], check=True, capture_output=True, text=True).stdout
    wanted = [packages[name] for name in names if not re.search(rf"(?m)^{name}==", known)]
    if wanted:
        subprocess.run([str(PEERS / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted], check=True)
    return dict(line.split("==") for line in known.splitlines() if "==" in line)


def wait_until_ready(name, port, process):
    deadline = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"{name} did not start")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{name} does not answer")


def started_owlake(binary, folder):
    command = [str(binary), "serve", "--port", "0", "--log", "error", "--data-dir", f"{folder}/data"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment())
    return process, re.search(r"http://\S+", process.stdout.readline())[0]


def started_peer(name, folder):
    port = free_port()
    commands = {"ministack": [str(PEERS / "bin" / "ministack")], "moto": [str(PEERS / "bin" / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]}
    own = {"GATEWAY_PORT": str(port), "MINISTACK_HOST": "127.0.0.1", "EDGE_PORT": str(port), "HOME": folder, "AWS_DEFAULT_REGION": "us-east-1"}
    log = open(f"{folder}/{name}.log", "w", encoding="utf-8")
    process = subprocess.Popen(commands[name], stdout=log, stderr=log, env={**os.environ, **own}, cwd=folder)
    wait_until_ready(name, port, process)
    return process, f"http://127.0.0.1:{port}"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--binary", type=pathlib.Path, required=True)
    arguments.add_argument("--queries", type=int, default=200)
    arguments.add_argument("--peers", default="ministack,moto")
    arguments.add_argument("--p50-ms", type=float)
    arguments.add_argument("--p99-ms", type=float)
    chosen = arguments.parse_args()
    names = [] if chosen.peers == "none" else chosen.peers.split(",")
    versions = install(names) if names else {}
    with tempfile.TemporaryDirectory() as folder:
        processes, peers = [], []
        try:
            for name in ["owlake", *names]:
                process, endpoint = started_owlake(chosen.binary, folder) if name == "owlake" else started_peer(name, folder)
                processes.append(process)
                peers.append(Peer(name, endpoint))
                peers[-1].put_bucket()
                for _ in range(WARM_UP):
                    peers[-1].select_one()
            while len(peers[0].milliseconds) < chosen.queries:
                for peer in peers:
                    peer.turn(min(TURN, chosen.queries - len(peer.milliseconds)))
            ours = peers[0]
            rows = ours.select_one()[2]["ResultSet"]["Rows"]
        finally:
            for process in processes:
                process.terminate()
                process.wait(timeout=30)
    print("| server | p50 ms | p90 ms | p99 ms | longest ms | polls a query | p50 / owlake's |")
    print("|---|---|---|---|---|---|---|")
    for peer in peers:
        name = f"{peer.name} {versions.get(peer.name, '')}".strip()
        figures = [peer.percentile(50), peer.percentile(90), peer.percentile(99), max(peer.milliseconds)]
        cells = [f"{figure:.2f}" for figure in figures] + [f"{sum(peer.polls) / len(peer.polls):.1f}", f"{figures[0] / ours.percentile(50):.2f}"]
        print(f"| {name} | {' | '.join(cells)} |")
    if rows != [{"Data": [{"VarCharValue": "_col0"}]}, {"Data": [{"VarCharValue": "1"}]}]:
        sys.exit(f"the answer is wrong: {rows}")
    for percent, bound in ((50, chosen.p50_ms), (99, chosen.p99_ms)):
        if bound is not None and ours.percentile(percent) > bound:
            sys.exit(f"p{percent} is {ours.percentile(percent):.2f} ms, above {bound} ms")


if __name__ == "__main__":
    main()
