# SPDX-License-Identifier: Apache-2.0
"""The calculator's routes of the stand-in: the command wan-plan of this build answers, since page and command are to say the same."""
import json
import os
import re
import subprocess
from pathlib import Path

OPTIONS = {"model": "--model", "frames": "--frames", "duration": "--duration", "fps": "--fps", "max_frames": "--max-frames", "overlap": "--overlap",
           "width": "--width", "height": "--height", "steps": "--steps", "attention_speed": "--attention-speed", "gpu": "--gpu"}
# Which field the command's words are about.
FIELDS = [("a video has", "frames"), ("at least, not", "max_frames"), ("can share", "overlap"), ("'width'", "width"), ("'height'", "height"),
          ("video model", "model"), ("'fps'", "fps"), ("'attention_speed'", "attention_speed")]


def wan_plan(*arguments):
    program = Path(os.environ["TMPLBUILD_BIN"]) / "tmplbuild"
    return subprocess.run([program, "wan-plan", *arguments, "--json"], capture_output=True, text=True, check=False)


class Video:
    gpus = [{"name": "H100 SXM", "memory_bytes": 80_000_000_000}, {"name": "RTX 4090", "memory_bytes": 24_000_000_000}]

    def __init__(self):
        self.pod_gpu = "RTX 4090"
        self.queries = []

    def state(self):
        return {"models": json.loads(wan_plan("--models").stdout), "gpus": self.gpus, "pod_gpu": self.pod_gpu}

    def take(self, handler, method, path, query, _body):
        if (method, path) == ("GET", "/video-calculator"):
            handler.page("video.html", state=self.state())
        elif (method, path) == ("GET", "/api/video-models"):
            handler.answer_json(self.state())
        elif (method, path) == ("GET", "/api/video-plan"):
            self.plan(handler, query)
        else:
            return False
        return True

    def plan(self, handler, query):
        self.queries.append(query)
        unknown = set(query) - set(OPTIONS) - {"guided"}
        if unknown:
            handler.answer_json({"error": {"message": f"there is no field {unknown}", "hint": "", "field": ""}}, 400)
            return
        made = wan_plan(*(word for name, value in query.items() if name in OPTIONS for word in (OPTIONS[name], value)))
        if made.returncode == 0:
            handler.answer(200, made.stdout, "application/json")
            return
        message = re.search(r"error: (.*)", made.stderr)
        message = message[1] if message else made.stderr.strip()
        hint = re.search(r"hint: (.*)", made.stderr)
        field = next((field for words, field in FIELDS if words in message), "")
        handler.answer_json({"error": {"message": message, "hint": hint[1] if hint else "", "field": field}}, 400)
