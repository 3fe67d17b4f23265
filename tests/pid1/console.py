# SPDX-License-Identifier: Apache-2.0
"""Drives the console of the pod that console.sh started: signing in, the view, events, logs, changes, tokens, and every
path of the API's document. Arguments: the run folder, the password, the document, and "with" or "without" the bundles of
the GPU's probe and of the downloads."""
import json
import os
import subprocess
import sys
import urllib.parse

import console_downloads
from console_client import Console, Document, check, until
from console_files import drive_files

folder, password, document, with_gpu = sys.argv[1], sys.argv[2], Document(sys.argv[3]), sys.argv[4] == "with"
nobody, console = Console(folder), Console(folder)


def compared(visitor, method, path, target=None, body=None):
    target = target or path
    answer = visitor.get(target) if method == "GET" else visitor.change(target, body, method)
    document.compare(method, path, answer)
    return answer


def wan_plan(*arguments):
    program = os.path.join(os.environ["TMPLBUILD_BIN"], "tmplbuild")
    return subprocess.run([program, "wan-plan", *arguments, "--json"], capture_output=True, text=True, check=False)


def drive_video_plans(models):
    """How many plans were compared with the command's."""
    table = [{"model": model["id"], "frames": frames, "overlap": overlap} for model in models for overlap in (1, 16)
             for frames in (1, model["frames"], model["frames"] + 1)]
    table += [{"frames": 200, "overlap": 8, "max_frames": 81}, {"duration": 30, "gpu": "RTX 4090", "width": 832, "height": 480, "attention_speed": 2},
              {"frames": 200, "max_frames": 80}, {"frames": 0}, {"frames": 200, "model": "wan"}, {"frames": 200, "overlap": 81}]
    for wish in table:
        answer = compared(console, "GET", "/api/video-plan", "/api/video-plan?" + urllib.parse.urlencode(wish))
        made = wan_plan(*(word for name, value in wish.items() for word in ("--" + name.replace("_", "-"), str(value))))
        if made.returncode == 0:
            check(answer.status == 200 and answer.json() == json.loads(made.stdout), f"the plan of {wish}: {answer.body[:300]}")
        else:
            check(answer.status == 400 and answer.json()["error"]["message"] in made.stderr, f"the error of {wish}: {answer.body[:300]}")
    return len(table)


def drive_models():
    """Each address of the catalogue, with what goes wrong there."""
    def ask(method, path, status, target=None, body=None):
        answer = compared(console, method, path, target, None if body is None else json.dumps(body))
        check(answer.status == status, f"{method} {target or path}: {answer.status} {answer.body[:300]}")
        return answer

    link = "https://huggingface.co/o/my-lora/blob/main/New.safetensors?download=true"
    entry, one_set = "/api/models/entries/{id}", "/api/models/sets/{name}"
    check(ask("POST", "/api/models/sets", 201, body={"title": "My set"}).json() == {"name": "my-set"}, "the set's name")
    ask("POST", "/api/models/sets", 409, body={"name": "my-set"})
    made = ask("POST", "/api/models/entries", 201, body={"set": "my-set", "entry": {"url": link}}).json()
    check(made == {"id": "new", "set": "my-set"}, f"the entry: {made}")
    ask("POST", "/api/models/entries", 400, body={"set": "my-set", "entry": {"url": "https://civitai.com/models/1"}})
    ask("POST", entry, 200, "/api/models/entries/new", {"entry": {"title": "Words", "size": 5}})
    ask("POST", entry, 404, "/api/models/entries/none", {})
    ask("POST", one_set, 200, "/api/models/sets/my-set", {"position": 0})
    model = os.path.join(os.environ["TMPLBUILD_VOLUME"], "ComfyUI/models/loras/New.safetensors")
    os.makedirs(os.path.dirname(model))
    with open(model, "w", encoding="ascii") as file:
        file.write("hello")
    answer = ask("GET", "/api/models", 200).json()
    check(answer["sets"][0]["entries"][0]["state"] == "there", f"the model: {answer['sets']}")
    check(answer["sets"][0]["entries"][0]["at"] == model, f"its place: {answer['sets']}")
    lines = ask("POST", "/api/models/hash", 200, body={"path": model}).text().splitlines()
    check(json.loads(lines[-1])["sha256"].startswith("2cf24dba"), f"the digest: {lines}")
    ask("POST", "/api/models/hash", 404, body={"path": "/etc/passwd"})
    workflow = {"nodes": [{"type": "LoraLoader", "widgets_values": ["New.safetensors"]}, {"type": "VAELoader", "widgets_values": ["v.safetensors"]}]}
    needs = ask("POST", "/api/models/check", 200, body=workflow).json()
    check([one["state"] for one in needs["models"]] == ["there", "missing"], f"the workflow: {needs}")
    ask("POST", "/api/models/check", 422, body={})
    ask("POST", "/api/models/check", 403, "/api/models/check?from=volume", {"path": "/etc/passwd"})
    links = ask("POST", "/api/models/links", 200, body={"text": link}).json()["entries"]
    check(links[0]["directory"] == "loras" and links[0]["url"].endswith("/resolve/main/New.safetensors"), f"the link: {links}")
    check("new" in ask("GET", "/get_model_configs", 200).json()["my-set"], "the original's list")
    ask("POST", "/add_model", 200, body={"model_set": "my-set", "model_name": "Old", "model_info": {"url": link, "path": "vae", "description": "d"}})
    ask("POST", "/edit_model", 200, body={"model_set": "my-set", "model_id": "old", "model_info": {"description": "e"}})
    ask("POST", "/delete_model", 200, body={"model_set": "my-set", "model_id": "old"})
    ask("POST", "/reload_config", 200, body={})
    check(ask("GET", "/debug_config", 200).json()["model_sets"] == {"my-set": 1}, "the original's view")
    ask("DELETE", entry, 200, "/api/models/entries/new")
    ask("DELETE", one_set, 200, "/api/models/sets/my-set")
    check(console.ask("POST", "/api/models/sets", "{}", {"Origin": "http://localhost:8765"}).status == 403, "a set without a CSRF token")
    check(nobody.ask("GET", "/api/models").status == 401, "the catalogue without a login")


def view():
    return console.get("/api/installation-status").json()


def service(name):
    return next(one for one in view()["services"] if one["name"] == name)


check(compared(nobody, "GET", "/healthz").json() == {"status": "ok"}, "/healthz tells more than that it is there")
check(compared(nobody, "GET", "/api/installation-status").status == 401, "the status without a login")
check(nobody.ask("POST", "/sign-in", "password=wrong", {"Origin": "http://localhost:8765"}).status == 403, "a wrong password")
console.sign_in(password)

until("the launcher is asked", lambda: view()["launcher"]["state"] == "connected")
status = compared(console, "GET", "/api/installation-status").json()
check(status["pod"]["name"] == "test" and status["launcher"]["state"] == "connected", f"the pod: {status['pod']}")
until("the web service is ready", lambda: service("web")["ready"])
check(service("web")["url"] == "http://localhost:8188/", f"web's link: {service('web')['url']}")
check(service("ssh")["url"] is None, "SSH is no page")
check(view()["processes"] == {"console": True, "web": True, "ssh": True}, "processes")

# Figures of the GPU and the volume come from children, a moment later.
if with_gpu:
    until("the GPU's use is known", lambda: [g["load_percent"] for g in view()["gpus"]] == [37])
    check(view()["gpus"][0]["memory_used_bytes"] == (24 << 30) * 37 // 100, "the GPU's memory")
until("the volume is ok", lambda: view()["volume"]["state"] == "ok")
check(view()["host"]["pids_max"] == 300 and "pids.max" in view()["host"]["warnings"][-1], f"host: {view()['host']}")
check(view()["memory"]["used_bytes"] == 50_000_000, "memory")

# Events: the state at once, then each change; an id that is still the newest is not sent again.
page = console.get("/installation-status")
check('id="state"' in page.text() and "</script" in page.text(), "the page holds no state")
stream = console.events("/api/events")
first_id, event, data = next(stream)
check(event == "state" and json.loads(data)["pod"]["name"] == "test", f"the first event: {event} {data[:100]}")
document.driven.add(("get", "/api/events"))
before = service("web")["restarts"], service("web")["since"]
check(compared(console, "POST", "/api/services/{name}/restart", "/api/services/web/restart").status == 200, "the restart")
for last_id, event, data in stream:
    web = next((one for one in json.loads(data)["services"] if one["name"] == "web"), None) if event else None
    if web and web["ready"] and web["since"] > before[1]:
        break
else:
    raise SystemExit("FAILED: no event told of the restart")
check(first_id != last_id, "two states have one id")
stream.close()

# Logs.
check("web is up" in compared(console, "GET", "/api/logs/{name}", "/api/logs/web?lines=5").text(), "the log of web")
check(compared(console, "GET", "/api/logs/{name}", "/api/logs/nobody").status == 404, "the log of nobody")
follow = console.events("/api/logs/web/follow")
check("web is up" in next(follow)[2], "following begins with the latest lines")
document.driven.add(("get", "/api/logs/{name}/follow"))
check(console.change("/api/services/web/restart").status == 200, "the second restart")
check(any("web is up" in data for _, event, data in follow if event == "lines"), "the log was not followed")
follow.close()

# Changes: what cannot be is said; the way in cannot be stopped from here.
check(compared(console, "POST", "/api/services/{name}/stop", "/api/services/web/stop").status == 200, "the stop")
until("web is stopped", lambda: service("web")["state"] == "stopped")
check(compared(console, "POST", "/api/services/{name}/start", "/api/services/web/start").status == 200, "the start")
check(compared(console, "POST", "/api/services/{name}/stop", "/api/services/console/stop").status == 409, "the console's stop")
check(compared(console, "POST", "/api/services/{name}/start", "/api/services/nobody/start").status == 404, "nobody's start")
for what in ("retry", "off"):
    check(compared(console, "POST", "/api/kernels/{name}/" + what, f"/api/kernels/nobody/{what}").status == 404, what)
check(console.ask("POST", "/api/services/web/restart", headers={"Origin": "http://localhost:8765"}).status == 403, "without a CSRF token")
check(console.ask("POST", "/api/services/web/restart", headers={"X-CSRF-Token": console.csrf}).status == 403, "without an origin")

# Tokens are kept on the volume.
made = compared(console, "POST", "/api/tokens", body='{"name":"script"}').json()
check(made["notice"] == "", f"the token is not kept: {made['notice']}")
check(compared(console, "POST", "/api/tokens", body='{"name":""}').status == 400, "a token without a name")
script = Console(folder)
script.headers["Authorization"] = "Bearer " + made["token"]
tokens = compared(script, "GET", "/api/tokens").json()["tokens"]
check([one["name"] for one in tokens] == ["script"] and tokens[0]["used"], f"the tokens: {tokens}")
devices = compared(script, "GET", "/api/capabilities").json()["gpu"]["devices"]
check([one["name"] for one in devices] == ["NVIDIA GeForce RTX 3090"] * with_gpu, f"the GPUs: {devices}")
check(compared(script, "GET", "/api/openapi.json").json() == document.root, "the document is another one")
metrics = compared(script, "GET", "/metrics").text()
check(("tmplbuild_gpu_load_percent{gpu=\"0\"} 37\n" in metrics) == with_gpu, f"metrics: {metrics}")

# The calculator says what the command says, for every model, its edges and what goes wrong.
models = compared(console, "GET", "/api/video-models").json()
check(models["pod_gpu"] == ("RTX 3090" if with_gpu else None), f"the pod's GPU: {models['pod_gpu']}")
check(models["models"] == json.loads(wan_plan("--models").stdout), "the models are others than the command's")
check(drive_video_plans(models["models"]) > 60, "few plans were compared")

drive_models()
console_downloads.drive(console, compared, document, os.path.join(os.path.dirname(folder), "volume"), with_gpu)
# The volume's files, by every route.
drive_files(document, console, os.path.join(os.path.dirname(folder), "volume"))

# A restart of the console: sessions and tokens are there as before.
check(console.change("/api/services/console/restart").status == 200, "the console's restart")


def answers():
    try:
        return console.get("/api/installation-status").status == 200 and script.get("/api/tokens").status == 200
    except OSError:
        return False


until("the console is back with its session and token", answers)
check(compared(script, "DELETE", "/api/tokens/{id}", "/api/tokens/" + made["id"]).status == 200, "the token's end")
check(compared(script, "DELETE", "/api/tokens/{id}", "/api/tokens/" + made["id"]).status == 401, "a token that was withdrawn")

# Everybody is signed out, and who listens hears no more.
stream = console.events("/api/events")
next(stream)
check(compared(console, "POST", "/api/sessions/end").status == 200, "signing out everywhere")
check(all(event in (None, "state") for _, event, _ in stream), "the stream's end")
check(console.get("/api/installation-status").status == 401, "a session that was ended")
console.sign_in(password)

# What is no request, or too long a one, is refused in words.
connection = console.connection()
connection.sock.sendall(b"nonsense\r\n\r\n")
check(b" 400 " in connection.sock.recv(100), "nonsense is no 400")
check(console.get("/x", headers={"X-Long": "x" * 70_000}).status == 431, "a long header")
check(console.ask("POST", "/sign-in", "x" * 100_000, {"Origin": "http://localhost:8765"}).status == 413, "a long body")
document.check_all_driven()
print("ok")
