# SPDX-License-Identifier: Apache-2.0
"""check.py WORK BUNDLE CONFIGURATION [ROOT]: the gateway's bundle, started with its golden configuration, against a console
and services that are strict; then, without ROOT, with the real console. Prints each broken promise; the exit code says whether
there was one."""
import os
import sys
import time

import check_attacks
import check_console
import check_passing
import check_starts
import check_streams
import pod
import real_console

failures = []


def run(name, test, *arguments):
    since = time.monotonic()

    def check(right, words):
        if not right:
            failures.append(f"{name}: {words}")

    try:
        test(*arguments, check)
    except Exception as error:  # a check that cannot even be made is a failed one
        failures.append(f"{name}: {type(error).__name__}: {error}")
    print(f"{name}: {time.monotonic() - since:.1f} s")


def check_with_console(work, bundle, golden):
    one = real_console.RealPod(work + "/real", bundle, golden, bundle + "/../console/tmplbuild-console")
    one.start()
    for test in check_console.CHECKS:
        run(test.__name__, test, one)
    one.stop()
    if one.said():
        failures.append("with the real console, it says in the pod's log: " + one.said()[:2000])


def main(work, bundle, golden, root=""):
    one = pod.Pod(work, bundle, golden, root=root)
    one.start()
    for test in check_streams.CHECKS[-1:] + check_passing.CHECKS + check_attacks.CHECKS + check_streams.CHECKS[:-1]:
        run(test.__name__, test, one)
    failures.extend(f"to the console: {words}" for words in one.console.wrong)
    failures.extend(f"to a service: {words}" for words in one.kept.wrong + one.rewritten.wrong)
    one.stop()
    if one.said():
        failures.append("it says in the pod's log: " + one.said()[:2000])
    if not root:
        check_with_console(work, bundle, golden)
    if not root and os.getuid() == 0:
        run("starts", check_starts.starts, work, bundle, golden)
    for words in failures:
        print("FAILED:", words)
    return 1 if failures else 0


sys.exit(main(*sys.argv[1:]))
