"""Does the port speak HTTPS with its own or a given certificate, and say so to whoever does not? boto3, curl's way, the own commands.

basis: documented, RFC 8446 for the handshake; boto3's `verify` for what a client trusts; inferred for the texts.
"""

import os
import pathlib
import shutil
import socket
import ssl
import stat
import subprocess
import tempfile
import urllib.request

import boto3
import botocore.config
import botocore.exceptions
import pytest

from conftest import REPOSITORY, Athena, Server


@pytest.fixture(scope="module")
def secured():
    with tempfile.TemporaryDirectory() as folder:
        data_dir = pathlib.Path(folder) / "data"
        running = Server(data_dir, "--tls-generate", "true")
        yield running, data_dir / "tls" / "ca.pem"
        running.stop()


def client(service, address, verify, **config):
    return boto3.client(
        service,
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="123456789012",
        aws_secret_access_key="secret",
        verify=verify,
        config=botocore.config.Config(retries={"max_attempts": 1}, **config),
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_boto3_trusts_the_made_authority(secured, host):
    server, authority = secured
    assert server.endpoint.startswith("https://")
    address = server.endpoint.replace("127.0.0.1", host)
    s3 = client("s3", address, str(authority))
    s3.create_bucket(Bucket=f"tls-{host.replace('.', '-')}")
    body = os.urandom(6 << 20)
    s3.put_object(Bucket=f"tls-{host.replace('.', '-')}", Key="k", Body=body)
    assert s3.get_object(Bucket=f"tls-{host.replace('.', '-')}", Key="k")["Body"].read() == body
    athena = Athena.__new__(Athena)
    athena.api, athena.output = client("athena", address, str(authority)), f"s3://tls-{host.replace('.', '-')}/out/"
    assert athena.rows("SELECT 1 AS a")[0] == [["1"]]


def test_a_bucket_may_be_a_host(secured, local_names):
    server, authority = secured
    s3 = client("s3", server.endpoint.replace("127.0.0.1", "localhost"), str(authority), s3={"addressing_style": "virtual"})
    s3.create_bucket(Bucket="hosted")
    s3.put_object(Bucket="hosted", Key="k", Body=b"x")
    assert s3.get_object(Bucket="hosted", Key="k")["Body"].read() == b"x"


def test_nobody_else_is_trusted(secured):
    server, _ = secured
    with pytest.raises(botocore.exceptions.SSLError):
        client("s3", server.endpoint, True).list_buckets()


def test_a_strict_client_and_http_2(secured):
    server, authority = secured
    context = ssl.create_default_context(cafile=str(authority))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with urllib.request.urlopen(f"{server.endpoint}/_owlake/health", context=context, timeout=30) as answer:
        assert answer.status == 200
    if shutil.which("curl"):
        words = ["curl", "-s", "--http2", "--cacert", str(authority), "-w", "%{http_version} %{http_code}", "-o", "/dev/null"]
        done = subprocess.run([*words, f"{server.endpoint}/_owlake/health"], capture_output=True, text=True, timeout=30)
        assert done.stdout in ("2 200", "1.1 200"), done


def test_plain_http_is_told_what_is_spoken_here(secured):
    server, _ = secured
    host, port = server.endpoint.removeprefix("https://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        said = b""
        while part := plain.recv(1000):
            said += part
    assert said.startswith(b"HTTP/1.1 400") and said.endswith(b"this port speaks HTTPS: begin the address with https\r\n")


def test_the_made_files_are_the_owners_and_stay(secured):
    server, authority = secured
    key = authority.parent / "key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600 and stat.S_IMODE(authority.parent.stat().st_mode) == 0o700
    with tempfile.TemporaryDirectory() as folder:
        data_dir = pathlib.Path(folder) / "data"
        first = Server(data_dir, "--tls-generate", "true")
        before = (data_dir / "tls" / "ca.pem").read_bytes()
        first.stop()
        again = Server(data_dir, "--tls-generate", "true")
        s3 = client("s3", again.endpoint, str(data_dir / "tls" / "ca.pem"))
        assert s3.list_buckets()["Buckets"] == []
        again.stop()
        assert (data_dir / "tls" / "ca.pem").read_bytes() == before


def test_a_given_certificate(tmp_path):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed here")
    certificate, key = tmp_path / "own.pem", tmp_path / "own-key.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=own", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*words, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True, timeout=60)
    config = tmp_path / "owlake.toml"
    config.write_text(f"[tls]\ncertificate = '{certificate}'\nkey = '{key}'\n")
    running = Server(tmp_path / "data", "--config", str(config))
    assert client("s3", running.endpoint, str(certificate)).list_buckets()["Buckets"] == []
    running.stop()
    with pytest.raises(RuntimeError, match="own-key.pem' holds no PEM certificate"):
        Server(tmp_path / "data", "--tls-certificate", str(key), "--tls-key", str(key))
    with pytest.raises(RuntimeError, match="'tls_certificate' is given without 'tls_key'"):
        Server(tmp_path / "data", "--tls-certificate", str(certificate))


def test_the_own_commands_trust_the_data_folder(secured):
    server, authority = secured
    binary = os.environ.get("OWLAKE_BINARY", str(REPOSITORY / "target" / "debug" / "owlake"))
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OWLAKE_")}
    words = [binary, "query", "--endpoint", server.endpoint, "--data-dir", str(authority.parent.parent), "--format", "csv", "-q", "-e", "SELECT 1 AS a"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "a\n1\n"), done.stderr
