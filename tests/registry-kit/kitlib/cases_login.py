# SPDX-License-Identifier: Apache-2.0
"""Logins that do not end, tokens that do, credential helpers that misbehave; 429 and 5xx."""
import json
import random

from kitlib.case import EITHER, KIB, MIB, PASS, REFUSED, SURVIVED, case
from kitlib.honest import error_body

BLOB, MANIFEST, TOKEN = r"/blobs/sha256:", r"/manifests/", r"^/token"


@case("honest-basic", "pull", SURVIVED, "The registry asks for a name and a password.", login="basic")
def _(kit):
    pass


@case("honest-token", "pull", SURVIVED, "The registry asks for a token.", login="token")
def _(kit):
    pass


@case("401-loop-basic", "pull", REFUSED, "Every answer asks for a name and a password.", login="basic")
def _(kit):
    kit.on(".*", "", lambda ask: kit.unauthorized(ask), before_login=True)


@case("401-loop-token", "pull", REFUSED, "Tokens are given, and none is good.", login="token")
def _(kit):
    kit.on("GET|HEAD", "^/v2/", lambda ask: kit.unauthorized(ask), before_login=True)


@case("401-loop-scope", "pull", REFUSED, "Each 401 asks for another scope.", login="token")
def _(kit):
    def answer(ask):
        kit.challenge = f'Bearer realm="{kit.home.url}/token",service="kit",scope="repository:other/{kit.count("scope")}:pull"'
        return kit.unauthorized(ask)
    kit.on("GET|HEAD", "^/v2/", answer, before_login=True)


def token_answers(name, text, body, status=200, expect=REFUSED, **more):
    @case(name, "pull", expect, text, login="token", **more)
    def _(kit):
        kit.on("GET|POST", TOKEN, lambda ask: ask.answer(status, body(kit) if callable(body) else body), before_login=True)


token_answers("token-no-json", "The token server answers with a page.", b"<html>")
token_answers("token-none", "The token server answers without a token.", b"{}")
token_answers("token-line-end", "The token holds the end of a line and a header.",
              json.dumps({"token": "a\r\nX-Evil: 1"}).encode())
token_answers("token-huge", "The token has 200 kB.", json.dumps({"token": "a" * 200000}).encode())
token_answers("token-deep", "The token server answers with 200,000 lists in each other.", b"[" * 200000 + b"]" * 200000)
token_answers("token-life-negative", "A token ends before it begins, and is good.",
              lambda kit: json.dumps({"token": kit.new_token(300), "expires_in": -5}).encode(), expect=SURVIVED)
token_answers("token-life-huge", "A token lasts for ever, says its server, and is good.",
              lambda kit: json.dumps({"token": kit.new_token(300), "expires_in": 10**30}).encode(), expect=EITHER)
token_answers("token-500", "The token server has a fault.", b"oops", 500)


@case("token-endless", "pull", REFUSED, "The token server's answer does not end.", login="token")
def _(kit):
    kit.on("GET|POST", TOKEN, lambda ask: ask.endless(first=b'{"token":"'), before_login=True)


@case("token-ends-in-pull", "pull", SURVIVED, "The token ends when half of a layer has come, with the connection.", login="token")
def _(kit):
    layer = kit.image.layers[1]

    def answer(ask):
        if kit.count("layer") > 1:
            return PASS
        kit.forget_tokens()
        return ask.cut(200, layer.data[:MIB], {}, len(layer.data))
    kit.on("GET", "/blobs/" + layer.digest, answer)


@case("token-ends-in-push", "push", SURVIVED, "The token ends when half of a layer has come, with the connection.", login="token")
def _(kit):
    def answer(ask):
        if int(ask.headers.get("Content-Length", 0)) < MIB or kit.count("layer") > 1:
            return PASS
        kit.forget_tokens()
        next(ask.body())
        return ask.drop()
    kit.on("PUT|PATCH", "/blobs/uploads/", answer)


@case("token-ends-always", "push", SURVIVED, "A token is good for five requests.", login="token")
def _(kit):
    def answer(_):
        if kit.count("use") % 5 == 0:
            kit.forget_tokens()
        return PASS
    kit.on(".*", "^/v2/", answer, before_login=True)


@case("challenge-garbage", "pull", REFUSED, "The 401 says what it wants in bytes that mean nothing.", login="token")
def _(kit):
    kit.challenge = 'Bearer ="=,,\\"\\\\" realm="'


@case("challenge-huge", "pull", REFUSED, "The 401 names 5,000 values.", login="token")
def _(kit):
    kit.challenge = "Bearer " + ",".join(f'x{n}="y"' for n in range(5000))


@case("challenge-none", "pull", REFUSED, "The 401 does not say what it wants.", login="basic")
def _(kit):
    kit.on(".*", "", lambda ask: ask.answer(401), before_login=True)


@case("login-echoed", "pull", REFUSED, "The registry's words of refusal hold the login.", login="basic")
def _(kit):
    def answer(ask):
        said = ask.headers.get("Authorization", "")
        return ask.answer(403, error_body("DENIED", f"{kit.password} and {said} may not")) if said else PASS
    kit.on("GET|HEAD", "/(manifests|blobs)/", answer, before_login=True)


@case("login-echoed-in-header", "pull", REFUSED, "The registry's headers and its Location hold the login.", login="basic")
def _(kit):
    def answer(ask):
        if not ask.headers.get("Authorization"):
            return PASS
        return ask.answer(307, b"", {"Location": "ftp://x/" + kit.password, "Docker-Content-Digest": kit.password})
    kit.on("GET|HEAD", "/manifests/", answer, before_login=True)


HELPER_ANSWER = '{"ServerURL":"kit","Username":"%s","Secret":"%s"}'


def helper(name, expect, text, script, **more):
    @case(name, "pull", expect, text, login="helper", **more)
    def _(kit):
        kit.helper = "#!/bin/sh\n" + script.replace("ANSWER", HELPER_ANSWER % (kit.user, kit.password)).replace("SECRET", kit.password)


helper("helper-good", SURVIVED, "A credential helper has the login.", "echo 'ANSWER'\n")
helper("helper-chats", SURVIVED, "A credential helper has the login, and prints it to standard error besides.",
       "echo 'using SECRET' >&2\necho 'ANSWER'\n")
helper("helper-fails-with-secret", REFUSED, "A credential helper prints the login, and fails.",
       "echo 'SECRET'\necho 'SECRET' >&2\nexit 1\n")
helper("helper-no-json", REFUSED, "A credential helper prints the login, and no JSON.", "echo 'password: SECRET'\n")
helper("helper-endless", REFUSED, "A credential helper prints without an end.", "exec yes SECRET\n", limit=20)
helper("helper-killed", REFUSED, "A credential helper is killed.", "echo 'SECRET'\nkill -9 $$\n")
helper("helper-hangs", REFUSED, "A credential helper does not end.", "exec sleep 3600\n", slow=True, limit=120)


# --- 429 and 5xx --------------------------------------------------------------------------------------------------------
def busy(name, does, expect, text, status, headers=None, times=10**9, path="/(manifests|blobs)/", method=".*", body=b"busy", **more):
    """The first `times` requests that match get this status."""
    @case(name, does, expect, text, **more)
    def _(kit):
        def answer(ask):
            return ask.answer(status, body, headers) if kit.count("busy") <= times else PASS
        kit.on(method, path, answer)


busy("429-for-a-second", "pull", SURVIVED, "Two requests are too many, with Retry-After: 1.", 429, {"Retry-After": "1"}, 2)
busy("429-bare", "pull", SURVIVED, "Two requests are too many, and nothing says for how long.", 429, None, 2)
busy("429-always", "pull", REFUSED, "Every request is too many.", 429)
busy("429-for-a-day", "pull", REFUSED, "Every request is too many, with Retry-After: 86400.", 429, {"Retry-After": "86400"}, limit=20)
busy("429-odd", "pull", SURVIVED, "Two requests are too many, with a Retry-After that is no number.", 429,
     {"Retry-After": "-99999999999999999999"}, 2)
busy("429-push", "push", SURVIVED, "Four requests of a push are too many, with Retry-After: 1.", 429, {"Retry-After": "1"}, 4)
busy("503-twice", "pull", SURVIVED, "Two requests are answered 503.", 503, None, 2)
busy("500-always", "pull", REFUSED, "Every request is answered 500.", 500)
busy("503-push-twice", "push", SURVIVED, "Two requests that bring bytes are answered 503.", 503, None, 2, "/uploads/u", "PUT|PATCH")
busy("500-push-always", "push", REFUSED, "Every request that brings bytes is answered 500.", 500, None, 10**9, "/uploads/u", "PUT|PATCH",
     slow=True, limit=300)
busy("418-always", "pull", REFUSED, "Every request is answered 418.", 418, limit=20)


@case("5xx-storm", "pull", SURVIVED, "Every third request is answered 502, with a page.")
def _(kit):
    kit.on("GET|HEAD", "/(manifests|blobs)/", lambda ask: ask.answer(502, b"<html>" * 1000) if kit.count("storm") % 3 == 0 else PASS)


@case("5xx-storm-push", "push", SURVIVED, "One request in three is answered 503, at no regular distance.")
def _(kit):
    # A regular one can keep step with the requests of one upload, and then no client gets through.
    kit.on(".*", "/(manifests|blobs)/", lambda ask: ask.answer(503) if random.Random(kit.count("storm")).random() < 1 / 3 else PASS)


@case("500-endless", "pull", REFUSED, "The text of an error does not end.")
def _(kit):
    kit.on("GET", "/manifests/", lambda ask: ask.endless(500))


@case("404-endless", "pull", REFUSED, "The text of a 404 to a layer does not end.")
def _(kit):
    kit.on("GET", BLOB, lambda ask: ask.endless(404, piece=b"x" * (64 * KIB)))


@case("204-layer", "pull", REFUSED, "A layer is answered with 204 and nothing.")
def _(kit):
    kit.on("GET", BLOB, lambda ask: ask.answer(204))
