"""Do answers have the shapes of the service models? Every scenario of Athena and Glue in testdata/api, each answer checked member by member.

The models are botocore's own. A member the model does not know fails, as does a missing required one, a wrong type, a value
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
GLUE_SCENARIOS = sorted((REPOSITORY / "testdata" / "api" / "glue").glob("*.yaml"))
SERVICES = {"AmazonAthena": "athena", "AWSGlue": "glue"}
# Errors every AWS JSON service may answer; the service models do not list them.
UNMODELLED = {"SerializationException", "UnknownOperationException", "ThrottlingException", "ValidationException"}
# Sent by the service, not in the model. Ref: recorded Athena replies.
UNMODELLED_MEMBERS = {"ErrorCode"}
# Answered though the model does not list it. Basis: the one exception Glue has for keys that are taken.
UNLISTED = {("UpdatePartition", "AlreadyExistsException")}
UNTIL_SECONDS = 60

@functools.cache
def model(service="athena"):
    return botocore.session.get_session().get_service_model(service)


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


@pytest.mark.parametrize("path", SCENARIOS + GLUE_SCENARIOS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_answers_have_the_models_shapes(path, tmp_path):
    server = Server(tmp_path / "data", *scenario(path).get("flags", []))
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
        status, headers, answer = send(endpoint, step, saved)
        if "call" in step:
            prefix, operation = step["call"].split(".", 1)
            check(model(SERVICES[prefix]), operation, status, answer)
        until = step.get("until", {})
        if all(at(answer, pointer) == wanted for pointer, wanted in until.items()):
            break
        assert time.monotonic() < deadline, f"never became {until}: {answer}"
        time.sleep(0.005)
    assert status == step.get("status", 200), answer
    contains(substituted(step.get("expect"), saved), answer, "")
    contains(substituted(step.get("expect_headers"), saved), headers, "headers")
    for name, pointer in step.get("save", {}).items():
        saved[name] = at(answer, pointer)


def send(endpoint, step, saved):
    address = urllib.parse.urlparse(endpoint)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    if "call" in step:
        body = step["raw"] if "raw" in step else json.dumps(substituted(step.get("body", {}), saved))
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": step["call"], **step.get("headers", {})}
        connection.request("POST", "/", body.encode(), headers)
    else:
        method = next(method for method in ("get", "head", "put") if method in step)
        connection.request(method.upper(), substituted(step[method], saved), (step.get("raw") or "").encode())
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    try:
        return answer.status, headers, json.loads(text)
    except ValueError:
        return answer.status, headers, text


def check(service, operation, status, answer):
    """Fails unless the answer is one the model allows."""
    if status == 200:
        validate(service.operation_model(operation).output_shape, answer, operation)
        return
    assert isinstance(answer, dict), answer
    kind = answer.pop("__type")
    if kind in UNMODELLED or (operation, kind) in UNLISTED:
        assert set(answer) <= {"Message"}, answer
    else:
        errors = {shape.name: shape for shape in service.operation_model(operation).error_shapes}
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
    elif isinstance(expected, str) and len(expected) > 2 and expected[0] == expected[-1] == "/":
        assert isinstance(actual, str) and re.fullmatch(expected[1:-1], actual, re.DOTALL), f"{path} is {actual!r}, not {expected}"
    else:
        assert expected == actual, f"{path} is {actual!r} instead of {expected!r}"
