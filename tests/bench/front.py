# SPDX-License-Identifier: Apache-2.0
"""What a person meets first, gateway and console together: their memory, from the console's start to the first byte of the
status page beside the same page by Flask behind the same nginx, and how long the page takes while strangers are rude. Not a
test. Argument: a build folder. Needs root; installs Flask into a folder of its own."""
import os
import pathlib
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

source = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(source / "tests/gateway"))
import check_console  # noqa: E402
import http1  # noqa: E402
from real_console import RealPod  # noqa: E402

build = pathlib.Path(sys.argv[1]).resolve()
ROUNDS, WATCHERS, IDLE, LORIS, HEADERS = 15, 200, 1000, 200, 100 << 20
FLASK = '''
import os, sys
from flask import Flask, render_template_string
app = Flask(__name__)
page, state = (open(name).read() for name in sys.argv[1:3])
@app.route("/installation-status")
def status():
    return render_template_string(page, state=state)
os.umask(0)
app.run(host="unix://" + sys.argv[3])
'''


def ask_page(pod, more=()):
    return http1.ask(pod.console_port, "/installation-status", headers=["Accept: text/html", "Sec-Fetch-Site: none", *more],
                     host=pod.host(pod.console_port))


def memory(pod):
    return pod.memory() / 1e6


def start_to_first_byte(pod, command, environment):
    """Milliseconds. The gateway listens already."""
    path = pathlib.Path(pod.console.path)
    path.unlink(missing_ok=True)
    request = (f"GET /installation-status HTTP/1.1\r\nHost: {pod.host(pod.console_port)}\r\nAccept: text/html\r\n"
               "Connection: close\r\n\r\n").encode()
    begin = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                with socket.socket(socket.AF_UNIX) as there:
                    there.connect(str(path))
                break
            except OSError:
                time.sleep(0.0002)
        with http1.connect(pod.console_port) as connection:
            connection.sendall(request)
            first = connection.recv(1 << 16)
        took = (time.perf_counter() - begin) * 1000
        if not first.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"FAILED: the status page: {first[:300]}")
        return took
    finally:
        process.terminate()
        process.wait()


def beside_flask(pod, work):
    subprocess.run([sys.executable, "-m", "venv", work / "venv"], check=True)
    subprocess.run([work / "venv/bin/pip", "install", "-q", "--disable-pip-version-check", "flask"], check=True)
    environment = {**pod.environment, "CONSOLE_AUTH": "none"}
    pod.program.terminate()
    pod.program.wait()
    # Both give the same bytes: the page, with the state filled in.
    console = subprocess.Popen([pod.program.args[0]], env=environment, stdout=subprocess.DEVNULL)
    while not pathlib.Path(pod.console.path).exists():
        time.sleep(0.01)
    text = ask_page(pod).body.decode()
    console.terminate()
    console.wait()
    start, state, end = re.fullmatch(r'(?s)(.*<script type="application/json" id="state">)(.*?)(</script>.*)', text).groups()
    (work / "page.html").write_text("{% raw %}" + start + "{% endraw %}{{ state|safe }}{% raw %}" + end + "{% endraw %}")
    (work / "state.json").write_text(state)
    (work / "app.py").write_text(FLASK)
    flask = [work / "venv/bin/python", work / "app.py", work / "page.html", work / "state.json", pod.console.path]
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(start_to_first_byte(pod, [pod.program.args[0]], environment))
        theirs.append(start_to_first_byte(pod, flask, dict(os.environ)))
    a, b = statistics.median(ours), statistics.median(theirs)
    print(f"start to the first byte of the status page, medians of {ROUNDS}: {a:.1f} ms (longest {max(ours):.1f}); "
          f"by Flask {b:.0f} ms; {b / a:.1f} times")


def drip(connections, ends):
    """Slow-loris: a header's letter from each, now and then."""
    while not ends.wait(0.5):
        for one in connections:
            try:
                one.send(b"a")
            except OSError:
                pass


def send_headers(pod, ends, sent):
    """As long as the gateway takes them, on connections of their own."""
    head = (f"GET /installation-status HTTP/1.1\r\nHost: {pod.host(pod.console_port)}\r\n"
            + "".join(f"X-{n}: {'h' * 7900}\r\n" for n in range(3)) + "\r\n").encode()
    while sent[0] < HEADERS and not ends.is_set():
        with http1.connect(pod.console_port) as connection:
            for _ in range(50):
                connection.sendall(head)
                http1.read_answer(connection)
                sent[0] += len(head)
    sent[1] = time.perf_counter()


def page_times(pod, cookie, until):
    times = []
    while not until(times):
        begin = time.perf_counter()
        answer = ask_page(pod, [f"Cookie: {cookie}"])
        times.append((time.perf_counter() - begin) * 1000)
        if answer.status != 200:
            raise SystemExit(f"FAILED: the status page: {answer.status}")
        time.sleep(0.005)
    return sorted(times)


def p99(times):
    return times[int(len(times) * 0.99)]


def while_rude(pod, cookie):
    quiet = page_times(pod, cookie, lambda times: len(times) == 300)
    before = memory(pod)
    idle = [http1.connect(pod.console_port) for _ in range(IDLE)]
    for one in idle[::2]:  # half of them have asked before
        one.sendall(f"GET /healthz HTTP/1.1\r\nHost: {pod.host(pod.console_port)}\r\n\r\n".encode())
        http1.read_answer(one)
    loris = [check_console.slow_client(pod.console_port, b"GET / HTTP/1.1\r\nHost: a\r\nX-") for _ in range(LORIS)]
    ends, sent = threading.Event(), [0, 0.0]
    # A process of its own, since this one's threads run one at a time.
    sender = os.fork()
    if sender == 0:
        send_headers(pod, ends, sent)
        os._exit(0)
    threading.Thread(target=drip, args=[loris, ends], daemon=True).start()
    gone = []
    times = page_times(pod, cookie, lambda _: gone or (os.waitpid(sender, os.WNOHANG)[0] and gone.append(True)))
    print(f"the status page, {len(times)} times during {IDLE} idle connections, {LORIS} slow ones and 100 MB of headers: "
          f"p99 {p99(times):.1f} ms, longest {times[-1]:.1f} ms; alone p99 {p99(quiet):.1f} ms")
    print(f"memory (PSS) before {before:.1f} MB, with all of them {memory(pod):.1f} MB")
    ends.set()
    for one in idle + loris:
        one.close()


def watch(pod, cookie):
    print(f"memory (PSS) of gateway and console: {memory(pod):.1f} MB")
    watchers = []
    for _ in range(WATCHERS):
        one = http1.connect(pod.console_port)
        one.sendall(f"GET /api/events HTTP/1.1\r\nHost: {pod.host(pod.console_port)}\r\nSec-Fetch-Site: same-origin\r\n"
                    f"Cookie: {cookie}\r\n\r\n".encode())
        watchers.append(one)
    for one in watchers:
        while b"event: state" not in one.recv(1 << 16):
            pass
    time.sleep(1)
    print(f"with {WATCHERS} watchers: {memory(pod):.1f} MB")
    for one in watchers:
        one.close()


def main():
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        os.chmod(work, 0o755)
        pod = RealPod(work / "pod", str(build / "libexec/gateway"), source / "tests/golden/gateway/nginx.conf",
                      build / "libexec/console/tmplbuild-console")
        pod.start()
        time.sleep(1)
        cookie = check_console.sign_in(pod)
        time.sleep(1)
        watch(pod, cookie)
        while_rude(pod, cookie)
        beside_flask(pod, work)
        pod.stop()


main()
