"""Is a bucket in an S3-compatible store, named in the configuration, as good as one on this machine? moto's server is the store, and for
copies between two stores a second owlake is the other.

Ref: Amazon S3 API reference for the operations; the configuration's own documentation for the mapping.
"""

import datetime
import hashlib
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


@pytest.fixture(scope="module")
def second():
    with tempfile.TemporaryDirectory() as folder:
        running = Server(pathlib.Path(folder) / "data")
        for name in ["in-the-second", "also-in-the-second"]:
            running.client("s3").create_bucket(Bucket=name)
        yield running
        alive = running.is_running()
        running.stop()
        assert alive


class Breaking(http.server.BaseHTTPRequestHandler):
    """Has every object, and sends half of it."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(4 << 20))
        self.send_header("ETag", '"e"')
        self.end_headers()
        self.wfile.write(b"x" * (2 << 20))
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def breaking():
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Breaking)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_address[1]}"
    running.shutdown()
    running.server_close()


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
def mapped(store, second, redirecting, breaking):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "elsewhere").mkdir()
        (folder / "owlake.toml").write_text(
            f'''[buckets.outside]
endpoint = "{store.meta.endpoint_url}"
bucket = "name-there"
access_key_id = "k"
secret_access_key = "s"

[buckets.second-too]
endpoint = "{second.endpoint}"
bucket = "also-in-the-second"
access_key_id = "k"
secret_access_key = "s"

[buckets.second]
endpoint = "{second.endpoint}"
bucket = "in-the-second"
access_key_id = "k"
secret_access_key = "s"

[buckets.breaking]
endpoint = "{breaking}"
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


DIRECTIONS = [
    ("here", "outside"),
    ("outside", "here"),
    ("second", "second-too"),
    ("outside", "second"),
    ("second", "outside"),
    ("folder", "second"),
    ("second", "folder"),
]


@pytest.fixture(scope="module")
def here(mapped):
    s3 = mapped.client("s3")
    s3.create_bucket(Bucket="here")
    return s3


def refusal(call, **parameters):
    with pytest.raises(ClientError) as failure:
        call(**parameters)
    return failure.value.response["Error"]["Code"]


def tags(s3, bucket, key):
    return {tag["Key"]: tag["Value"] for tag in s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]}


@pytest.mark.parametrize("source,target", DIRECTIONS)
def test_copies_cross_in_every_direction(here, source, target):
    """Ref: Amazon S3 API reference, CopyObject: directives, preconditions of the source, preconditions of the target."""
    body = bytes(range(256)) * 4096 + b"end"
    etag = f'"{hashlib.md5(body).hexdigest()}"'
    key, copy = f"a b/ü+%-{source}-{target}", f"copies/ö&-{source}-{target}"
    here.put_object(Bucket=source, Key=key, Body=body, Metadata={"k": "v"}, ContentType="text/csv", CacheControl="no-store", Tagging="t=1&u=x%20y")
    where = {"Bucket": source, "Key": key}
    answer = here.copy_object(Bucket=target, Key=copy, CopySource=where)["CopyObjectResult"]
    assert answer["ETag"] == etag and answer["LastModified"]
    kept = here.get_object(Bucket=target, Key=copy)
    assert (kept["Body"].read() == body, kept["ETag"], kept["ContentType"], kept["CacheControl"], kept["Metadata"]) == (True, etag, "text/csv", "no-store", {"k": "v"})
    assert tags(here, target, copy) == {"t": "1", "u": "x y"}

    replaced = {"MetadataDirective": "REPLACE", "Metadata": {"n": "w"}, "ContentType": "a/b", "TaggingDirective": "REPLACE", "Tagging": "r=2"}
    here.copy_object(Bucket=target, Key=copy, CopySource=where, **replaced)
    head = here.head_object(Bucket=target, Key=copy)
    assert (head["ContentType"], head["Metadata"], head.get("CacheControl"), tags(here, target, copy)) == ("a/b", {"n": "w"}, None, {"r": "2"})

    long_ago = datetime.datetime(2001, 1, 1, tzinfo=datetime.timezone.utc)
    for failing in [{"CopySourceIfMatch": '"other"'}, {"CopySourceIfNoneMatch": etag}, {"CopySourceIfUnmodifiedSince": long_ago}]:
        assert refusal(here.copy_object, Bucket=target, Key=copy, CopySource=where, **failing) == "PreconditionFailed", failing
    here.copy_object(Bucket=target, Key=copy, CopySource=where, CopySourceIfMatch=etag, CopySourceIfModifiedSince=long_ago)
    assert here.head_object(Bucket=target, Key=copy)["ContentType"] == "text/csv"
    assert refusal(here.copy_object, Bucket=target, Key=copy, CopySource={"Bucket": source, "Key": "nothing"}) == "NoSuchKey"
    assert here.get_object(Bucket=target, Key=copy)["Body"].read() == body
    assert refusal(here.copy_object, Bucket=target, Key=copy, CopySource=where, IfNoneMatch="*") == "PreconditionFailed"
    here.put_object(Bucket=source, Key=key, Body=b"")
    here.copy_object(Bucket=target, Key=copy, CopySource=where)
    assert here.head_object(Bucket=target, Key=copy)["ContentLength"] == 0


@pytest.mark.parametrize("source,target", DIRECTIONS)
def test_parts_are_copied_in_every_direction(here, source, target):
    """Ref: Amazon S3 API reference, UploadPartCopy."""
    body = bytes(range(256)) * (6 << 12)
    here.put_object(Bucket=source, Key="whole", Body=body)
    where, size = {"Bucket": source, "Key": "whole"}, len(body)
    upload = {"Bucket": target, "Key": "of-parts", "UploadId": here.create_multipart_upload(Bucket=target, Key="of-parts")["UploadId"]}
    ranges = {2: (size - 5, size - 1), 1: (1, 5 << 20)}
    parts = []
    for number, (first, last) in ranges.items():
        answer = here.upload_part_copy(**upload, PartNumber=number, CopySource=where, CopySourceRange=f"bytes={first}-{last}")["CopyPartResult"]
        assert answer["ETag"] == f'"{hashlib.md5(body[first : last + 1]).hexdigest()}"'
        parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    third = here.upload_part_copy(**upload, PartNumber=3, CopySource=where)["CopyPartResult"]
    assert third["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    for wrong in [f"bytes=0-{size}", f"bytes={size}-{size + 1}", "bytes=5-2", "0-5"]:
        assert refusal(here.upload_part_copy, **upload, PartNumber=4, CopySource=where, CopySourceRange=wrong) == "InvalidArgument", wrong
    assert refusal(here.upload_part_copy, **upload, PartNumber=4, CopySource=where, CopySourceIfMatch='"other"') == "PreconditionFailed"
    here.complete_multipart_upload(**upload, MultipartUpload={"Parts": sorted(parts, key=lambda part: part["PartNumber"])})
    assert here.get_object(Bucket=target, Key="of-parts")["Body"].read() == body[1 : (5 << 20) + 1] + body[-5:]


def resident_bytes(server):
    return int(pathlib.Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]) * 4096


@pytest.mark.parametrize("source,target", [("here", "second"), ("second", "here")])
def test_a_large_copy_takes_no_memory(mapped, here, second, source, target):
    """An object of 300 MB crosses in less than 100 MB more than the server had."""
    size = 300 << 20
    folder = {"here": mapped.data_dir / "buckets" / "here", "second": second.data_dir / "buckets" / "in-the-second"}[source]
    with open(folder / "large", "wb") as file:
        file.truncate(size)
    before, most = {server: resident_bytes(server) for server in (mapped, second)}, {mapped: 0, second: 0}
    copying = threading.Thread(target=here.copy_object, kwargs={"Bucket": target, "Key": "large-copy", "CopySource": {"Bucket": source, "Key": "large"}})
    copying.start()
    while copying.is_alive():
        most = {server: max(most[server], resident_bytes(server)) for server in most}
        copying.join(0.01)
    head = here.head_object(Bucket=target, Key="large-copy")
    assert head["ContentLength"] == size
    md5 = hashlib.md5()
    for _ in range(300):
        md5.update(bytes(1 << 20))
    assert head["ETag"] == f'"{md5.hexdigest()}"'
    assert all(most[server] - before[server] < 100 << 20 for server in most), (before, most)
    for bucket, key in [(source, "large"), (target, "large-copy")]:
        here.delete_object(Bucket=bucket, Key=key)


def test_copies_that_break_off_leave_nothing(mapped, here):
    where = {"Bucket": "breaking", "Key": "half"}
    for target in ["here", "outside", "second"]:
        assert refusal(here.copy_object, Bucket=target, Key="half", CopySource=where) == "ServiceUnavailable", target
        assert refusal(here.head_object, Bucket=target, Key="half") == "404", target
    upload = {"Bucket": "here", "Key": "half", "UploadId": here.create_multipart_upload(Bucket="here", Key="half")["UploadId"]}
    assert refusal(here.upload_part_copy, **upload, PartNumber=1, CopySource=where) == "ServiceUnavailable"
    assert "Parts" not in here.list_parts(**upload)
    assert refusal(here.copy_object, Bucket="here", Key="k", CopySource={"Bucket": "unreachable", "Key": "k"}) == "ServiceUnavailable"
    assert refusal(here.copy_object, Bucket="here", Key="k", CopySource={"Bucket": "outside", "Key": "../name-there/k"}) == "InvalidURI"
    assert refusal(here.copy_object, Bucket="second", Key="k", CopySource={"Bucket": "no-such-bucket", "Key": "k"}) == "NoSuchBucket"
    # The checksum would have to go ahead of bytes that are not read yet.
    here.put_object(Bucket="here", Key="small", Body=b"x")
    small = {"Bucket": "here", "Key": "small"}
    assert refusal(here.copy_object, Bucket="second", Key="k", CopySource=small, ChecksumAlgorithm="SHA256") == "NotImplemented"


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
