# SPDX-License-Identifier: Apache-2.0
"""A package index on the loopback whose network can be lost and found again.

usage: cut_index.py FOLDER LOST. Prints "port N". While the file LOST exists, a wheel's answer is cut after 200 bytes, and
everything else that is asked after that is cut before its first byte. Each request is one line on stdout.
"""

import functools
import http.server
import os
import sys

folder, lost = sys.argv[1:]
cut = []  # holds something from the first cut on


class Index(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        print("asked", self.path, flush=True)
        if not os.path.exists(lost):
            cut.clear()
            return super().do_GET()
        if cut:
            self.close_connection = True
            return None
        if not self.path.endswith(".whl"):
            return super().do_GET()
        cut.append(self.path)
        with open(folder + self.path, "rb") as wheel:
            content = wheel.read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:200])
        self.close_connection = True
        return None

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Index, directory=folder))
print("port", server.server_port, flush=True)
server.serve_forever()
