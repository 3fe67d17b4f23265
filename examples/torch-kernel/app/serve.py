# SPDX-License-Identifier: Apache-2.0
"""serve.py HOST PORT: answers every request with what this process can use, as JSON."""

import http.server
import json
import sys

import torch

try:
    import torch_kernel
except ImportError as why:
    torch_kernel = None
    print(f"torch_kernel cannot be used: {why}", flush=True)


def report():
    out = {"torch": torch.__version__, "cuda": torch.version.cuda, "gpu": torch.cuda.is_available(), "kernel": None}
    if torch_kernel is not None:
        x, weight = torch.arange(1.0, 9.0).reshape(2, 4), torch.ones(4)
        device = "cuda" if out["gpu"] else "cpu"
        norm = torch_kernel.rms_norm(x.to(device), weight.to(device))
        out["kernel"] = {
            "file": torch_kernel.__file__,
            "modules": torch_kernel.MODULES,
            "device": device,
            # 1 for rows of any size: that is what the norm is for.
            "mean_square": norm.pow(2).mean(-1).cpu().tolist(),
        }
    return out


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(report()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
