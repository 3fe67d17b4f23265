# SPDX-License-Identifier: Apache-2.0
"""Part 2: our compatibility rules (src/kernel) against the driver: the example kernel's machine code and PTX for seven
archs, each loaded by the driver API twice, the second time with its compiler for PTX switched off."""

import glob
import json
import os

from report import Failure

NO_JIT_COMPILER = 221
# cuda.h: what says that code is not for this GPU or driver. Any other code says something about the machine.
REFUSALS = {200: "image", 209: "no binary for this GPU", 218: "PTX", 222: "PTX version", 223: "no compile of PTX allowed"}


def order(file):
    kind, _, arch = os.path.basename(file)[:-3].partition("-")
    return kind, int(arch.rstrip("af")), arch


def because(reason):
    """Without the names of the kernels that it is about."""
    return reason.split(": ", 1)[1] if reason.startswith(("unit ", "the unit ")) else reason


def kernels_of(judged):
    """PTX lists no kernels, so those of the machine code that was made of the same sources are asked for."""
    named = [row["units"] for row in judged if all(row["units"]) and row["units"]]
    if not named:
        raise Failure("no file has machine code with kernels")
    return json.dumps(named[0])


def loaded(answers):
    """Whether the driver took each container; one word for people. Fails on what is no answer to that."""
    codes = [answer["code"] for answer in answers]
    bad = [answer for answer in answers if answer["code"] not in (0, NO_JIT_COMPILER, *REFUSALS)]
    if bad or not codes:
        raise Failure(f"the driver says {bad[0]['name'] if bad else 'nothing'}, which is no answer about the code")
    archs = sorted({arch for answer in answers for arch in answer["archs"].values()})
    words = ", ".join(["loads", *(f"sm_{arch}" for arch in archs)]) if not any(codes) else next(a["name"] for a in answers if a["code"])
    return codes, words


def run(part, machine):
    files = sorted(glob.glob(machine.need("rules") + "/*.so"), key=order)
    if len(files) != 14:
        raise Failure(f"there are {len(files)} files, and should be 14: machine code and PTX for seven archs")
    judged = machine.ask("verdicts", machine.capability, machine.cuda, *files)
    names = kernels_of(judged)
    asked = [f"{file}={names}" for file in files]
    normal, without = machine.load_modules(*asked), machine.load_modules(*asked, CUDA_DISABLE_PTX_JIT="1")
    for answer in (normal, without):
        if "problem" in answer:
            raise Failure(answer["problem"])
    rows, wrong, jit = [], [], 0
    for file, row in zip(files, judged):
        verdict = row["verdict"]
        codes, words = loaded(normal["files"][file])
        codes_without, words_without = loaded(without["files"][file])
        name = f"{'PTX of' if order(file)[0] == 'ptx' else 'code for'} {', '.join(sorted(set(row['code'])))}"
        agree = row["runs"] == (not any(codes)) and (verdict in ("exact", "compatible")) == (not any(codes_without))
        untold = NO_JIT_COMPILER in codes
        if untold:
            part.skipped(f"{name}: this driver came without its compiler for PTX")
        elif not agree:
            wrong.append(f"{name}: we say {verdict} ({because(row['reason'])}), the driver {words}, without its compiler "
                         f"{words_without}")
        jit += verdict == "jit"
        rows.append([name, verdict, because(row["reason"]), words, words_without,
                     "not told" if untold else "yes" if agree else "NO"])
    part.table(["what", "our verdict", "because", "the driver", "without its compiler", "agree"], rows)
    for words in wrong:
        part.failed(words)
    told = sum(row[-1] == "yes" for row in rows)
    if told:
        runs = sum(row["runs"] for row in judged)
        part.good(f"our verdict is the driver's answer for {told} of {len(files)}: {runs} run on {machine.capability}, {jit} of them "
                  f"as PTX that the driver compiles")
