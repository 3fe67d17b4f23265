# SPDX-License-Identifier: Apache-2.0
"""A token server for a registry on loopback, after distribution's token specification, and strict: what a client leaves out,
adds or misspells is refused with a reason.

Usage: token_server.py --key PEM --certificate PEM --service NAME --user NAME:PASSWORD [--public REPOSITORY] [--lasts SECONDS]
Prints its port, serves until it is killed, prints each request's outcome. The issuer is "tests". The user may pull and push
everywhere; who gives no login may pull the public repository.
"""
import argparse
import base64
import http.server
import json
import re
import subprocess
import time
import urllib.parse
import uuid

options = argparse.ArgumentParser()
options.add_argument("--key", required=True)
options.add_argument("--certificate", required=True)
options.add_argument("--service", required=True)
options.add_argument("--user", required=True)
options.add_argument("--public", default="")
options.add_argument("--lasts", type=int, default=60)
options = options.parse_args()
SCOPE = re.compile(r"^repository:([a-z0-9]+(?:[._/-][a-z0-9]+)*):(pull|push|pull,push)$")


def coded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token(subject, access):
    der = subprocess.run(["openssl", "x509", "-in", options.certificate, "-outform", "DER"], check=True, capture_output=True)
    now = int(time.time())
    header = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(der.stdout).decode()]}
    claims = {"iss": "tests", "sub": subject, "aud": options.service, "exp": now + options.lasts, "nbf": now - 5, "iat": now,
              "jti": str(uuid.uuid4()), "access": access}
    signed = coded(json.dumps(header).encode()) + b"." + coded(json.dumps(claims).encode())
    sign = subprocess.run(["openssl", "dgst", "-sha256", "-sign", options.key], input=signed, check=True, capture_output=True)
    return (signed + b"." + coded(sign.stdout)).decode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, said):
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, why):
        print(status, why, flush=True)
        self.answer(status, {"errors": [{"code": "UNAUTHORIZED" if status == 401 else "UNSUPPORTED", "message": why}]})

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        asked = urllib.parse.parse_qs(url.query, keep_blank_values=True, strict_parsing=bool(url.query))
        if url.path != "/token":
            return self.refuse(404, "the path is not /token")
        if set(asked) - {"service", "scope", "account"}:
            return self.refuse(400, f"unknown words: {sorted(asked)}")
        if asked.get("service") != [options.service]:
            return self.refuse(400, f"another service: {asked.get('service')}")
        login = self.headers.get("Authorization")
        if login is not None and login != "Basic " + base64.b64encode(options.user.encode()).decode():
            return self.refuse(401, "wrong login")
        name = options.user.split(":")[0] if login else ""
        if asked.get("account", [""]) != [name]:
            return self.refuse(400, f"the account is {asked.get('account')}, the login of '{name}'")
        access = []
        for scope in asked.get("scope", []):
            found = SCOPE.match(scope)
            if not found:
                return self.refuse(400, f"no scope: {scope}")
            actions = found[2].split(",")
            if not login:
                actions = ["pull"] if found[1] == options.public and "pull" in actions else []
            access.append({"type": "repository", "name": found[1], "actions": actions})
        print(200, name or "nobody", " ".join(asked.get("scope", [])), flush=True)
        self.answer(200, {"token": token(name, access), "expires_in": options.lasts})

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
