# SPDX-License-Identifier: Apache-2.0
"""files.py PROGRAM WORK [GIGABYTES]: how fast the console works with files: lists, searches beside other requests, an archive
beside `cat` of the same files, and the memory of its workers. WORK is a folder on the disk that is measured."""
import os
import pathlib
import subprocess
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "files"))
import console  # noqa: E402


def best(times, work):
    return min(timed(work) for _ in range(times))


def timed(work):
    since = time.monotonic()
    work()
    return time.monotonic() - since


def spent(visitor):
    """Processor seconds of the console and of its workers that have ended."""
    fields = pathlib.Path(f"/proc/{visitor.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def pss(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def fill(folder, count, per_folder):
    for number in range(count):
        if number % per_folder == 0:
            inside = folder / f"folder{number // per_folder}"
            inside.mkdir(parents=True)
        os.close(os.open(inside / f"picture_{number:06}.png", os.O_CREAT | os.O_WRONLY))


def lists(visitor):
    fill(visitor.volume / "list", 20_000, 20_000)
    folder = str(visitor.volume / "list" / "folder0")
    for query in ({}, {"limit": 500}, {"sort": "modified"}):
        before = spent(visitor)
        seconds = best(20, lambda query=query: visitor.api("GET", "/api/browse", {"path": folder, **query}))
        time.sleep(0.2)
        print(f"a list of 20,000 files {query}: {seconds * 1000:.0f} ms, {(spent(visitor) - before) / 20 * 1000:.0f} ms of processor")


def searches(visitor):
    fill(visitor.volume / "search", 200_000, 1_000)
    folder, over, slowest = str(visitor.volume / "search"), threading.Event(), [0.0]

    def others():
        while not over.is_set():
            slowest[0] = max(slowest[0], timed(lambda: visitor.get("/api/installation-status")))

    thread = threading.Thread(target=others)
    thread.start()
    seconds = best(5, lambda: visitor.api("GET", "/api/search", {"path": folder, "q": "picture_19999"}))
    over.set()
    thread.join()
    print(f"a search over 200,000 files: {seconds * 1000:.0f} ms; the slowest other answer: {slowest[0] * 1000:.0f} ms")


def fetch(visitor, folder, memory):
    connection, response = visitor.send("GET", "/api/download_folder?" + urllib.parse.urlencode({"path": folder}))
    buffer, size, next_look = bytearray(1 << 20), 0, 0
    while got := response.readinto(buffer):
        size += got
        if size > next_look:
            memory += [pss(pid) for pid in visitor.workers()]
            next_look = size + (1 << 29)
    connection.close()
    return size


def archive(visitor, gigabytes):
    folder = visitor.volume / "archive"
    folder.mkdir()
    for number in range(gigabytes):
        with open(folder / f"{number}.bin", "wb") as file:
            for _ in range(256):
                file.write(os.urandom(1 << 16) * 64)
    files, memory = [str(folder / f"{number}.bin") for number in range(gigabytes)], []
    total = gigabytes << 30

    def cold():
        subprocess.run(["sync"], check=True)
        for name in files:
            fd = os.open(name, os.O_RDONLY)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(fd)

    def cat():
        # A pipe lets cat read: what goes straight to /dev/null may be read by nobody.
        with open(os.devnull, "wb") as nothing:
            subprocess.run(["cat", *files], stdout=nothing, check=True)

    for what, before in (("cold", cold), ("warm", lambda: None)):
        before()
        plain = timed(cat)
        before()
        zipped = timed(lambda: fetch(visitor, str(folder), memory))
        print(f"{gigabytes} GiB, {what}: cat {total / plain / 1e6:.0f} MB/s, archive {total / zipped / 1e6:.0f} MB/s, {plain / zipped:.2f} of it")
    print(f"PSS of the archive's worker: {min(memory)} to {max(memory)} kB; of the console: {pss(visitor.process.pid)} kB")


def main(program, work, gigabytes="10"):
    visitor = console.Visitor(program, work)
    try:
        lists(visitor)
        searches(visitor)
        archive(visitor, int(gigabytes))
    finally:
        visitor.stop()


main(*sys.argv[1:])
