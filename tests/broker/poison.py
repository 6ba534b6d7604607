"""Messages that no worker can use: what the tests of the embedded queue feed it."""

import base64
import json

GOOD = {
    "body": base64.b64encode(b"[[], {}, {}]").decode(),
    "content-type": "application/json",
    "content-encoding": "utf-8",
    "headers": {"task": "mark", "id": "x"},
    "properties": {"delivery_info": {"exchange": "", "routing_key": "query"}, "body_encoding": "base64"},
}
ELSEWHERE = GOOD["properties"] | {"body_encoding": "rot13"}
UNREADABLE = {
    "nothing": "",
    "half a line": json.dumps(GOOD)[:70],
    "no UTF-8": b"\xff\xfe\x00",
    "a number": "7",
    "a list": "[]",
    "an endless nest": "[" * 100_000,
    "an unknown type": json.dumps({"__type__": "secret", "__value__": 1}),
    "a body of another kind": json.dumps(GOOD | {"body": 7}),
    "an unknown body encoding": json.dumps(GOOD | {"properties": ELSEWHERE}),
    "properties without an address": json.dumps(GOOD | {"properties": {}}),
    **{f"without its {field}": json.dumps({k: v for k, v in GOOD.items() if k != field}) for field in GOOD},
}
# An envelope that is whole, with something inside that Celery refuses or falls over.
INDIGESTIBLE = {
    "a body that is no base64": json.dumps(GOOD | {"body": "?"}),
    "an empty body": json.dumps(GOOD | {"body": ""}),
    "a body that is no JSON": json.dumps(GOOD | {"body": base64.b64encode(b"{").decode()}),
    "a body of too few parts": json.dumps(GOOD | {"body": base64.b64encode(b"[1]").decode()}),
    "a pickled body": json.dumps(GOOD | {"content-type": "application/x-python-serialize"}),
    "no headers at all": json.dumps(GOOD | {"headers": {}}),
    "a task nobody knows": json.dumps(GOOD | {"headers": {"task": "nobody knows", "id": "x"}}),
    "a task that is no name": json.dumps(GOOD | {"headers": {"task": ["mark"], "id": "x"}}),
    "no id": json.dumps(GOOD | {"headers": {"task": "mark"}}),
    "a start at no time": json.dumps(GOOD | {"headers": GOOD["headers"] | {"eta": "soon"}}),
    "a limit that is none": json.dumps(GOOD | {"headers": GOOD["headers"] | {"timelimit": 7}}),
}
