# SPDX-License-Identifier: Apache-2.0
"""What tests/gpu/run found out, part by part: shown while it runs, written as JSON and as docs/hardware.md, and the exit
code. A part that checked nothing is never good."""

import re
import time

GOOD, FAILED, SKIPPED = "good", "FAILED", "skipped"


class Skip(Exception):
    """A part, or what is left of it, cannot be done here; the words say what is missing."""


class Failure(Exception):
    """What was checked is not as it should be; the words say how."""


class Part:
    def __init__(self, title):
        self.title, self.lines, self.tables = title, [], []
        self.seconds = 0.0

    def add(self, kind, text):
        text = " ".join(str(text).split())
        self.lines.append((kind, text))
        print(f"  {kind + ': ' if kind else ''}{text}", flush=True)

    def good(self, text):
        self.add(GOOD, text)

    def failed(self, text):
        self.add(FAILED, text)

    def skipped(self, text):
        self.add(SKIPPED, text)

    def tell(self, text):
        """A fact that is no answer."""
        self.add("", text)

    def check(self, holds, text, otherwise):
        self.good(text) if holds else self.failed(otherwise)

    def table(self, head, rows):
        self.tables.append((head, rows))
        for row in rows:
            print("    " + " | ".join(row), flush=True)

    @property
    def state(self):
        kinds = {kind for kind, _ in self.lines}
        return FAILED if FAILED in kinds else SKIPPED if SKIPPED in kinds or GOOD not in kinds else GOOD

    def to_json(self):
        return {"part": self.title, "state": self.state, "seconds": round(self.seconds, 1), "lines": self.lines,
                "tables": self.tables}


class Report:
    def __init__(self):
        self.parts, self.facts = [], []

    def run(self, title, function, *arguments):
        """One part; whatever it meets, the next ones run."""
        part = Part(title)
        self.parts.append(part)
        print(f"\n{title}", flush=True)
        begin = time.monotonic()
        try:
            function(part, *arguments)
        except Skip as why:
            part.skipped(why)
        except Exception as why:  # noqa: BLE001: the other parts have something to say, too
            part.failed(why if isinstance(why, Failure) else f"{type(why).__name__}: {why}")
        part.seconds = time.monotonic() - begin
        print(f"  {part.state} after {part.seconds:.1f} s", flush=True)

    @property
    def exit_code(self):
        states = {part.state for part in self.parts}
        return 1 if FAILED in states else 5 if SKIPPED in states or not states else 0

    def to_json(self):
        return {"facts": dict(self.facts), "parts": [part.to_json() for part in self.parts], "exit_code": self.exit_code}

    def section(self, name):
        """This GPU's section of docs/hardware.md."""
        lines = [f"## {name}", "", "| | |", "| --- | --- |"]
        lines += [f"| {key} | {cell(value)} |" for key, value in self.facts]
        lines += ["", "| part | answer | seconds |", "| --- | --- | --- |"]
        lines += [f"| {part.title} | {part.state} | {part.seconds:.0f} |" for part in self.parts]
        for part in self.parts:
            lines += ["", f"### {part.title}", ""]
            lines += [f"- {kind + ': ' if kind else ''}{cell(text)}" for kind, text in part.lines]
            for head, rows in part.tables:
                lines += ["", "| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
                lines += ["| " + " | ".join(map(cell, row)) + " |" for row in rows]
        return "\n".join(lines) + "\n"


def cell(text):
    return str(text).replace("|", "\\|").replace("<", "&lt;")


HEAD = """# Seen on hardware

Written by `tests/gpu/run` ([testing](testing.md)) on a machine with a GPU, a section for each GPU, which the next run on
such a GPU writes anew. What stands in no section here was not run on hardware.
"""


def with_section(text, name, section):
    """The page with this GPU's section in place of its older one."""
    kept = [part for part in re.split(r"(?m)^(?=## )", text)[1:] if part.splitlines()[0] != f"## {name}"]
    return "\n".join(part.rstrip("\n") + "\n" for part in [HEAD, *kept, section])
