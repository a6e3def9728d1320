"""Bad input gets the service's error and the server stays up. basis: measured Athena behaviour, "Dispatch failures" and "Failure model"."""

import http.client
import json
import urllib.parse

import botocore.exceptions
import pytest


def post(server, body, target="AmazonAthena.GetQueryExecution", content_type="application/x-amz-json-1.1"):
    address = urllib.parse.urlparse(server.endpoint)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    headers = {"Content-Type": content_type}
    if target:
        headers["X-Amz-Target"] = target
    connection.request("POST", "/", body=body, headers=headers)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, text


def refusal(athena, sql):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        athena.execute(sql)
    error = caught.value.response
    assert error["Error"]["Code"] == "InvalidRequestException"
    return error["AthenaErrorCode"], error["Error"]["Message"]


def test_broken_sql_is_refused_at_start_with_text_and_position(athena):
    code, message = refusal(athena, "SELEC 1")
    assert code == "MALFORMED_QUERY"
    assert message.startswith("line 1:1: mismatched input 'SELEC'. Expecting: 'ALTER', 'ANALYZE', 'CALL', 'COMMENT', 'COMMIT', 'CREATE'")
    assert message.endswith("'UNLOAD', 'UPDATE', 'USE', <query>")
    code, message = refusal(athena, "SELECT")
    assert (code, message) == ("MALFORMED_QUERY", "line 1:7: mismatched input '<EOF>'. Expecting: '*', 'ALL', 'DISTINCT', <expression>")
    assert refusal(athena, "SELECT 1; SELECT 2") == ("MALFORMED_QUERY", "Only one sql statement is allowed. Got: SELECT 1; SELECT 2")


def test_semantic_errors_fail_the_query(athena):
    status = athena.execute("SELECT x FROM nowhere.t")["Status"]
    assert status["State"] == "FAILED"
    assert status["StateChangeReason"].startswith("SCHEMA_NOT_FOUND: ") or status["StateChangeReason"].startswith("TABLE_NOT_FOUND: ")
    assert status["AthenaError"]["ErrorCategory"] == 2
    status = athena.execute("SELECT 1/0")["Status"]
    assert status["StateChangeReason"] == "DIVISION_BY_ZERO: Division by zero"
    assert (status["AthenaError"]["ErrorCategory"], status["AthenaError"]["ErrorType"]) == (2, 1001)
    status = athena.execute("SELECT y FROM (VALUES 1) t(x)")["Status"]
    assert status["StateChangeReason"] == "COLUMN_NOT_FOUND: line 1:8: Column 'y' cannot be resolved or requester is not authorized to access requested resources"
    assert (status["AthenaError"]["ErrorCategory"], status["AthenaError"]["ErrorType"]) == (2, 1006)


def test_a_truncated_parquet_file_fails_its_query_only(athena, server):
    s3 = server.client("s3")
    s3.create_bucket(Bucket="broken")
    s3.put_object(Bucket="broken", Key="t/part.parquet", Body=b"PAR1 this is not a whole file")
    athena.rows("CREATE DATABASE broken")
    athena.rows("CREATE EXTERNAL TABLE broken.t (a int) STORED AS PARQUET LOCATION 's3://broken/t/'")
    status = athena.execute("SELECT sum(a) FROM broken.t")["Status"]
    assert status["State"] == "FAILED"
    assert status["StateChangeReason"].startswith("HIVE_BAD_DATA: Not valid Parquet file: s3://broken/t/part.parquet")
    assert athena.rows("SELECT 1")[0] == [["1"]]


def test_a_missing_bucket_fails_its_query_only(athena):
    athena.rows("CREATE DATABASE IF NOT EXISTS lost")
    athena.rows("CREATE EXTERNAL TABLE lost.t (a int) STORED AS PARQUET LOCATION 's3://no-such-bucket-here/t/'")
    status = athena.execute("SELECT sum(a) FROM lost.t")["Status"]
    assert status["State"] == "FAILED"
    assert "The specified bucket does not exist" in status["StateChangeReason"]
    status = athena.execute("SELECT 1", ResultConfiguration={"OutputLocation": "s3://no-such-bucket-here/out/"})["Status"]
    assert status["StateChangeReason"].startswith("Unable to verify/create output bucket no-such-bucket-here")
    assert (status["AthenaError"]["ErrorCategory"], status["AthenaError"]["ErrorType"]) == (2, 1306)


@pytest.mark.parametrize("body", ["", "null", '"x"', "{", "[1", "\x00", '{"QueryExecutionId": '])
def test_malformed_json_is_a_serialization_exception(server, body):
    status, text = post(server, body)
    assert status == 400
    assert json.loads(text) == {"__type": "SerializationException"}


def test_wrong_types_have_their_texts(server):
    status, text = post(server, '{"QueryExecutionId": 1}')
    assert (status, json.loads(text)) == (400, {"__type": "SerializationException", "Message": "NUMBER_VALUE can not be converted to a String"})


@pytest.mark.parametrize("target", [None, "AmazonAthena.NoSuchThing", "NoSuchService.GetTable", "amazonathena.getqueryexecution"])
def test_unknown_operations_are_refused_without_a_message(server, target):
    status, text = post(server, "{}", target=target)
    assert (status, json.loads(text)) == (400, {"__type": "UnknownOperationException"})


def test_a_missing_member_names_its_constraint(server):
    status, text = post(server, "{}")
    error = json.loads(text)
    assert (status, error["__type"], error["AthenaErrorCode"]) == (400, "InvalidRequestException", "INVALID_INPUT")
    assert error["Message"] == "1 validation error detected: Value null at 'queryExecutionId' failed to satisfy constraint: Member must not be null"


def test_an_unknown_execution_is_named(server):
    athena = server.client("athena")
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        athena.get_query_execution(QueryExecutionId="00000000-0000-4000-8000-000000000000")
    assert caught.value.response["AthenaErrorCode"] == "QUERY_EXECUTION_NOT_FOUND"
    assert caught.value.response["Error"]["Message"] == "QueryExecution 00000000-0000-4000-8000-000000000000 was not found"
