# SPDX-License-Identifier: Apache-2.0
"""A stand-in for ComfyUI, as far as the launcher sees it: its start, its queue and its log.

Strict: it refuses arguments that ComfyUI does not have. FAKE_COMFYUI_CRASH=with-kernel makes it end while it loads, as
long as it is told to use the kernel; a POST to /prompt?N puts work for N seconds into the queue, /interrupt ends it; a POST to /fall-back
prints what ComfyUI prints when its attention fails; /arguments answers with what it was started with.
"""

import argparse
import http.server
import json
import os
import sys
import threading
import time

parser = argparse.ArgumentParser()
parser.add_argument("--listen", default="127.0.0.1")
parser.add_argument("--port", type=int, default=8188)
parser.add_argument("--use-sage-attention", action="store_true")
parser.add_argument("--cpu", action="store_true")
options = parser.parse_args()

print("Total VRAM 0 MB" if options.cpu else "Total VRAM 24576 MB", flush=True)
if options.use_sage_attention:
    if os.environ.get("FAKE_COMFYUI_CRASH") == "with-kernel":
        print("Segmentation fault (core dumped)", flush=True)
        sys.exit(139)
    print("Using sage attention", flush=True)
queue = {"queue_running": [], "queue_pending": []}
lock = threading.Lock()
interrupted = threading.Event()


def work(seconds):
    with lock:
        queue["queue_running"].append([0, "prompt"])
    interrupted.wait(seconds)
    with lock:
        queue["queue_running"].pop()
    print("Processing interrupted" if interrupted.is_set() else "Prompt executed in %.2f seconds" % seconds, flush=True)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, value, code=200):
        body = (value if isinstance(value, str) else json.dumps(value)).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/system_stats":
            return self.answer({"system": {}})
        if self.path == "/queue":
            with lock:
                return self.answer(queue)
        if self.path == "/arguments":
            words = [name for name, on in (("kernel", options.use_sage_attention), ("cpu", options.cpu)) if on]
            return self.answer(" ".join(words) or "plain")
        return self.answer({"error": "not found"}, 404)

    def do_POST(self):
        if self.path.startswith("/prompt?"):
            threading.Thread(target=work, args=(float(self.path.split("?")[1]),), daemon=True).start()
            time.sleep(0.05)
            return self.answer({"prompt_id": "1"})
        if self.path == "/interrupt":
            interrupted.set()
            return self.answer({})
        if self.path == "/fall-back":
            print("Error running sage attention: no kernel image is available, using pytorch attention instead.", flush=True)
            return self.answer({})
        return self.answer({"error": "not found"}, 404)

    def log_message(self, *arguments):
        pass


print("Starting server", flush=True)
http.server.ThreadingHTTPServer((options.listen, options.port), Handler).serve_forever()
