"""Is every constraint of the service models checked, in the services' words? Each member of each request of Athena and Glue, broken in each way.

The expected texts are made from botocore's models, not from ours: for every operation that is served, a request that holds what is
required, then the same with one constraint of one member violated. Members below lists and maps are reached through one item.

Ref: measured Athena behaviour, framework validation; Glue quotes the value, the generic form of AWS JSON services.
"""

import copy
import functools
import http.client
import json
import re
import urllib.parse

import botocore.session
import pytest
import yaml

from conftest import REPOSITORY

SERVICES = {"athena": "AmazonAthena", "glue": "AWSGlue"}
# Ref: measured Athena behaviour: the service's own bound is 100,000, and past 1000 rows it refuses in other words.
OTHER_WORDS = {("GetQueryResults", "maxResults")}
# Longer texts only show that bodies are bounded.
LENGTH_MAX = 300_000
DEPTH_MAX = 6


@functools.cache
def model(service):
    return botocore.session.get_session().get_service_model(service)


def served(service):
    """The operations some scenario has succeed."""
    names = set()
    for path in (REPOSITORY / "testdata" / "api").glob("**/*.yaml"):
        for step in yaml.safe_load(path.read_text())["steps"]:
            prefix, _, operation = step.get("call", "").partition(".")
            if prefix == SERVICES[service] and step.get("status", 200) == 200:
                names.add(operation)
    return sorted(names)


def is_known(service, operation, keys):
    """Whether our copy of the model has the member, with as many values; a newer botocore may know more."""
    known = vendored(service)
    shape = known["shapes"].get(known["operations"][operation]["input"]["shape"])
    newer = model(service).operation_model(operation).input_shape
    for key in keys:
        reference = shape.get("member") if isinstance(key, int) else shape.get("members", {}).get(key)
        newer = newer.member if isinstance(key, int) else newer.members[key]
        shape = known["shapes"].get(reference["shape"]) if reference else None
        if shape is None:
            return False
    return shape.get("enum", []) == list(newer.metadata.get("enum", []))


@functools.cache
def vendored(service):
    return json.loads((REPOSITORY / "server" / "shapes" / "models" / f"{service}.json").read_text())


def sample(shape, depth=0):
    """The least value of a shape; a text may break a pattern that no fixed text meets."""
    kind = shape.type_name
    if kind == "structure":
        return {name: sample(shape.members[name], depth + 1) for name in shape.required_members}
    if kind == "list":
        return [sample(shape.member, depth + 1)] * max(shape.metadata.get("min", 0), 0)
    if kind == "map":
        return {}
    if kind == "string":
        if shape.enum:
            return shape.enum[0]
        least = shape.metadata.get("min", 1)
        pattern = shape.metadata.get("pattern")
        for text in ("a" * max(least, 1), "abcd" * 9, "1" * 12, "arn:aws:athena:us-east-1:000000000000:workgroup/w", "s3://b/k"):
            if len(text) >= least and (not pattern or matches(pattern, text)):
                return text
        return "a" * max(least, 1)
    if kind in ("integer", "long"):
        return max(shape.metadata.get("min", 0), 0)
    return {"boolean": True, "double": 1.5, "float": 1.5, "timestamp": 1.5, "blob": "AAAA"}[kind]


def matches(pattern, text):
    try:
        return re.fullmatch(java(pattern), text) is not None
    except re.error:
        return True


def java(pattern):
    r"""Java's pattern in Python's words: \x{…} and character classes of properties."""
    pattern = re.sub(r"\\p\{[^}]*\}", r"\\w", pattern)
    return re.sub(r"\\uD[89ABab][0-9A-Fa-f]{2}\\uD[C-Fc-f][0-9A-Fa-f]{2}(-\\uD[89ABab][0-9A-Fa-f]{2}\\uD[C-Fc-f][0-9A-Fa-f]{2})?", "", pattern)


def violations(shape, path):
    """(value, constraint) for each constraint of a member, not counting those of its own members."""
    least, most, kind = shape.metadata.get("min"), shape.metadata.get("max"), shape.type_name
    if kind == "string":
        if shape.enum:
            yield "no such value", f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
            return
        if most is not None and most < LENGTH_MAX:
            filler = (sample(shape) or "a")[0]
            yield filler * (most + 1), f"Member must have length less than or equal to {most}"
        if least:
            yield "", f"Member must have length greater than or equal to {least}"
        pattern = shape.metadata.get("pattern")
        if pattern:
            for text in ("a\nb", "\u0001", " ", "ä ö"):
                if not matches(pattern, text):
                    yield text * max(1, least or 1), f"Member must satisfy regular expression pattern: {pattern}"
                    break
    elif kind in ("integer", "long"):
        if least is not None:
            yield least - 1, f"Member must have value greater than or equal to {least}"
        if most is not None:
            yield most + 1, f"Member must have value less than or equal to {most}"
    elif kind == "list":
        if least:
            yield [], f"Member must have length greater than or equal to {least}"
        if most is not None and most < 2_000:
            yield [sample(shape.member)] * (most + 1), f"Member must have length less than or equal to {most}"


def lower(name):
    return name[:1].lower() + name[1:]


def cases(shape, path=(), depth=0):
    """(path of keys, wire path, value, constraint) of every violation below a structure; a value of None means left out."""
    for name, member in shape.members.items():
        keys = (*path, name)
        if name in shape.required_members:
            yield keys, None, "Member must not be null"
        yield from of_member(member, keys, depth)


def of_member(member, keys, depth):
    for value, constraint in violations(member, keys):
        yield keys, value, constraint
    if depth >= DEPTH_MAX:
        return
    if member.type_name == "structure" and member.members:
        yield from cases(member, keys, depth + 1)
    elif member.type_name == "list":
        yield from of_member(member.member, (*keys, 0), depth + 1)


def wire_path(keys):
    return ".".join(f"{key + 1}.member" if isinstance(key, int) else lower(key) for key in keys)


def with_value(body, shape, keys, value):
    """The body with the value at the keys; structures on the way hold what they must."""
    body = copy.deepcopy(body)
    place, at = body, shape
    for index, key in enumerate(keys):
        is_last = index == len(keys) - 1
        child = at.member if isinstance(key, int) else at.members[key]
        if is_last and value is None:
            place.pop(key, None)
        elif is_last:
            if isinstance(key, int):
                place[:] = [value]
            else:
                place[key] = value
        else:
            if isinstance(key, int):
                if not place:
                    place.append(sample(child))
                del place[1:]
            elif key not in place:
                place[key] = sample(child)
            place = place[key]
            at = child
    return body


def call(endpoint, target, body):
    address = urllib.parse.urlparse(endpoint)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    connection.request("POST", "/", json.dumps(body).encode(), {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, json.loads(text)


@pytest.mark.parametrize("service", SERVICES)
def test_every_constraint_is_refused_in_its_words(server, service):
    checked, wrong = 0, []
    for operation in served(service):
        shape = model(service).operation_model(operation).input_shape
        if shape is None:
            continue
        body = sample(shape)
        for keys, value, constraint in cases(shape):
            path = wire_path(keys)
            if (operation, path) in OTHER_WORDS and "less than" in constraint or not is_known(service, operation, keys):
                continue
            request = with_value(body, shape, keys, value)
            status, answer = call(server.endpoint, f"{SERVICES[service]}.{operation}", request)
            message = answer.get("Message", "")
            shown = "null " if value is None else "" if service == "athena" else None
            kind = ("InvalidRequestException", "INVALID_INPUT") if service == "athena" else ("ValidationException", None)
            expected = f"at '{path}' failed to satisfy constraint: {constraint}"
            is_right = status == 400 and (answer["__type"], answer.get("AthenaErrorCode")) == kind and expected in message
            if is_right and shown is not None:
                is_right = f"Value {shown}{expected}" in message
            is_right = is_right and re.match(r"\d+ validation errors? detected: ", message)
            checked += 1
            if not is_right:
                wrong.append(f"{operation} {path}: {constraint}: {status} {json.dumps(answer)[:300]}")
    assert checked > 100
    assert not wrong, f"{len(wrong)} of {checked}:\n" + "\n".join(wrong[:60])
    print(f"{checked} violations of {service} refused in their words")
