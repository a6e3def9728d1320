"""Does the S3 endpoint keep to the API reference at the corners: every parameter, precedence, limit and malformed request?

`test_s3_boto3.py` has the ordinary ways; here are the rows of a matrix of operation by feature, mostly as raw requests, as a client
library would repair or refuse many of them itself.
Ref: Amazon S3 API reference, the operation each test names; "List of error codes"; RFC 9110, section 13.2.2, for preconditions.
"""

import base64
import contextlib
import datetime
import email.utils
import hashlib
import http.client
import os
import re
import urllib.parse
import uuid
import xml.etree.ElementTree
import zlib

import pytest
from botocore.exceptions import ClientError

MIB = 1 << 20
XMLNS = "{http://s3.amazonaws.com/doc/2006-03-01/}"
HOUR = datetime.timedelta(hours=1)


@pytest.fixture(scope="module")
def s3(server):
    return server.client("s3")


@pytest.fixture
def bucket(s3):
    name = "m-" + uuid.uuid4().hex
    s3.create_bucket(Bucket=name)
    return name


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def code(self):
        """The error's code; the document has the fields of every S3 error."""
        root = xml.etree.ElementTree.fromstring(self.body)
        assert root.tag == "Error" and root.find("Message").text, self.body
        return root.find("Code").text

    def texts(self, path):
        root = xml.etree.ElementTree.fromstring(self.body)
        names = path.split("/")
        return [element.text for element in root.findall("/".join(XMLNS + name for name in names))]

    def text(self, path):
        found = self.texts(path)
        return found[0] if found else None


@pytest.fixture
def raw(server):
    """Sends a request as it is written: nothing is signed, encoded or added."""
    address = urllib.parse.urlparse(server.endpoint)

    def send(method, target, body=b"", headers=(), **more):
        headers = {**dict(headers), **{name.replace("_", "-"): value for name, value in more.items()}}
        opened = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        with contextlib.closing(opened):
            opened.putrequest(method, target, skip_host="Host" in headers, skip_accept_encoding=True)
            names = {name.lower() for name in headers}
            if not {"content-length", "transfer-encoding"} & names and (body or method in ("PUT", "POST")):
                headers["Content-Length"] = str(len(body))
            for name, value in headers.items():
                opened.putheader(name, value)
            opened.endheaders()
            if body:
                opened.send(body)
            return Answer(opened.getresponse())

    return send


def code_of(call, **arguments):
    with pytest.raises(ClientError) as failed:
        call(**arguments)
    answer = failed.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def http_date(time):
    return email.utils.format_datetime(time.astimezone(datetime.timezone.utc), usegmt=True)


def b64(data):
    return base64.b64encode(data).decode()


def crc32(data):
    return b64(zlib.crc32(data).to_bytes(4, "big"))


def crc_reflected(data, bits, polynomial):
    """A reflected CRC with all bits set before and inverted after. Ref: the catalogue of parametrised CRC algorithms."""
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
        table.append(value)
    mask = (1 << bits) - 1
    value = mask
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ value >> 8
    return b64((value ^ mask).to_bytes(bits // 8, "big"))


CHECKSUMS = {
    "crc32": crc32,
    "crc32c": lambda data: crc_reflected(data, 32, 0x82F63B78),
    "crc64nvme": lambda data: crc_reflected(data, 64, 0x9A6C9329AC4BC9B5),
    "sha1": lambda data: b64(hashlib.sha1(data).digest()),
    "sha256": lambda data: b64(hashlib.sha256(data).digest()),
}


# Listing: ListObjects, ListObjectsV2, ListObjectVersions


@pytest.mark.parametrize("version", ["", "list-type=2&"])
def test_listing_echoes_and_encodes(raw, s3, bucket, version):
    names = ["a b/1", "a b/2", "a+b", "a%b", "é/x", "<&>", "tab\t"]
    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=b"1")
    answer = raw("GET", f"/{bucket}?{version}encoding-type=url&delimiter=%2F&prefix=")
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/xml"
    assert answer.text("EncodingType") == "url" and answer.text("Delimiter") == "/"
    listed = [urllib.parse.unquote(key) for key in answer.texts("Contents/Key")]
    assert listed == sorted((name for name in names if "/" not in name), key=lambda name: name.encode())
    assert "a%2Bb" in answer.texts("Contents/Key") and "a%25b" in answer.texts("Contents/Key")
    assert [urllib.parse.unquote(prefix) for prefix in answer.texts("CommonPrefixes/Prefix")] == ["a b/", "é/"]
    within = raw("GET", f"/{bucket}?{version}encoding-type=url&prefix=a%20b%2F&{'start-after' if version else 'marker'}=a%20b%2F1")
    assert urllib.parse.unquote(within.text("Prefix")) == "a b/"
    assert urllib.parse.unquote(within.text("StartAfter" if version else "Marker")) == "a b/1"
    assert [urllib.parse.unquote(key) for key in within.texts("Contents/Key")] == ["a b/2"]


@pytest.mark.parametrize("version", ["", "list-type=2&"])
def test_listing_refuses_what_is_no_number_or_encoding(raw, bucket, version):
    for odd in ["max-keys=-1", "max-keys=abc", "max-keys=99999999999", "encoding-type=base64"]:
        answer = raw("GET", f"/{bucket}?{version}{odd}")
        assert (answer.status, answer.code) == (400, "InvalidArgument"), odd


@pytest.mark.parametrize("version", ["", "list-type=2&"])
def test_a_page_of_no_keys_is_not_truncated(raw, s3, bucket, version):
    s3.put_object(Bucket=bucket, Key="a", Body=b"")
    answer = raw("GET", f"/{bucket}?{version}max-keys=0")
    assert (answer.text("IsTruncated"), answer.text("MaxKeys"), answer.texts("Contents")) == ("false", "0", [])


def test_more_than_a_thousand_are_never_asked(raw, bucket):
    assert raw("GET", f"/{bucket}?list-type=2&max-keys=5000").text("MaxKeys") == "1000"


def test_owners_are_listed_when_asked(raw, s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"")
    assert raw("GET", f"/{bucket}?list-type=2").texts("Contents/Owner") == []
    assert raw("GET", f"/{bucket}?list-type=2&fetch-owner=false").texts("Contents/Owner") == []
    assert len(raw("GET", f"/{bucket}?list-type=2&fetch-owner=true").texts("Contents/Owner/ID")) == 1
    # Version 1 always tells the owner.
    assert len(raw("GET", f"/{bucket}").texts("Contents/Owner/ID")) == 1


def test_next_marker_comes_with_a_delimiter_only(raw, s3, bucket):
    for name in ["a", "b", "c/1"]:
        s3.put_object(Bucket=bucket, Key=name, Body=b"")
    assert raw("GET", f"/{bucket}?max-keys=1").text("NextMarker") is None
    assert raw("GET", f"/{bucket}?max-keys=1&delimiter=/").text("NextMarker") == "a"
    # A marker inside of a common prefix does not hide what is left of it.
    inside = raw("GET", f"/{bucket}?delimiter=/&marker=c/0")
    assert inside.texts("CommonPrefixes/Prefix") == ["c/"]
    assert raw("GET", f"/{bucket}?delimiter=/&marker=c/").texts("CommonPrefixes/Prefix") == []


def test_a_continuation_token_outweighs_start_after(s3, bucket):
    for name in "abcd":
        s3.put_object(Bucket=bucket, Key=name, Body=b"")
    first = s3.list_objects_v2(Bucket=bucket, MaxKeys=2, StartAfter="")
    later = s3.list_objects_v2(Bucket=bucket, ContinuationToken=first["NextContinuationToken"], StartAfter="c")
    assert [row["Key"] for row in later["Contents"]] == ["c", "d"]
    assert later["ContinuationToken"] == first["NextContinuationToken"]
    assert code_of(s3.list_objects_v2, Bucket=bucket, ContinuationToken="") == ("InvalidArgument", 400)


@pytest.mark.parametrize(
    "delimiter, prefix, keys, prefixes",
    [
        ("--", "", ["a", "c/d/1", "c/d/2", "c/e"], ["b--"]),
        ("", "", ["a", "b--1", "b--2", "c/d/1", "c/d/2", "c/e"], []),
        ("/", "c/d/", ["c/d/1", "c/d/2"], []),
        ("/", "c/", ["c/e"], ["c/d/"]),
        ("/", "c", [], ["c/"]),
        ("d/", "", ["a", "b--1", "b--2", "c/e"], ["c/d/"]),
    ],
)
def test_delimiters_of_any_length(s3, bucket, delimiter, prefix, keys, prefixes):
    for name in ["a", "b--1", "b--2", "c/d/1", "c/d/2", "c/e"]:
        s3.put_object(Bucket=bucket, Key=name, Body=b"")
    for listed in (s3.list_objects_v2(Bucket=bucket, Delimiter=delimiter, Prefix=prefix), s3.list_objects(Bucket=bucket, Delimiter=delimiter, Prefix=prefix)):
        assert [row["Key"] for row in listed.get("Contents", [])] == keys
        assert [row["Prefix"] for row in listed.get("CommonPrefixes", [])] == prefixes


def test_versions_page_and_group(s3, bucket):
    for name in ["a/1", "a/2", "b", "c"]:
        s3.put_object(Bucket=bucket, Key=name, Body=b"")
    found, prefixes = [], []
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 1}):
        found += [row["Key"] for row in page.get("Versions", [])]
        prefixes += [row["Prefix"] for row in page.get("CommonPrefixes", [])]
        assert "DeleteMarkers" not in page
    assert (found, prefixes) == (["b", "c"], ["a/"])


# Ranges: GetObject, HeadObject


@pytest.mark.parametrize(
    "header, status, body, content_range",
    [
        ("bytes=0-0", 206, b"0", "bytes 0-0/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=0-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=-99", 206, b"0123456789", "bytes 0-9/10"),
        # One range at a time; what is no range is as if it were not there. Ref: GetObject, "Range"; RFC 9110, section 14.2.
        ("bytes=0-1,4-5", 200, b"0123456789", None),
        ("bytes=5-2", 200, b"0123456789", None),
        ("bytes=a-b", 200, b"0123456789", None),
        ("items=0-1", 200, b"0123456789", None),
    ],
)
def test_ranges(raw, s3, bucket, header, status, body, content_range):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    answer = raw("GET", f"/{bucket}/k", Range=header)
    assert (answer.status, answer.body, answer.headers["Content-Range"]) == (status, body, content_range)
    assert answer.headers["Accept-Ranges"] == "bytes" and answer.headers["Content-Length"] == str(len(body))
    head = raw("HEAD", f"/{bucket}/k", Range=header)
    assert (head.status, head.headers["Content-Length"], head.headers["Content-Range"]) == (status, str(len(body)), content_range)


def test_ranges_that_nothing_satisfies(raw, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")
    for key, header in [("k", "bytes=10-"), ("k", "bytes=-0"), ("k", "bytes=11-12"), ("empty", "bytes=0-"), ("empty", "bytes=-1")]:
        answer = raw("GET", f"/{bucket}/{key}", Range=header)
        assert (answer.status, answer.code) == (416, "InvalidRange"), (key, header)
        assert raw("HEAD", f"/{bucket}/{key}", Range=header).status == 416
    assert raw("GET", f"/{bucket}/k?partNumber=1", Range="bytes=0-1").code == "InvalidRequest"


# Preconditions of reads: GetObject, HeadObject


def test_preconditions_of_reads(raw, s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"hello")["ETag"]
    modified = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    before, after, other = http_date(modified - HOUR), http_date(modified + HOUR), '"0"'
    table = [
        ({"If-Match": etag}, 200),
        ({"If-Match": etag.strip('"')}, 200),
        ({"If-Match": "*"}, 200),
        ({"If-Match": other}, 412),
        ({"If-None-Match": etag}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": other}, 200),
        ({"If-Modified-Since": before}, 200),
        ({"If-Modified-Since": http_date(modified)}, 304),
        ({"If-Unmodified-Since": before}, 412),
        ({"If-Unmodified-Since": after}, 200),
        # Tags outweigh times. Ref: GetObject, "If-Match … and If-Unmodified-Since", "If-None-Match … and If-Modified-Since".
        ({"If-Match": etag, "If-Unmodified-Since": before}, 200),
        ({"If-Match": other, "If-Unmodified-Since": after}, 412),
        ({"If-None-Match": etag, "If-Modified-Since": before}, 304),
        ({"If-None-Match": other, "If-Modified-Since": after}, 200),
        ({"If-Match": etag, "If-None-Match": etag}, 304),
        ({"If-Match": other, "If-None-Match": other}, 412),
    ]
    for conditions, status in table:
        got, head = raw("GET", f"/{bucket}/k", headers=conditions), raw("HEAD", f"/{bucket}/k", headers=conditions)
        assert (got.status, head.status) == (status, status), conditions
        if status == 304:
            assert got.body == b"" and got.headers["ETag"] == etag, conditions
        if status == 412:
            assert got.code == "PreconditionFailed" and head.body == b"", conditions
    assert raw("GET", f"/{bucket}/missing", headers={"If-Match": "*"}).code == "NoSuchKey"


def test_dates_come_in_three_forms_and_others_are_ignored(raw, s3, bucket):
    """Ref: RFC 9110, sections 5.6.7 and 13.1.3."""
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    for date in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]:
        assert raw("GET", f"/{bucket}/k", headers={"If-Unmodified-Since": date}).code == "PreconditionFailed", date
        copied = raw("PUT", f"/{bucket}/copy", headers={"x-amz-copy-source": f"/{bucket}/k", "x-amz-copy-source-if-unmodified-since": date})
        assert copied.code == "PreconditionFailed", date
    for date in ["yesterday", "2020-01-01T00:00:00Z", "0"]:
        for name in ["If-Modified-Since", "If-Unmodified-Since"]:
            assert raw("GET", f"/{bucket}/k", headers={name: date}).body == b"hello", (name, date)


def test_a_range_of_another_object_is_the_whole(raw, s3, bucket):
    """Ref: RFC 9110, section 13.1.5, If-Range."""
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")["ETag"]
    modified = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    for condition, status in [(etag, 206), (http_date(modified), 206), ('"0"', 200), (f"W/{etag}", 200), (http_date(modified - HOUR), 200)]:
        answer = raw("GET", f"/{bucket}/k", headers={"Range": "bytes=0-1", "If-Range": condition})
        assert (answer.status, answer.body) == (status, b"01" if status == 206 else b"0123456789"), condition


def test_parts_are_read_by_number(raw, s3, bucket):
    """Ref: Amazon S3 API reference, GetObject and HeadObject, `partNumber`: a ranged request for the part."""
    target = {"Bucket": bucket, "Key": "k", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]}
    tags = [s3.upload_part(**target, PartNumber=number, Body=body)["ETag"] for number, body in [(1, b"a" * 5 * MIB), (2, b"tail")]]
    s3.complete_multipart_upload(**target, MultipartUpload={"Parts": [{"PartNumber": n, "ETag": tag} for n, tag in enumerate(tags, 1)]})
    for method in ["GET", "HEAD"]:
        answer = raw(method, f"/{bucket}/k?partNumber=2")
        found = answer.status, answer.headers["Content-Range"], answer.headers["Content-Length"], answer.headers["x-amz-mp-parts-count"]
        assert found == (206, f"bytes {5 * MIB}-{5 * MIB + 3}/{5 * MIB + 4}", "4", "2"), method
        assert answer.body == (b"tail" if method == "GET" else b"")
        assert raw(method, f"/{bucket}/k?partNumber=3").status == 416


# Preconditions of writes: PutObject, CompleteMultipartUpload, DeleteObject


def test_preconditions_of_writes(raw, s3, bucket):
    assert raw("PUT", f"/{bucket}/k", b"1", If_None_Match="*").status == 200
    etag = s3.head_object(Bucket=bucket, Key="k")["ETag"]
    assert raw("PUT", f"/{bucket}/k", b"2", If_None_Match="*").code == "PreconditionFailed"
    assert raw("PUT", f"/{bucket}/k", b"2", If_Match='"0"').code == "PreconditionFailed"
    assert raw("PUT", f"/{bucket}/missing", b"2", If_Match=etag).code == "NoSuchKey"
    # Ref: PutObject, "If-None-Match": only the asterisk.
    assert raw("PUT", f"/{bucket}/k", b"2", If_None_Match='"0"').status == 501
    assert raw("GET", f"/{bucket}/k").body == b"1"
    assert raw("PUT", f"/{bucket}/k", b"2", If_Match=etag).status == 200
    assert raw("PUT", f"/{bucket}/k", b"3", If_Match=etag).code == "PreconditionFailed"
    etag = s3.head_object(Bucket=bucket, Key="k")["ETag"]

    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"parts")["ETag"]
    document = f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{part}</ETag></Part></CompleteMultipartUpload>".encode()
    target = f"/{bucket}/k?uploadId={upload}"
    assert raw("POST", target, document, If_None_Match="*").code == "PreconditionFailed"
    assert raw("POST", target, document, If_Match='"0"').code == "PreconditionFailed"
    assert raw("POST", target, document, If_Match=etag).status == 200
    assert raw("GET", f"/{bucket}/k").body == b"parts"

    etag = s3.head_object(Bucket=bucket, Key="k")["ETag"]
    assert raw("DELETE", f"/{bucket}/k", If_Match='"0"').code == "PreconditionFailed"
    assert raw("DELETE", f"/{bucket}/k", If_Match=etag).status == 204
    assert raw("GET", f"/{bucket}/k").code == "NoSuchKey"


# Multipart: CreateMultipartUpload to AbortMultipartUpload


def test_parts_may_come_in_any_order_and_with_gaps(s3, bucket):
    target = {"Bucket": bucket, "Key": "k", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="k", Metadata={"m": "1"}, Tagging="t=1")["UploadId"]}
    bodies = {9: b"end", 3: b"b" * 5 * MIB, 1: b"a" * 5 * MIB, 7: b"never named"}
    parts = {number: s3.upload_part(**target, PartNumber=number, Body=body)["ETag"] for number, body in bodies.items()}
    named = [{"PartNumber": number, "ETag": parts[number]} for number in (1, 3, 9)]
    done = s3.complete_multipart_upload(**target, MultipartUpload={"Parts": named})
    digests = b"".join(hashlib.md5(bodies[number]).digest() for number in (1, 3, 9))
    assert done["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-3"'
    head = s3.head_object(Bucket=bucket, Key="k", PartNumber=3)
    assert (head["PartsCount"], head["ContentLength"], head["Metadata"]) == (3, 5 * MIB, {"m": "1"})
    assert s3.get_object(Bucket=bucket, Key="k", PartNumber=9)["Body"].read() == b"end"
    assert s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={5 * MIB - 1}-{5 * MIB}")["Body"].read() == b"ab"
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "t", "Value": "1"}]
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_completions_that_are_refused(raw, s3, bucket):
    target = {"Bucket": bucket, "Key": "k", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]}
    etag = s3.upload_part(**target, PartNumber=1, Body=b"1")["ETag"]
    path = f"/{bucket}/k?uploadId={target['UploadId']}"
    part = "<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>"
    document = "<CompleteMultipartUpload>{}</CompleteMultipartUpload>"
    for body, code in [
        (document.format(""), "MalformedXML"),
        ("", "MalformedXML"),
        ("<Complete", "MalformedXML"),
        (document.format(part.format(1, '"00000000000000000000000000000000"')), "InvalidPart"),
        (document.format(part.format(2, etag)), "InvalidPart"),
        (document.format(part.format(1, etag) * 2), "InvalidPartOrder"),
    ]:
        answer = raw("POST", path, body.encode())
        assert (answer.status, answer.code) == (400, code), body
    assert code_of(s3.upload_part, **target, PartNumber=0, Body=b"") == ("InvalidArgument", 400)
    assert code_of(s3.list_parts, Bucket=bucket, Key="other", UploadId=target["UploadId"]) == ("NoSuchUpload", 404)
    assert code_of(s3.list_parts, Bucket=bucket, Key="k", UploadId="../../x") == ("NoSuchUpload", 404)
    # What was refused has changed nothing.
    assert [row["ETag"] for row in s3.list_parts(**target)["Parts"]] == [etag]
    s3.complete_multipart_upload(**target, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"1"


def test_completions_say_what_is_so(raw, s3, bucket):
    """Ref: CompleteMultipartUpload, `x-amz-mp-object-size`, `x-amz-checksum-type`; user guide, "Checking object integrity"."""
    part = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{}</ETag>{}</Part></CompleteMultipartUpload>"
    crc32 = CHECKSUMS["crc32"](b"data")

    def begun(**more):
        target = {"Bucket": bucket, "Key": "k", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="k", **more)["UploadId"]}
        etag = raw("PUT", f"/{bucket}/k?partNumber=1&uploadId={target['UploadId']}", b"data").headers["ETag"]
        return f"/{bucket}/k?uploadId={target['UploadId']}", etag

    # An upload that names no algorithm gets the CRC64NVME that every object has.
    path, etag = begun()
    plain = part.format(etag, "").encode()
    for headers, code in [
        ({"x-amz-mp-object-size": "5"}, "InvalidRequest"),
        ({"x-amz-checksum-crc64nvme": "AAAAAAAAAAA="}, "BadDigest"),
        ({"x-amz-checksum-crc32": crc32}, "InvalidRequest"),
    ]:
        answer = raw("POST", path, plain, headers=headers)
        assert (answer.status, answer.code) == (400, code), headers
    assert raw("POST", path, plain, headers={"x-amz-mp-object-size": "4"}).text("ChecksumType") == "FULL_OBJECT"
    alone = raw("PUT", f"/{bucket}/alone", b"data").headers["x-amz-checksum-crc64nvme"]
    head = raw("HEAD", f"/{bucket}/k", headers={"x-amz-checksum-mode": "ENABLED"}).headers
    assert (head["x-amz-checksum-crc64nvme"], head["x-amz-checksum-type"]) == (alone, "FULL_OBJECT")

    path, etag = begun(ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    plain = part.format(etag, "").encode()
    answer = raw("POST", path, plain, headers={"x-amz-checksum-type": "COMPOSITE"})
    assert (answer.status, answer.code) == (400, "InvalidRequest") and b"created using the FULL_OBJECT checksum mode" in answer.body
    assert raw("POST", path, plain, headers={"x-amz-checksum-crc32": "AAAAAA=="}).code == "BadDigest"
    assert raw("POST", path, plain, headers={"x-amz-checksum-type": "FULL_OBJECT", "x-amz-checksum-crc32": crc32}).text("ChecksumCRC32") == crc32

    # A checksum of checksums is made of those the client repeats.
    path, etag = begun(ChecksumAlgorithm="CRC32")
    answer = raw("POST", path, part.format(etag, "").encode())
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert b"created using a crc32 checksum. The complete request must include the checksum for each part. It was missing for part 1" in answer.body
    assert raw("POST", path, part.format(etag, f"<ChecksumCRC32>{crc32}</ChecksumCRC32>").encode()).status == 200


def test_parts_and_uploads_are_listed_in_pages(s3, bucket):
    target = {"Bucket": bucket, "Key": "p/k", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="p/k")["UploadId"]}
    for number in (5, 2, 8):
        s3.upload_part(**target, PartNumber=number, Body=b"x" * number)
    pages = list(s3.get_paginator("list_parts").paginate(**target, PaginationConfig={"PageSize": 1}))
    assert [(row["PartNumber"], row["Size"]) for page in pages for row in page["Parts"]] == [(2, 2), (5, 5), (8, 8)]
    assert [row["PartNumber"] for row in s3.list_parts(**target, PartNumberMarker=5)["Parts"]] == [8]
    for key in ["a", "p/z", "q/1", "q/2", "p/k"]:
        s3.create_multipart_upload(Bucket=bucket, Key=key)
    listed = []
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2}):
        listed += [row["Key"] for row in page["Uploads"]]
    assert listed == ["a", "p/k", "p/k", "p/z", "q/1", "q/2"]
    grouped = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [row["Key"] for row in grouped["Uploads"]] == ["a"]
    assert [row["Prefix"] for row in grouped["CommonPrefixes"]] == ["p/", "q/"]
    assert [row["Key"] for row in s3.list_multipart_uploads(Bucket=bucket, Prefix="q/")["Uploads"]] == ["q/1", "q/2"]
    assert [row["Key"] for row in s3.list_multipart_uploads(Bucket=bucket, KeyMarker="p/k")["Uploads"]] == ["p/z", "q/1", "q/2"]


def test_pages_of_no_parts_or_uploads(raw, s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"1")
    # Nothing could be gone on from.
    assert raw("GET", f"/{bucket}?uploads&max-uploads=0").text("IsTruncated") == "false"
    assert raw("GET", f"/{bucket}/k?uploadId={upload}&max-parts=0").text("IsTruncated") == "false"
    for wrong in ["max-uploads=-1", "max-uploads=x", "encoding-type=base64"]:
        answer = raw("GET", f"/{bucket}?uploads&{wrong}")
        assert (answer.status, answer.code) == (400, "InvalidArgument"), wrong
    for wrong in ["max-parts=-1", "part-number-marker=x"]:
        answer = raw("GET", f"/{bucket}/k?uploadId={upload}&{wrong}")
        assert (answer.status, answer.code) == (400, "InvalidArgument"), wrong


def test_an_aborted_upload_leaves_nothing(server, s3, bucket):
    target = {"Bucket": bucket, "Key": "k", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]}
    s3.upload_part(**target, PartNumber=1, Body=b"x" * MIB)
    s3.abort_multipart_upload(**target)
    assert code_of(s3.upload_part, **target, PartNumber=2, Body=b"x") == ("NoSuchUpload", 404)
    left = [path for path in (server.data_dir / "buckets" / bucket).rglob("*") if path.is_file() and path.stat().st_size >= MIB]
    assert left == [] and "Contents" not in s3.list_objects_v2(Bucket=bucket)
    s3.delete_bucket(Bucket=bucket)


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "SHA1", "SHA256"])
def test_checksums_of_parts_make_one_of_the_whole(s3, bucket, algorithm):
    """Ref: Amazon S3 user guide, "Checking object integrity": the checksum of checksums, and the number of parts."""
    created = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm=algorithm)
    assert (created["ChecksumAlgorithm"], created["ChecksumType"]) == (algorithm, "COMPOSITE")
    target = {"Bucket": bucket, "Key": "k", "UploadId": created["UploadId"]}
    one, field = CHECKSUMS[algorithm.lower()], f"Checksum{algorithm}"
    bodies = [b"a" * 5 * MIB, b"tail"]
    parts = [s3.upload_part(**target, PartNumber=number, Body=body, **{field: one(body)}) for number, body in enumerate(bodies, 1)]
    assert parts[1][field] == one(b"tail")
    named = [{"PartNumber": number, "ETag": part["ETag"], field: part[field]} for number, part in enumerate(parts, 1)]
    wrong = [{**named[0], field: named[1][field]}, named[1]]
    assert code_of(s3.complete_multipart_upload, **target, MultipartUpload={"Parts": wrong})[1] == 400
    done = s3.complete_multipart_upload(**target, MultipartUpload={"Parts": named})
    digests = b"".join(base64.b64decode(part[field]) for part in parts)
    assert (done[field], done["ChecksumType"]) == (one(digests) + "-2", "COMPOSITE")
    found = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ObjectParts", "Checksum"])
    assert found["ObjectParts"]["TotalPartsCount"] == 2
    assert [(row["PartNumber"], row["Size"], row[field]) for row in found["ObjectParts"]["Parts"]] == [(1, 5 * MIB, parts[0][field]), (2, 4, parts[1][field])]


def test_parts_are_copied_with_ranges_and_conditions(s3, bucket):
    data = os.urandom(5 * MIB + 100)
    etag = s3.put_object(Bucket=bucket, Key="source", Body=data)["ETag"]
    target = {"Bucket": bucket, "Key": "k", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]}
    copy = {"CopySource": {"Bucket": bucket, "Key": "source"}, **target}
    first = s3.upload_part_copy(**copy, PartNumber=1, CopySourceIfMatch=etag)["CopyPartResult"]
    assert first["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
    last = s3.upload_part_copy(**copy, PartNumber=2, CopySourceRange="bytes=0-9")["CopyPartResult"]["ETag"]
    for odd in ["bytes=9-0", "bytes=0-", "bytes=-5", "0-9", f"bytes=0-{len(data)}"]:
        assert code_of(s3.upload_part_copy, **copy, PartNumber=3, CopySourceRange=odd) == ("InvalidArgument", 400), odd
    assert code_of(s3.upload_part_copy, **copy, PartNumber=3, CopySourceIfNoneMatch=etag) == ("PreconditionFailed", 412)
    named = [{"PartNumber": 1, "ETag": first["ETag"]}, {"PartNumber": 2, "ETag": last}]
    s3.complete_multipart_upload(**target, MultipartUpload={"Parts": named})
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == data + data[:10]


# Copies: CopyObject


def test_copies_keep_or_replace(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"1", ContentType="text/csv", CacheControl="no-cache", Metadata={"m": "1"}, Tagging="t=1")
    source = {"Bucket": bucket, "Key": "a"}
    # Without REPLACE what the request says of metadata and tags is not taken.
    s3.copy_object(Bucket=bucket, Key="b", CopySource=source, ContentType="text/plain", Metadata={"n": "2"}, Tagging="u=2")
    head = s3.head_object(Bucket=bucket, Key="b")
    assert (head["ContentType"], head["CacheControl"], head["Metadata"]) == ("text/csv", "no-cache", {"m": "1"})
    assert s3.get_object_tagging(Bucket=bucket, Key="b")["TagSet"] == [{"Key": "t", "Value": "1"}]
    s3.copy_object(
        Bucket=bucket, Key="b", CopySource=source, MetadataDirective="REPLACE", TaggingDirective="REPLACE", ContentType="text/plain", Tagging="u=2"
    )
    head = s3.head_object(Bucket=bucket, Key="b")
    assert (head["ContentType"], head.get("CacheControl"), head["Metadata"]) == ("text/plain", None, {})
    assert s3.get_object_tagging(Bucket=bucket, Key="b")["TagSet"] == [{"Key": "u", "Value": "2"}]
    # Onto itself: only with something to change.
    s3.copy_object(Bucket=bucket, Key="a", CopySource=source, MetadataDirective="REPLACE", Metadata={"n": "3"})
    assert s3.head_object(Bucket=bucket, Key="a")["Metadata"] == {"n": "3"}
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"
    assert code_of(s3.copy_object, Bucket=bucket, Key="a", CopySource=source) == ("InvalidRequest", 400)


def test_copies_that_are_refused(raw, s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="a", Body=b"1")["ETag"]
    modified = s3.head_object(Bucket=bucket, Key="a")["LastModified"]
    before, after = http_date(modified - HOUR), http_date(modified + HOUR)
    source = "x-amz-copy-source"
    conditions = [
        ({"if-match": etag}, 200),
        ({"if-match": '"0"'}, 412),
        ({"if-none-match": '"0"'}, 200),
        ({"if-none-match": etag}, 412),
        ({"if-modified-since": before}, 200),
        ({"if-modified-since": after}, 412),
        ({"if-unmodified-since": after}, 200),
        ({"if-unmodified-since": before}, 412),
        # Ref: CopyObject: a tag that matches outweighs a time that does not, and the other way round.
        ({"if-match": etag, "if-unmodified-since": before}, 200),
        ({"if-none-match": etag, "if-modified-since": before}, 412),
    ]
    for condition, status in conditions:
        headers = {source: f"/{bucket}/a", **{f"{source}-{name}": value for name, value in condition.items()}}
        assert raw("PUT", f"/{bucket}/copy", headers=headers).status == status, condition
    for header, status, code in [
        (f"/{bucket}/missing", 404, "NoSuchKey"),
        (f"/m-{uuid.uuid4().hex}/a", 404, "NoSuchBucket"),
        (f"/{bucket}/a?versionId=3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY", 404, "NoSuchVersion"),
        (f"/{bucket}/a?versionId=null", 200, None),
        (f"{bucket}/a", 200, None),
        (bucket, 400, "InvalidArgument"),
        ("/", 400, "InvalidArgument"),
    ]:
        answer = raw("PUT", f"/{bucket}/copy", headers={source: header})
        assert answer.status == status, (header, answer.body)
        if code:
            assert answer.code == code, header
    odd = raw("PUT", f"/{bucket}/copy", headers={source: f"/{bucket}/a", "x-amz-metadata-directive": "MERGE"})
    assert (odd.status, odd.code) == (400, "InvalidArgument")
    odd = raw("PUT", f"/{bucket}/copy", headers={source: f"/{bucket}/a", "x-amz-tagging-directive": "MERGE"})
    assert (odd.status, odd.code) == (400, "InvalidArgument")


def test_sources_are_decoded_once(raw, s3, bucket):
    for key in ["a b", "a+b", "a%20b", "ä"]:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    for sent, key in [("a%20b", "a b"), ("a%2Bb", "a+b"), ("a%2520b", "a%20b"), ("%C3%A4", "ä")]:
        assert raw("PUT", f"/{bucket}/copy", headers={"x-amz-copy-source": f"/{bucket}/{sent}"}).status == 200, sent
        assert raw("GET", f"/{bucket}/copy").body == key.encode(), sent


# Batches: DeleteObjects


def test_batches_are_checked(raw, s3, bucket):
    for key in "abc":
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    row = "<Object><Key>{}</Key></Object>"
    target = f"/{bucket}?delete"
    assert raw("POST", target, b"").code == "MissingRequestBodyError"
    for body in ["<Delete>", "<Delete></Delete>", f"<Delete>{row.format('a') * 1001}</Delete>", "<Remove/>"]:
        answer = raw("POST", target, body.encode())
        assert (answer.status, answer.code) == (400, "MalformedXML"), body[:40]
    document = f"<Delete>{row.format('a')}</Delete>".encode()
    assert raw("POST", target, document, Content_MD5=b64(hashlib.md5(b"other").digest())).code == "BadDigest"
    assert raw("POST", target, document, headers={"x-amz-checksum-crc32": crc32(b"other")}).code == "BadDigest"
    assert len(s3.list_objects_v2(Bucket=bucket)["Contents"]) == 3
    answer = raw("POST", target, document, Content_MD5=b64(hashlib.md5(document).digest()))
    assert answer.texts("Deleted/Key") == ["a"]
    quiet = raw("POST", target, f"<Delete><Quiet>true</Quiet>{row.format('b')}{row.format('missing')}</Delete>".encode())
    assert (quiet.status, quiet.texts("Deleted"), quiet.texts("Error")) == (200, [], [])
    mixed = raw("POST", target, f"<Delete>{row.format('c')}<Object><Key>c</Key><VersionId>1</VersionId></Object></Delete>".encode())
    assert mixed.texts("Deleted/Key") == ["c"] and mixed.texts("Error/Code") == ["NoSuchVersion"]
    thousand = "".join(row.format(number) for number in range(1000))
    assert len(raw("POST", target, f"<Delete>{thousand}</Delete>".encode()).texts("Deleted/Key")) == 1000
    assert raw("POST", f"/m-{uuid.uuid4().hex}?delete", document).code == "NoSuchBucket"


def test_batches_take_any_name(raw, s3, bucket):
    names = ["a&b", "<x>", "ü/日本", "sp ace", "quote\"'"]
    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=b"")
    rows = "".join(f"<Object><Key>{name.replace('&', '&amp;').replace('<', '&lt;')}</Key></Object>" for name in names)
    answer = raw("POST", f"/{bucket}?delete", f'<?xml version="1.0"?><Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{rows}</Delete>'.encode())
    assert answer.texts("Deleted/Key") == names and "Contents" not in s3.list_objects_v2(Bucket=bucket)


# Presigned URLs


def test_presigned_urls_of_every_method(server, raw, bucket):
    for version in ("s3v4", "s3"):
        signer = server.client("s3", signature_version=version, s3={"addressing_style": "path"})

        def target(operation, lasting=60, **parameters):
            url = signer.generate_presigned_url(operation, Params={"Bucket": bucket, "Key": "k ü", **parameters}, ExpiresIn=lasting)
            return url.removeprefix(server.endpoint)

        assert raw("PUT", target("put_object"), b"hello").status == 200
        answer = raw("GET", target("get_object", ResponseContentType="x/y", ResponseContentDisposition="attachment", ResponseCacheControl="no-store"))
        assert (answer.body, answer.headers["Content-Type"]) == (b"hello", "x/y")
        assert (answer.headers["Content-Disposition"], answer.headers["Cache-Control"]) == ("attachment", "no-store")
        assert raw("HEAD", target("head_object")).headers["Content-Length"] == "5"
        late = raw("GET", target("get_object", lasting=-10))
        assert (late.status, late.code) == (403, "AccessDenied")
        assert raw("DELETE", target("delete_object")).status == 204
    answer = raw("GET", target("get_object").split("?")[0] + "?X-Amz-Signature=0&X-Amz-Algorithm=AWS4-HMAC-SHA256")
    assert (answer.status, answer.code) == (400, "AuthorizationQueryParametersError")


def test_presigned_parts(server, raw, s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    url = s3.generate_presigned_url("upload_part", Params={"Bucket": bucket, "Key": "k", "UploadId": upload, "PartNumber": 1})
    etag = raw("PUT", url.removeprefix(server.endpoint), b"part").headers["ETag"]
    s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"part"


# aws-chunked bodies and checksums: PutObject, UploadPart


def chunked(*pieces, trailer=""):
    body = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces)
    return body + f"0\r\n{trailer}\r\n".encode()


@pytest.mark.parametrize("algorithm", CHECKSUMS)
def test_trailers_of_every_algorithm(raw, s3, bucket, algorithm):
    name, right = f"x-amz-checksum-{algorithm}", CHECKSUMS[algorithm](b"hello world")
    headers = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": "11",
        "x-amz-trailer": name,
        "Content-Encoding": "aws-chunked",
    }
    assert raw("PUT", f"/{bucket}/k", chunked(b"hello ", b"world", trailer=f"{name}:{right}\r\n"), headers=headers).status == 200
    head = raw("HEAD", f"/{bucket}/k", headers={"x-amz-checksum-mode": "ENABLED"})
    assert head.headers[name] == right and head.headers["Content-Encoding"] is None
    for trailer, code in [(f"{name}:{CHECKSUMS[algorithm](b'other')}\r\n", "BadDigest"), ("", "MalformedTrailerError"), ("x-amz-checksum-x:1\r\n", "MalformedTrailerError")]:
        answer = raw("PUT", f"/{bucket}/bad", chunked(b"hello ", b"world", trailer=trailer), headers=headers)
        assert (answer.status, answer.code) == (400, code), trailer
    assert [row["Key"] for row in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["k"]


def test_chunked_bodies_that_are_not_whole(raw, s3, bucket):
    headers = {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x-amz-decoded-content-length": "5"}
    for body in [b"zz\r\nhello\r\n0\r\n\r\n", b"5\r\nhello", b"4\r\nhello\r\n0\r\n\r\n", b"6\r\nhello!\r\n0\r\n\r\n", b"5\r\nhello\r\n", b""]:
        answer = raw("PUT", f"/{bucket}/k", body, headers=headers)
        assert (answer.status, answer.code) == (400, "IncompleteBody"), body
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    # A signature of a chunk is read over where any credentials are taken.
    signed = {**headers, "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}
    signature = "0" * 64
    body = f"5;chunk-signature={signature}\r\nhello\r\n0;chunk-signature={signature}\r\n\r\n".encode()
    assert raw("PUT", f"/{bucket}/k", body, headers=signed).status == 200
    assert raw("GET", f"/{bucket}/k").body == b"hello"


@pytest.mark.parametrize("algorithm", CHECKSUMS)
def test_checksum_headers(raw, s3, bucket, algorithm):
    name, right = f"x-amz-checksum-{algorithm}", CHECKSUMS[algorithm](b"hello")
    answer = raw("PUT", f"/{bucket}/k", b"hello", headers={name: right})
    assert answer.status == 200 and answer.headers[name] == right and answer.headers["x-amz-checksum-type"] == "FULL_OBJECT"
    wrong = raw("PUT", f"/{bucket}/bad", b"hello", headers={name: CHECKSUMS[algorithm](b"other")})
    assert (wrong.status, wrong.code) == (400, "BadDigest")
    # Ref: "Checking object integrity": a value that is no checksum of the algorithm, and more than one.
    for odd in ["x", "AAAA", b64(bytes(64))]:
        answer = raw("PUT", f"/{bucket}/bad", b"hello", headers={name: odd})
        assert (answer.status, answer.code) == (400, "InvalidRequest"), odd
    other = "x-amz-checksum-sha256" if algorithm != "sha256" else "x-amz-checksum-crc32"
    twice = raw("PUT", f"/{bucket}/bad", b"hello", headers={name: right, other: CHECKSUMS[other.rsplit("-", 1)[1]](b"hello")})
    assert (twice.status, twice.code) == (400, "InvalidRequest")
    target = {"Bucket": bucket, "Key": "m", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="m")["UploadId"]}
    wrong = raw("PUT", f"/{bucket}/m?partNumber=1&uploadId={target['UploadId']}", b"hello", headers={name: CHECKSUMS[algorithm](b"other")})
    assert (wrong.status, wrong.code) == (400, "BadDigest")
    assert s3.list_parts(**target).get("Parts", []) == []
    # A range has no checksum of the whole.
    part = raw("GET", f"/{bucket}/k", headers={"x-amz-checksum-mode": "ENABLED", "Range": "bytes=0-1"})
    assert part.headers[name] is None
    assert [row["Key"] for row in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["k"]


def test_bodies_are_checked_against_their_lengths_and_digests(raw, s3, bucket):
    for header, code in [("x", "InvalidDigest"), (b64(b"short"), "InvalidDigest"), (b64(hashlib.md5(b"other").digest()), "BadDigest")]:
        assert raw("PUT", f"/{bucket}/k", b"hello", Content_MD5=header).code == code
    assert raw("PUT", f"/{bucket}/k", b"hello", headers={"x-amz-content-sha256": hashlib.sha256(b"other").hexdigest()}).code == "XAmzContentSHA256Mismatch"
    # Ref: "List of error codes", MissingContentLength: PutObject without a length is refused, chunked or not.
    missing = raw("PUT", f"/{bucket}/k", b"5\r\nhello\r\n0\r\n\r\n", headers={"Transfer-Encoding": "chunked"})
    assert (missing.status, missing.code) == (411, "MissingContentLength")
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


# Metadata: PutObject, GetObject, HeadObject


def test_headers_come_back_as_they_were_sent(raw, bucket):
    sent = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Encoding": "gzip",
        "Content-Language": "de-DE",
        "Content-Disposition": 'attachment; filename="a b.csv"',
        "Cache-Control": "max-age=30, public",
        "Expires": "Thu, 01 Dec 2033 16:00:00 GMT",
        "x-amz-website-redirect-location": "/other",
        "x-amz-meta-Plain": "value",
        "x-amz-meta-empty": "",
        "x-amz-meta-spaces": "a  b",
        "x-amz-storage-class": "STANDARD_IA",
    }
    assert raw("PUT", f"/{bucket}/k", b"1", headers=sent).status == 200
    for method in ("GET", "HEAD"):
        got = raw(method, f"/{bucket}/k")
        for name, value in sent.items():
            assert got.headers[name] == value, (method, name)
        assert got.headers["x-amz-meta-plain"] == "value"
        assert email.utils.parsedate_to_datetime(got.headers["Last-Modified"])
    raw("PUT", f"/{bucket}/k", b"1")
    assert raw("HEAD", f"/{bucket}/k").headers["Content-Type"] == "binary/octet-stream"
    assert raw("HEAD", f"/{bucket}/k").headers["x-amz-meta-plain"] is None


def test_metadata_is_limited_and_unicode(raw, s3, bucket):
    """Ref: Amazon S3 user guide, "Working with object metadata": 2 KB of names and values; others than US-ASCII come back by RFC 2047."""
    most = "v" * (2048 - len("name"))
    assert raw("PUT", f"/{bucket}/k", b"", headers={"x-amz-meta-name": most}).status == 200
    answer = raw("PUT", f"/{bucket}/k", b"", headers={"x-amz-meta-name": most + "v"})
    assert (answer.status, answer.code) == (400, "MetadataTooLarge")
    created = raw("POST", f"/{bucket}/m?uploads", b"", headers={"x-amz-meta-name": most + "v"})
    assert (created.status, created.code) == (400, "MetadataTooLarge")
    assert raw("PUT", f"/{bucket}/u", b"", headers={"x-amz-meta-name": "=?UTF-8?B?w6TDtg==?="}).status == 200
    assert raw("HEAD", f"/{bucket}/u").headers["x-amz-meta-name"] == "=?UTF-8?B?w6TDtg==?="
    assert raw("PUT", f"/{bucket}/u", b"", headers={"x-amz-meta-name": "äö".encode()}).status == 200
    name, encoding = email.header.decode_header(raw("HEAD", f"/{bucket}/u").headers["x-amz-meta-name"])[0]
    assert name.decode(encoding) == "äö"


def test_encryption_and_acls_of_writes(raw, s3, bucket):
    """What clients send by default is taken; what would have to be kept and is not is refused by name."""
    for headers in [{"x-amz-acl": "private"}, {"x-amz-acl": "bucket-owner-full-control"}, {"x-amz-server-side-encryption": "AES256"}]:
        assert raw("PUT", f"/{bucket}/k", b"1", headers=headers).status == 200, headers
    for headers in [{"x-amz-acl": "public-read"}, {"x-amz-grant-read": 'id="1"'}]:
        answer = raw("PUT", f"/{bucket}/no", b"1", headers=headers)
        assert (answer.status, answer.code) == (400, "AccessControlListNotSupported"), headers
    for headers in [
        {"x-amz-object-lock-mode": "GOVERNANCE", "x-amz-object-lock-retain-until-date": "2033-01-01T00:00:00Z"},
        {"x-amz-object-lock-legal-hold": "ON"},
        {
            "x-amz-server-side-encryption-customer-algorithm": "AES256",
            "x-amz-server-side-encryption-customer-key": b64(bytes(32)),
            "x-amz-server-side-encryption-customer-key-md5": b64(hashlib.md5(bytes(32)).digest()),
        },
    ]:
        answer = raw("PUT", f"/{bucket}/no", b"1", headers=headers)
        assert (answer.status, answer.code) == (501, "NotImplemented"), headers
        answer = raw("POST", f"/{bucket}/no?uploads", b"", headers=headers)
        assert (answer.status, answer.code) == (501, "NotImplemented"), headers
    assert [row["Key"] for row in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["k"]


# Tags: PutObjectTagging, PutBucketTagging


def test_tags_are_limited(raw, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    tags = [{"Key": f"k{number}", "Value": "v"} for number in range(11)]
    assert code_of(s3.put_object_tagging, Bucket=bucket, Key="k", Tagging={"TagSet": tags}) == ("BadRequest", 400)
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": tags[:10]})
    assert s3.head_object(Bucket=bucket, Key="k")["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert s3.get_object(Bucket=bucket, Key="k")["TagCount"] == 10
    for key, value in [("", "v"), ("k" * 129, "v"), ("k", "v" * 257)]:
        document = f"<Tagging><TagSet><Tag><Key>{key}</Key><Value>{value}</Value></Tag></TagSet></Tagging>"
        answer = raw("PUT", f"/{bucket}/k?tagging", document.encode())
        assert (answer.status, answer.code) == (400, "InvalidTag"), (key, value)
    assert raw("PUT", f"/{bucket}/k?tagging", b"<Tagging>").code == "MalformedXML"
    unicode = [{"Key": "ключ", "Value": "значение + = / @"}]
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": unicode})
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == unicode
    assert raw("PUT", f"/{bucket}/k", b"", headers={"x-amz-tagging": "a=1&a=2"}).status == 400


# Keys


def test_keys_of_every_shape(raw, s3, bucket):
    """Sent as they are, percent-encoded; each is an object of its own."""
    keys = [
        "a", "A", "a/", "a/b", "a/b/", "a//b", "//", "/", "/a", "a/.", "a/..", "..", ".", "../../etc/passwd", "a b", "a+b", "a%20b", "a%2Fb",
        "ä", "a\u0308", "日本/🦉", "nul\0inside", "new\nline", "x" * 255 + "/y", "x" * 300, "é" * 512, "CON", "a.", "a ", " a", "~", "#?&=;:@,$!'()*",
        ".owlake", ".owlake/tmp/x", "%", "%zz", "\\", "a\\..\\b", "\x7f", "{}[]^`|<>\"",
    ]
    for key in keys:
        assert raw("PUT", f"/{bucket}/{urllib.parse.quote(key, safe='')}", key.encode()).status == 200, key
    for key in keys:
        answer = raw("GET", f"/{bucket}/{urllib.parse.quote(key, safe='')}")
        assert (answer.status, answer.body) == (200, key.encode()), key
    listed = raw("GET", f"/{bucket}?list-type=2&encoding-type=url").texts("Contents/Key")
    assert [urllib.parse.unquote(key) for key in listed] == sorted(keys, key=lambda key: key.encode())
    for key in keys:
        assert raw("DELETE", f"/{bucket}/{urllib.parse.quote(key, safe='')}").status == 204, key
        rest = [urllib.parse.unquote(other) for other in raw("GET", f"/{bucket}?list-type=2&encoding-type=url").texts("Contents/Key")]
        assert key not in rest and len(rest) == len(keys) - keys.index(key) - 1
    s3.delete_bucket(Bucket=bucket)


def test_plus_in_a_path_is_a_plus(raw, s3, bucket):
    raw("PUT", f"/{bucket}/a+b", b"plus")
    assert [row["Key"] for row in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["a+b"]
    # In a query it is a space.
    assert raw("GET", f"/{bucket}?list-type=2&prefix=a+b").texts("Contents/Key") == []


def test_keys_that_are_none(raw, s3, bucket):
    for key, code in [("x" * 1025, "KeyTooLongError"), ("é" * 513, "KeyTooLongError")]:
        answer = raw("PUT", f"/{bucket}/{urllib.parse.quote(key)}", b"")
        assert (answer.status, answer.code) == (400, code)
    for path in ["%FF", "a%C3", "%ED%A0%80"]:
        answer = raw("PUT", f"/{bucket}/{path}", b"")
        assert (answer.status, answer.code) == (400, "InvalidURI"), path
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_folders_are_no_objects(raw, s3, bucket):
    s3.put_object(Bucket=bucket, Key="a/b/c", Body=b"1")
    for key in ["a", "a/", "a/b", "a/b/"]:
        assert raw("GET", f"/{bucket}/{key}").code == "NoSuchKey"
        assert raw("DELETE", f"/{bucket}/{key}").status == 204
    s3.put_object(Bucket=bucket, Key="a/", Body=b"")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="a/", Delimiter="/")
    assert [row["Key"] for row in listed["Contents"]] == ["a/"] and [row["Prefix"] for row in listed["CommonPrefixes"]] == ["a/b/"]
    s3.delete_object(Bucket=bucket, Key="a/")
    assert raw("GET", f"/{bucket}/a/b/c").body == b"1"


# Buckets: CreateBucket, ListBuckets, HeadBucket


def test_bucket_names(raw):
    """Ref: Amazon S3 user guide, "General purpose bucket naming rules"."""
    for name in ["ab", "a" * 64, "Upper", "under_score", "-a-b", "a-b-", "a..b", "192.168.5.4", "xn--abc", "a-s3alias", "a--ol-s3"]:
        answer = raw("PUT", f"/{name}")
        assert (answer.status, answer.code) == (400, "InvalidBucketName"), name
    for name in ["a" * 63, f"a.b-{uuid.uuid4().hex[:8]}", f"1{uuid.uuid4().hex[:8]}"]:
        assert raw("PUT", f"/{name}").status == 200, name
        assert raw("HEAD", f"/{name}").status == 200
        assert raw("DELETE", f"/{name}").status == 204


def test_buckets_are_listed_in_pages(s3):
    start = f"page{uuid.uuid4().hex[:8]}-"
    for letter in "abc":
        s3.create_bucket(Bucket=start + letter)
    pages = list(s3.get_paginator("list_buckets").paginate(Prefix=start, PaginationConfig={"PageSize": 2}))
    assert [[row["Name"] for row in page["Buckets"]] for page in pages] == [[start + "a", start + "b"], [start + "c"]]
    assert code_of(s3.create_bucket, Bucket=start + "a") == ("BucketAlreadyOwnedByYou", 409)
    assert "BucketArn" in s3.head_bucket(Bucket=start + "a") or s3.head_bucket(Bucket=start + "a")["BucketRegion"] == "us-east-1"


def test_settings_that_cannot_be_kept_are_refused_by_name(raw, bucket):
    for setting in ["policy", "cors", "website", "lifecycle", "encryption", "replication", "acl", "versioning", "notification", "logging", "object-lock", "accelerate"]:
        answer = raw("PUT", f"/{bucket}?{setting}", b"<x/>")
        assert answer.status in (400, 501) and answer.code in ("NotImplemented", "MalformedXML"), (setting, answer.body)
    for operation in ["restore", "select&select-type=2"]:
        raw("PUT", f"/{bucket}/k", b"1")
        assert raw("POST", f"/{bucket}/k?{operation}", b"<x/>").status in (400, 501)


def test_what_is_no_operation_touches_no_bucket_and_no_object(raw, s3, bucket):
    """A subresource that a method does not have, or that is newer than this server, is not the operation without it."""
    def refused(method, target, body=b""):
        answer = raw(method, target, body)
        assert (answer.status, answer.code) in [(405, "MethodNotAllowed"), (501, "NotImplemented")], (method, target, answer.body)

    for setting in ["abac", "versioning", "logging", "notification", "accelerate", "requestPayment", "metadataConfiguration", "location", "uploads"]:
        refused("DELETE", f"/{bucket}?{setting}")
    for setting in ["abac", "metadataConfiguration", "policyStatus", "location", "versions"]:
        refused("PUT", f"/not-{bucket}?{setting}", b"<x/>")
    assert raw("HEAD", f"/{bucket}").status == 200 and raw("HEAD", f"/not-{bucket}").status == 404
    s3.put_object(Bucket=bucket, Key="k", Body=b"kept")
    for part in ["renameObject", "encryption", "restore", "select", "torrent", "versioning", "attributes"]:
        refused("PUT", f"/{bucket}/k?{part}", b"<x/>")
    for part in ["acl", "legal-hold", "retention", "restore", "renameObject", "encryption", "uploads"]:
        refused("DELETE", f"/{bucket}/k?{part}")
    for target in [f"/{bucket}?abac", f"/{bucket}/k?restore", f"/{bucket}/k?select", f"/{bucket}/k?versions"]:
        refused("GET", target)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"kept"
    # What is no subresource at all is ignored.
    assert raw("GET", f"/{bucket}/k?utm_source=x").body == b"kept"
    assert raw("PUT", f"/{bucket}/k?utm_source=x", b"x" * 9 * MIB).status == 200


def test_values_of_headers_of_writes(raw, bucket):
    """Ref: PutObject; "List of error codes": InvalidStorageClass, InvalidEncryptionAlgorithmError."""
    for name, wrong, code, right in [
        ("x-amz-storage-class", "COLD", "InvalidStorageClass", "STANDARD_IA"),
        ("x-amz-server-side-encryption", "rot13", "InvalidEncryptionAlgorithmError", "AES256"),
    ]:
        for method, target in [("PUT", f"/{bucket}/k"), ("POST", f"/{bucket}/k?uploads")]:
            answer = raw(method, target, headers={name: wrong})
            assert (answer.status, answer.code) == (400, code), (method, name)
            assert raw(method, target, headers={name: right}).status == 200


def test_copies_have_preconditions_of_their_target(raw, s3, bucket):
    """Ref: Amazon S3 user guide, "Conditional writes": CopyObject takes If-Match and If-None-Match."""
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["ETag"]
    copy = lambda **more: raw("PUT", f"/{bucket}/copy", headers={"x-amz-copy-source": f"/{bucket}/k", **{name.replace("_", "-"): value for name, value in more.items()}})
    assert copy(If_Match=etag).code == "NoSuchKey"
    assert copy(If_None_Match="*").status == 200
    assert copy(If_None_Match="*").code == "PreconditionFailed"
    assert copy(If_Match='"0"').code == "PreconditionFailed"
    assert copy(If_Match=etag).status == 200
    assert copy(If_None_Match=etag).code == "NotImplemented"


def test_a_redirect_is_not_copied(raw, bucket):
    """Ref: CopyObject, `x-amz-website-redirect-location`: unique to each object."""
    assert raw("PUT", f"/{bucket}/k", b"1", headers={"x-amz-website-redirect-location": "/elsewhere"}).status == 200
    assert raw("PUT", f"/{bucket}/copy", headers={"x-amz-copy-source": f"/{bucket}/k"}).status == 200
    assert raw("HEAD", f"/{bucket}/copy").headers["x-amz-website-redirect-location"] is None


def test_attributes_have_an_etag_without_quotes(raw, s3, bucket):
    """Ref: GetObjectAttributes, its sample response."""
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["ETag"]
    answer = raw("GET", f"/{bucket}/k?attributes", headers={"x-amz-object-attributes": "ETag,ObjectSize"})
    assert (answer.text("ETag"), answer.text("ObjectSize")) == (etag.strip('"'), "1")


def test_browsers_are_told_that_there_are_no_cors_rules(raw, bucket):
    """Ref: Amazon S3 user guide, "Troubleshooting CORS"."""
    answer = raw("OPTIONS", f"/{bucket}/k", headers={"Origin": "https://page.example", "Access-Control-Request-Method": "GET"})
    assert (answer.status, answer.code) == (403, "AccessForbidden") and b"CORS is not enabled for this bucket" in answer.body
    answer = raw("OPTIONS", f"/{bucket}/k")
    assert (answer.status, answer.code) == (400, "BadRequest")
    form = b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nv\r\n--x--\r\n'
    answer = raw("POST", f"/{bucket}", form, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert (answer.status, answer.code) == (501, "NotImplemented")


def test_headers_in_a_presigned_query_are_headers(server, raw, bucket):
    """The SDK for JavaScript moves the headers it signs into the query. Ref: "Authenticating requests: using query parameters"."""
    s3 = server.client("s3", signature_version="s3v4")
    url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"}).removeprefix(server.endpoint)
    moved = "&x-amz-meta-a=b%20c&x-amz-storage-class=STANDARD_IA&x-amz-checksum-crc32="
    assert raw("PUT", url + moved + urllib.parse.quote(CHECKSUMS["crc32"](b"other"), safe=""), b"data").code == "BadDigest"
    assert raw("PUT", url + moved + urllib.parse.quote(CHECKSUMS["crc32"](b"data"), safe=""), b"data").status == 200
    head = raw("HEAD", f"/{bucket}/k").headers
    assert (head["x-amz-meta-a"], head["x-amz-storage-class"]) == ("b c", "STANDARD_IA")


# Errors and methods


def test_errors_are_documents(raw, bucket):
    answer = raw("GET", f"/{bucket}/missing")
    assert answer.status == 404 and answer.headers["Content-Type"] == "application/xml"
    root = xml.etree.ElementTree.fromstring(answer.body)
    assert root.find("Code").text == "NoSuchKey" and root.find("Key").text == "missing"
    assert root.find("RequestId").text == answer.headers["x-amz-request-id"] and root.find("HostId").text == answer.headers["x-amz-id-2"]
    missing = f"m-{uuid.uuid4().hex}"
    root = xml.etree.ElementTree.fromstring(raw("GET", f"/{missing}/k").body)
    assert root.find("Code").text == "NoSuchBucket" and root.find("BucketName").text == missing
    head = raw("HEAD", f"/{bucket}/missing")
    assert (head.status, head.body) == (404, b"") and re.fullmatch(r"[0-9A-F]{16}", head.headers["x-amz-request-id"])
    for method, target in [("PATCH", f"/{bucket}/k"), ("POST", f"/{bucket}/k"), ("DELETE", "/"), ("PUT", "/")]:
        answer = raw(method, target, b"")
        assert (answer.status, answer.code) == (405, "MethodNotAllowed"), (method, target)


def test_virtual_hosts_for_every_operation(raw, bucket):
    host = {"Host": f"{bucket}.s3.us-east-1.amazonaws.com"}
    assert raw("PUT", "/dir/a%20b", b"1", headers=host).status == 200
    assert raw("HEAD", "/dir/a%20b", headers=host).status == 200
    assert raw("GET", "/?prefix=dir/", headers=host).texts("Contents/Key") == ["dir/a b"]
    assert raw("GET", "/?location", headers=host).status == 200
    assert raw("POST", "/?delete", b"<Delete><Object><Key>dir/a b</Key></Object></Delete>", headers=host).texts("Deleted/Key") == ["dir/a b"]
    assert raw("DELETE", "/", headers=host).status == 204
    assert raw("HEAD", "/", headers=host).status == 404
