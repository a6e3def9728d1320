"""Do answers have the shapes of the service model? Every scenario of testdata/api/athena, each answer checked member by member.

The model is botocore's own. A member the model does not know fails, as does a missing required one, a wrong type, a value
outside an enumeration or a pattern. Errors carry only what their exception's shape has, besides the two keys the service
itself sends on the wire (`__type`, `ErrorCode`). The table of operations is compared with the model, too.
"""

import functools
import http.client
import json
import pathlib
import re
import time
import urllib.parse

import botocore.session
import pytest
import yaml

from conftest import REPOSITORY, Server

FOLDER = REPOSITORY / "testdata" / "api" / "athena"
SCENARIOS = sorted(FOLDER.glob("*.yaml"))
# Errors every AWS JSON service may answer; the service models do not list them.
UNMODELLED = {"SerializationException", "UnknownOperationException", "ThrottlingException"}
# Sent by the service, not in the model. Ref: recorded Athena replies.
UNMODELLED_MEMBERS = {"ErrorCode"}
UNTIL_SECONDS = 60

# Every text of the reference a client can provoke with one request or one query; a scenario must expect each.
TEXTS = """
clientRequestToken is null or empty
clientRequestToken exceeds maximum allowed length 128
Idempotent parameters do not match
No output location provided. An output location is required either through the Workgroup result configuration setting or as an API input.
outputLocation is not a valid S3 path.
WorkGroup is not found.
is disabled.
WorkGroup already exists
is not empty
The nextPageToken is malformed:
Only one sql statement is allowed. Got:
Empty sql statement:
mismatched input
Queries of this type are not supported
No location was specified for table. An S3 location must be specified
Invalid table name a.b.c.d
Catalog 'nowhere' does not exist
The Create Table As Select query failed because it was submitted with an 'external_location' property
was not found
Query has not yet finished. Current state: RUNNING
Query did not finish successfully. Final query state: FAILED
Could not find results
MaxResults is more than maximum allowed length 1000
Malformed nextPageToken
No Prepared Statement with statement name
exists in WorkGroup
STRING_VALUE can not be converted to an Integer
NUMBER_VALUE can not be converted to a String
TRUE_VALUE can not be converted to an Integer
TRUE_VALUE can not be converted to a String
FALSE_VALUE can not be converted to an Integer
FALSE_VALUE can not be converted to a String
Start of list found where not expected
Start of structure or map found where not expected.
Expected list or null
Expected null
Member must not be null
Member must have value less than or equal to 50
Member must have value greater than or equal to 1
Member must have length greater than or equal to 1
Member must have length less than or equal to 1024
Member must have length less than or equal to 262144
Member must satisfy regular expression pattern:
Member must satisfy enum value set:
2 validation errors detected:
is not implemented by this emulator
Query cancelled by user
Unable to verify/create output bucket
FAILED: SemanticException [Error 10072]: Database does not exist:
FAILED: SemanticException [Error 10001]: Table not found
DIVISION_BY_ZERO: Division by zero
""".strip().splitlines()


@functools.cache
def model():
    return botocore.session.get_session().get_service_model("athena")


@functools.cache
def scenario(path):
    return yaml.safe_load(path.read_text())


def calls():
    return [step for path in SCENARIOS for step in scenario(path)["steps"] if "call" in step]


def test_every_operation_of_the_model_has_a_scenario():
    called = {step["call"].split(".", 1)[1] for step in calls()}
    assert set(model().operation_names) - called == set()
    # And one that succeeds, unless the operation is refused by name.
    served = {step["call"].split(".", 1)[1] for step in calls() if step.get("status", 200) == 200}
    refused = {step["call"].split(".", 1)[1] for step in scenario(FOLDER / "not_served.yaml")["steps"]} - {"Nothing"}
    assert served | refused == set(model().operation_names)
    assert served & refused == set()


@pytest.mark.parametrize("text", TEXTS)
def test_every_text_of_the_reference_is_expected_somewhere(text):
    assert any(text in path.read_text().replace("\\'", "'") for path in SCENARIOS)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_answers_have_the_models_shapes(path, tmp_path):
    server = Server(tmp_path / "data")
    try:
        saved = {}
        for number, step in enumerate(scenario(path)["steps"], 1):
            try:
                play(server.endpoint, step, saved)
            except AssertionError as error:
                raise AssertionError(f"step {number}: {step.get('call') or step}: {error}") from None
    finally:
        server.stop()


def play(endpoint, step, saved):
    deadline = time.monotonic() + UNTIL_SECONDS
    while True:
        status, answer = send(endpoint, step, saved)
        if "call" in step:
            check(step["call"].split(".", 1)[1], status, answer)
        until = step.get("until", {})
        if all(at(answer, pointer) == wanted for pointer, wanted in until.items()):
            break
        assert time.monotonic() < deadline, f"never became {until}: {answer}"
        time.sleep(0.005)
    assert status == step.get("status", 200), answer
    contains(substituted(step.get("expect"), saved), answer, "")
    for name, pointer in step.get("save", {}).items():
        saved[name] = at(answer, pointer)


def send(endpoint, step, saved):
    address = urllib.parse.urlparse(endpoint)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    if "call" in step:
        body = step["raw"] if "raw" in step else json.dumps(substituted(step.get("body", {}), saved))
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": step["call"]}
        connection.request("POST", "/", body.encode(), headers)
    else:
        method, path = ("GET", step["get"]) if "get" in step else ("PUT", step["put"])
        connection.request(method, substituted(path, saved), (step.get("raw") or "").encode())
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    try:
        return answer.status, json.loads(text)
    except ValueError:
        return answer.status, text


def check(operation, status, answer):
    """Fails unless the answer is one the model allows."""
    if status == 200:
        validate(model().operation_model(operation).output_shape, answer, operation)
        return
    assert isinstance(answer, dict), answer
    kind = answer.pop("__type")
    if kind in UNMODELLED:
        assert set(answer) <= {"Message"}, answer
    else:
        errors = {shape.name: shape for shape in model().operation_model(operation).error_shapes}
        assert kind in errors, f"{kind} is no error of {operation}"
        validate(errors[kind], {key: value for key, value in answer.items() if key not in UNMODELLED_MEMBERS}, kind)
    answer["__type"] = kind


def validate(shape, value, path):
    """The value against the shape, strictly."""
    if shape is None:
        assert value == {}, f"{path} has no output and is {value}"
        return
    kind = shape.type_name
    if kind == "structure":
        assert isinstance(value, dict), f"{path} is {value!r}"
        unknown = set(value) - set(shape.members)
        assert not unknown, f"{path} has unknown members {unknown}"
        missing = set(shape.required_members) - set(value)
        assert not missing, f"{path} lacks {missing}"
        for key, member in value.items():
            assert member is not None, f"{path}.{key} is null"
            validate(shape.members[key], member, f"{path}.{key}")
    elif kind == "list":
        assert isinstance(value, list), f"{path} is {value!r}"
        for index, member in enumerate(value):
            validate(shape.member, member, f"{path}[{index}]")
    elif kind == "map":
        assert isinstance(value, dict), f"{path} is {value!r}"
        for key, member in value.items():
            validate(shape.key, key, f"{path} key")
            validate(shape.value, member, f"{path}.{key}")
    elif kind == "string":
        assert isinstance(value, str), f"{path} is {value!r}"
        assert not shape.enum or value in shape.enum, f"{path} is {value!r}, not one of {shape.enum}"
    elif kind in ("integer", "long"):
        assert isinstance(value, int) and not isinstance(value, bool), f"{path} is {value!r}"
        limit = 2**31 if kind == "integer" else 2**63
        assert -limit <= value < limit, f"{path} is {value}"
    elif kind in ("timestamp", "double", "float"):
        assert isinstance(value, (int, float)) and not isinstance(value, bool), f"{path} is {value!r}"
    elif kind == "boolean":
        assert isinstance(value, bool), f"{path} is {value!r}"
    else:
        raise AssertionError(f"{path} has a shape of type {kind}")


def at(answer, pointer):
    for part in pointer.strip("/").split("/"):
        answer = answer[int(part)] if isinstance(answer, list) else answer.get(part) if isinstance(answer, dict) else None
    return answer


def substituted(value, saved):
    if isinstance(value, str):
        repeated = re.fullmatch(r"<(.+) \* (\d+)>", value)
        if repeated:
            return repeated[1] * int(repeated[2])
        return re.sub(r"\$\{(\w+)\}", lambda match: saved.get(match[1], match[0]), value)
    if isinstance(value, list):
        return [substituted(item, saved) for item in value]
    if isinstance(value, dict):
        return {key: substituted(item, saved) for key, item in value.items()}
    return value


def contains(expected, actual, path):
    """As the scenario runner of the Rust tests: objects may hold more, lists may not."""
    if expected is None or expected == "<any>":
        return
    if isinstance(expected, dict):
        assert isinstance(actual, dict), f"{path} is {actual}"
        for key, wanted in expected.items():
            if wanted == "<absent>":
                assert key not in actual, f"{path}/{key} should be absent: {actual[key]}"
            else:
                assert key in actual, f"{path}/{key} is missing: {actual}"
                contains(wanted, actual[key], f"{path}/{key}")
    elif isinstance(expected, list):
        assert isinstance(actual, list) and len(expected) == len(actual), f"{path} is {actual}"
        for index, (wanted, found) in enumerate(zip(expected, actual)):
            contains(wanted, found, f"{path}/{index}")
    else:
        assert expected == actual, f"{path} is {actual!r} instead of {expected!r}"
