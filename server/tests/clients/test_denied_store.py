"""What does a query say when an external store denies its keys? A store of our own that lists objects and denies what it is told to.

Ref: texts of S3 and Athena for denied reads and writes, as users report them; Athena user guide, error catalog, types 1500 and 1501.
"""

import http.server
import pathlib
import tempfile
import threading
import urllib.parse

import pytest

from conftest import Athena, Server

DENIED = b'<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>R</RequestId></Error>'
LISTED = (
    b'<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix></Prefix><KeyCount>1</KeyCount>'
    b"<MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated><Contents><Key>t/part.parquet</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
    b'<ETag>"x"</ETag><Size>1000</Size><StorageClass>STANDARD</StorageClass></Contents></ListBucketResult>'
)
ACCESS_DENIED = (
    "Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: null; S3 Extended Request ID: null; Proxy: null)"
)


class Store(http.server.BaseHTTPRequestHandler):
    """Lists one object unless the bucket is `blind`; denies everything else."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        address = urllib.parse.urlparse(self.path)
        is_listing = self.command == "GET" and "list-type" in urllib.parse.parse_qs(address.query)
        status, body = (200, LISTED) if is_listing and not address.path.startswith("/blind") else (403, DENIED)
        self.send_response(status)
        self.send_header("content-type", "application/xml")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def denying():
    store = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
    threading.Thread(target=store.serve_forever, daemon=True).start()
    buckets = "".join(
        f'[buckets.{name}]\nendpoint = "http://127.0.0.1:{store.server_port}"\naccess_key_id = "k"\nsecret_access_key = "s"\n\n' for name in ("seen", "blind")
    )
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "owlake.toml").write_text(buckets, encoding="utf-8")
        running = Server(folder / "data", "--config", str(folder / "owlake.toml"))
        running.client("s3").create_bucket(Bucket="athena-results")
        yield running
        alive = running.is_running()
        running.stop()
        assert alive
    store.shutdown()


def failure(execution):
    status = execution["Status"]
    assert status["State"] == "FAILED", status
    error = status["AthenaError"]
    return status["StateChangeReason"], error["ErrorCategory"], error["ErrorType"], error["Retryable"]


# A listing that fails is the file system's error, as in Trino; the store's own words are in the log.
LISTING_FAILED = "HIVE_FILESYSTEM_ERROR: Failed to list objects under s3://blind/t"


@pytest.mark.parametrize(
    ("bucket", "expected"),
    [("blind", (LISTING_FAILED, 2, 1007, False)), ("seen", (ACCESS_DENIED, 2, 1500, False))],
    ids=["a listing is denied", "an object is denied"],
)
def test_a_denied_read_fails_the_query(denying, bucket, expected):
    athena = Athena(denying, "s3://athena-results/")
    made = athena.execute(f"CREATE EXTERNAL TABLE default.t_{bucket} (a int) STORED AS PARQUET LOCATION 's3://{bucket}/t/'")
    assert made["Status"]["State"] == "SUCCEEDED", made["Status"]
    assert failure(athena.execute(f"SELECT * FROM default.t_{bucket}")) == expected


def test_a_denied_result_names_its_place(denying):
    execution = Athena(denying, "s3://seen/results/").execute("SELECT 1")
    place = f"s3://seen/results/{execution['QueryExecutionId']}.csv"
    text = (
        f"Access denied when writing output to url: {place}. Please ensure you are allowed to access the S3 bucket. If you are encrypting query "
        "results with KMS key, please ensure you are allowed to access your KMS key"
    )
    assert failure(execution) == (text, 2, 1501, False)


def test_a_denied_write_fails_the_statement_and_leaves_no_table(denying):
    athena = Athena(denying, "s3://athena-results/")
    execution = athena.execute("CREATE TABLE default.c WITH (external_location = 's3://blind/c/') AS SELECT 1 AS a")
    reason, category, kind, _ = failure(execution)
    assert reason.startswith("HIVE_FILESYSTEM_ERROR: Failed to list the target directory. ") and reason.endswith("Athena will not delete data in your account."), reason
    assert (category, kind) == (2, 1007)
    names = [table["Name"] for table in denying.client("glue").get_tables(DatabaseName="default")["TableList"]]
    assert "c" not in names
