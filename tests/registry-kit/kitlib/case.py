# SPDX-License-Identifier: Apache-2.0
"""A case, and a case that runs: its servers, its logins, what was asked of it and where credentials turned up."""
import base64
import collections
import dataclasses
import json
import re
import secrets
import threading
import time
import typing

from kitlib.honest import Store, error_body
from kitlib.images import Image
from kitlib.listener import Listener
from kitlib import world

REFUSED, SURVIVED, EITHER = "refused", "survived", "either"
PASS = object()  # what a handler returns to leave a request to the next one
KIB, MIB = 1 << 10, 1 << 20


@dataclasses.dataclass
class Case:
    name: str
    does: str     # pull, push, unpack, list: the client's command
    expect: str
    text: str     # what the registry does, one sentence
    setup: typing.Callable
    where: str = "loopback"     # "internet": the registry has a public address; "private"
    tls: bool = False
    plain: bool = True          # the client is told that it may speak plain http to the hosts of the case
    login: str = ""             # "", "basic", "token", "helper"
    by_digest: bool = False
    slow: bool = False
    limit: float = 40           # seconds
    sizes: tuple = (300 * KIB, 2 * MIB, 1000)


CASES = {}


def case(name, does, expect, text, **more):
    """Registers a case; its function gets the running case before the client starts."""
    def register(setup):
        assert name not in CASES, name
        CASES[name] = Case(name, does, expect, text, setup, **more)
        return setup
    return register


class Kit:
    """A case that runs."""

    def __init__(self, what, certificate=None, port=0):
        self.case, self.certificate = what, certificate
        self.is_over = threading.Event()
        self.image = Image(what.name, what.sizes)
        self.store, self.sunk = Store(), Store()
        self.seen = []       # one dict a request
        self.handlers = []
        self.counts = collections.Counter()
        self.lock = threading.Lock()
        self.user, self.password = "kit-user", "kit-secret-" + secrets.token_hex(8)
        self.tokens, self.token_lasts, self.challenge = {}, 300, None
        self.listeners = {}
        self.trusted = {"home"}  # where credentials may be sent
        self.forbidden = set()   # where nobody may connect to
        self.helper = None       # the text of a credential helper, where the case has one
        self.settings = ""       # the client's registries.conf, where the case has one
        host, other = {"loopback": ("127.0.0.1", "127.0.0.2"), "internet": (world.PUBLIC, world.PUBLIC_OTHER),
                       "private": (world.PRIVATE, world.PUBLIC_OTHER)}[what.where]
        names = {"internet": ("registry.example", "other.example")}.get(what.where, (None, None))
        self.home = self.listen("home", host, what.tls, port, names[0])
        self.other = self.listen("other", other, what.tls, 0, names[1])
        self.sink = Listener(self, "sink", "127.0.0.1")
        if what.does != "push":
            self.store.put_image(self.image)
        what.setup(self)

    def listen(self, name, host, tls=False, port=0, spelled=None):
        self.listeners[name] = Listener(self, name, host, self.certificate.context if tls else None, port, spelled)
        return self.listeners[name]

    def forbid(self, host, tls=False):
        """A server that nobody may be led to; it would answer as the registry does."""
        name = f"inside ({host})"
        self.forbidden.add(name)
        return self.listen(name, host, tls)

    def on(self, method, path, answer, listener="home", before_login=False):
        """Requests that match go to `answer` first; it may return PASS."""
        self.handlers.append((listener, re.compile(method), re.compile(path), answer, before_login))

    def count(self, key):
        with self.lock:
            self.counts[key] += 1
            return self.counts[key]

    # --- answering ----------------------------------------------------------------------------------------------------
    def serve(self, listener, ask):
        if listener is self.sink:
            self.note(listener, ask)
            return self.sunk.answer(ask)
        entry = self.note(listener, ask)
        try:
            self.route(listener, ask)
        finally:
            entry["body"] = ask.kept
        return None

    def note(self, listener, ask):
        entry = {"listener": listener.name, "method": ask.command, "path": ask.path, "body": b"",
                 "headers": [(name, value) for name, value in ask.headers.items()]}
        self.seen.append(entry)
        return entry

    def route(self, listener, ask):
        for before in (True, False):
            for name, method, path, answer, before_login in self.handlers:
                if name == listener.name and before_login == before and method.fullmatch(ask.command) and path.search(ask.path):
                    if answer(ask) is not PASS:
                        return None
            if before and ask.path.startswith("/token") and self.case.login == "token":
                return self.give_token(ask)
            if before and listener is self.home and not self.is_let_in(ask):
                return self.unauthorized(ask)
        return self.store.answer(ask)

    @property
    def basic(self):
        return base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

    def is_let_in(self, ask):
        said = ask.headers.get("Authorization", "")
        if self.case.login == "token":
            return self.tokens.get(said.removeprefix("Bearer "), 0) > time.monotonic()
        return not self.case.login or said == "Basic " + self.basic

    def unauthorized(self, ask):
        repository = re.match(r"^/v2/(.+?)/(manifests|blobs|tags)/", ask.path)
        scope = f',scope="repository:{repository[1]}:pull,push"' if repository else ""
        usual = f'Bearer realm="{self.home.url}/token",service="kit"{scope}' if self.case.login == "token" else 'Basic realm="kit"'
        ask.answer(401, error_body("UNAUTHORIZED", "authentication required"), {"WWW-Authenticate": self.challenge or usual})

    def new_token(self, lasts):
        token = "kit-token-" + secrets.token_hex(8)
        self.tokens[token] = time.monotonic() + lasts
        return token

    def give_token(self, ask):
        if ask.headers.get("Authorization") not in (None, "Basic " + self.basic):
            return ask.answer(401, error_body("UNAUTHORIZED"))
        token = self.new_token(self.token_lasts)
        return ask.answer(200, json.dumps({"token": token, "expires_in": self.token_lasts}).encode())

    def forget_tokens(self):
        self.tokens = dict.fromkeys(self.tokens, 0)

    # --- what came of it ----------------------------------------------------------------------------------------------
    def secrets(self):
        return [self.password, self.basic, *self.tokens]

    def leaks(self):
        """Where credentials turned up that were not meant for it."""
        out = set()
        for one in self.seen:
            if one["listener"] in self.trusted:
                continue
            text = one["path"] + str(one["headers"]) + one["body"].decode("latin-1")
            if any(name.lower() == "authorization" for name, _ in one["headers"]) or any(word in text for word in self.secrets()):
                out.add(one["listener"])
        return sorted(out)

    def reached(self):
        return sorted(name for name in self.forbidden if self.listeners[name].connections)

    def end(self):
        self.is_over.set()
        for listener in [*self.listeners.values(), self.sink]:
            listener.end()
