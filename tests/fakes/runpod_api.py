# SPDX-License-Identifier: Apache-2.0
"""RunPod's REST API v2 for templates on loopback, as strict as the real one (openapi.json of runpod/docs, 2026-08-20).

Usage: runpod_api.py STATE.json FAULT
Prints its port and serves until it is killed. STATE.json has the account's templates after each change, FAULT is a file whose
word says what goes wrong with the next change, once: `cut` (it is done, and no answer comes), `502` (it is done, a gateway
answers), `500`, `429`, `409` (nothing is done). The key is rpa_good; rpa_reader may only read. With the key rpa_pages the list
comes in pages of one.
"""
import http.server
import json
import os
import re
import sys

STATE, FAULT = sys.argv[1:3]
templates = {}


def text(value):
    return None if isinstance(value, str) else "must be a string"


def flag(value):
    return None if isinstance(value, bool) else "must be a boolean"


def whole(least):
    return lambda value: None if type(value) is int and value >= least else f"must be an integer >= {least}"


def list_of(pattern):
    def check(value):
        good = isinstance(value, list) and all(isinstance(one, str) and re.fullmatch(pattern, one) for one in value)
        return None if good else f"must be an array of strings like {pattern}"
    return check


def environment(value):
    good = isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
    return None if good else "must be an object of strings"


def mounts(value):
    if not isinstance(value, dict):
        return "must be an object"
    if set(value) - {"persistent"}:
        return f"property {sorted(set(value) - {'persistent'})[0]} is not allowed"
    volume = value.get("persistent")
    if volume is None:
        return None
    if not isinstance(volume, dict) or set(volume) != {"size", "path"}:
        return "persistent: size and path are required, and nothing else is allowed"
    return whole(10)(volume["size"]) or text(volume["path"])


FIELDS = {
    "name": lambda value: text(value) or (None if value else "must not be empty"), "image": text, "args": text, "disk": whole(1),
    "env": environment, "ports": list_of(r"[0-9]{1,5}/(http|tcp)"), "mounts": mounts, "public": flag, "serverless": flag,
    "registry": lambda value: None if value is None else text(value),
    "category": lambda value: None if value in ("NVIDIA", "CPU", "AMD") else "must be one of NVIDIA, CPU, AMD",
    "allowedCudaVersions": list_of(r"[0-9]+\.[0-9]+"), "startSsh": flag, "startJupyter": flag,
}
DEFAULTS = {"args": "", "disk": 50, "env": {}, "ports": [], "mounts": {}, "public": False, "serverless": False, "registry": None,
            "category": "NVIDIA", "allowedCudaVersions": [], "startSsh": True, "startJupyter": True}


def wrong(body, required):
    if not isinstance(body, dict):
        return ["body must be an object"]
    missing = [name for name in required if name not in body]
    # As the real one: a missing field makes the others "not allowed".
    out = [f"property {name} is not allowed" for name in body if missing or name not in FIELDS]
    out += [f"property {name} is required" for name in missing]
    out += [f"{name} {problem}" for name, value in body.items() if name in FIELDS and (problem := FIELDS[name](value))]
    return out


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        print(self.command, self.path, flush=True)

    def answer(self, status, body, headers=()):
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if status < 400 else "application/problem+json")
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def problem(self, status, title, detail, errors=(), headers=()):
        body = {"title": title, "status": status, "detail": detail}
        if errors:
            body["errors"] = list(errors)
        self.answer(status, body, headers)

    def key(self):
        words = self.headers.get("Authorization", "").split(" ")
        if len(words) != 2 or words[0] != "Bearer" or not words[1].startswith("rpa_"):
            return self.problem(401, "Unauthorized", "missing bearer token")
        if words[1] == "rpa_reader" and self.command != "GET":
            return self.problem(403, "Forbidden", "access denied")
        return words[1]

    def fault(self):
        try:
            with open(FAULT) as file:
                word = file.read().strip()
            os.remove(FAULT)
            return word
        except OSError:
            return ""

    def body(self):
        if self.headers.get("Content-Type") != "application/json":
            return None
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def refused(self, word):
        if word == "429":
            self.problem(429, "Too Many Requests", "rate limit exceeded for the minute window", headers=[("Retry-After", "3600")])
        elif word == "409":
            self.problem(409, "Conflict", "the template was changed meanwhile")
        elif word == "500":
            self.problem(500, "Internal Server Error", "something failed")
        return word in ("429", "409", "500")

    def finish_change(self, word, status, one):
        with open(STATE, "w") as file:
            json.dump(list(templates.values()), file)
        if word == "cut":
            self.connection.close()
            raise ConnectionAbortedError
        if word == "502":
            return self.problem(502, "Bad Gateway", "upstream")
        self.answer(status, one)

    def do_GET(self):
        if not (key := self.key()):
            return
        path, _, query = self.path.partition("?")
        if path != "/v2/templates":
            return self.problem(404, "Not Found", "resource not found")
        listed = list(templates.values())
        if key != "rpa_pages":
            return self.answer(200, {"templates": listed})
        at = int(query.removeprefix("cursor=") or 0)
        more = {"nextCursor": str(at + 1)} if at + 1 < len(listed) else {}
        self.answer(200, {"templates": listed[at:at + 1], **more})

    def do_POST(self):
        body = self.body()
        if not self.key():
            return
        if self.path != "/v2/templates":
            return self.problem(404, "Not Found", "resource not found")
        if errors := wrong(body, ("name", "image")):
            return self.problem(422, "Unprocessable Entity", "Request validation failed.", errors)
        word = self.fault()
        if self.refused(word):
            return
        one = {"id": f"tpl{len(templates) + 1}", **DEFAULTS, **body}
        templates[one["id"]] = one
        self.finish_change(word, 201, one)

    def do_PATCH(self):
        body = self.body()
        if not self.key():
            return
        one = templates.get(self.path.removeprefix("/v2/templates/"))
        if one is None:
            return self.problem(404, "Not Found", "resource not found")
        if errors := wrong(body, ()):
            return self.problem(422, "Unprocessable Entity", "Request validation failed.", errors)
        word = self.fault()
        if self.refused(word):
            return
        one.update({name: value for name, value in body.items() if name != "mounts" or value})
        self.finish_change(word, 200, one)


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
