# SPDX-License-Identifier: Apache-2.0
"""check_large.py PROGRAM WORK: an archive with files beyond 4 GB and more than 65,535 entries, read by another program."""
import os
import sys
import time
import urllib.parse
import zipfile

import console
from console_client import check


def fetch(visitor, folder, into):
    connection, response = visitor.send("GET", "/api/download_folder?" + urllib.parse.urlencode({"path": str(folder)}))
    with open(into, "wb") as file:
        while part := response.read(1 << 20):
            if part.count(0) == len(part):
                file.seek(len(part), os.SEEK_CUR)  # it stays a file with holes
            else:
                file.write(part)
    connection.close()


def main(program, work):
    visitor = console.Visitor(program, work)
    folder = visitor.volume / "large"
    (folder / "many").mkdir(parents=True)
    sizes = {"large/five.bin": 5 << 30, "large/just.bin": (4 << 30) - 1, "large/after.bin": 10}
    for name, size in sizes.items():
        with open(visitor.volume / name, "wb") as file:
            file.truncate(size)
    for number in range(66_000):
        (folder / "many" / str(number)).touch()
    since = time.monotonic()
    fetch(visitor, folder, work + "/large.zip")
    print(f"  fetched in {time.monotonic() - since:.1f} s")
    with zipfile.ZipFile(work + "/large.zip") as archive:
        found = {one.filename: one.file_size for one in archive.infolist()}
        check(len(found) == 66_000 + len(sizes) + 2, f"{len(found)} entries")
        check(sizes.items() <= found.items(), "sizes")
        for name in sizes:
            with archive.open(name) as entry:  # which compares the CRC at its end
                while entry.read(1 << 20):
                    pass
    visitor.stop()


main(*sys.argv[1:])
