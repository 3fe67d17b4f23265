# SPDX-License-Identifier: Apache-2.0
"""What the console costs by itself, without the gateway before it: from its start to the first byte of a page, its memory
with nobody and with 200 watchers, and how many questions of the gateway it answers. Argument: a build folder."""
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

source = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(source / "tests/pid1"))
from console_client import Console  # noqa: E402

program = pathlib.Path(sys.argv[1]) / "libexec/console/tmplbuild-console"
folder = tempfile.TemporaryDirectory()
run = folder.name + "/run"
os.mkdir(run)
pathlib.Path(folder.name, "pod.json").write_text(
    '{"version":2,"name":"bench","console_port":8765,"services":[{"name":"web","port":8188,"command":["x"]}]}')
environment = dict(os.environ, TMPLBUILD_RUN_DIR=run, TMPLBUILD_POD_SPEC=folder.name + "/pod.json",
                   TMPLBUILD_VOLUME=folder.name, CONSOLE_PASSWORD="password")


def request(target, phase, port, service, more=""):
    return (f"GET {target} HTTP/1.1\r\nHost: localhost:{port}\r\nX-Tmplbuild-Phase: {phase}\r\nX-Tmplbuild-Port: {port}\r\n"
            f"X-Tmplbuild-Service: {service}\r\nX-Tmplbuild-Method: GET\r\nX-Tmplbuild-Target: {target}\r\n"
            f"X-Tmplbuild-Peer: 127.0.0.1\r\nAccept: */*\r\nUser-Agent: bench\r\n{more}\r\n").encode()


def connect():
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(run + "/console.sock")
    return connection


def start():
    begin = time.perf_counter()
    process = subprocess.Popen([program], env=environment, stdout=subprocess.DEVNULL)
    while True:
        try:
            connection = connect()
            break
        except OSError:
            time.sleep(0.0002)
    connection.sendall(request("/sign-in", "page", 8765, ""))
    connection.recv(1)
    return process, (time.perf_counter() - begin) * 1000


def memory(process):
    lines = pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1000


times = []
for _ in range(20):
    process, took = start()
    times.append(took)
    process.terminate()
    process.wait()
process, _ = start()
time.sleep(1)
print(f"start to the first byte of a page: median {statistics.median(times):.1f} ms, longest {max(times):.1f} ms of {len(times)}")
print(f"memory (PSS): {memory(process):.1f} MB")
visitor = Console(run)
answer = visitor.ask("POST", "/sign-in", urllib.parse.urlencode({"password": "password"}), {"Origin": "http://localhost:8765"})
cookie = answer.headers["Set-Cookie"].split(";")[0]
watchers = [connect() for _ in range(200)]
for one in watchers:
    one.sendall(request("/api/events", "page", 8765, "", f"Cookie: {cookie}\r\n"))
for one in watchers:
    while b"event: state" not in one.recv(1 << 16):
        pass
time.sleep(1)
print(f"memory with 200 watchers: {memory(process):.1f} MB")


def processor():
    return sum(map(int, pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")


questions, batch = 0, request("/prompt", "authorize", 8188, "web", "Cookie: a=b; tmplbuild-8188=" + "0" * 64 + "\r\n") * 50
connection, begin, before = connect(), time.perf_counter(), processor()
while time.perf_counter() - begin < 3:
    connection.sendall(batch)
    answers = 0
    while answers < 50:
        answers += connection.recv(1 << 20).count(b"HTTP/1.1 401")
    questions += answers
print(f"questions of the gateway: {questions / (time.perf_counter() - begin):.0f} a second, "
      f"{(processor() - before) * 1e6 / questions:.1f} µs of processor each")
process.terminate()
process.wait()
