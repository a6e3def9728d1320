"""The S3 endpoint's throughput and memory, beside another S3 server over the same file system, in one run.

Streams one large object in (multipart, and as one PUT) and out, with a client that makes the body as it goes, so that the
figures are the servers' own. Prints MB/s (10^6 bytes a second) of both in turn and the median of the runs' ratios (above 1: owlake is
faster), the processor time each took for 10^9 bytes, and owlake's largest resident memory. The servers take turns at going first, each
run after a file of the object's size was written and removed: memory that the machine has not used for a while is slow the first time.

    python benches/s3.py --binary target/release-fast/owlake [--gigabytes 5] [--beside "s3s-fs --host 127.0.0.1 --port 8014 FOLDER"]

5 GB take three times that on disk, and three runs about ten minutes; `--only put` measures one of put, parts and get.
"""

import argparse
import hashlib
import http.client
import os
import pathlib
import re
import shlex
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.parse

import boto3
import botocore.config

MIB = 1 << 20
# A server that neither takes nor sends anything for so long is stuck; writing the joined parts of a large upload sends nothing either.
STALL_SECONDS = 300
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
BLOCK = hashlib.shake_256(b"owlake").digest(MIB)


class Body:
    """A body of `size` bytes, made as it is read."""

    def __init__(self, size):
        self.size, self.sent = size, 0

    def read(self, wanted=-1):
        left = self.size - self.sent
        take = min(left, MIB if wanted < 0 else wanted, MIB)
        offset = self.sent % MIB
        chunk = BLOCK[offset : offset + take]
        self.sent += len(chunk)
        return chunk

    def __iter__(self):
        while chunk := self.read(MIB):
            yield chunk


class Peak:
    """The largest resident memory of a process while it is watched, in bytes."""

    def __init__(self, pid):
        self.path, self.bytes, self.goes_on = f"/proc/{pid}/statm", 0, True
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while self.goes_on:
            try:
                with open(self.path, encoding="ascii") as file:
                    self.bytes = max(self.bytes, int(file.read().split()[1]) * 4096)
            except OSError:
                return
            time.sleep(0.01)

    def stop(self):
        self.goes_on = False
        self.thread.join()
        return self.bytes


class Target:
    """One S3 server under measurement, spoken to in presigned URLs, so that the client signs no body."""

    def __init__(self, endpoint, process, access_key="123456789012", secret_key="secret"):
        self.process = process
        self.s3 = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=botocore.config.Config(s3={"addressing_style": "path"}, signature_version="s3v4", request_checksum_calculation="when_required", read_timeout=STALL_SECONDS, retries={"max_attempts": 0}),
        )
        self.address = urllib.parse.urlparse(endpoint)
        self.s3.create_bucket(Bucket="throughput")

    def request(self, method, operation, body=None, size=0, **parameters):
        url = self.s3.generate_presigned_url(operation, Params={"Bucket": "throughput", **parameters}, ExpiresIn=3600)
        opened = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=STALL_SECONDS, blocksize=MIB)
        opened.request(method, url.split(self.address.netloc, 1)[1], body=body, headers={"Content-Length": str(size)} if body else {})
        answer = opened.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"{operation}: {answer.status} {answer.read(2000)}")
        return answer

    def put(self, key, size):
        self.request("PUT", "put_object", Body(size), size, Key=key).read()

    def put_in_parts(self, key, size, part_size):
        upload = self.s3.create_multipart_upload(Bucket="throughput", Key=key)["UploadId"]
        parts = []
        for number, start in enumerate(range(0, size, part_size), 1):
            length = min(part_size, size - start)
            answer = self.request("PUT", "upload_part", Body(length), length, Key=key, UploadId=upload, PartNumber=number)
            answer.read()
            parts.append({"PartNumber": number, "ETag": answer.headers["ETag"]})
        self.s3.complete_multipart_upload(Bucket="throughput", Key=key, UploadId=upload, MultipartUpload={"Parts": parts})

    def read(self, key, size):
        answer = self.request("GET", "get_object", Key=key)
        buffer, total = bytearray(MIB), 0
        while count := answer.readinto(buffer):
            total += count
        if total != size:
            raise RuntimeError(f"{key}: {total} of {size} bytes came back")

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def remove(self, key):
        self.s3.delete_object(Bucket="throughput", Key=key)


def timed(action):
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def warm(folder, size):
    """Writes and removes a file of a size, so that each server finds the machine's memory in use."""
    path = pathlib.Path(folder) / "warm"
    with open(path, "wb") as file:
        for _ in range(size // MIB):
            file.write(BLOCK)
    path.unlink()


def start(command, folder):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=folder)
    return process


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--binary", required=True)
    arguments.add_argument("--gigabytes", type=float, default=5)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--only", choices=["put", "parts", "get"])
    arguments.add_argument("--beside", help="command of the other server; FOLDER stands for its data folder")
    arguments.add_argument("--beside-endpoint", default="http://127.0.0.1:8014")
    options = arguments.parse_args()
    size = int(options.gigabytes * 1e9)
    with tempfile.TemporaryDirectory() as folder:
        processes = [start([str(pathlib.Path(options.binary).resolve()), "serve", "--data-dir", f"{folder}/owlake", "--port", "0"], folder)]
        try:
            endpoint = re.search(r"http://\S+", processes[0].stdout.readline()).group(0)
            targets = {"owlake": Target(endpoint, processes[0])}
            if options.beside:
                (pathlib.Path(folder) / "other").mkdir()
                command = [part.replace("FOLDER", f"{folder}/other") for part in shlex.split(options.beside)]
                processes.append(start(command, folder))
                time.sleep(2)
                targets["other"] = Target(options.beside_endpoint, processes[1])
            peak = Peak(processes[0].pid)
            measure(targets, size, options, folder)
            print(f"owlake's largest resident memory: {peak.stop() / 1e6:.0f} MB for an object of {size / 1e6:.0f} MB")
        finally:
            for process in processes:
                process.terminate()
                process.wait(timeout=30)


def measure(targets, size, options, folder):
    actions = [
        ("put", "PUT, one request", lambda target: target.put("whole", size)),
        ("parts", "PUT, parts of 64 MiB", lambda target: target.put_in_parts("parts", size, 64 * MIB)),
        ("get", "GET", lambda target: target.read("parts", size)),
    ]
    if options.only == "get":
        for target in targets.values():
            target.put("parts", size)
    print(f"{'':24}" + "".join(f"{name:>14}{'':>11}" for name in targets) + ("   ratio" if len(targets) > 1 else ""))
    for name_of_action, title, action in actions:
        if options.only not in (None, name_of_action):
            continue
        seconds, cpu = {name: [] for name in targets}, {name: [] for name in targets}
        for run in range(options.runs):
            for name, target in list(targets.items())[:: 1 if run % 2 == 0 else -1]:
                if name_of_action != "get":
                    warm(folder, size)
                before = target.cpu_seconds()
                seconds[name].append(timed(lambda: action(target)))
                cpu[name].append(target.cpu_seconds() - before)
                if name_of_action == "put":
                    target.remove("whole")
        line = f"{title:24}"
        for name in targets:
            line += f"{size / 1e6 / statistics.median(seconds[name]):>9.0f} MB/s{statistics.median(cpu[name]) / size * 1e9:>5.1f} s/GB"
        if "other" in targets:
            line += f"{statistics.median(other / own for own, other in zip(seconds['owlake'], seconds['other'])):>8.2f}"
        print(line, flush=True)


if __name__ == "__main__":
    main()
