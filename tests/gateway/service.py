# SPDX-License-Identifier: Apache-2.0
"""A stand-in for a service behind the gateway: it tells what arrived, streams, echoes a WebSocket, and remembers whatever
was sent that no strict server would have taken."""
import base64
import hashlib
import socket
import threading

import http1

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Service:
    def __init__(self, port):
        self.port = port
        self.wrong = []  # requests that no strict server takes
        self.requests = []
        self.go_on = threading.Event()  # the second part of /slow waits for it
        self.listener = None
        self.start()

    def start(self):
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=256)
        http1.serve_all(self.listener, self.serve)

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def serve(self, connection):
        reader = http1.Reader(connection)
        try:
            while (request := reader.head()) is not None:
                self.requests.append(request)
                if not self.reply(connection, reader, request):
                    break
        except http1.Wrong as error:
            self.wrong.append(str(error))
        except OSError:
            pass
        connection.close()

    def reply(self, connection, reader, request):
        """Whether the connection goes on."""
        path, _, query = request.target.partition("?")
        if path == "/ws":
            self.web_socket(connection, reader, request)
            return False
        if path == "/cut":  # gone before it answered
            return False
        if path == "/early":  # answers without reading the body
            connection.sendall(http1.answer(413, {"Connection": "close"}, b"too much"))
            return False
        if path == "/arrives":  # a line for each part of the body, as it arrives
            connection.sendall(b"HTTP/1.1 200 Words\r\nConnection: close\r\n\r\n")
            while not reader.rest and reader.more():
                pass
            connection.sendall(b"got the first part\n")
            reader.body(request)
            connection.sendall(b"got all\n")
            return False
        reader.body(request, keep=path != "/upload")
        if path == "/slow":
            connection.sendall(b"HTTP/1.1 200 Words\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: 1\n\n")
            self.go_on.wait(20)
            connection.sendall(b"data: 2\n\n")
            return False
        if path == "/bytes":
            count = int(query)
            connection.sendall(f"HTTP/1.1 200 Words\r\nContent-Length: {count}\r\n\r\n".encode())
            block = bytes(1 << 16)
            while count > 0:
                connection.sendall(block[:count])
                count -= len(block)
            return True
        if path.startswith("/own"):
            connection.sendall(http1.answer(int(path[4:]), {"X-Of": "service", "WWW-Authenticate": "Basic"}, b"its own words"))
            return True
        extra = {"X-Accel-Redirect": "/_tmplbuild/gateway/refuse", "X-Tmplbuild-Starting": "1"} if path == "/accel" else {}
        if path == "/picture.png":
            extra = {"Cache-Control": "public, max-age=600", "CDN-Cache-Control": "max-age=600", "Cloudflare-CDN-Cache-Control": "max-age=600"}
        if path == "/moved":
            extra["Location"] = f"http://{request.one('Host')}/there?x=1"
        connection.sendall(http1.answer(302 if path == "/moved" else 200, extra, http1.told(request)))
        return True

    def web_socket(self, connection, reader, request):
        if request.one("Upgrade") != "websocket" or request.one("Connection") != "upgrade":
            connection.sendall(http1.answer(426, {}, http1.told(request)))
            return
        accept = base64.b64encode(hashlib.sha1(request.one("Sec-WebSocket-Key").encode() + GUID).digest()).decode()
        connection.sendall(f"HTTP/1.1 101 Words\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
                           f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode() + reader.rest)
        while data := connection.recv(1 << 16):
            connection.sendall(data)
