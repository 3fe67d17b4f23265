# SPDX-License-Identifier: Apache-2.0
"""The models' and downloads' routes of the stand-in: a catalogue and a queue in memory, over the files of its volume. It
refuses what it does not know; a test moves downloads on by hand."""
import json
import posixpath
import re
import secrets

from stand_in_channel import Channel
from stand_in_files import NOW, Refused, fields

GIB = 1 << 30
ROOT = "/workspace/ComfyUI/models"
KINDS = ["checkpoints", "diffusion_models", "loras", "text_encoders", "vae"]
HF = "https://huggingface.co"


def entry(name, directory, size, **more):
    key = re.sub(r"[^a-z0-9]+", "-", name.rsplit(".", 1)[0].lower())
    return {"id": key, "name": name, "title": "", "url": f"{HF}/Comfy-Org/{key}/resolve/main/{name}", "directory": directory, "size": size, "about_bytes": None,
            "sha256": "ab" * 32, "commit": None, "licence": "apache-2.0", "link": f"{HF}/Comfy-Org/{key}", "memory_bytes": None, "gated": False, **more}


def usual_sets():
    return [
        {"name": "wan22", "title": "Wan 2.2 image to video", "entries": [
            entry("wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors", "diffusion_models", 14 * GIB, title="Wan 2.2 I2V, high noise", memory_bytes=20_000_000_000),
            entry("wan2.2_i2v_low_noise_14B_fp8_scaled.safetensors", "diffusion_models", 14 * GIB, title="Wan 2.2 I2V, low noise", memory_bytes=20_000_000_000),
            entry("umt5_xxl_fp8_e4m3fn_scaled.safetensors", "text_encoders", 6 * GIB), entry("wan_2.1_vae.safetensors", "vae", 254_000_000)]},
        {"name": "qwen-image", "title": "Qwen-Image", "entries": [
            entry("qwen_image_fp8_e4m3fn.safetensors", "diffusion_models", 20 * GIB, memory_bytes=28_000_000_000),
            entry("qwen_2.5_vl_7b.safetensors", "text_encoders", 9 * GIB, licence="")]},
    ]


class Models:
    def __init__(self, files):
        self.files = files
        self.sizes = {}  # of the model files on the volume, which are too large to be real
        self.hashes = {}
        self.sets = usual_sets()
        self.warnings, self.problems, self.needs, self.unknown_nodes = [], [], [], []
        self.keys = {"huggingface": {"set": False, "source": ""}, "civitai": {"set": True, "source": "environment"}}
        self.items, self.state, self.reason = [], "ok", ""
        self.free, self.source = 61 * GIB, "file system"
        self.channel = Channel()
        self.checked, self.given_keys = [], []
        self.is_away = False

    def put(self, directory, name, size):
        self.sizes[f"{ROOT}/{directory}/{name}"] = size
        self.files.put(f"{ROOT}/{directory}/{name}", b"model")

    def found(self, one):
        """state and at of what is wanted: by its place and size."""
        path = f"{ROOT}/{one['directory']}/{one['name']}"
        at = [known for known in self.sizes if known in self.files.nodes and posixpath.basename(known) == posixpath.basename(one["name"])]
        if path in at:
            state = "unknown" if one["size"] is None else "there" if one["size"] == self.sizes[path] else "differs"
            return {"state": state, "at": path, "choices": []}
        if at:
            return {"state": "misplaced", "at": at[0], "choices": at}
        return {"state": "missing", "at": None, "choices": []}

    def view(self):
        return {"state": self.state, "reason": self.reason, "active_limit": 3, "volume": {"free_bytes": self.free, "total_bytes": self.free and 100 * GIB, "source": self.source},
                "items": self.items}

    def event(self):
        return f"event: downloads\ndata: {json.dumps(self.view())}\n\n".encode()

    def tell(self, name=None, **change):
        """Changes a download, and tells all who listen."""
        for one in self.items:
            if one["name"] == name:
                one.update(change)
        self.channel.send(self.event())

    def arrive(self, name):
        item = next(one for one in self.items if one["name"] == name)
        self.put(item["directory"], name, item["size"])
        self.tell(name, state="done", done_bytes=item["size"], speed=0, finished=NOW * 1000)

    def take(self, handler, method, path, query, body):
        if (method, path) == ("GET", "/"):
            handler.page("models.html")
            return True
        words = path.split("/")
        if words[:2] != ["", "api"] or words[2] not in ("models", "downloads", "keys"):
            return False
        try:
            if self.is_away:
                raise Refused(504, "the volume did not answer within 10 s")
            status, answer = getattr(self, words[2] + "_route")(handler, method, words[3:], query, body)
        except Refused as refused:
            handler.answer_json(refused.answer, refused.status)
            return True
        if status:
            handler.answer_json(answer, status)
        return True

    # --- the catalogue -----------------------------------------------------------------------------------------------
    def models_route(self, handler, method, words, query, body):
        if (method, words) == ("GET", []):
            sets = [{**one, "own": False, "entries": [{**each, "own": False, **self.found(each)} for each in one["entries"]]} for one in self.sets]
            return 200, {"sets": sets, "folders": [{"kind": kind, "paths": [f"{ROOT}/{kind}"]} for kind in KINDS], "warnings": self.warnings, "problems": self.problems,
                         "files": len(self.sizes), "complete": True}
        if (method, words) == ("POST", ["check"]):
            return 200, self.check(query, body)
        if (method, words) == ("POST", ["hash"]):
            path = self.files.known(fields(json.loads(body), ["path"])["path"])
            handler.answer(200, json.dumps({"done": 1, "total": 5}) + "\n" + json.dumps({"done": 5, "total": 5, "sha256": self.hashes.get(path, "ab" * 32)}) + "\n", "application/x-ndjson")
            return None, None
        if (method, words) == ("POST", ["links"]):
            return 200, {"entries": [self.link(one) for one in fields(json.loads(body), ["text"])["text"].split()]}
        if words and words[0] in ("entries", "sets"):
            return self.change(method, words, None if method == "DELETE" else json.loads(body))
        raise Refused(404, "there is no such address")

    def check(self, query, body):
        if query.get("from") == "volume":
            path = self.files.known(fields(json.loads(body), ["path"])["path"])
            name, data = posixpath.basename(path), self.files.nodes[path]
        else:
            name, data = query["name"], body
        self.checked.append(name)
        if b"workflow" not in data:
            raise Refused(422, f"'{name}' carries no workflow", "drop the JSON, or a picture that ComfyUI saved")
        return {"workflow": name, "models": [{**one, **self.found(one)} for one in self.needs], "nodes_unknown": self.unknown_nodes}

    @staticmethod
    def link(given):
        if not given.startswith("https://"):
            return {"given": given, "url": None, "name": "", "directory": "", "reason": "", "token_removed": False, "problem": "this is no link", "hint": "copy the whole address"}
        url = given.replace("/blob/", "/resolve/")
        name = posixpath.basename(url)
        out = {"given": given, "url": url, "name": name, "directory": "loras" if "lora" in name else "", "reason": "its name says lora" if "lora" in name else "", "token_removed": False}
        return {**out, "other_half": url.replace("high", "low")} if "high" in name else out

    def set_of(self, name):
        found = [one for one in self.sets if one["name"] == name]
        if not found:
            raise Refused(404, f"there is no set '{name}'")
        return found[0]

    def change(self, method, words, body):
        kind, key = words[0], words[1] if len(words) > 1 else None
        if kind == "sets" and method == "POST" and key is None:
            self.sets.append({"name": re.sub(r"\W+", "-", fields(body, ["title"], ["name"])["title"].lower()), "title": body["title"], "entries": []})
            return 201, {"name": self.sets[-1]["name"]}
        if kind == "sets":
            one = self.set_of(key)
            if method == "DELETE":
                self.sets.remove(one)
            else:
                one["title"] = fields(body, [], ["title", "position"])["title"]
            return 200, {"success": True}
        if key is None:
            known = {"title", "url", "name", "licence", "link", "sha256", "directory", "size"}
            values = fields(fields(body, ["set", "entry"])["entry"], ["url", "directory"], known)
            made = entry(values.get("name") or posixpath.basename(values["url"]), values["directory"], values.get("size"))
            self.set_of(body["set"])["entries"].append({**made, **values, "name": made["name"]})
            return 201, {"id": made["id"], "set": body["set"]}
        home, one = next(((each, one) for each in self.sets for one in each["entries"] if one["id"] == key), (None, None))
        if home is None:
            raise Refused(404, f"there is no entry '{key}'")
        if method == "DELETE":
            home["entries"].remove(one)
        else:
            fields(body, [], ["set", "entry"])
            one.update(body.get("entry", {}))
            if "set" in body:
                to = self.set_of(body["set"])
                home["entries"].remove(one)
                to["entries"].append(one)
        return 200, {"success": True}

    # --- downloads and keys ------------------------------------------------------------------------------------------
    def downloads_route(self, handler, method, words, _query, body):
        if (method, words) == ("GET", []):
            return 200, self.view()
        if (method, words) == ("GET", ["events"]):
            if handler.pod.stream_broken:
                raise Refused(503, "no stream")
            handler.stream(self.channel, [self.event()])
            return None, None
        if (method, words) == ("POST", []):
            return 200, self.add(fields(json.loads(body), ["items"])["items"])
        self.command(words, json.loads(body) if body else {})
        self.channel.send(self.event())
        return 200, {"done": True}

    def add(self, wishes):
        ids, errors = [], []
        for one in wishes:
            fields(one, ["url", "directory"], ["name", "sha256", "size", "set"])
            if "gated" in one["url"]:
                errors.append({"url": one["url"], "error": "this model is gated", "hint": "accept its licence on huggingface.co, then enter your key"})
                continue
            name = one.get("name") or posixpath.basename(one["url"])
            self.items.append({"id": secrets.token_hex(4), "url": one["url"], "host": one["url"].split("/")[2], "name": name, "directory": one["directory"],
                               "path": f"{ROOT}/{one['directory']}/{name}", "size": one.get("size"), "done_bytes": 0, "speed": 0, "seconds_left": None, "state": "waiting", "reason": "",
                               "hint": "", "set": one.get("set", ""), "sha256": one.get("sha256", ""), "added": NOW * 1000, "finished": 0, "tries": 0})
            ids.append(self.items[-1]["id"])
        self.channel.send(self.event())
        return {"ids": ids, "errors": errors}

    def command(self, words, body):
        after = {"pause": "paused", "resume": "waiting", "cancel": "cancelled", "retry": "waiting"}
        if words == ["order"]:
            ids = fields(body, ["ids"])["ids"]
            self.items.sort(key=lambda one: ids.index(one["id"]) if one["id"] in ids else len(ids))
        elif words == ["clear"]:
            self.items = [one for one in self.items if one["state"] not in ("done", "failed", "cancelled")]
        elif words in (["pause"], ["resume"]):
            for one in self.items:
                if one["state"] not in ("done", "failed", "cancelled"):
                    one["state"] = after[words[0]]
        elif len(words) == 2 and words[1] in after:
            one = next((one for one in self.items if one["id"] == words[0]), None)
            if one is None:
                raise Refused(404, "there is no such download")
            one.update(state=after[words[1]], reason="", hint="")
        else:
            raise Refused(404, "there is no such address")

    def keys_route(self, handler, method, words, _query, _body):
        if method == "PUT":
            self.given_keys.append((words[0], fields(json.loads(handler.body()), ["key"])["key"]))
            self.keys[words[0]] = {"set": True, "source": "volume"}
        elif method == "DELETE":
            self.keys[words[0]] = {"set": False, "source": ""}
        return 200, self.keys
