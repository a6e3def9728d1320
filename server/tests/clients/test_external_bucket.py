"""Is a bucket in an S3-compatible store, named in the configuration, as good as one on this machine? moto's server is the store.

Ref: Amazon S3 API reference for the operations; the configuration's own documentation for the mapping.
"""

import http.server
import io
import pathlib
import tempfile
import threading
import urllib.request

import boto3
import pyarrow
import pyarrow.parquet
import pytest
from botocore.exceptions import ClientError

from conftest import Athena, Server

moto_server = pytest.importorskip("moto.server")


@pytest.fixture(scope="module")
def store():
    running = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s")
    client.create_bucket(Bucket="name-there")
    yield client
    running.stop()


class Redirecting(http.server.BaseHTTPRequestHandler):
    """Sends every request on to another host, and notes what came."""

    came = []

    def do_GET(self):
        self.came.append((self.path, self.headers.get("Authorization")))
        self.send_response(307)
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_address[1]}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def redirecting():
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Redirecting)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_address[1]}"
    running.shutdown()
    running.server_close()


@pytest.fixture(scope="module")
def mapped(store, redirecting):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "elsewhere").mkdir()
        (folder / "owlake.toml").write_text(
            f'''[buckets.outside]
endpoint = "{store.meta.endpoint_url}"
bucket = "name-there"
access_key_id = "k"
secret_access_key = "s"

[buckets.folder]
path = "{folder / "elsewhere"}"

[buckets.redirected]
endpoint = "{redirecting}"
access_key_id = "k"
secret_access_key = "s"

[buckets.unreachable]
endpoint = "http://127.0.0.1:1"
access_key_id = "k"
secret_access_key = "s"
''',
            encoding="utf-8",
        )
        running = Server(folder / "data", "--config", str(folder / "owlake.toml"))
        yield running
        alive = running.is_running()
        running.stop()
        assert alive


def parquet(**columns):
    body = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), body)
    return body.getvalue()


def test_objects_cross_both_ways(mapped, store):
    s3 = mapped.client("s3")
    s3.put_object(Bucket="outside", Key="a b/ü.txt", Body=b"hello world", Metadata={"k": "v"}, ContentType="text/plain")
    there = store.get_object(Bucket="name-there", Key="a b/ü.txt")
    assert (there["Body"].read(), there["Metadata"], there["ContentType"]) == (b"hello world", {"k": "v"}, "text/plain")
    here = s3.get_object(Bucket="outside", Key="a b/ü.txt", Range="bytes=6-10")
    assert (here["Body"].read(), here["ContentRange"]) == (b"world", "bytes 6-10/11")
    assert s3.head_object(Bucket="outside", Key="a b/ü.txt")["ETag"] == there["ETag"]
    assert [row["Key"] for row in s3.list_objects_v2(Bucket="outside", Prefix="a b/")["Contents"]] == ["a b/ü.txt"]
    s3.copy_object(Bucket="outside", Key="copy", CopySource={"Bucket": "outside", "Key": "a b/ü.txt"})
    assert store.get_object(Bucket="name-there", Key="copy")["Body"].read() == b"hello world"
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "outside", "Key": "copy"})
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"hello world"
    s3.delete_objects(Bucket="outside", Delete={"Objects": [{"Key": "copy"}, {"Key": "a b/ü.txt"}]})
    assert "Contents" not in store.list_objects_v2(Bucket="name-there", Prefix="a b/")


def test_parts_cross_too(mapped, store):
    s3 = mapped.client("s3")
    upload = s3.create_multipart_upload(Bucket="outside", Key="big")["UploadId"]
    bodies = {2: b"end", 1: b"x" * (5 << 20)}
    parts = {n: s3.upload_part(Bucket="outside", Key="big", UploadId=upload, PartNumber=n, Body=body)["ETag"] for n, body in bodies.items()}
    listed = [{"PartNumber": number, "ETag": parts[number]} for number in sorted(parts)]
    s3.complete_multipart_upload(Bucket="outside", Key="big", UploadId=upload, MultipartUpload={"Parts": listed})
    assert store.head_object(Bucket="name-there", Key="big")["ContentLength"] == (5 << 20) + 3
    s3.delete_object(Bucket="outside", Key="big")


def test_failures_are_the_stores_own_or_named(mapped):
    s3 = mapped.client("s3")
    with pytest.raises(ClientError) as missing:
        s3.get_object(Bucket="outside", Key="nothing")
    assert missing.value.response["Error"]["Code"] == "NoSuchKey"
    with pytest.raises(ClientError) as unreachable:
        s3.get_object(Bucket="unreachable", Key="k")
    assert unreachable.value.response["Error"]["Code"] == "ServiceUnavailable"
    assert "cannot be reached" in unreachable.value.response["Error"]["Message"]
    # The request is signed with the configured keys: it goes nowhere but to the configured store.
    with pytest.raises(ClientError) as redirected:
        s3.get_object(Bucket="redirected", Key="k")
    assert "redirect" in redirected.value.response["Error"]["Message"]
    assert Redirecting.came and all(path == "/redirected/k" for path, _ in Redirecting.came)
    with pytest.raises(ClientError) as refused:
        s3.delete_bucket(Bucket="outside")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 501)
    names = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    assert {"outside", "folder"} <= names


@pytest.mark.parametrize("bucket", ["outside", "folder"])
def test_tables_results_and_writes_work_there(mapped, bucket):
    s3 = mapped.client("s3")
    athena = Athena(mapped, f"s3://{bucket}/results/")
    body = parquet(a=pyarrow.array([1, 2, 3], pyarrow.int64()), s=["x", None, "z"])
    s3.put_object(Bucket=bucket, Key="t/p=1/part.parquet", Body=body)
    database = f"db_{bucket}"
    assert athena.execute(f"CREATE DATABASE {database}")["Status"]["State"] == "SUCCEEDED"
    athena.execute(f"CREATE EXTERNAL TABLE t (a bigint, s string) PARTITIONED BY (p int) STORED AS PARQUET LOCATION 's3://{bucket}/t/'", database)
    athena.execute("MSCK REPAIR TABLE t", database)
    rows, execution = athena.rows("SELECT a, s, p FROM t ORDER BY a", database)
    assert rows == [["1", "x", "1"], ["2", None, "1"], ["3", "z", "1"]]
    assert 0 < execution["Statistics"]["DataScannedInBytes"] <= len(body)
    key = execution["ResultConfiguration"]["OutputLocation"].removeprefix(f"s3://{bucket}/")
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b'"a","s","p"\n"1","x","1"\n"2",,"1"\n"3","z","1"\n'

    _, made = athena.rows(f"CREATE TABLE c WITH (external_location = 's3://{bucket}/c/', partitioned_by = ARRAY['p']) AS SELECT a, p FROM t", database)
    manifest = made["Statistics"]["DataManifestLocation"].removeprefix(f"s3://{bucket}/")
    files = s3.get_object(Bucket=bucket, Key=manifest)["Body"].read().decode().split()
    assert files and all(file.startswith(f"s3://{bucket}/c/p=1/") for file in files)
    athena.rows("INSERT INTO c VALUES (4, 2)", database)
    assert athena.rows("SELECT a, p FROM c ORDER BY a", database)[0] == [["1", "1"], ["2", "1"], ["3", "1"], ["4", "2"]]
    athena.rows(f"UNLOAD (SELECT a FROM c) TO 's3://{bucket}/u/' WITH (format = 'PARQUET')", database)
    unloaded = s3.list_objects_v2(Bucket=bucket, Prefix="u/")["Contents"]
    assert sum(pyarrow.parquet.read_table(io.BytesIO(s3.get_object(Bucket=bucket, Key=row["Key"])["Body"].read())).num_rows for row in unloaded) == 4
