# SPDX-License-Identifier: Apache-2.0
"""Part 3: the example kernel's numbers: the variant that our rules choose for this GPU, on the GPU, against NumPy."""

import os
import re
import sys

from machine import TookTooLong, arch_for, recipe_of

EXAMPLE = "quickstart/int8-attention"
OWN_PATH = {"90a": "wgmma", "80": "fp16"}  # int8_attention/_library.py: path_for(); else fp8


class Check:
    """The kernel's own check, run with what lies in `folder`."""

    def __init__(self, part, machine, folder):
        self.part, self.machine = part, machine
        self.environment = dict(machine.environment)
        self.environment["PYTHONPATH"] = os.pathsep.join([folder, machine.environment.get("PYTHONPATH", "")]).strip(":")

    def run(self, what, path, seconds, *options):
        command = [sys.executable, "-m", "int8_attention.check", *options]
        out = self.machine.run(command, seconds, self.environment, codes=(0, 1), cwd=self.machine.work)[1]
        lines = [line.split(maxsplit=1) for line in out.splitlines() if line.startswith(("ok ", "FAILED "))]
        self.part.table(["", f"{what}: batch x heads x key heads x queries x keys x head size"], lines)
        paths = {line[1].split()[0] for line in lines}
        self.part.check(path in paths, f"{what}: the GPU's own path was taken: {path}",
                        f"{what}: {path} was not computed, only {sorted(paths)}")
        failed = sum(line[0] == "FAILED" for line in lines)
        causal = sum(" causal " in line[1] for line in lines)
        distance = max((float(number) for number in re.findall(r"exact ([0-9.]+)", out)), default=0)
        good = out.rstrip().endswith("all passed") and not failed and 0 < causal < len(lines)
        self.part.check(good, f"{what}: {len(lines)} results, {causal} of them causal, agree with exact attention (the "
                        f"largest distance is {distance}) and with the method in NumPy",
                        f"{what}: {failed} of {len(lines)} results are wrong, {causal} are causal: {out.splitlines()[-1:]}")


def run(part, machine):
    arch, modules = arch_for(recipe_of(EXAMPLE), machine.capability)
    part.tell(f"NumPy {machine.need_package('numpy')}")
    folder = machine.need("int8", arch)
    files = [os.path.join(folder, module) for module in modules]
    for row in machine.ask("verdicts", machine.capability, machine.cuda, *files):
        part.check(row["runs"], f"{os.path.relpath(row['file'], folder)}: {row['verdict']}: {row['reason']}",
                   f"{row['file']}: {row['verdict']}: {row['reason']}")
    path = OWN_PATH.get(arch, "fp8")
    if machine.rehearsed:  # the same kernels compiled for the CPU, where a large case would take minutes
        return Check(part, machine, machine.need("emulator")).run("small cases", path, 60, "--quick", "--path", path)
    check = Check(part, machine, folder)
    check.run("small cases", path, 60, "--quick")
    try:
        check.run("all cases", path, 80, "--path", path)
    except TookTooLong as why:  # in NumPy: the GPU needs milliseconds
        part.skipped(f"all cases: {why}")
