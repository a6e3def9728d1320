"""Does `auth = verify` let in what is signed with a known key, and nothing else? boto3, the AWS CLI, awswrangler and changed requests.

basis: documented, Amazon S3 API reference, "Authenticating requests (AWS Signature Version 4)" and "List of error codes"; AWS general
reference, "Signing AWS API requests"; measured Athena behaviour for Athena's and Glue's texts.
"""

import base64
import datetime
import hashlib
import http.client
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zlib

import awswrangler
import boto3
import boto3.s3.transfer
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.exceptions
import pandas
import pytest

from conftest import REPOSITORY, Athena, Server

KEY, SECRET, ACCOUNT = "AKIDOWLAKETEST", "a/secret+of=ours and 40 chars or so", "111122223333"
OTHER, OTHER_SECRET = "AKIDANOTHER", "another secret of ours"
OUTPUT = "s3://auth/results/"


@pytest.fixture(scope="module")
def verifying():
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "owlake.toml"
        config.write_text(
            f"[auth]\nmode = 'verify'\n[auth.keys]\n{KEY} = {{ secret = '{SECRET}', account_id = '{ACCOUNT}' }}\n{OTHER} = '{OTHER_SECRET}'\n"
        )
        running = Server(pathlib.Path(folder) / "data", "--config", str(config))
        client(running, "s3").create_bucket(Bucket="auth")
        yield running
        alive = running.is_running()
        running.stop()
        assert alive, "the server went down during the tests"


def client(server, service, key=KEY, secret=SECRET, token=None, **config):
    return boto3.client(
        service,
        endpoint_url=server.endpoint,
        region_name="eu-west-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=botocore.config.Config(retries={"max_attempts": 1}, **config),
    )


def code(call, *arguments, **more):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        call(*arguments, **more)
    return refused.value.response["Error"]["Code"]


def send(server, method, url, headers=None, body=b""):
    """The status and the text of a request sent as it is."""
    address = urllib.parse.urlsplit(server.endpoint)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    connection.request(method, url, body=body, headers=headers or {})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def signed(server, service, method, path, body=b"", headers=None, secret=SECRET, key=KEY, at=None):
    """The headers botocore signs a request with; `at` is another time than now."""
    request = botocore.awsrequest.AWSRequest(method, server.endpoint + path, data=body, headers=headers or {})
    kind = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    signer = kind(botocore.credentials.Credentials(key, secret), service, "eu-west-1")
    if at is not None:
        timestamp = at.strftime("%Y%m%dT%H%M%SZ")
        request.context["timestamp"] = timestamp
        request.headers["X-Amz-Date"] = timestamp
        if service == "s3":
            request.headers["X-Amz-Content-SHA256"] = hashlib.sha256(body).hexdigest()
        text = signer.string_to_sign(request, signer.canonical_request(request))
        signer._inject_signature_to_request(request, signer.signature(text, request))
    else:
        signer.add_auth(request)
    return dict(request.headers.items())


def athena_headers(operation):
    return {"X-Amz-Target": f"AmazonAthena.{operation}", "Content-Type": "application/x-amz-json-1.1"}


def test_the_right_key_does_everything(verifying):
    s3 = client(verifying, "s3")
    big = os.urandom(3 << 20)
    for key in ("plain", "with space/ü+&=~(1)!'*%41//x.bin", "a" * 900):
        s3.put_object(Bucket="auth", Key=key, Body=big, Metadata={"note": "two  spaces"})
        assert s3.get_object(Bucket="auth", Key=key, Range="bytes=1-5")["Body"].read() == big[1:6]
        assert s3.head_object(Bucket="auth", Key=key)["ContentLength"] == len(big)
    listed = s3.list_objects_v2(Bucket="auth", Prefix="with space/ü+&")["Contents"]
    assert [item["Key"] for item in listed] == ["with space/ü+&=~(1)!'*%41//x.bin"]
    s3.copy_object(Bucket="auth", Key="copy ü", CopySource={"Bucket": "auth", "Key": listed[0]["Key"]})
    s3.put_object_tagging(Bucket="auth", Key="plain", Tagging={"TagSet": [{"Key": "a", "Value": "b c"}]})
    s3.delete_objects(Bucket="auth", Delete={"Objects": [{"Key": "copy ü"}, {"Key": "a" * 900}]})
    s3.put_object(Bucket="auth", Key="empty", Body=b"")
    assert s3.get_object(Bucket="auth", Key="empty")["Body"].read() == b""

    transfer = boto3.s3.transfer.TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)
    whole = os.urandom(17 << 20)
    s3.upload_fileobj(io.BytesIO(whole), "auth", "multipart", Config=transfer)
    fetched = io.BytesIO()
    s3.download_fileobj("auth", "multipart", fetched, Config=transfer)
    assert fetched.getvalue() == whole

    athena = Athena(verifying, OUTPUT)
    athena.api = client(verifying, "athena")
    rows, execution = athena.rows("SELECT 'ü' AS a, 1 AS b")
    assert rows == [["ü", "1"]]
    assert execution["ResultConfiguration"]["OutputLocation"].startswith(OUTPUT)
    glue = client(verifying, "glue")
    glue.create_database(DatabaseInput={"Name": "signed"})
    assert "signed" in [database["Name"] for database in glue.get_databases()["DatabaseList"]]
    assert glue.get_database(Name="signed")["Database"]["CatalogId"] == ACCOUNT
    assert client(verifying, "sts").get_caller_identity()["Account"] == ACCOUNT


@pytest.mark.parametrize("style", ["path", "virtual"])
@pytest.mark.parametrize("payload", [True, False])
def test_both_addressings_and_unsigned_payloads(verifying, local_names, style, payload):
    address = verifying.endpoint.replace("127.0.0.1", "localhost")
    s3 = boto3.client(
        "s3",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id=OTHER,
        aws_secret_access_key=OTHER_SECRET,
        config=botocore.config.Config(s3={"addressing_style": style, "payload_signing_enabled": payload}, retries={"max_attempts": 1}),
    )
    s3.put_object(Bucket="auth", Key=f"styles/{style} {payload}", Body=b"abc")
    assert s3.get_object(Bucket="auth", Key=f"styles/{style} {payload}")["Body"].read() == b"abc"
    assert s3.list_objects_v2(Bucket="auth", Prefix="styles/", Delimiter="/")["KeyCount"] >= 1


def test_wrong_secrets_and_unknown_keys_are_refused(verifying):
    for key, secret, expected in [
        (KEY, "another", {"s3": "SignatureDoesNotMatch", "sts": "SignatureDoesNotMatch", "json": "InvalidSignatureException"}),
        ("AKIDNOBODY", SECRET, {"s3": "InvalidAccessKeyId", "sts": "InvalidClientTokenId", "json": "UnrecognizedClientException"}),
        (KEY, OTHER_SECRET, {"s3": "SignatureDoesNotMatch", "sts": "SignatureDoesNotMatch", "json": "InvalidSignatureException"}),
    ]:
        s3 = client(verifying, "s3", key, secret)
        assert code(s3.put_object, Bucket="auth", Key="no", Body=os.urandom(5 << 20)) == expected["s3"]
        assert code(s3.list_buckets) == expected["s3"]
        assert code(client(verifying, "sts", key, secret).get_caller_identity) == expected["sts"]
        assert code(client(verifying, "athena", key, secret).list_work_groups) == expected["json"]
        assert code(client(verifying, "glue", key, secret).get_databases) == expected["json"]
    assert code(client(verifying, "s3").head_object, Bucket="auth", Key="no") == "404"
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        client(verifying, "athena", KEY, "another").list_work_groups()
    assert "The Canonical String for this request should have been\n'POST\n/\n" in refused.value.response["Error"]["Message"]


def test_unsigned_requests_are_refused(verifying):
    unsigned = botocore.config.Config(signature_version=botocore.UNSIGNED)
    s3 = boto3.client("s3", endpoint_url=verifying.endpoint, region_name="us-east-1", config=unsigned)
    assert code(s3.list_buckets) == "AccessDenied"
    assert code(s3.put_object, Bucket="auth", Key="no", Body=b"x") == "AccessDenied"
    status, text = send(verifying, "POST", "/", athena_headers("ListWorkGroups"), b"{}")
    assert (status, json.loads(text)["__type"]) == (400, "MissingAuthenticationTokenException")
    status, text = send(verifying, "POST", "/", {"Content-Type": "application/x-www-form-urlencoded"}, b"Action=GetCallerIdentity&Version=2011-06-15")
    assert status == 403 and "<Code>MissingAuthenticationToken</Code>" in text
    form = b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nv\r\n--x--\r\n'
    status, text = send(verifying, "POST", "/auth", {"Content-Type": "multipart/form-data; boundary=x"}, form)
    assert status == 403, text
    status, text = send(verifying, "GET", "/", {"Authorization": "AWS AKID:signature"})
    assert status == 400 and "Please use AWS4-HMAC-SHA256" in text


def test_nothing_of_a_signed_request_may_change(verifying):
    body = b'{"WorkGroup":"primary"}'
    headers = signed(verifying, "athena", "POST", "/", body, athena_headers("GetWorkGroup"))
    assert send(verifying, "POST", "/", headers, body)[0] == 200
    for changed_headers, changed_body, url in [
        (headers, body.replace(b"primary", b"another"), "/"),
        (headers, body, "/?a=b"),
        (headers, body, "/x"),
        ({**headers, "X-Amz-Target": "AmazonAthena.DeleteWorkGroup"}, body, "/"),
        ({**headers, "X-Amz-Date": headers["X-Amz-Date"][:-2] + ("1Z" if headers["X-Amz-Date"][-2] != "1" else "2Z")}, body, "/"),
    ]:
        status, text = send(verifying, "POST", url, changed_headers, changed_body)
        assert (status, json.loads(text)["__type"]) == (400, "InvalidSignatureException"), text
    # A header that changes what the request means has to be signed.
    unsigned = signed(verifying, "athena", "POST", "/", body, {"Content-Type": "application/x-amz-json-1.1"})
    status, text = send(verifying, "POST", "/", {**unsigned, "X-Amz-Target": "AmazonAthena.GetWorkGroup"}, body)
    assert (status, json.loads(text)["__type"]) == (400, "IncompleteSignatureException"), text
    # A signature for one service is none for another.
    status, text = send(verifying, "POST", "/", signed(verifying, "glue", "POST", "/", body, athena_headers("GetWorkGroup")), body)
    assert json.loads(text)["message"] == "Credential should be scoped to correct service: 'athena'. "

    headers = signed(verifying, "s3", "PUT", "/auth/signed", b"hello")
    assert send(verifying, "PUT", "/auth/signed", headers, b"hello")[0] == 200
    for url, changed, changed_body, expected in [
        ("/auth/signed", headers, b"hellp", "XAmzContentSHA256Mismatch"),
        ("/auth/other", headers, b"hello", "SignatureDoesNotMatch"),
        ("/auth/signed?acl", headers, b"hello", "SignatureDoesNotMatch"),
        ("/auth/signed", {**headers, "x-amz-acl": "public-read"}, b"hello", "AccessDenied"),
        ("/auth/signed", {**headers, "X-Amz-Content-SHA256": hashlib.sha256(b"hellp").hexdigest()}, b"hellp", "SignatureDoesNotMatch"),
        ("/auth/signed", {key: value for key, value in headers.items() if key.lower() != "x-amz-content-sha256"}, b"hello", "InvalidRequest"),
    ]:
        status, text = send(verifying, "PUT", url, changed, changed_body)
        assert status in (400, 403) and f"<Code>{expected}</Code>" in text, (expected, status, text)
    s3 = client(verifying, "s3")
    assert s3.get_object(Bucket="auth", Key="signed")["Body"].read() == b"hello"
    status, text = send(verifying, "DELETE", "/auth/signed", headers)
    assert status == 403, "another method"
    # A big body that is changed on its way leaves nothing.
    big = os.urandom(6 << 20)
    headers = signed(verifying, "s3", "PUT", "/auth/big-changed", big)
    status, text = send(verifying, "PUT", "/auth/big-changed", headers, big[:-1] + bytes([big[-1] ^ 1]))
    assert status == 400 and "XAmzContentSHA256Mismatch" in text
    assert code(s3.head_object, Bucket="auth", Key="big-changed") == "404"
    # So with a document.
    document = b"<Delete><Object><Key>signed</Key></Object></Delete>"
    headers = signed(verifying, "s3", "POST", "/auth?delete=", document)
    status, text = send(verifying, "POST", "/auth?delete=", headers, document.replace(b"signed", b"plain."))
    assert status == 400 and "XAmzContentSHA256Mismatch" in text
    assert s3.head_object(Bucket="auth", Key="signed")["ContentLength"] == 5


def test_clocks_may_differ_a_little(verifying):
    now = datetime.datetime.now(datetime.timezone.utc)
    body = b"{}"
    for minutes, is_athena, is_s3 in [(-4, True, True), (4, True, True), (-10, False, True), (10, False, True), (-16, False, False), (16, False, False)]:
        at = now + datetime.timedelta(minutes=minutes)
        headers = signed(verifying, "athena", "POST", "/", body, athena_headers("ListWorkGroups"), at=at)
        status, text = send(verifying, "POST", "/", headers, body)
        assert (status == 200) == is_athena, (minutes, text)
        if not is_athena:
            said = json.loads(text)
            assert said["__type"] == "InvalidSignatureException"
            assert said["message"].startswith("Signature expired: " if minutes < 0 else "Signature not yet current: "), said
        status, text = send(verifying, "GET", "/auth", signed(verifying, "s3", "GET", "/auth", at=at))
        assert (status == 200) == is_s3, (minutes, text)
        assert is_s3 or "<Code>RequestTimeTooSkewed</Code>" in text


def fetch(url, data=None, method=None, headers=None):
    request = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_presigned_urls(verifying):
    s3 = client(verifying, "s3", signature_version="s3v4")
    s3.put_object(Bucket="auth", Key="shared ü/1", Body=b"for all")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "auth", "Key": "shared ü/1"}, ExpiresIn=60)
    assert fetch(url) == (200, b"for all")
    for changed in [
        url.replace("shared", "plain"),
        url.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"),
        url + "&response-content-type=text%2Fhtml",
        url.replace(KEY, OTHER),
        url[:-1] + ("0" if url[-1] != "0" else "1"),
    ]:
        status, text = fetch(changed)
        assert status == 403 and b"<Code>SignatureDoesNotMatch</Code>" in text, (changed, text)
    assert fetch(url, method="DELETE")[0] == 403
    assert fetch(url, method="PUT", data=b"x")[0] == 403
    status, text = fetch(url.replace("X-Amz-Expires=60", "X-Amz-Expires=604801"))
    assert status == 400 and b"<Code>AuthorizationQueryParametersError</Code>" in text
    short = s3.generate_presigned_url("get_object", Params={"Bucket": "auth", "Key": "shared ü/1"}, ExpiresIn=0)
    status, text = fetch(short)
    while status == 200:
        status, text = fetch(short)
    assert status == 403 and b"<Message>Request has expired</Message>" in text, text

    put = s3.generate_presigned_url("put_object", Params={"Bucket": "auth", "Key": "put", "ContentType": "text/plain"}, ExpiresIn=60)
    assert fetch(put, method="PUT", data=b"by url", headers={"Content-Type": "text/html"})[0] == 403
    assert fetch(put, method="PUT", data=b"by url", headers={"Content-Type": "text/plain"})[0] == 200
    assert s3.get_object(Bucket="auth", Key="put")["Body"].read() == b"by url"


def test_presigned_urls_of_the_older_version_which_boto3_makes_by_itself(verifying):
    s3 = client(verifying, "s3")
    s3.put_object(Bucket="auth", Key="old ü/1", Body=b"for all")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "auth", "Key": "old ü/1", "ResponseContentType": "text/x"}, ExpiresIn=60)
    assert "AWSAccessKeyId=" in url
    assert fetch(url) == (200, b"for all")
    for changed in [url.replace("old", "older"), url.replace("text%2Fx", "text%2Fy"), url.replace("Expires=", "Expires=1"), url.replace(KEY, OTHER)]:
        status, text = fetch(changed)
        assert status == 403 and b"<Code>SignatureDoesNotMatch</Code>" in text, (changed, text)
    assert fetch(url, method="DELETE")[0] == 403
    assert fetch(url + "&list-type=2")[0] == 403
    # The host is not signed, but the bucket is, wherever it stands.
    assert fetch(url, headers={"Host": "auth.localhost"})[0] == 403
    put = s3.generate_presigned_url("put_object", Params={"Bucket": "auth", "Key": "old", "ContentType": "text/plain"}, ExpiresIn=60)
    assert fetch(put, method="PUT", data=b"by url", headers={"Content-Type": "text/plain"})[0] == 200
    assert fetch(put, method="PUT", data=b"by url", headers={"Content-Type": "text/html"})[0] == 403
    over = s3.generate_presigned_url("get_object", Params={"Bucket": "auth", "Key": "old"}, ExpiresIn=-5)
    status, text = fetch(over)
    assert status == 403 and b"<Message>Request has expired</Message>" in text, text


def by_version_2(server, given, method, path, expires=60, **headers):
    """A URL as botocore's `s3-query` signer makes it."""
    signer = botocore.auth.HmacV1QueryAuth(botocore.credentials.Credentials(*given), expires)
    request = botocore.awsrequest.AWSRequest(method, server.endpoint + path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    signer.add_auth(request)
    return request.url


def test_presigned_urls_of_the_older_version_with_a_session_token(verifying):
    sts = client(verifying, "sts")
    session = sts.get_session_token()["Credentials"]
    given = session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]
    # What boto3 makes by itself.
    s3 = client(verifying, "s3", *given)
    s3.put_object(Bucket="auth", Key="session ü", Body=b"for a while")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "auth", "Key": "session ü"}, ExpiresIn=60)
    assert "AWSAccessKeyId=" in url and "x-amz-security-token=" in url
    assert fetch(url) == (200, b"for a while")
    # Headers that are signed in the query are headers all the same.
    put = by_version_2(verifying, given, "PUT", "/auth/session-put", x_amz_meta_k="v", Content_Type="text/plain")
    assert "x-amz-meta-k=v" in put
    # urllib adds a content type of its own.
    assert fetch(put, method="PUT", data=b"by url", headers={"Content-Type": "text/plain"})[0] == 200
    head = s3.head_object(Bucket="auth", Key="session-put")
    assert (head["Metadata"], head["ContentType"], head["ContentLength"]) == ({"k": "v"}, "text/plain", 6)
    upload = s3.create_multipart_upload(Bucket="auth", Key="session-parts")["UploadId"]
    part = by_version_2(verifying, given, "PUT", f"/auth/session-parts?partNumber=1&uploadId={upload}", Content_Type="a/b")
    assert fetch(part, method="PUT", data=b"part", headers={"Content-Type": "a/b"})[0] == 200
    assert [row["Size"] for row in s3.list_parts(Bucket="auth", Key="session-parts", UploadId=upload)["Parts"]] == [4]
    # The token may come as the header it is.
    token = urllib.parse.quote(given[2], safe="")
    assert fetch(url.replace(f"&x-amz-security-token={token}", ""), headers={"x-amz-security-token": given[2]}) == (200, b"for a while")

    for changed, code in [
        (url.replace(f"&x-amz-security-token={token}", ""), b"InvalidAccessKeyId"),
        (url.replace(f"security-token={token}", f"security-token=A{token[1:]}"), b"InvalidToken"),
        (put.replace("meta-k=v", "meta-k=w"), b"SignatureDoesNotMatch"),
        (by_version_2(verifying, (given[0], "another", given[2]), "GET", "/auth/session-put"), b"SignatureDoesNotMatch"),
        (by_version_2(verifying, given, "GET", "/auth/session-put", expires=-5), b"AccessDenied"),
    ]:
        status, text = fetch(changed, method="PUT" if "meta-k" in changed else "GET")
        assert status in (400, 403) and b"<Code>" + code + b"</Code>" in text, (changed, text)


def chunked(server, key, pieces, trailer=None, change=lambda wire: wire):
    """Uploads pieces with a signature each, as the Java SDK does."""
    kind = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" + ("-TRAILER" if trailer else "")
    length = sum(len(piece) for piece in pieces)
    headers = {"X-Amz-Content-SHA256": kind, "X-Amz-Decoded-Content-Length": str(length), "Content-Encoding": "aws-chunked"}
    if trailer:
        headers["X-Amz-Trailer"] = trailer[0]
    request = botocore.awsrequest.AWSRequest("PUT", server.endpoint + key, headers=headers)
    signer = botocore.auth.S3SigV4Auth(botocore.credentials.Credentials(KEY, SECRET), "s3", "eu-west-1")
    at = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    request.context["timestamp"] = at
    request.headers["X-Amz-Date"] = at
    canonical = signer.canonical_request(request)
    canonical = canonical[: canonical.rindex("\n") + 1] + kind
    seed = signer.signature(signer.string_to_sign(request, canonical), request)
    signer._inject_signature_to_request(request, seed)
    scope, empty = signer.credential_scope(request), hashlib.sha256(b"").hexdigest()
    previous, wire = seed, b""
    for piece in [*pieces, b""]:
        text = f"AWS4-HMAC-SHA256-PAYLOAD\n{at}\n{scope}\n{previous}\n{empty}\n{hashlib.sha256(piece).hexdigest()}"
        previous = signer.signature(text, request)
        wire += f"{len(piece):x};chunk-signature={previous}\r\n".encode() + piece + (b"\r\n" if piece else b"")
    if trailer:
        line = f"{trailer[0]}:{trailer[1]}\n"
        text = f"AWS4-HMAC-SHA256-TRAILER\n{at}\n{scope}\n{previous}\n{hashlib.sha256(line.encode()).hexdigest()}"
        wire += f"{trailer[0]}:{trailer[1]}\r\nx-amz-trailer-signature:{signer.signature(text, request)}\r\n".encode()
    return send(server, "PUT", key, dict(request.headers.items()), change(wire + b"\r\n"))


def test_chunks_are_verified_one_by_one(verifying):
    s3 = client(verifying, "s3")
    pieces = [os.urandom(64 << 10) for _ in range(20)] + [b"the end"]
    assert chunked(verifying, "/auth/chunks", pieces)[0] == 200
    assert s3.get_object(Bucket="auth", Key="chunks")["Body"].read() == b"".join(pieces)
    crc = base64.b64encode(zlib.crc32(b"".join(pieces)).to_bytes(4, "big")).decode()
    status, text = chunked(verifying, "/auth/trailer", pieces, ("x-amz-checksum-crc32", crc))
    assert status == 200, text
    assert s3.head_object(Bucket="auth", Key="trailer", ChecksumMode="ENABLED")["ChecksumCRC32"] == crc

    def flip(at):
        return lambda wire: wire[:at] + bytes([wire[at] ^ 1]) + wire[at + 1 :]

    for name, trailer, change in [
        ("first byte", None, flip(100)),
        ("last piece", None, lambda wire: wire.replace(b"the end", b"the enb")),
        ("last signature", None, lambda wire: wire[:-12] + b"00000000" + wire[-4:]),
        ("left out", None, lambda wire: wire[65536 + 90 :]),
        ("trailer", ("x-amz-checksum-crc32", crc), lambda wire: wire.replace(b"crc32:" + crc.encode(), b"crc32:AAAAAA==")),
        ("trailer's signature", ("x-amz-checksum-crc32", crc), lambda wire: wire[: wire.index(b"x-amz-trailer-signature")] + b"\r\n"),
    ]:
        status, text = chunked(verifying, "/auth/changed", pieces, trailer, change)
        assert status in (400, 403) and "<Code>" in text, (name, status, text)
        assert code(s3.head_object, Bucket="auth", Key="changed") == "404", name
    status, text = chunked(verifying, "/auth/changed", pieces, None, lambda wire: wire.replace(b"the end", b"the enb"))
    assert status == 403 and "<Code>SignatureDoesNotMatch</Code>" in text


def test_sts_hands_out_keys_that_work_for_a_while(verifying):
    sts = client(verifying, "sts")
    role = sts.assume_role(RoleArn="arn:aws:iam::444455556666:role/analyst", RoleSessionName="me", DurationSeconds=900)["Credentials"]
    session = sts.get_session_token()["Credentials"]
    for given, account in [(role, "444455556666"), (session, ACCOUNT)]:
        names = given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
        assert client(verifying, "sts", *names).get_caller_identity()["Account"] == account
        s3 = client(verifying, "s3", *names)
        s3.put_object(Bucket="auth", Key="by-session", Body=b"x")
        presigning = client(verifying, "s3", *names, signature_version="s3v4")
        url = presigning.generate_presigned_url("get_object", Params={"Bucket": "auth", "Key": "by-session"}, ExpiresIn=60)
        assert fetch(url) == (200, b"x")
        client(verifying, "athena", *names).list_work_groups()
        without = client(verifying, "athena", *names[:2])
        assert code(without.list_work_groups) == "UnrecognizedClientException"
        changed = client(verifying, "s3", names[0], names[1], "A" + names[2][1:])
        assert code(changed.list_buckets) == "InvalidToken"
        other_secret = client(verifying, "s3", names[0], "another", names[2])
        assert code(other_secret.list_buckets) == "SignatureDoesNotMatch"
    assert role["SecretAccessKey"] != sts.assume_role(RoleArn="arn:aws:iam::444455556666:role/analyst", RoleSessionName="me")["Credentials"]["SecretAccessKey"]


def test_own_pages_want_a_key(verifying):
    assert fetch(f"{verifying.endpoint}/_owlake/health")[0] == 200
    basic = {"Authorization": "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()}
    wrong = {"Authorization": "Basic " + base64.b64encode(f"{KEY}:{OTHER_SECRET}".encode()).decode()}
    for page in ["/_owlake/usage", "/_owlake/metrics", "/metrics"]:
        assert fetch(verifying.endpoint + page)[0] == 401, page
        assert fetch(verifying.endpoint + page, headers=wrong)[0] == 401, page
        assert fetch(verifying.endpoint + page, headers=basic)[0] == 200, page


def test_the_aws_cli_and_the_own_commands(verifying, tmp_path):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OWLAKE_")}
    environment |= {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": ""}

    def run(words, **more):
        return subprocess.run(words, env={**environment, **more}, capture_output=True, text=True, timeout=120)

    aws = [sys.executable, str(pathlib.Path(sys.executable).parent / "aws"), "--endpoint-url", verifying.endpoint]
    file = tmp_path / "big file.bin"
    file.write_bytes(os.urandom(20 << 20))
    done = run([*aws, "s3", "cp", str(file), "s3://auth/cli/big file.bin"])
    assert done.returncode == 0, done.stderr
    done = run([*aws, "s3", "cp", "s3://auth/cli/big file.bin", str(tmp_path / "back")])
    assert done.returncode == 0 and (tmp_path / "back").read_bytes() == file.read_bytes(), done.stderr
    done = run([*aws, "athena", "list-work-groups"])
    assert done.returncode == 0, done.stderr
    done = run([*aws, "athena", "list-work-groups"], AWS_SECRET_ACCESS_KEY="another")
    assert done.returncode != 0 and "InvalidSignatureException" in done.stderr
    done = run([*aws, "s3", "cp", str(file), "s3://auth/cli/no"], AWS_SECRET_ACCESS_KEY="another")
    assert done.returncode != 0 and "SignatureDoesNotMatch" in done.stderr + done.stdout, done.stderr

    binary = os.environ.get("OWLAKE_BINARY", str(REPOSITORY / "target" / "debug" / "owlake"))
    query = [binary, "query", "--endpoint", verifying.endpoint, "--format", "csv", "--quiet", "-e", "SELECT 1 AS a"]
    done = run(query)
    assert (done.returncode, done.stdout) == (0, "a\n1\n"), done.stderr
    done = run(query, AWS_SECRET_ACCESS_KEY="another")
    assert done.returncode != 0 and "signature" in done.stderr, done.stderr


def test_awswrangler(verifying, monkeypatch):
    for name in ("s3", "athena", "glue", "sts"):
        monkeypatch.setattr(awswrangler.config, f"{name}_endpoint_url", verifying.endpoint)
    session = boto3.Session(KEY, SECRET, region_name="us-east-1")
    frame = pandas.DataFrame({"id": [1, 2, 3], "name": ["a", "ü", "c"], "day": ["x", "x", "y"]})
    awswrangler.catalog.create_database("wrangled", exist_ok=True, boto3_session=session)
    awswrangler.s3.to_parquet(
        frame, path="s3://auth/wrangled/", dataset=True, database="wrangled", table="t", partition_cols=["day"], boto3_session=session
    )
    read = awswrangler.athena.read_sql_query(
        "SELECT id, name FROM t WHERE day = 'x' ORDER BY id", database="wrangled", ctas_approach=False, s3_output=OUTPUT, boto3_session=session
    )
    assert read.to_dict("list") == {"id": [1, 2], "name": ["a", "ü"]}


def test_a_server_without_keys_does_not_start(tmp_path):
    with pytest.raises(RuntimeError, match="there is no key"):
        Server(tmp_path / "data", "--auth", "verify")
    with pytest.raises(RuntimeError, match="which other machines reach, and 'auth' is 'open'"):
        Server(tmp_path / "data", "--bind", "0.0.0.0")
    running = Server(tmp_path / "data", "--bind", "0.0.0.0", "--allow-open-bind", "true")
    running.stop()
