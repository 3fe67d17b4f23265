# SPDX-License-Identifier: Apache-2.0
"""What the gateway does for the tests of the console: requests over its socket, with the gateway's headers.

    c = Console(folder); c.sign_in(password); c.get("/api/installation-status").json()
"""
import http.client
import json
import pathlib
import re
import socket
import time
import urllib.parse


class Answer:
    def __init__(self, response, body):
        self.status, self.headers, self.body = response.status, response.headers, body

    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)


class Console:
    """One visitor. `folder` is the launcher's run folder."""

    def __init__(self, folder, port=8765):
        self.socket = str(pathlib.Path(folder) / "console.sock")
        self.port, self.headers, self.csrf = port, {}, ""

    def connection(self, timeout=10):
        connection = http.client.HTTPConnection("localhost", self.port, timeout=timeout)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(timeout)
        connection.sock.connect(self.socket)
        return connection

    def send(self, method, target, body=None, headers=None, phase="page", service=""):
        connection = self.connection()
        every = {"X-Tmplbuild-Phase": phase, "X-Tmplbuild-Port": str(self.port), "X-Tmplbuild-Service": service,
                 "X-Tmplbuild-Method": method, "X-Tmplbuild-Target": target, "X-Tmplbuild-Peer": "127.0.0.1",
                 **self.headers, **(headers or {})}
        connection.request(method, target, body=body, headers=every)
        return connection, connection.getresponse()

    def ask(self, method, target, body=None, headers=None, **more):
        connection, response = self.send(method, target, body, headers, **more)
        answer = Answer(response, response.read())
        connection.close()
        return answer

    def get(self, target, **more):
        return self.ask("GET", target, **more)

    def change(self, target, body=None, method="POST"):
        return self.ask(method, target, body, {"Origin": f"http://localhost:{self.port}", "X-CSRF-Token": self.csrf})

    def sign_in(self, password):
        answer = self.ask("POST", "/sign-in", urllib.parse.urlencode({"password": password}),
                          {"Origin": f"http://localhost:{self.port}"})
        if answer.status != 303:
            raise SystemExit(f"FAILED: signing in: {answer.status} {answer.text()[:300]}")
        self.headers["Cookie"] = answer.headers["Set-Cookie"].split(";")[0]
        self.csrf = re.search(r'name="csrf-token" content="([0-9a-f]+)"', self.get("/installation-status").text())[1]

    def events(self, target, headers=None, seconds=10):
        """Gives (id, event, data) as they come, and (None, None, comment) for comments."""
        connection, response = self.send("GET", target, headers=headers)
        if response.status != 200:
            raise SystemExit(f"FAILED: {target}: {response.status} {response.read()[:300]}")
        fields, data, until = {}, [], time.monotonic() + seconds
        while time.monotonic() < until:
            line = response.readline().decode()
            if not line:
                return
            line = line.rstrip("\n")
            if line.startswith(":"):
                yield None, None, line
            elif line:
                key, _, value = line.partition(": ")
                data.append(value) if key == "data" else fields.update({key: value})
            elif fields:
                yield fields.get("id"), fields["event"], "\n".join(data)
                fields, data = {}, []
        connection.close()


def until(what, condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise SystemExit(f"FAILED: never: {what}")


def check(condition, what):
    if not condition:
        raise SystemExit(f"FAILED: {what}")


class Document:
    """The OpenAPI document, as far as answers are compared with it: the words of JSON Schema that it uses."""

    TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}

    def __init__(self, path):
        self.root = json.loads(pathlib.Path(path).read_text())
        self.driven = set()

    def of(self, node):
        while "$ref" in node:
            found = self.root
            for word in node["$ref"].split("/")[1:]:
                found = found[word]
            node = found
        return node

    def is_type(self, value, name):
        if name in ("integer", "number"):
            return isinstance(value, (int, float) if name == "number" else int) and not isinstance(value, bool)
        return isinstance(value, self.TYPES[name])

    def problems(self, value, schema, where):
        schema = self.of(schema)
        known = {"type", "required", "properties", "items", "enum", "const", "minimum", "maximum", "additionalProperties",
                 "description", "format", "minLength", "maxLength", "default"}
        if set(schema) - known:
            yield f"{where}: the test does not know {set(schema) - known}"
        names = schema.get("type", [])
        names = names if isinstance(names, list) else [names]
        if names and not any(self.is_type(value, name) for name in names):
            yield f"{where} is {value!r}, not {names}"
            return
        if "const" in schema and value != schema["const"] or "enum" in schema and value not in schema["enum"]:
            yield f"{where} is {value!r}"
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if value < schema.get("minimum", value) or value > schema.get("maximum", value):
                yield f"{where} is {value}"
        if isinstance(value, list):
            for i, one in enumerate(value):
                yield from self.problems(one, schema.get("items", {}), f"{where}[{i}]")
        if isinstance(value, dict):
            properties = schema.get("properties", {})
            for name in schema.get("required", []):
                if name not in value:
                    yield f"{where} has no {name}"
            for name, one in value.items():
                if name not in properties and "properties" in schema:
                    yield f"{where} has {name}, which the document does not"
                yield from self.problems(one, properties.get(name, schema.get("additionalProperties", {})), f"{where}.{name}")

    def compare(self, method, path, answer):
        operation = self.root["paths"][path][method.lower()]
        self.driven.add((method.lower(), path))
        where = f"{method} {path}: {answer.status}"
        check(str(answer.status) in operation["responses"], f"{where} is not in the document: {answer.body[:200]}")
        content = self.of(operation["responses"][str(answer.status)]).get("content", {})
        kind = answer.headers.get_content_type()
        check(kind in content, f"{where} is {kind}")
        if kind == "application/json":
            for problem in self.problems(answer.json(), content[kind]["schema"], where):
                raise SystemExit(f"FAILED: {problem}")

    def check_all_driven(self):
        every = {(method, path) for path, item in self.root["paths"].items() for method in item if method != "parameters"}
        check(every == self.driven, f"not driven: {sorted(every - self.driven)}")
