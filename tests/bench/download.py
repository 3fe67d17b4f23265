# SPDX-License-Identifier: Apache-2.0
"""How fast the download worker fetches, hash and fsync included, against curl with a fsync to the same disk, from nginx on
loopback; and how much memory it has while three downloads run.

    tests/bench/download.py BUILD [FOLDER] [MEGABYTES]     build/release; FOLDER: on the disk that is measured
"""

import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/download"))
from worker import Hub, Worker  # noqa: E402

build = pathlib.Path(sys.argv[1]).resolve()
bundle, gateway = build / "libexec/download", build / "libexec/gateway"
program = [bundle / "ld-linux-x86-64.so.2", "--inhibit-cache", "--library-path", bundle, bundle / "tmplbuild-download"]
size = (int(sys.argv[3]) if len(sys.argv) > 3 else 1000) * 1_000_000
NGINX = """daemon off; worker_processes 1; pid nginx.pid; error_log stderr;
events {{ worker_connections 64; }}
http {{ access_log off; sendfile on; client_body_temp_path t; proxy_temp_path t; fastcgi_temp_path t; uwsgi_temp_path t; scgi_temp_path t;
server {{ listen 127.0.0.1:{port}; root {root}; }} }}
"""


def serve(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (folder / "nginx.conf").write_text(NGINX.format(port=port, root=folder / "served"))
    command = [gateway / "ld-linux-x86-64.so.2", "--inhibit-cache", "--library-path", gateway, gateway / "nginx",
               "-p", folder, "-e", "stderr", "-c", folder / "nginx.conf"]
    process = subprocess.Popen(command)
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return process, f"http://127.0.0.1:{port}/model.safetensors"
        except OSError:
            time.sleep(0.05)
    raise SystemExit("nginx does not listen")


def by_curl(address, file):
    since = time.monotonic()
    subprocess.run(["curl", "-sS", "-o", file, address], check=True)
    with open(file, "rb") as written:
        os.fsync(written)
    seconds = time.monotonic() - since
    file.unlink()
    return seconds


def by_worker(worker, address, models):
    number = worker.add(address, "loras")
    item = worker.reaches(number, "done", "failed", seconds=300)
    if item["state"] != "done":
        raise SystemExit(item["reason"])
    (models / "loras/model.safetensors").unlink()
    worker.ask("clear")
    return (item["finished"] - item["added"]) / 1000


def memory_of(pid):
    lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def memory_while_three_run(volume):
    hub = Hub(8_000_000)
    worker = Worker(program, volume, hub)
    worker.until(lambda: worker.state and worker.state["state"] == "ok")
    numbers = [worker.add(f"{hub.huggingface}/org/slow/resolve/main/{name}.gguf", "unet") for name in "abc"]
    worker.until(lambda: all(worker.item(n).get("done_bytes", 0) > 2_000_000 for n in numbers), 60)
    out = memory_of(worker.process.pid)
    worker.kill()
    hub.end()
    return out


def main():
    place = sys.argv[2] if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory(dir=place) as made:
        folder = pathlib.Path(made)
        folder.chmod(0o755)  # nginx's worker is another user
        models = folder / "volume/ComfyUI/models"
        (folder / "served").mkdir()
        (folder / "volume").mkdir()
        block = os.urandom(1 << 20)
        with open(folder / "served/model.safetensors", "wb") as file:
            for _ in range(size // len(block)):
                file.write(block)
        server, address = serve(folder)
        worker = Worker(program, folder / "volume", None)
        worker.until(lambda: worker.state and worker.state["state"] == "ok")
        curl, own = [], []
        for _ in range(5):
            curl.append(by_curl(address, folder / "curl"))
            own.append(by_worker(worker, address, models))
        worker.end()
        server.terminate()
        server.wait()
        written = size // len(block) * len(block)
        for name, seconds in (("curl and fsync", curl), ("tmplbuild-download", own)):
            print(f"{name}: {written / min(seconds) / 1e6:.0f} MB/s at best; seconds {' '.join(f'{one:.2f}' for one in seconds)}")
        print(f"of curl, best to best: {min(curl) / min(own):.2f}; middle to middle: {sorted(curl)[2] / sorted(own)[2]:.2f}")
        print(f"PSS while three downloads run: {memory_while_three_run(folder / 'volume') / 1000:.1f} MB")


main()
