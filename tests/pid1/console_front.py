# SPDX-License-Identifier: Apache-2.0
"""A port on the loopback that passes requests to the console as the gateway does, for tools that speak TCP only. Arguments:
the run folder and the port."""
import http.client
import http.server
import sys
import time

from console_client import Console

console = Console(sys.argv[1])
hop_by_hop = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "expect"}


class Front(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
        headers = {name: value for name, value in self.headers.items()
                   if name.lower() not in hop_by_hop and not name.lower().startswith("x-tmplbuild-")}
        answer = self.ask_again(body, headers)
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in hop_by_hop:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    # The console may be starting again, since that can be asked of it.
    def ask_again(self, body, headers):
        for _ in range(50):
            try:
                return console.ask(self.command, self.path, body, headers)
            except (OSError, http.client.HTTPException):
                time.sleep(0.1)
        raise SystemExit("the console does not answer")

    def log_message(self, *arguments):
        pass


for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "QUERY"):
    setattr(Front, "do_" + method, Front.pass_on)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Front).serve_forever()
