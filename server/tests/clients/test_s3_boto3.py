"""Does an unmodified boto3 get from the S3 endpoint what S3 gives it?

Run with the server's address: S3_CHECK_ENDPOINT=http://127.0.0.1:8080 python3 test_s3_boto3.py [name ...]
Each check is a function `test_*` of its own bucket; pytest runs the file as well. Expected values come from the Amazon S3
API reference and user guide.
"""

import base64
import datetime
import hashlib
import io
import os
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
import zlib

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = os.environ.get("S3_CHECK_ENDPOINT", "http://127.0.0.1:8080")


def client(**config):
    retries = {"max_attempts": 1, "mode": "standard"}
    return boto3.client(
        "s3",
        endpoint_url=config.pop("endpoint", ENDPOINT),
        region_name=config.pop("region", "us-east-1"),
        aws_access_key_id=config.pop("access_key", "AKIDEXAMPLE"),
        aws_secret_access_key="any",
        config=Config(retries=retries, **config),
    )


S3 = client()
PORT = urllib.parse.urlparse(ENDPOINT).port or 80


class Bucket:
    """A bucket of its own that is emptied and deleted afterwards."""

    def __enter__(self):
        self.name = "t-" + uuid.uuid4().hex
        S3.create_bucket(Bucket=self.name)
        return self.name

    def __exit__(self, *_):
        for page in S3.get_paginator("list_multipart_uploads").paginate(Bucket=self.name):
            for upload in page.get("Uploads", []):
                S3.abort_multipart_upload(Bucket=self.name, Key=upload["Key"], UploadId=upload["UploadId"])
        for page in S3.get_paginator("list_objects_v2").paginate(Bucket=self.name):
            keys = [{"Key": row["Key"]} for row in page.get("Contents", [])]
            if keys:
                assert "Errors" not in S3.delete_objects(Bucket=self.name, Delete={"Objects": keys})
        S3.delete_bucket(Bucket=self.name)


def put(bucket, key, body=b"x", **kwargs):
    return S3.put_object(Bucket=bucket, Key=key, Body=body, **kwargs)


def get(bucket, key, **kwargs):
    return S3.get_object(Bucket=bucket, Key=key, **kwargs)["Body"].read()


def keys(bucket, **kwargs):
    return [row["Key"] for row in S3.list_objects_v2(Bucket=bucket, **kwargs).get("Contents", [])]


def fails(code, status, call, **kwargs):
    try:
        call(**kwargs)
    except ClientError as error:
        found = (error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"])
        assert found == (code, status), f"{found} instead of {(code, status)}"
        return error.response
    raise AssertionError(f"no error instead of {code}")


def md5(data):
    return hashlib.md5(data).hexdigest()


# Buckets


def test_bucket_life():
    name = "t-" + uuid.uuid4().hex
    fails("404", 404, S3.head_bucket, Bucket=name)
    S3.create_bucket(Bucket=name)
    fails("BucketAlreadyOwnedByYou", 409, S3.create_bucket, Bucket=name)
    head = S3.head_bucket(Bucket=name)
    assert head["BucketRegion"] == "us-east-1"
    row = [b for b in S3.list_buckets()["Buckets"] if b["Name"] == name]
    assert len(row) == 1
    age = datetime.datetime.now(datetime.timezone.utc) - row[0]["CreationDate"]
    assert abs(age) < datetime.timedelta(minutes=5)
    S3.delete_bucket(Bucket=name)
    fails("NoSuchBucket", 404, S3.delete_bucket, Bucket=name)


def test_bucket_not_empty():
    with Bucket() as bucket:
        put(bucket, "k")
        fails("BucketNotEmpty", 409, S3.delete_bucket, Bucket=bucket)


def test_bucket_location():
    name = "t-" + uuid.uuid4().hex
    ireland = client(region="eu-west-1")
    ireland.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert ireland.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"
    S3.delete_bucket(Bucket=name)
    with Bucket() as bucket:
        assert S3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None


def test_bucket_names_are_checked():
    request = urllib.request.Request(ENDPOINT + "/Bad_Name", method="PUT")
    try:
        urllib.request.urlopen(request)
        raise AssertionError("accepted")
    except urllib.error.HTTPError as error:
        assert error.code == 400 and b"<Code>InvalidBucketName</Code>" in error.read()


def test_no_such_bucket():
    missing = "t-" + uuid.uuid4().hex
    fails("NoSuchBucket", 404, S3.list_objects_v2, Bucket=missing)
    fails("NoSuchBucket", 404, S3.get_object, Bucket=missing, Key="k")
    fails("NoSuchBucket", 404, S3.put_object, Bucket=missing, Key="k", Body=b"")


def test_settings_terraform_reads():
    with Bucket() as bucket:
        assert "Status" not in S3.get_bucket_versioning(Bucket=bucket)
        assert S3.get_bucket_acl(Bucket=bucket)["Grants"][0]["Permission"] == "FULL_CONTROL"
        assert "Status" not in S3.get_bucket_accelerate_configuration(Bucket=bucket)
        assert S3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
        assert "LoggingEnabled" not in S3.get_bucket_logging(Bucket=bucket)
        for call, code in [
            (S3.get_bucket_policy, "NoSuchBucketPolicy"),
            (S3.get_bucket_cors, "NoSuchCORSConfiguration"),
            (S3.get_bucket_website, "NoSuchWebsiteConfiguration"),
            (S3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration"),
            (S3.get_bucket_replication, "ReplicationConfigurationNotFoundError"),
            (S3.get_bucket_encryption, "ServerSideEncryptionConfigurationNotFoundError"),
            (S3.get_object_lock_configuration, "ObjectLockConfigurationNotFoundError"),
            (S3.get_public_access_block, "NoSuchPublicAccessBlockConfiguration"),
            (S3.get_bucket_ownership_controls, "OwnershipControlsNotFoundError"),
            (S3.get_bucket_tagging, "NoSuchTagSet"),
        ]:
            fails(code, 404, call, Bucket=bucket)
        tags = [{"Key": "env", "Value": "dev"}]
        S3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
        assert S3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags
        S3.delete_bucket_tagging(Bucket=bucket)
        fails("NoSuchTagSet", 404, S3.get_bucket_tagging, Bucket=bucket)
        fails("NotImplemented", 501, S3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def test_versions_of_an_unversioned_bucket():
    with Bucket() as bucket:
        put(bucket, "a")
        put(bucket, "b")
        rows = S3.list_object_versions(Bucket=bucket)["Versions"]
        assert [(r["Key"], r["VersionId"], r["IsLatest"]) for r in rows] == [("a", "null", True), ("b", "null", True)]
        result = S3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a", "VersionId": "null"}]})
        assert result["Deleted"][0]["Key"] == "a"
        assert keys(bucket) == ["b"]


# Objects


def test_put_head_get():
    with Bucket() as bucket:
        data = os.urandom(100_000)
        result = put(
            bucket, "dir/f.csv", data, ContentType="text/csv", ContentEncoding="gzip", CacheControl="no-cache",
            ContentDisposition="attachment", ContentLanguage="de", Metadata={"Owner": "me", "note": "two words"},
        )
        assert result["ETag"] == f'"{md5(data)}"'
        head = S3.head_object(Bucket=bucket, Key="dir/f.csv")
        assert head["ContentLength"] == len(data)
        assert head["ETag"] == f'"{md5(data)}"'
        assert head["ContentType"] == "text/csv" and head["ContentEncoding"] == "gzip"
        assert head["CacheControl"] == "no-cache" and head["ContentDisposition"] == "attachment" and head["ContentLanguage"] == "de"
        assert head["Metadata"] == {"owner": "me", "note": "two words"}
        age = datetime.datetime.now(datetime.timezone.utc) - head["LastModified"]
        assert abs(age) < datetime.timedelta(minutes=5)
        assert get(bucket, "dir/f.csv") == data
        put(bucket, "plain", b"")
        assert S3.head_object(Bucket=bucket, Key="plain")["ContentType"] == "binary/octet-stream"
        assert get(bucket, "plain") == b""


def test_an_empty_body_does_not_stall_the_connection():
    with Bucket() as bucket:
        started = time.time()
        for body in [b"", b"1", b"", b"2"]:
            put(bucket, "k", body)
        fails("PreconditionFailed", 412, S3.put_object, Bucket=bucket, Key="k", Body=b"", IfNoneMatch="*")
        put(bucket, "k", b"3")
        assert time.time() - started < 20


def test_overwrite_drops_old_metadata():
    with Bucket() as bucket:
        put(bucket, "k", b"1", ContentType="text/plain", Metadata={"a": "1"})
        put(bucket, "k", b"2")
        head = S3.head_object(Bucket=bucket, Key="k")
        assert head["Metadata"] == {} and head["ContentType"] == "binary/octet-stream"


def test_no_such_key():
    with Bucket() as bucket:
        fails("NoSuchKey", 404, S3.get_object, Bucket=bucket, Key="nope")
        fails("404", 404, S3.head_object, Bucket=bucket, Key="nope")
        put(bucket, "dir/x")
        fails("404", 404, S3.head_object, Bucket=bucket, Key="dir")
        fails("404", 404, S3.head_object, Bucket=bucket, Key="dir/")
        fails("NoSuchKey", 404, S3.get_object, Bucket=bucket, Key="dir/x/y")
        fails("NoSuchKey", 404, S3.get_object_tagging, Bucket=bucket, Key="nope")


def test_key_too_long():
    with Bucket() as bucket:
        fails("KeyTooLongError", 400, S3.put_object, Bucket=bucket, Key="k" * 1025, Body=b"")
        put(bucket, "k" * 1024)
        assert keys(bucket) == ["k" * 1024]


def test_ranges():
    with Bucket() as bucket:
        data = bytes(range(256)) * 10
        put(bucket, "k", data)
        response = S3.get_object(Bucket=bucket, Key="k", Range="bytes=10-19")
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 206
        assert response["ContentRange"] == "bytes 10-19/2560"
        assert response["Body"].read() == data[10:20]
        assert get(bucket, "k", Range="bytes=2500-") == data[2500:]
        assert get(bucket, "k", Range="bytes=-7") == data[-7:]
        assert get(bucket, "k", Range="bytes=-9999") == data
        assert get(bucket, "k", Range="bytes=2550-99999") == data[2550:]
        fails("InvalidRange", 416, S3.get_object, Bucket=bucket, Key="k", Range="bytes=2560-")
        fails("InvalidRange", 416, S3.get_object, Bucket=bucket, Key="k", Range="bytes=-0")
        assert get(bucket, "k", Range="lines=1-2") == data
        assert S3.head_object(Bucket=bucket, Key="k", Range="bytes=0-3")["ContentLength"] == 4


def test_read_conditions():
    with Bucket() as bucket:
        etag = put(bucket, "k", b"hello")["ETag"]
        assert get(bucket, "k", IfMatch=etag) == b"hello"
        fails("PreconditionFailed", 412, S3.get_object, Bucket=bucket, Key="k", IfMatch='"0"')
        assert get(bucket, "k", IfNoneMatch='"0"') == b"hello"
        fails("304", 304, S3.get_object, Bucket=bucket, Key="k", IfNoneMatch=etag)
        fails("304", 304, S3.head_object, Bucket=bucket, Key="k", IfNoneMatch=etag)
        modified = S3.head_object(Bucket=bucket, Key="k")["LastModified"]
        fails("304", 304, S3.get_object, Bucket=bucket, Key="k", IfModifiedSince=modified)
        assert get(bucket, "k", IfModifiedSince=modified - datetime.timedelta(hours=1)) == b"hello"
        assert get(bucket, "k", IfUnmodifiedSince=modified) == b"hello"
        fails("PreconditionFailed", 412, S3.get_object, Bucket=bucket, Key="k", IfUnmodifiedSince=modified - datetime.timedelta(hours=1))


def test_write_conditions():
    with Bucket() as bucket:
        first = put(bucket, "k", b"1", IfNoneMatch="*")["ETag"]
        fails("PreconditionFailed", 412, S3.put_object, Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")
        fails("PreconditionFailed", 412, S3.put_object, Bucket=bucket, Key="k", Body=b"2", IfMatch='"0"')
        fails("NoSuchKey", 404, S3.put_object, Bucket=bucket, Key="other", Body=b"2", IfMatch=first)
        put(bucket, "k", b"2", IfMatch=first)
        assert get(bucket, "k") == b"2"


def test_conditional_create_race():
    with Bucket() as bucket:
        outcomes = []

        def create(i):
            try:
                client().put_object(Bucket=bucket, Key="race", Body=str(i).encode(), IfNoneMatch="*")
                outcomes.append(i)
            except ClientError as error:
                assert error.response["Error"]["Code"] == "PreconditionFailed"

        threads = [threading.Thread(target=create, args=(i,)) for i in range(16)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        assert len(outcomes) == 1
        assert get(bucket, "race") == str(outcomes[0]).encode()


def test_response_header_overrides():
    with Bucket() as bucket:
        put(bucket, "k", b"1", ContentType="text/csv")
        response = S3.get_object(Bucket=bucket, Key="k", ResponseContentType="text/plain", ResponseContentDisposition="inline")
        assert response["ContentType"] == "text/plain" and response["ContentDisposition"] == "inline"


def test_delete():
    with Bucket() as bucket:
        put(bucket, "a/b/c")
        S3.delete_object(Bucket=bucket, Key="a/b/c")
        S3.delete_object(Bucket=bucket, Key="a/b/c")
        S3.delete_object(Bucket=bucket, Key="a/b")
        assert keys(bucket) == []
        for key in ["x/1", "x/2", "y&<z>"]:
            put(bucket, key)
        result = S3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": k} for k in ["x/1", "y&<z>", "nope"]]})
        assert sorted(d["Key"] for d in result["Deleted"]) == ["nope", "x/1", "y&<z>"]
        assert keys(bucket) == ["x/2"]
        quiet = S3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "x/2"}], "Quiet": True})
        assert "Deleted" not in quiet and "Errors" not in quiet


def test_copy():
    with Bucket() as bucket, Bucket() as other:
        data = os.urandom(5000)
        put(bucket, "a b+c/é", data, ContentType="text/csv", Metadata={"m": "1"}, Tagging="t=1")
        source = {"Bucket": bucket, "Key": "a b+c/é"}
        result = S3.copy_object(Bucket=other, Key="copy", CopySource=source)["CopyObjectResult"]
        assert result["ETag"] == f'"{md5(data)}"'
        head = S3.head_object(Bucket=other, Key="copy")
        assert head["ContentType"] == "text/csv" and head["Metadata"] == {"m": "1"}
        assert S3.get_object_tagging(Bucket=other, Key="copy")["TagSet"] == [{"Key": "t", "Value": "1"}]
        S3.copy_object(Bucket=other, Key="copy", CopySource=source, MetadataDirective="REPLACE", Metadata={"n": "2"})
        assert S3.head_object(Bucket=other, Key="copy")["Metadata"] == {"n": "2"}
        assert get(other, "copy") == data
        fails("InvalidRequest", 400, S3.copy_object, Bucket=bucket, Key="a b+c/é", CopySource=source)
        fails("NoSuchKey", 404, S3.copy_object, Bucket=bucket, Key="z", CopySource={"Bucket": bucket, "Key": "nope"})
        fails("PreconditionFailed", 412, S3.copy_object, Bucket=other, Key="z", CopySource=source, CopySourceIfMatch='"0"')


def test_tagging():
    with Bucket() as bucket:
        etag = put(bucket, "k", b"1", Tagging="a=1&b=two%20words")["ETag"]
        assert S3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "two words"}]
        S3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "c", "Value": "3"}]})
        assert S3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "c", "Value": "3"}]
        assert S3.get_object(Bucket=bucket, Key="k")["TagCount"] == 1
        S3.delete_object_tagging(Bucket=bucket, Key="k")
        assert S3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
        assert S3.head_object(Bucket=bucket, Key="k")["ETag"] == etag
        fails("InvalidTag", 400, S3.put_object_tagging, Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "c", "Value": "3"}] * 2})


def test_object_attributes():
    with Bucket() as bucket:
        put(bucket, "k", b"hello", ChecksumAlgorithm="SHA256")
        found = S3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ETag", "ObjectSize", "Checksum", "StorageClass"])
        assert found["ObjectSize"] == 5 and found["ETag"].strip('"') == md5(b"hello") and found["StorageClass"] == "STANDARD"
        assert found["Checksum"]["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(b"hello").digest()).decode()


def test_expected_bucket_owner():
    with Bucket() as bucket:
        put(bucket, "k", b"1")
        fails("AccessDenied", 403, S3.get_object, Bucket=bucket, Key="k", ExpectedBucketOwner="999999999999")
        assert get(bucket, "k", ExpectedBucketOwner="000000000000") == b"1"


# Keys


def test_odd_keys():
    with Bucket() as bucket:
        odd = [
            "co", "co/x", "d/e", "d", "dir/", "a//b", "/lead", "trail//", "ünï/日本/🦉", "sp ace+plus%25&=?#", "tab\tkey", ".hidden",
            ".owlake/x", "x" * 300, "back\\slash", "quote\"'<>&", "dt=2024-01-01/part-0.parquet", "...", "~tilde", "a/...", "*star",
        ]
        for key in odd:
            put(bucket, key, key.encode())
        for key in odd:
            assert get(bucket, key) == key.encode(), key
            assert S3.head_object(Bucket=bucket, Key=key)["ETag"] == f'"{md5(key.encode())}"'
        assert keys(bucket) == sorted(odd, key=lambda k: k.encode())
        for key in odd:
            S3.delete_object(Bucket=bucket, Key=key)
        assert keys(bucket) == []


def test_dot_segments_stay_inside():
    with Bucket() as bucket:
        for key in ["../x", "a/../../y", ".", "..", "a/./b"]:
            url = f"{ENDPOINT}/{bucket}/" + urllib.parse.quote(key, safe="").replace(".", "%2E")
            urllib.request.urlopen(urllib.request.Request(url, data=key.encode(), method="PUT")).read()
            assert urllib.request.urlopen(url).read() == key.encode()
        assert keys(bucket) == sorted(["../x", "a/../../y", ".", "..", "a/./b"])


# Listing


def test_list_v2():
    with Bucket() as bucket:
        names = ["a", "a-b", "a/1", "a/2", "a0", "b/c/d", "é", "Z"]
        for name in names:
            put(bucket, name, name.encode())
        ordered = sorted(names, key=lambda k: k.encode())
        assert keys(bucket) == ordered
        assert keys(bucket, Prefix="a/") == ["a/1", "a/2"]
        assert keys(bucket, Prefix="a", StartAfter="a-b") == ["a/1", "a/2", "a0"]
        page = S3.list_objects_v2(Bucket=bucket, Delimiter="/")
        assert [r["Key"] for r in page["Contents"]] == [n for n in ordered if "/" not in n]
        assert [p["Prefix"] for p in page["CommonPrefixes"]] == ["a/", "b/"]
        assert page["KeyCount"] == 7 and page["IsTruncated"] is False
        row = S3.list_objects_v2(Bucket=bucket, Prefix="é", FetchOwner=True)["Contents"][0]
        assert row["Size"] == 2 and row["ETag"] == f'"{md5("é".encode())}"' and row["StorageClass"] == "STANDARD" and row["Owner"]["ID"]
        paged = []
        for page in S3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 1}):
            assert page["KeyCount"] <= 1
            paged += [r["Key"] for r in page.get("Contents", [])]
        assert paged == ordered
        grouped = []
        for page in S3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 2}):
            grouped += [r["Key"] for r in page.get("Contents", [])] + [p["Prefix"] for p in page.get("CommonPrefixes", [])]
        assert sorted(grouped) == sorted([n for n in names if "/" not in n] + ["a/", "b/"])
        assert S3.list_objects_v2(Bucket=bucket, MaxKeys=0)["KeyCount"] == 0
        assert keys(bucket, Prefix="nope/") == []
        fails("InvalidArgument", 400, S3.list_objects_v2, Bucket=bucket, ContinuationToken="?")


def test_list_v1():
    with Bucket() as bucket:
        for name in ["a", "b/1", "b/2", "c d"]:
            put(bucket, name)
        page = S3.list_objects(Bucket=bucket, Delimiter="/", MaxKeys=2)
        assert page["IsTruncated"] and page["NextMarker"] == "b/"
        page = S3.list_objects(Bucket=bucket, Delimiter="/", MaxKeys=2, Marker=page["NextMarker"])
        assert [r["Key"] for r in page["Contents"]] == ["c d"] and not page["IsTruncated"]
        rows = [r["Key"] for p in S3.get_paginator("list_objects").paginate(Bucket=bucket, PaginationConfig={"PageSize": 1}) for r in p["Contents"]]
        assert rows == ["a", "b/1", "b/2", "c d"]


def test_list_of_many():
    with Bucket() as bucket:
        pool = [threading.Thread(target=lambda s=s: [put(bucket, f"p/{i:04}") for i in range(s, 1100, 4)]) for s in range(4)]
        [t.start() for t in pool]
        [t.join() for t in pool]
        page = S3.list_objects_v2(Bucket=bucket)
        assert page["KeyCount"] == 1000 and page["IsTruncated"]
        rows = [r["Key"] for p in S3.get_paginator("list_objects_v2").paginate(Bucket=bucket) for r in p["Contents"]]
        assert rows == [f"p/{i:04}" for i in range(1100)]


# Checksums


def test_checksums_verify_and_echo():
    with Bucket() as bucket:
        data = b"123456789"
        known = {
            "CRC32": base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode(),
            "CRC32C": base64.b64encode(bytes.fromhex("e3069283")).decode(),
            "CRC64NVME": base64.b64encode(bytes.fromhex("ae8b14860a799888")).decode(),
            "SHA1": base64.b64encode(hashlib.sha1(data).digest()).decode(),
            "SHA256": base64.b64encode(hashlib.sha256(data).digest()).decode(),
        }
        for algorithm, value in known.items():
            field = f"Checksum{algorithm}"
            result = S3.put_object(Bucket=bucket, Key=algorithm, Body=data, **{field: value})
            assert result[field] == value and result["ChecksumType"] == "FULL_OBJECT"
            assert S3.head_object(Bucket=bucket, Key=algorithm, ChecksumMode="ENABLED")[field] == value
            assert get(bucket, algorithm) == data
            wrong = {field: base64.b64encode(bytes(len(base64.b64decode(value)))).decode()}
            fails("BadDigest", 400, S3.put_object, Bucket=bucket, Key="bad", Body=data, **wrong)
        assert "bad" not in keys(bucket)
        assert put(bucket, "default", data)["ChecksumCRC32"] == known["CRC32"]


def test_streamed_body_with_trailer():
    with Bucket() as bucket:
        data = os.urandom(300_000)

        class Unseekable(io.RawIOBase):
            def __init__(self):
                self.inner = io.BytesIO(data)

            def readable(self):
                return True

            def readinto(self, buffer):
                return self.inner.readinto(buffer)

        put(bucket, "k", io.BytesIO(data), ContentEncoding="gzip")
        head = S3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
        assert head["ContentEncoding"] == "gzip"
        assert head["ChecksumCRC32"] == base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()
        assert get(bucket, "k") == data
        S3.upload_fileobj(io.BufferedReader(Unseekable()), bucket, "u")
        assert get(bucket, "u") == data


def test_aws_chunked_by_hand():
    with Bucket() as bucket:
        crc = base64.b64encode(zlib.crc32(b"hello world").to_bytes(4, "big")).decode()

        def send(key, value):
            body = f"6\r\nhello \r\n5\r\nworld\r\n0\r\nx-amz-checksum-crc32:{value}\r\n\r\n".encode()
            headers = {
                "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x-amz-decoded-content-length": "11",
                "x-amz-trailer": "x-amz-checksum-crc32", "content-encoding": "aws-chunked",
            }
            urllib.request.urlopen(urllib.request.Request(f"{ENDPOINT}/{bucket}/{key}", data=body, headers=headers, method="PUT"))

        send("good", crc)
        assert get(bucket, "good") == b"hello world"
        assert "ContentEncoding" not in S3.head_object(Bucket=bucket, Key="good")
        try:
            send("bad", "AAAAAA==")
            raise AssertionError("accepted")
        except urllib.error.HTTPError as error:
            assert error.code == 400 and b"<Code>BadDigest</Code>" in error.read()
        assert keys(bucket) == ["good"]


def test_content_md5():
    with Bucket() as bucket:
        right = base64.b64encode(hashlib.md5(b"1").digest()).decode()
        put(bucket, "k", b"1", ContentMD5=right)
        fails("BadDigest", 400, S3.put_object, Bucket=bucket, Key="k", Body=b"2", ContentMD5=right)
        fails("InvalidDigest", 400, S3.put_object, Bucket=bucket, Key="k", Body=b"2", ContentMD5="x")
        assert get(bucket, "k") == b"1"


# Multipart

MIB = 1024 * 1024


def test_upload_fileobj_is_multipart():
    with Bucket() as bucket:
        data = os.urandom(20 * MIB)
        config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
        S3.upload_fileobj(io.BytesIO(data), bucket, "big", Config=config, ExtraArgs={"ContentType": "x/y", "Metadata": {"a": "b"}})
        head = S3.head_object(Bucket=bucket, Key="big")
        md5s = b"".join(hashlib.md5(data[i : i + 5 * MIB]).digest() for i in range(0, len(data), 5 * MIB))
        assert head["ETag"] == f'"{md5(md5s)}-4"'
        assert head["ContentType"] == "x/y" and head["Metadata"] == {"a": "b"}
        out = io.BytesIO()
        S3.download_fileobj(bucket, "big", out, Config=config)
        assert out.getvalue() == data
        part = S3.get_object(Bucket=bucket, Key="big", PartNumber=2)
        assert part["PartsCount"] == 4 and part["Body"].read() == data[5 * MIB : 10 * MIB]
        fails("416", 416, S3.head_object, Bucket=bucket, Key="big", PartNumber=5)
        S3.copy({"Bucket": bucket, "Key": "big"}, bucket, "copied", Config=config)
        assert get(bucket, "copied") == data


def test_multipart_by_hand():
    with Bucket() as bucket:
        upload = S3.create_multipart_upload(Bucket=bucket, Key="m", ContentType="a/b")["UploadId"]
        target = {"Bucket": bucket, "Key": "m", "UploadId": upload}
        first, second = os.urandom(5 * MIB), b"tail"
        two = S3.upload_part(**target, PartNumber=2, Body=second)["ETag"]
        S3.upload_part(**target, PartNumber=1, Body=b"overwritten")
        one = S3.upload_part(**target, PartNumber=1, Body=first)["ETag"]
        assert [(p["PartNumber"], p["Size"]) for p in S3.list_parts(**target)["Parts"]] == [(1, 5 * MIB), (2, 4)]
        page = S3.list_parts(**target, MaxParts=1)
        assert page["IsTruncated"] and page["NextPartNumberMarker"] == 1
        assert [u["Key"] for u in S3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == ["m"]
        assert keys(bucket) == []
        rows = [{"PartNumber": 1, "ETag": one}, {"PartNumber": 2, "ETag": two}]
        complete = lambda parts, upload=upload: S3.complete_multipart_upload(
            Bucket=bucket, Key="m", UploadId=upload, MultipartUpload={"Parts": parts}
        )
        fails("InvalidPartOrder", 400, complete, parts=rows[::-1])
        fails("InvalidPart", 400, complete, parts=[{"PartNumber": 1, "ETag": '"0"'}])
        fails("InvalidPart", 400, complete, parts=[{"PartNumber": 3, "ETag": one}])
        result = complete(rows)
        assert result["ETag"].endswith('-2"')
        assert get(bucket, "m") == first + second
        assert S3.head_object(Bucket=bucket, Key="m")["ContentType"] == "a/b"
        fails("NoSuchUpload", 404, complete, parts=rows)


def test_multipart_too_small_and_abort():
    with Bucket() as bucket:
        upload = S3.create_multipart_upload(Bucket=bucket, Key="m")["UploadId"]
        target = {"Bucket": bucket, "Key": "m", "UploadId": upload}
        rows = [{"PartNumber": n, "ETag": S3.upload_part(**target, PartNumber=n, Body=b"x")["ETag"]} for n in (1, 2)]
        fails("EntityTooSmall", 400, S3.complete_multipart_upload, **target, MultipartUpload={"Parts": rows})
        fails("InvalidArgument", 400, S3.upload_part, **target, PartNumber=10001, Body=b"x")
        S3.abort_multipart_upload(**target)
        fails("NoSuchUpload", 404, S3.abort_multipart_upload, **target)
        fails("NoSuchUpload", 404, S3.upload_part, **target, PartNumber=1, Body=b"x")
        assert "Uploads" not in S3.list_multipart_uploads(Bucket=bucket)


def test_multipart_full_object_checksum():
    with Bucket() as bucket:
        created = S3.create_multipart_upload(Bucket=bucket, Key="m", ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
        assert created["ChecksumType"] == "FULL_OBJECT"
        target = {"Bucket": bucket, "Key": "m", "UploadId": created["UploadId"]}
        pieces = [os.urandom(5 * MIB), os.urandom(77)]
        rows = []
        for number, piece in enumerate(pieces, 1):
            part = S3.upload_part(**target, PartNumber=number, Body=piece, ChecksumAlgorithm="CRC32")
            rows.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]})
        whole = base64.b64encode(zlib.crc32(b"".join(pieces)).to_bytes(4, "big")).decode()
        fails("BadDigest", 400, S3.complete_multipart_upload, **target, MultipartUpload={"Parts": rows}, ChecksumCRC32="AAAAAA==")
        assert S3.complete_multipart_upload(**target, MultipartUpload={"Parts": rows}, ChecksumCRC32=whole)["ChecksumCRC32"] == whole
        assert S3.head_object(Bucket=bucket, Key="m", ChecksumMode="ENABLED")["ChecksumCRC32"] == whole


def test_upload_part_copy():
    with Bucket() as bucket:
        data = os.urandom(6 * MIB)
        put(bucket, "source", data)
        upload = S3.create_multipart_upload(Bucket=bucket, Key="m")["UploadId"]
        target = {"Bucket": bucket, "Key": "m", "UploadId": upload}
        source = {"Bucket": bucket, "Key": "source"}
        part = S3.upload_part_copy(**target, PartNumber=1, CopySource=source, CopySourceRange=f"bytes=1-{5 * MIB}")
        rows = [{"PartNumber": 1, "ETag": part["CopyPartResult"]["ETag"]}]
        fails("InvalidArgument", 400, S3.upload_part_copy, **target, PartNumber=2, CopySource=source, CopySourceRange=f"bytes=0-{6 * MIB}")
        S3.complete_multipart_upload(**target, MultipartUpload={"Parts": rows})
        assert get(bucket, "m") == data[1 : 5 * MIB + 1]


def test_multipart_create_only_once():
    with Bucket() as bucket:
        put(bucket, "m", b"there")
        upload = S3.create_multipart_upload(Bucket=bucket, Key="m")["UploadId"]
        target = {"Bucket": bucket, "Key": "m", "UploadId": upload}
        rows = [{"PartNumber": 1, "ETag": S3.upload_part(**target, PartNumber=1, Body=b"x")["ETag"]}]
        fails("PreconditionFailed", 412, S3.complete_multipart_upload, **target, MultipartUpload={"Parts": rows}, IfNoneMatch="*")
        assert get(bucket, "m") == b"there"


# Requests


def test_presigned():
    with Bucket() as bucket:
        for version in ["s3v4", "s3"]:
            signer = client(signature_version=version)
            url = signer.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "a b"}, ExpiresIn=60)
            urllib.request.urlopen(urllib.request.Request(url, data=version.encode(), method="PUT", headers={"Content-Type": ""})).read()
            url = signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b"}, ExpiresIn=60)
            assert urllib.request.urlopen(url).read() == version.encode()
        url = client(signature_version="s3v4").generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b"}, ExpiresIn=1)
        time.sleep(2.1)
        try:
            urllib.request.urlopen(url)
            raise AssertionError("accepted")
        except urllib.error.HTTPError as error:
            assert error.code == 403 and b"<Code>AccessDenied</Code>" in error.read()


def test_virtual_host_and_anonymous():
    with Bucket() as bucket:
        put(bucket, "dir/k", b"v")
        for host in [f"{bucket}.localhost:{PORT}", f"{bucket}.s3.localhost", f"{bucket}.s3.eu-west-1.amazonaws.com"]:
            request = urllib.request.Request(ENDPOINT + "/dir/k", headers={"Host": host})
            assert urllib.request.urlopen(request).read() == b"v"
            request = urllib.request.Request(ENDPOINT + "/?list-type=2&prefix=dir/", headers={"Host": host})
            assert b"<Key>dir/k</Key>" in urllib.request.urlopen(request).read()
        request = urllib.request.Request(f"{ENDPOINT}/{bucket}/dir/k", headers={"Host": "owlake.internal"})
        response = urllib.request.urlopen(request)
        assert response.read() == b"v" and response.headers["x-amz-request-id"]


def test_malformed_requests():
    with Bucket() as bucket:
        request = urllib.request.Request(f"{ENDPOINT}/{bucket}?delete", data=b"<Delete><Object>", method="POST")
        try:
            urllib.request.urlopen(request)
            raise AssertionError("accepted")
        except urllib.error.HTTPError as error:
            assert error.code == 400 and b"<Code>MalformedXML</Code>" in error.read()


def main():
    wanted = sys.argv[1:]
    failed = []
    checks = [(name, check) for name, check in list(globals().items()) if name.startswith("test_")]
    checks = [(name, check) for name, check in checks if not wanted or name in wanted]
    for name, check in checks:
        try:
            check()
            print("ok  ", name)
        except Exception as error:  # every failure is reported, none ends the run
            failed.append(name)
            print("FAIL", name, type(error).__name__, str(error)[:500])
    print(f"{len(checks) - len(failed)} of {len(checks)} passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
