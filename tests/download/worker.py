# SPDX-License-Identifier: Apache-2.0
"""Drives tmplbuild-download over its pipes, and the stand-in of the hubs, for the tests beside it."""

import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import urllib.request

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/fakes"))


class Hub:
    def __init__(self, size=300_000):
        self.process = subprocess.Popen(
            [sys.executable, "-B", SOURCE / "tests/fakes/hub.py", str(size)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        addresses = json.loads(self.process.stdout.readline())
        self.huggingface, self.civitai, self.store = (addresses[name] for name in ("huggingface", "civitai", "store"))

    def log(self):
        request = urllib.request.Request(self.store + "/_log", headers={"Accept-Encoding": "identity"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Worker:
    """One worker process; `program` is its command line. `command`: what starts that."""

    def __init__(self, program, volume, hub, command=(), stall=1, **variables):
        environment = {
            "PATH": os.environ["PATH"],
            "TMPLBUILD_VOLUME": str(volume),
            "CONSOLE_DOWNLOAD_PRIVATE": "1",
            **variables,
        }
        if hub:
            environment |= {"HF_ENDPOINT": hub.huggingface, "CIVITAI_ENDPOINT": hub.civitai}
        self.process = subprocess.Popen(
            [*command, *program, "--stall", str(stall)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        self.changed = threading.Condition()
        self.state, self.keys, self.answers, self.said, self.number = None, None, {}, [], 0
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            value = json.loads(line)
            with self.changed:
                self.said.append(line.decode())
                self.state, self.keys = value.get("state", self.state), value.get("keys", self.keys)
                if "answer" in value:
                    self.answers[value["answer"]] = value
                self.changed.notify_all()

    def until(self, what, seconds=15):
        """What `what` returns once that is true."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while not (found := what()):
                left = deadline - time.monotonic()
                if left <= 0 or not self.changed.wait(left):
                    raise AssertionError(f"waited {seconds} s: {json.dumps(self.state, indent=1)}")
            return found

    def ask(self, do, **more):
        self.number += 1
        number = self.number
        self.process.stdin.write(json.dumps({"do": do, "request": number, **more}).encode() + b"\n")
        self.process.stdin.flush()
        return self.until(lambda: self.answers.get(number))

    def add(self, url, directory="loras", **more):
        answer = self.ask("add", items=[{"url": url, "directory": directory, **more}])
        assert not answer.get("errors") and answer.get("ids"), answer
        return answer["ids"][0]

    def ask_of(self, do, number):
        """Asks it for one download, and waits until the state has it."""
        before = self.item(number)
        answer = self.ask(do, id=number)
        assert "done" in answer, answer
        self.until(lambda: self.item(number) != before)

    def item(self, number):
        return next((item for item in (self.state or {}).get("items", []) if item["id"] == number), {})

    def reaches(self, number, *states, seconds=15):
        return self.until(lambda: (item := self.item(number)) and item["state"] in states and item, seconds)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(10) == 0, self.process.returncode
