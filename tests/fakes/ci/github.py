#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a workflow as GitHub's runners do, and refuses what it does not know.

github.py WORKFLOW SOURCES WORK [--store DIR] [--action NAME=DIR]... [--secret NAME=VALUE]...

Jobs run in the order of their `needs`, the jobs of a matrix at once, each on a machine of its own. Expressions: contexts,
comparisons, `!`, `&&`, `||`, fromJSON(), cancelled(). `uses` is actions/checkout, or a composite action that --action
names. The exit code is 1 when a job failed; WORK has the machines, and WORK/summary what jobs wrote there.
"""
import argparse
import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from machine import Machine, refuse

TOKEN = re.compile(r"\s*('(?:[^']|'')*'|&&|\|\||==|!=|!|\(|\)|,|[A-Za-z_][\w.-]*|\d+(?:\.\d+)?)")
KEYS = {"workflow": {"name", "on", "permissions", "concurrency", "env", "jobs"},
        "job": {"needs", "if", "runs-on", "container", "outputs", "steps", "strategy"},
        "step": {"uses", "with", "name", "id", "run", "env", "shell"}}


def known_keys(kind, value):
    if extra := set(value) - KEYS[kind]:
        refuse(f"a {kind} has {sorted(map(str, extra))}, which this stand-in does not know")
    return value


class Expression:
    """One expression over contexts; what it does not know ends the program."""

    def __init__(self, text, contexts):
        self.contexts, self.tokens, at = contexts, [], 0
        while at < len(text.rstrip()):
            found = TOKEN.match(text, at)
            if not found:
                refuse(f"the expression '{text}' at '{text[at:]}'")
            self.tokens.append(found.group(1))
            at = found.end()

    def take(self, *wanted):
        if self.tokens and self.tokens[0] in wanted:
            return self.tokens.pop(0)
        return None

    def value(self):
        left = self.both()
        while self.take("||"):
            right = self.both()
            left = left or right
        return left

    def both(self):
        left = self.compared()
        while self.take("&&"):
            right = self.compared()
            left = left and right
        return left

    def compared(self):
        left = self.one()
        while sign := self.take("==", "!="):
            right = self.one()
            left = (left == right) == (sign == "==")
        return left

    def one(self):
        if self.take("!"):
            return not self.one()
        if self.take("("):
            value = self.value()
            self.take(")") or refuse("a parenthesis is missing")
            return value
        token = self.tokens.pop(0)
        if token[0] == "'":
            return token[1:-1].replace("''", "'")
        if token[0].isdigit():
            return float(token)
        if self.take("("):
            values = [] if self.tokens[0] == ")" else [self.value()]
            self.take(")") or refuse("a parenthesis is missing")
            if token == "fromJSON":
                return json.loads(values[0])
            if token == "cancelled":
                return False
            refuse(f"the function {token}()")
        value = self.contexts
        for part in token.split("."):
            if not isinstance(value, dict):
                refuse(f"'{token}' is nothing")
            if part not in value:
                if token.split(".")[0] in ("github", "secrets", "runner", "inputs", "matrix"):
                    refuse(f"'{token}' is not known")
                return ""  # an output that was not set
            value = value[part]
        return value


def evaluate(text, contexts):
    expression = Expression(text, contexts)
    value = expression.value()
    if expression.tokens:
        refuse(f"'{text}' goes on after its end: {expression.tokens}")
    return value


def filled(text, contexts):
    """`text` with its expressions; alone, one keeps its type."""
    if not isinstance(text, str):
        return text
    alone = re.fullmatch(r"\s*\$\{\{(.*?)\}\}\s*", text)
    if alone and "${{" not in alone.group(1):
        return evaluate(alone.group(1), contexts)
    return re.sub(r"\$\{\{(.*?)\}\}", lambda found: words(evaluate(found.group(1), contexts)), text)


def words(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


class Workflow:
    def __init__(self, options):
        self.options = options
        self.document = known_keys("workflow", {("on" if key is True else key): value for key, value
                                                in yaml.safe_load(Path(options.workflow).read_text()).items()})
        self.github = {"actor": "someone", "repository": "someone/pod", "sha": "0" * 40, "ref": "refs/heads/main"}
        self.secrets = dict(one.split("=", 1) for one in options.secret)
        self.actions = dict(one.split("=", 1) for one in options.action)
        self.needs = {}

    def contexts(self, **more):
        return {"github": self.github, "secrets": self.secrets, "needs": self.needs, **more}

    def run(self):
        left = dict(self.document["jobs"])
        while left:
            ready = [name for name, job in left.items() if all(one in self.needs for one in self.wanted(job))]
            ready or refuse("jobs need each other in a circle")
            for name in ready:
                self.needs[name] = self.job(name, known_keys("job", left.pop(name)))
                print(f"{name}: {self.needs[name]['result']}", flush=True)
        return any(one["result"] == "failure" for one in self.needs.values())

    @staticmethod
    def wanted(job):
        needs = job.get("needs", [])
        return [needs] if isinstance(needs, str) else needs

    def job(self, name, job):
        condition = str(job.get("if", "")).strip()
        if condition.startswith("${{"):
            condition = condition[3:condition.rindex("}}")]
        of_status = re.search(r"\b(cancelled|always|failure)\(\)", condition)
        if not of_status and any(self.needs[one]["result"] != "success" for one in self.wanted(job)):
            return {"result": "skipped", "outputs": {}}
        if condition and not evaluate(condition, self.contexts()):
            return {"result": "skipped", "outputs": {}}
        rows = [{}]
        if "strategy" in job:
            matrix = filled(job["strategy"]["matrix"], self.contexts())
            if set(matrix) != {"include"} or not matrix["include"]:
                refuse(f"the matrix of {name} has no jobs, or vectors: {matrix}")
            rows = matrix["include"]
        with ThreadPoolExecutor(self.options.at_once) as pool:
            done = list(pool.map(lambda at: self.one_job(f"{name}-{at}", job, rows[at]), range(len(rows))))
        return {"result": "success" if all(one[0] for one in done) else "failure", "outputs": done[-1][1]}

    def one_job(self, name, job, matrix):
        machine = Machine(self.options.work, name, self.options.sources, self.options.store)
        for file in ("output", "env", "path", "summary"):
            (machine.temp / file).touch()
        state = {"machine": machine, "env": {}, "path": [], "steps": {}, "matrix": matrix}
        env = {key: words(filled(value, self.contexts())) for key, value in self.document.get("env", {}).items()}
        volume = self.volume(name, job.get("container"))
        env = {key: str(machine.store) if value == volume else value for key, value in env.items()}
        if env.get("TMPLBUILD_CACHE", "") != str(machine.store):
            refuse(f"the store of {name} is not in a volume, and overlays do not stack")
        for step in job["steps"]:
            if not self.step(known_keys("step", step), state, env, {}):
                return False, {}
        contexts = self.contexts(steps=state["steps"], matrix=matrix)
        with open(Path(self.options.work) / "summary", "a", encoding="utf-8") as summary:
            summary.write((machine.temp / "summary").read_text())
        return True, {key: words(filled(value, contexts)) for key, value in job.get("outputs", {}).items()}

    @staticmethod
    def volume(name, container):
        """Where the job's container has its volume. Builds need one, and a container that is privileged."""
        if not container or "@sha256:" not in container["image"]:
            refuse(f"the job {name} names no container by its digest")
        options = container.get("options", "").split()
        if "--privileged" not in options or "--volume" not in options:
            refuse(f"the container of {name} is not privileged, or has no volume: {options}")
        return options[options.index("--volume") + 1].split(":")[1]

    def step(self, step, state, env, inputs):
        if "uses" in step:
            return self.uses(step, state, env)
        machine = state["machine"]
        contexts = self.contexts(steps=state["steps"], matrix=state["matrix"], inputs=inputs,
                                 runner={"temp": str(machine.temp)})
        if "action" in inputs:
            contexts["github"] = {**self.github, "action_path": inputs["action"]}
        own = {key: words(filled(value, contexts)) for key, value in step.get("env", {}).items()}
        output = machine.temp / "output"
        output.write_text("")
        path = ":".join([*reversed(state["path"]), machine.environment["PATH"]])
        given = {**env, **state["env"], **own, "PATH": path, "GITHUB_OUTPUT": str(output),
                 "GITHUB_ENV": str(machine.temp / "env"), "GITHUB_PATH": str(machine.temp / "path"),
                 "GITHUB_STEP_SUMMARY": str(machine.temp / "summary"), "RUNNER_TEMP": str(machine.temp),
                 "RUNNER_OS": "Linux", "RUNNER_ARCH": "X64", "GITHUB_SHA": self.github["sha"],
                 "GITHUB_ACTOR": self.github["actor"], "GITHUB_WORKSPACE": str(machine.folder), "GITHUB_ACTIONS": "true"}
        if "action" in inputs:
            given["GITHUB_ACTION_PATH"] = inputs["action"]
        script = filled(step["run"], contexts)
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail"] if step.get("shell") == "bash" else ["bash", "-e"]
        code = machine.run([*shell, "-c", script], given)
        if code != 0:
            print(f"{machine.root.name}: '{step.get('name', script.splitlines()[0])}' ended with {code}", flush=True)
            return False
        outputs = {}
        for line in output.read_text().splitlines():
            key, equals, value = line.partition("=")
            equals or refuse(f"GITHUB_OUTPUT has the line '{line}'")
            outputs[key] = value
        if "id" in step:
            state["steps"][step["id"]] = {"outputs": outputs}
        state["path"] = (machine.temp / "path").read_text().split("\n")[:-1]
        state["env"] = dict(line.split("=", 1) for line in (machine.temp / "env").read_text().splitlines())
        return True

    def uses(self, step, state, env):
        name = step["uses"].split("@")[0]
        if name == "actions/checkout":
            return True  # the machine comes with the sources
        if name not in self.actions:
            refuse(f"the action '{name}' is not known")
        folder = self.actions[name]
        action = yaml.safe_load((Path(folder) / "action.yml").read_text())
        given = {key: words(value) for key, value in step.get("with", {}).items()}
        if extra := set(given) - set(action.get("inputs", {})):
            refuse(f"the action '{name}' takes no {sorted(extra)}")
        inputs = {"action": folder}
        for key, about in action.get("inputs", {}).items():
            if about.get("required") and key not in given:
                refuse(f"the action '{name}' needs '{key}'")
            inputs[key] = given.get(key, about.get("default", ""))
        if action["runs"]["using"] != "composite":
            refuse(f"the action '{name}' is not composite")
        for one in action["runs"]["steps"]:
            if "run" in one and "shell" not in one:
                refuse(f"a step of the action '{name}' names no shell")
            if not self.step(known_keys("step", one), state, env, inputs):
                return False
        return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("workflow")
    parser.add_argument("sources")
    parser.add_argument("work")
    parser.add_argument("--store")
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--action", action="append", default=[])
    parser.add_argument("--secret", action="append", default=[])
    sys.exit(1 if Workflow(parser.parse_args()).run() else 0)


main()
