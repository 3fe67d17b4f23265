#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a pipeline as GitLab does, and refuses what it does not know.

gitlab.py FILE SOURCES WORK [--store DIR] [--variable NAME=VALUE]...

Stages run one after the other, the jobs of a stage at once, each on a machine of its own: `image` is only checked to name
one. A job with `trigger` runs the pipeline that an earlier job left as an artifact. --variable gives what GitLab gives
(CI_REGISTRY, …) and overrides what the file says. The exit code is 1 when a job failed.
"""
import argparse
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from machine import Machine, refuse

TOP = {"variables", "stages", "default", "workflow"}
JOB = {"stage", "image", "tags", "variables", "before_script", "script", "artifacts", "trigger"}
GIVEN = ("CI_REGISTRY", "CI_REGISTRY_IMAGE", "CI_REGISTRY_USER", "CI_REGISTRY_PASSWORD", "CI_COMMIT_SHA",
         "CI_COMMIT_BRANCH", "CI_DEFAULT_BRANCH")


def expanded(text, variables):
    """$NAME and ${NAME} as GitLab fills them in: once for each level, unknown ones become nothing."""
    for _ in range(3):
        text = re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda found: variables.get(found[1] or found[2], ""), text)
    return text


class Pipeline:
    def __init__(self, document, options, variables, prefix=""):
        self.options, self.prefix = options, prefix
        self.variables = {key: expanded(str(value), {**document.get("variables", {}), **variables})
                          for key, value in {**document.get("variables", {}), **variables}.items()}
        self.default = document.get("default", {})
        self.stages = document.get("stages", ["test"])
        self.jobs = {name: job for name, job in document.items() if name not in TOP}
        self.jobs or refuse("a pipeline has no jobs")
        for name, job in self.jobs.items():
            if extra := set(job) - JOB:
                refuse(f"the job '{name}' has {sorted(extra)}, which this stand-in does not know")
            if job.get("stage", "test") not in self.stages:
                refuse(f"the job '{name}' is of no stage")
        self.artifacts = Path(options.work) / f"{prefix}artifacts"
        self.artifacts.mkdir(parents=True)

    def run(self):
        for stage in self.stages:
            names = [name for name, job in self.jobs.items() if job.get("stage", "test") == stage]
            with ThreadPoolExecutor(self.options.at_once) as pool:
                good = list(pool.map(self.job, names))
            if not all(good):
                return False
        return True

    def job(self, name):
        job = self.jobs[name]
        if "trigger" in job:
            (include,) = job["trigger"]["include"]
            text = (self.artifacts / include["artifact"]).read_text()
            return Pipeline(yaml.safe_load(text), self.options, self.given(), f"{name}-").run()
        if "script" not in job:
            refuse(f"the job '{name}' has no script")
        job = {**self.default, **job}
        variables = {**self.variables, **{key: str(value) for key, value in job.get("variables", {}).items()}}
        if "@sha256:" not in expanded(job.get("image", ""), variables):
            refuse(f"the job '{name}' has no image by digest: '{job.get('image')}'")
        if not all(expanded(tag, variables) for tag in job.get("tags", [])):
            refuse(f"the job '{name}' has an empty tag")
        machine = Machine(self.options.work, (self.prefix + name).replace(" ", "-"), self.options.sources,
                          self.options.store)
        shutil.copytree(self.artifacts, machine.folder, dirs_exist_ok=True)
        script = "\n".join([*job.get("before_script", []), *job["script"]])
        code = machine.run(["sh", "-eu", "-c", script], {**variables, "CI_PROJECT_DIR": str(machine.folder)})
        print(f"{self.prefix}{name}: {code}", flush=True)
        for path in job.get("artifacts", {}).get("paths", []) if code == 0 else []:
            shutil.copy(machine.folder / path, self.artifacts / path)
        return code == 0

    def given(self):
        return {key: self.variables[key] for key in GIVEN}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("sources")
    parser.add_argument("work")
    parser.add_argument("--store")
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--variable", action="append", default=[])
    options = parser.parse_args()
    variables = {"CI_COMMIT_SHA": "0" * 40, "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main",
                 **dict(one.split("=", 1) for one in options.variable)}
    if missing := [name for name in GIVEN if name not in variables]:
        refuse(f"GitLab would give {missing}")
    document = yaml.safe_load(Path(options.file).read_text())
    sys.exit(0 if Pipeline(document, options, variables).run() else 1)


main()
