# SPDX-License-Identifier: Apache-2.0
"""The worker of downloads against a stand-in for Hugging Face and CivitAI: every way in which they go wrong.

    python3 check.py FOLDER PROGRAM [ARGUMENT...]

With the variable ROOT, the program runs in that root, where FOLDER is at its own path, too.
"""

import hashlib
import json
import os
import pathlib
import stat
import sys
import time

from worker import Hub, Worker  # it finds the stand-in, too
import hub as fake

folder, program, root = pathlib.Path(sys.argv[1]), sys.argv[2:], os.environ.get("ROOT", "")
volume = folder / "volume"
models = volume / "ComfyUI/models"


def check(what, why):
    if not what:
        raise AssertionError(why)


def says(item, *words):
    text = f"{item['reason']} | {item['hint']}"
    for word in words:
        check(word in text, f"not in '{text}': {word}")


def is_whole(file, name):
    check(file.read_bytes() == fake.content(name), f"{file} is not {name}")
    left = [one.name for one in file.parent.iterdir() if one.name.startswith(file.name + ".")]
    check(not left, f"beside {file} lies {left}")


def hub_files(worker, hub):
    """What ends well, however it begins."""
    page = "https://huggingface.co/org/{}/blob/main/{}?download=true"
    wanted = {}
    for name in ("good", "cut", "no-range", "stall", "stale-link", "limited", "busy", "no-such-range", "once"):
        wanted[name] = worker.add(page.format(name, name + ".safetensors"), f"loras/{name}")
    wanted["renamed"] = worker.add(hub.huggingface + "/org/renamed/resolve/main/renamed.safetensors", "loras/renamed")
    seen = {"stall": set(), "limited": set()}
    while True:
        items = {name: worker.item(number) for name, number in wanted.items()}
        for name, states in seen.items():
            if items[name]:
                states.add((items[name]["state"], items[name]["reason"]))
        check(sum(item["state"] in ("running", "verifying") for item in worker.state["items"]) <= 3, "more than three run")
        check(not any(item and item["state"] == "failed" for item in items.values()), json.dumps(items, indent=1))
        if all(item and item["state"] == "done" for item in items.values()):
            break
        time.sleep(0.05)
    for name, item in items.items():
        file = models / "loras" / name / (name + ".safetensors")
        is_whole(file, name + ".safetensors")
        check(item["sha256"] == fake.digest(name + ".safetensors"), item)
        check(item["path"] == str(file) and item["done_bytes"] == item["size"] == fake.SIZE, item)
        check("?" not in item["url"] and fake.COMMIT in item["url"], item["url"])
    check(any(state == "stalled" and "no byte came for 1 s" in reason for state, reason in seen["stall"]), seen["stall"])
    check(any(state == "waiting" and "asks to wait 2 s" in reason for state, reason in seen["limited"]), seen["limited"])
    requests = hub.log()["requests"]
    ranges = [asked for _, _, path, asked, _ in requests if path.startswith("/cut.safetensors") and asked]
    check(ranges == [f"bytes={fake.SIZE * part // 5}-" for part in (1, 2, 3)], ranges)
    check(any("/renamed" in path and key for _, _, path, _, key in requests), "the key did not go to the hub")


def hub_refusals(worker, hub):
    page = hub.huggingface + "/org/{}/resolve/main/{}.safetensors"
    cases = {
        "gated": ("gated", ["accept the terms"]),
        "private": ("private, or gated, or there is no such repository", []),
        "forbidden": ("status 403", ["Please enable access"]),
        "no-entry": ("no such file in this repository", []),
        "wrong": ("are not the file that is wanted", [fake.digest("wrong.safetensors"), "were removed"]),
        "html": ("a web page came", []),
        "broken-html": ("a web page came", []),
    }
    numbers = {name: worker.add(page.format(name, name), "vae") for name in cases}
    numbers["revision"] = worker.add(hub.huggingface + "/org/good/resolve/other/a.safetensors", "vae")
    numbers["sha"] = worker.add(page.format("good", "other"), "vae", sha256="ab" * 32)
    numbers["size"] = worker.add(page.format("good", "sized"), "vae", size=7)
    cases |= {"revision": ("no such branch", []), "sha": ("another file there", []), "size": ("7 are wanted", [])}
    for name, (reason, more) in cases.items():
        says(worker.reaches(numbers[name], "failed"), reason, *more)
    check(not list((models / "vae").glob("*.safetensors")), "something was called complete")
    # A small file comes from the hub itself.
    number = worker.add(hub.huggingface + "/org/small/resolve/main/config.json", "configs")
    worker.reaches(number, "done")
    check((models / "configs/config.json").read_bytes() == b'{"model_type": "small"}', "config.json is another")
    return numbers


def civitai(worker, hub):
    address = "https://civitai.com/api/download/models/{}"
    good = {
        1: worker.add("https://civitai.red/api/download/models/1?type=Model&token=secret-in-link"),
        3: worker.add(address.format(3) + "?fileId=9"),
        9: worker.add(address.format(9)),
        10: worker.add("https://civitai.com/models/77?modelVersionId=10"),
    }
    bad = {
        2: ["only to those who are signed in", "requires you to be logged in"],
        4: ["early access"],
        5: ["has removed this file"],
        6: ["only to those who are signed in"],
        7: ["a message came in place of the file", "Try later"],
        8: ["status 403", "You may not"],
    }
    numbers = {number: worker.add(address.format(number)) for number in bad}
    numbers[30] = worker.add(address.format(3))
    for number, identity in good.items():
        item = worker.reaches(identity, "done")
        check(item["name"] == f"model {number}.safetensors", item)
        is_whole(models / "loras" / item["name"], item["name"])
    for number, words in bad.items():
        says(worker.reaches(numbers[number], "failed"), *words)
    says(worker.reaches(numbers[30], "failed"), "no such file", "fileId=")
    return numbers[2]


def keys(worker, hub, gated, signed_in):
    check(worker.keys == {name: {"set": False, "source": ""} for name in ("huggingface", "civitai")}, worker.keys)
    check(worker.ask("set-key", name="huggingface", key="two words")["status"] == 400, "a bad key was taken")
    check(worker.ask("set-key", name="nobody", key="k")["status"] == 404, "nobody's key was taken")
    check(worker.ask("set-key", name="huggingface", key=fake.OTHER_HF_KEY)["done"] == "kept", "no key was kept")
    worker.ask_of("retry", gated)
    says(worker.reaches(gated, "failed"), "gated", "with the account that the key belongs to")
    worker.ask("set-key", name="huggingface", key=fake.HF_KEY)
    worker.ask("set-key", name="civitai", key=fake.CIVITAI_KEY)
    for number in (gated, signed_in):
        worker.ask_of("retry", number)
        worker.reaches(number, "done")
    kept = volume / ".tmplbuild/downloads/keys.json"
    check(stat.S_IMODE(kept.stat().st_mode) == 0o600 and fake.HF_KEY in kept.read_text(), "the keys are not kept")
    check(worker.keys["civitai"] == {"set": True, "source": "volume"}, worker.keys)
    check(worker.ask("withdraw-key", name="civitai")["done"] == "withdrawn", "the key was not withdrawn")
    check(worker.ask("withdraw-key", name="civitai")["status"] == 404, "a key was withdrawn twice")


def others(worker, hub):
    plain = hub.store + "/plain/"
    named = worker.add(plain + "named", "upscale_models")
    late = worker.add(plain + "late", "clip")
    # What is replaced at its server after a cut: no mix of two versions is called done.
    replaced = {name: worker.add(plain + name, "clip") for name in ("changing", "untagged", "weak", "dated", "changing-size")}
    cut = worker.add(plain + "unsized-cut", "clip", size=fake.SIZE)
    file = worker.add(plain + "good?signature=secret", None, path=str(models / "vae/mine.pt"))
    bad = {name: worker.add(plain + name, "unet") for name in ("to-metadata", "round", "gone", "login")}
    check(worker.reaches(named, "done")["name"] == "été.bin", worker.item(named))
    is_whole(models / "upscale_models/été.bin", "named")
    worker.reaches(late, "done")
    for name, number in replaced.items():
        worker.reaches(number, "done")
        if name != "changing-size":
            is_whole(models / "clip" / name, name)
    check((models / "clip/changing-size").read_bytes() == fake.content("changing-size") + b"longer", "it is of two versions")
    check(worker.item(cut)["state"] != "done", "a file that ended early is called done")
    worker.ask("cancel", id=cut)
    worker.reaches(file, "done")
    is_whole(models / "vae/mine.pt", "good")
    for name, word in {"to-metadata": "is not asked", "round": "without end", "gone": "no such file", "login": "a web page"}.items():
        says(worker.reaches(bad[name], "failed"), word)
    outside = folder / "outside"
    outside.mkdir()
    (models / "linked").symlink_to(outside)
    for order, word in {
        json.dumps({"url": plain + "good", "directory": "../../.."}): "no folder that files may go to",
        json.dumps({"url": plain + "good", "path": "/etc/cron.d/x"}): "lies neither in",
        json.dumps({"url": plain + "good", "path": str(volume) + "X/y"}): "lies neither in",
        json.dumps({"url": plain + "good", "path": ".tmplbuild/console/password"}): "no folder",
        json.dumps({"url": plain + "good", "directory": "linked"}): "a link leads out",
        json.dumps({"url": plain + "good", "directory": "loras", "name": "../x"}): "no folder that files may go to",
        json.dumps({"url": plain + "good", "directory": "loras", "name": "a\\b"}): "no file can be called so",
        json.dumps({"url": plain + "good", "path": str(models / "vae/mine.pt")}): "of this name already",
        json.dumps({"url": "file:///etc/passwd", "directory": "loras"}): "no http or https",
        json.dumps({"url": "http://user:word@host/x", "directory": "loras"}): "name or password",
        json.dumps({"url": "https://huggingface.co/org/model", "directory": "loras"}): "is a page",
        json.dumps({"url": plain + "good", "directory": "loras", "sha256": "12"}): "no SHA-256",
        json.dumps({"url": plain + "good", "directory": "loras", "size": -1}): "no whole number",
    }.items():
        errors = worker.ask("add", items=[json.loads(order)])["errors"]
        check(len(errors) == 1 and word in errors[0]["error"], f"{order}: {errors}")
    check(not list(outside.iterdir()), "something was written outside")


def commands(worker, hub):
    """Pause, resume, order, cancel, and a worker that is killed."""
    worker.ask("clear")
    check(worker.until(lambda: worker.state["items"] == [] or None) or True, worker.state)
    page = hub.huggingface + "/org/slow/resolve/main/{}"
    numbers = [worker.add(page.format(f"{name}.gguf"), "unet") for name in "abcde"]
    worker.until(lambda: sum(worker.item(n).get("done_bytes", 0) > 10_000 for n in numbers[:3]) == 3)
    check([worker.item(n)["state"] for n in numbers] == ["running"] * 3 + ["waiting"] * 2, worker.state)
    check(worker.ask("resume", id=numbers[0])["status"] == 409, "what runs was resumed")
    check(worker.ask("pause", id="nobody")["status"] == 404, "nobody was paused")
    check(worker.ask("order", ids=[numbers[4], numbers[3]])["done"] == "ordered", "it was not ordered")
    worker.ask_of("pause", numbers[0])
    worker.until(lambda: worker.item(numbers[4])["state"] == "running")
    check(worker.item(numbers[3])["state"] == "waiting", "the order is not kept")
    part = models / f"unet/b.gguf.{numbers[1]}.tmplbuild-part"
    check(part.exists() and not (models / "unet/b.gguf").exists(), "the part has no name of its own")
    worker.ask("cancel", id=numbers[1])
    worker.reaches(numbers[1], "cancelled")
    worker.until(lambda: not part.exists() or None, 3)
    worker.kill()
    check(not list((models / "unet").glob("*.gguf")), "something was called complete")
    return numbers


def after_restart(worker, hub, numbers):
    check(worker.reaches(numbers[0], "paused")["done_bytes"] > 10_000, worker.item(numbers[0]))
    check(worker.ask("resume")["done"] == "resume", "nothing was resumed")
    for number in [*numbers[2:], numbers[0]]:
        worker.reaches(number, "done")
    for name in "acde":
        is_whole(models / f"unet/{name}.gguf", f"{name}.gguf")
    again = [path for _, _, path, asked, _ in hub.log()["requests"] if asked and path.startswith("/c.gguf")]
    check(len(again) == 1, "it was not resumed by range")


def two_and_private(hub):
    """Another pod on the same volume, and loopback where that is not allowed."""
    second = Worker(program, volume, hub)
    second.until(lambda: second.state and second.state["state"] == "off" and "another pod" in second.state["reason"])
    check(second.ask("clear")["status"] == 503, "the second one obeys")
    second.end()
    (folder / "other").mkdir()
    strict = Worker(program, folder / "other", hub, CONSOLE_DOWNLOAD_PRIVATE="", HF_TOKEN="hf_env")
    number = strict.add(hub.store + "/plain/good", "loras")
    says(strict.reaches(number, "failed"), "leads to this machine itself", "CONSOLE_DOWNLOAD_PRIVATE=1")
    check(strict.keys["huggingface"] == {"set": True, "source": "environment"}, strict.keys)
    check(strict.ask("set-key", name="huggingface", key="k")["status"] == 400, "a key hides behind the environment's")
    strict.end()


def full_volume(hub):
    """Sizes are looked at before, and a volume that is full while it is written is said so."""
    if os.geteuid() != 0:
        return print("skipped: a full volume needs the right to mount")
    small = folder / "small"
    small.mkdir()
    script = f"mount -t tmpfs -o size=200k none {root}{small} && exec \"$@\""
    worker = Worker(program, small, hub, command=["unshare", "-m", "sh", "-c", script, "sh"])
    number = worker.add(hub.huggingface + "/org/good/resolve/main/large.safetensors")
    says(worker.reaches(number, "paused"), "needs 300.0 kB more", "is not needed, then resume")
    other = worker.add(hub.store + "/plain/unsized", "vae", name="endless.bin")
    says(worker.reaches(other, "paused"), "the volume is full")
    worker.kill()


def timed(test, *arguments):
    since = time.monotonic()
    out = test(*arguments)
    print(f"{test.__name__}: {time.monotonic() - since:.1f} s")
    return out


def main():
    volume.mkdir(parents=True)
    hub = Hub()
    fake.SIZE = 300_000
    worker = Worker(program, volume, hub)
    worker.until(lambda: worker.state and worker.state["state"] == "ok")
    refused = timed(hub_refusals, worker, hub)
    signed_in = timed(civitai, worker, hub)
    timed(keys, worker, hub, refused["gated"], signed_in)
    timed(hub_files, worker, hub)
    timed(others, worker, hub)
    said = "".join(worker.said)
    numbers = timed(commands, worker, hub)
    worker = Worker(program, volume, hub)
    timed(after_restart, worker, hub, numbers)
    timed(two_and_private, hub)
    timed(full_volume, hub)
    worker.end()
    log = hub.log()
    check(not log["wrong"], "\n".join(log["wrong"]))
    for secret in ("hf_good_key", "civitai_good_key", "secret", "X-Amz-Signature"):
        check(secret not in said, f"the worker told {secret}")
    record = (volume / ".tmplbuild/downloads/queue.json").read_text()
    check("key" not in json.dumps(json.loads(record)) and "secret-in-link" not in record, "the record has a key")
    hub.end()


main()
