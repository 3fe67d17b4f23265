# SPDX-License-Identifier: Apache-2.0
"""Part 1: the GPU probe as it ships, with its own loader and C library, against nvidia-smi and the driver API."""

import json
import os
import re

from report import Failure

QUERY = "--query-gpu=index,name,uuid,compute_cap,memory.total,driver_version"
PLAIN = "--format=csv,noheader,nounits"


def ask_probe(machine):
    bundle = machine.need("home", "gpu")
    out = machine.run([bundle + "/ld-linux-x86-64.so.2", "--library-path", bundle, bundle + "/gpu-probe"])[1]
    return json.loads(out)


def same_version(a, b):
    """580.95.05 is 580.95.5."""
    return [int(part) for part in re.findall(r"\d+", a)] == [int(part) for part in re.findall(r"\d+", b)]


def compare_gpu(part, gpu, row, parts, mig):
    where = f"GPU {row[0]}"
    for what, ours, theirs in (("name", gpu["name"], row[1]), ("UUID", gpu.get("uuid"), row[2]),
                               ("capability", gpu["capability"], row[3])):
        part.check(ours == theirs, f"{where}: {what} {ours}", f"{where}: {what}: the probe says '{ours}', nvidia-smi '{theirs}'")
    # nvidia-smi counts whole MiB, and other sources leave out what the driver keeps for itself.
    ours, theirs = gpu.get("memory", 0), int(row[4]) << 20
    part.check(abs(ours - theirs) <= theirs / 50, f"{where}: memory {ours / (1 << 30):.1f} GiB (nvidia-smi: {row[4]} MiB)",
               f"{where}: memory: the probe says {ours} bytes, nvidia-smi {row[4]} MiB")
    ours = bool(gpu.get("mig", False))
    part.check(ours == (mig == "Enabled"), f"{where}: divided (MIG): {'yes' if ours else 'no'} (nvidia-smi: {mig})",
               f"{where}: divided (MIG): the probe says {ours}, nvidia-smi '{mig}'")
    ours = sorted(gpu.get("parts", []))
    part.check(ours == sorted(parts), f"{where}: {len(parts)} MIG devices",
               f"{where}: MIG devices: the probe has {ours}, nvidia-smi {sorted(parts)}")


def list_parts(text):
    """nvidia-smi -L: of each GPU the UUIDs of its MIG devices."""
    out = []
    for line in text.splitlines():
        uuid = re.search(r"\(UUID: ([^)]+)\)", line)
        if line.startswith("GPU "):
            out.append([])
        elif out and uuid:
            out[-1].append(uuid[1])
    return out


def run(part, machine):
    if os.environ.get("CUDA_VISIBLE_DEVICES") is not None:
        part.tell(f"CUDA_VISIBLE_DEVICES is '{os.environ['CUDA_VISIBLE_DEVICES']}'")
    answer = ask_probe(machine)
    part.check(answer["state"] == "ok", f"the probe answered from {answer.get('source')}",
               f"the probe says '{answer['state']}': {answer.get('reason')}")
    simulated = bool(answer.get("simulated", False))
    part.check(simulated == bool(machine.rehearsed), f"simulated: {'yes' if simulated else 'no'}",
               f"the probe says that the driver is {'simulated' if simulated else 'real'}")
    rows = [[field.strip() for field in line.split(",")] for line in machine.smi(QUERY, PLAIN).splitlines()]
    if not rows or any(len(row) != 6 for row in rows):
        raise Failure(f"nvidia-smi's answer cannot be read: {rows}")
    mig = machine.smi("--query-gpu=mig.mode.current", PLAIN).splitlines()
    parts = list_parts(machine.smi("-L"))
    gpus = {gpu.get("uuid"): gpu for gpu in answer["gpus"]}
    for i, row in enumerate(rows):
        if row[2] in gpus:
            compare_gpu(part, gpus[row[2]], row, parts[i], mig[i].strip())
    unknown = set(gpus) - {row[2] for row in rows}
    part.check(gpus and not unknown, f"{len(gpus)} of the {len(rows)} GPUs that nvidia-smi lists",
               f"nvidia-smi does not list {sorted(map(str, unknown)) or 'what the probe found: nothing'}")
    driver, cuda = answer.get("driver", "nothing"), answer.get("cuda", "nothing")
    part.check(same_version(driver, rows[0][5]), f"driver {rows[0][5]}",
               f"driver: the probe says {driver}, nvidia-smi {rows[0][5]}")
    part.check(same_version(cuda, machine.cuda), f"the driver's CUDA is {machine.cuda}",
               f"the driver's CUDA: the probe says {cuda}, the driver API {machine.cuda}")
