# SPDX-License-Identifier: Apache-2.0
"""check.py PROGRAM WORK DOCUMENT: the files' API over the console's own socket, by tables of right and wrong requests."""
import sys
import time

import console
from console_client import Document
from console_files import drive_files

import check_paths
import check_uploads


def main(program, work, document):
    visitor = console.Visitor(program, work)
    try:
        for name, test in (("every route", lambda: drive_files(Document(document), visitor, str(visitor.volume))),
                           *((name, lambda test=test: test(visitor)) for name, test in check_paths.CHECKS + check_uploads.CHECKS)):
            since = time.monotonic()
            test()
            print(f"{name}: {time.monotonic() - since:.1f} s")
    finally:
        visitor.stop()


main(*sys.argv[1:])
