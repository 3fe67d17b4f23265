# SPDX-License-Identifier: Apache-2.0
"""The downloads' part of console.py: each of its addresses, with a worker or without one. What is downloaded is refused, since
it would come from loopback; tests/download/ has what comes."""
import json
import os
import stat

from console_client import check, until

ADDRESS = "/api/downloads/{id}/"


def drive(console, compared, document, volume, with_worker):
    def change(method, path, body=None, target=None):
        return compared(console, method, path, target, json.dumps(body or {}))

    def queue():
        return compared(console, "GET", "/api/downloads").json()

    until("the downloads are told", lambda: queue()["state"] == ("ok" if with_worker else "off"))
    stream = console.events("/api/downloads/events")
    _, event, data = next(stream)
    check(event == "downloads" and json.loads(data)["items"] == [], f"the first event of downloads: {event} {data[:200]}")
    document.driven.add(("get", "/api/downloads/events"))
    order = {"url": "http://127.0.0.1:9/x.safetensors?signature=secret", "directory": "loras", "set": "wan"}
    added = change("POST", "/api/downloads", {"items": [order, {"url": "ftp://x", "directory": "loras"}]})
    if with_worker:
        made = added.json()
        check(len(made["ids"]) == 1 and made["errors"][0]["url"] == "ftp://x", f"what was added: {made}")
        until("it is refused", lambda: [one["state"] for one in queue()["items"]] == ["failed"])
        item = queue()["items"][0]
        check("this machine itself" in item["reason"] and "secret" not in json.dumps(item), f"the refusal: {item}")
        check(any(json.loads(data)["items"] for _, event, data in stream if event), "no event told of it")
    else:
        check(added.status == 503, f"without a worker: {added.status}")
        made = {"ids": ["x"]}
    stream.close()
    number = made["ids"][0]
    check(change("POST", "/api/downloads", []).status == 400, "a list in place of an object")
    right = {"retry": 200, "pause": 409, "resume": 409, "cancel": 200} if with_worker else dict.fromkeys(
        ("retry", "pause", "resume", "cancel"), 503)
    for what, status in right.items():
        if what != "retry" and with_worker:
            until("it is over", lambda: queue()["items"][0]["state"] == "failed")
        answer = change("POST", ADDRESS + what, None, f"/api/downloads/{number}/{what}")
        check(answer.status == status, f"{what}: {answer.status} {answer.text()[:200]}")
        missing = change("POST", ADDRESS + what, None, f"/api/downloads/nobody/{what}").status
        check(missing == (404 if with_worker else 503), f"{what} of nobody: {missing}")
    good = 200 if with_worker else 503
    check(change("POST", "/api/downloads/order", {"ids": [number]}).status == good, "the order")
    check(change("POST", "/api/downloads/order", {"ids": 1}).status == 400, "an order that is none")
    for what in ("pause", "resume", "clear"):
        check(change("POST", "/api/downloads/" + what).status == good, what)
    until("the original's status is empty", lambda: compared(console, "GET", "/status").json() == {})
    check(change("POST", "/clear_completed").status == good, "the original's clearing")
    original_download(console, document, with_worker)
    keys(console, compared, change, volume, with_worker)


def original_download(console, document, with_worker):
    """A model of the catalogue, by a form as the original's page sent it."""
    def ask(body):
        answer = console.change("/download", body)
        document.compare("POST", "/download", answer)
        return answer

    entry = {"url": "http://127.0.0.1:9/model.safetensors", "name": "wan/model.safetensors", "directory": "loras"}
    check(console.change("/api/models/sets", json.dumps({"title": "Loaded"})).status == 201, "the set")
    made = console.change("/api/models/entries", json.dumps({"set": "loaded", "entry": entry})).json()
    check(ask("model_id=x").status == 400, "a form without a set")
    check(ask("model_id=none&model_set=loaded").status == 404, "a model that is none")
    check(ask(f"model_id={made['id']}&model_set=none").status == 404, "a set that is none")
    answer = ask(f"model_id={made['id']}&model_set=loaded")
    if with_worker:
        check(answer.json() == {"status": "started"}, f"the start: {answer.status} {answer.text()}")
        status = until("it is refused", lambda: [one for path, one in console.get("/status").json().items()
                                                if path.endswith("/models/loras/wan/model.safetensors") and one["status"] == "error"])
        check("this machine itself" in status[0]["error"] and status[0]["progress"] == 0, f"the original's fields: {status}")
        check(console.change("/clear_completed").json()["status"] == "cleared", "the original's clearing")
    else:
        check(answer.status == 503, f"without a worker: {answer.status}")
    check(console.change("/api/models/sets/loaded", method="DELETE").status == 200, "the set's end")


def keys(console, compared, change, volume, with_worker):
    address, good = "/api/keys/{name}", 200 if with_worker else 503
    check(change("PUT", address, {"key": "hf_key"}, "/api/keys/huggingface").status == good, "entering a key")
    if with_worker:
        check(change("PUT", address, {"key": "two words"}, "/api/keys/civitai").status == 400, "a key that is none")
        check(change("PUT", address, {"key": "k"}, "/api/keys/nobody").status == 404, "nobody's key")
        until("the key is there", lambda: console.get("/api/keys").json()["huggingface"]["source"] == "volume")
        kept = os.stat(volume + "/.tmplbuild/downloads/keys.json")
        check(stat.S_IMODE(kept.st_mode) == 0o600, "others may read the keys")
    check("hf_key" not in compared(console, "GET", "/api/keys").text(), "a key is told")
    check(change("DELETE", address, None, "/api/keys/huggingface").status == good, "withdrawing a key")
    if with_worker:
        check(change("DELETE", address, None, "/api/keys/huggingface").status == 404, "withdrawing none")
