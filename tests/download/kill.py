# SPDX-License-Identifier: Apache-2.0
"""Kills the worker of downloads in random moments: no file has its name before it is whole, and all end as they should.

    python3 kill.py FOLDER KILLS PROGRAM [ARGUMENT...]
"""

import pathlib
import random
import sys
import time

from worker import Hub, Worker  # it finds the stand-in, too
import hub as fake

folder, kills, program = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
fake.SIZE = 2_000_000
NAMES = [f"{how}-{number}.gguf" for number in range(8) for how in ("slow", "cut", "once")]


def whole_files(models):
    """How many have their names; each of them is what it should be."""
    found = list(models.glob("*.gguf"))
    for file in found:
        if file.read_bytes() != fake.content(file.name):
            raise AssertionError(f"{file} is called complete, and is not")
    return len(found)


def main():
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    volume = folder / "volume"
    models = volume / "ComfyUI/models/unet"
    volume.mkdir()
    hub = Hub(fake.SIZE)
    worker = Worker(program, volume, hub)
    worker.until(lambda: worker.state and worker.state["state"] == "ok")
    for name in NAMES:
        worker.add(f"{hub.huggingface}/org/{name.partition('-')[0]}/resolve/main/{name}", "unet")
    counts = []
    for _ in range(kills):
        time.sleep(chance.uniform(0.02, 1.2))
        worker.kill()
        counts.append(whole_files(models))
        worker = Worker(program, volume, hub)
    worker.until(lambda: worker.state and worker.state["state"] == "ok" and len(worker.state["items"]) == len(NAMES)
                 and all(item["state"] == "done" for item in worker.state["items"]), 120)
    if whole_files(models) != len(NAMES) or list(models.glob("*part*")):
        raise AssertionError(f"not all is there: {sorted(models.iterdir())}")
    for item in worker.state["items"]:
        if item["sha256"] != fake.digest(item["name"]):
            raise AssertionError(f"another digest: {item}")
    ranges = sum(asked is not None for *_, asked, _ in hub.log()["requests"])
    print(f"{kills} kills, {len(set(counts))} different numbers of finished files, {ranges} requests for a range")
    worker.end()
    hub.end()


main()
