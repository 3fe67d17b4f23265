# SPDX-License-Identifier: Apache-2.0
"""What passes the gateway, what does not, and who answers then."""
import http1
from http1 import ask


def passed(pod, check):
    answer = ask(pod.keep, "/a//b/../c?x=%2F&y=1", headers=["Cookie: theirs=1; tmplbuild-8188=ours; b=2", "Accept: x/y"])
    seen = answer.seen()
    check(answer.status == 200 and seen["line"] == "GET /a//b/../c?x=%2F&y=1 HTTP/1.1", f"the target changed: {seen['line']}")
    headers = dict(seen["headers"])
    wanted = {"Host": "pod.example", "Cookie": "theirs=1; b=2", "Accept": "x/y", "X-Forwarded-For": "127.0.0.1",
              "X-Forwarded-Host": "pod.example", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "443",
              "X-Real-IP": "127.0.0.1", "Connection": "close"}
    check(headers == wanted, f"a service sees {headers}")
    headers = dict(ask(pod.keep, "/", headers=["Authorization: Bearer ours-1"], host="localhost:8188").seen()["headers"])
    check("Authorization" not in headers, "our token reached a service")
    check((headers["X-Forwarded-Proto"], headers["X-Forwarded-Port"]) == ("http", "8188"), f"plain http: {headers}")
    headers = dict(ask(pod.keep, "/", headers=["Authorization: Basic dXNlcg=="]).seen()["headers"])
    check(headers.get("Authorization") == "Basic dXNlcg==", "a service's own login did not reach it")
    headers = ask(pod.keep, "/", headers=["Cookie: a=1", "Cookie: tmplbuild-1=x", "Cookie: b=2"]).seen()["headers"]
    check([value for name, value in headers if name == "Cookie"] == ["a=1; b=2"], f"several cookie lines: {headers}")
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"):
        seen = ask(pod.keep, "/x", method=method, body=b"body").seen()
        check(seen["line"].startswith(method + " ") and seen["body"] == "body", f"{method}: {seen['line']}")
        check(pod.console.seen[-1][1].one("X-Tmplbuild-Method") == method, f"the console saw no {method}")
    check(ask(pod.keep, "/", method="HEAD").status == 200, "HEAD")
    check(ask(pod.keep, "/", address="::1", host="localhost").status == 200, "over IPv6")


def rewritten(pod, check):
    asked = ["Origin: https://pod.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"]
    kept = dict(ask(pod.keep, "/", headers=asked).seen()["headers"])
    check((kept["Host"], kept["Origin"], kept["Sec-Fetch-Site"]) == ("pod.example", "https://pod.example", "cross-site"), f"keep: {kept}")
    private = f"127.0.0.1:{pod.rewrite_private}"
    seen = dict(ask(pod.rewrite, "/", headers=asked).seen()["headers"])
    check((seen["Host"], seen["Origin"], seen["X-Forwarded-Host"]) == (private, f"http://{private}", "pod.example"), f"rewrite: {seen}")
    check("Sec-Fetch-Site" not in seen and seen["Sec-Fetch-Mode"] == "navigate", f"rewrite: {seen}")
    check("Origin" not in dict(ask(pod.rewrite, "/").seen()["headers"]), "an Origin was made up")
    check(ask(pod.rewrite, "/moved").header("Location") == "/there?x=1", "a redirect names a private address")
    check(ask(pod.keep, "/moved").header("Location") == "http://pod.example/there?x=1", "a redirect was changed")
    check(pod.console.seen[-1][1].one("X-Tmplbuild-Service") == "jupyterlab", "the console does not know whose port it is")


def refused(pod, check):
    def phases_of(*arguments, **more):
        before = len(pod.console.seen)
        answer = ask(*arguments, **more)
        return answer, [phase for phase, _ in pod.console.seen[before:]]

    answer, phases = phases_of(pod.keep, "/no401?secret=1")
    check((answer.status, answer.header("Location"), phases) == (302, "/sign-in", ["authorize", "refuse"]), f"401: {answer.status} {phases}")
    answer, phases = phases_of(pod.keep, "/no403")
    check((answer.status, answer.body, phases) == (403, b"refused by the console", ["authorize", "refuse"]), f"403: {answer.status}")
    check(ask(pod.keep, "/no403", method="HEAD").status == 403, "HEAD")
    arrived = len(pod.kept.requests)
    for body in (b"x", b"12", bytes(100), bytes(1 << 20)):
        answer, phases = phases_of(pod.keep, "/no403", method="POST", body=body)
        check(answer.status == 403 and phases == ["authorize", "refuse"], f"a body of {len(body)}: {answer.status} {phases}")
        check(pod.console.seen[-1][1].one("X-Tmplbuild-Method") == "POST", "the console does not know the method")
    # Bodies that never come, in each form: the answer does not wait for them.
    for form in ("Content-Length: 1000000000", "Transfer-Encoding: chunked"):
        with http1.connect(pod.keep) as connection:
            connection.sendall(f"POST /no403 HTTP/1.1\r\nHost: a\r\n{form}\r\n\r\n".encode())
            if "chunked" in form:
                connection.sendall(b"fffffff\r\n" + bytes(1 << 17))
            answer = http1.read_answer(connection)
            check((answer.status, answer.body) == (403, b"refused by the console"), f"{form}: {answer.status}")
    check(len(pod.kept.requests) == arrived, "a refused request reached the service")
    check(pod.console.bodies == 0, "a body reached the console")
    for path in ("/odd404", "/odd500"):
        answer = ask(pod.keep, path)
        check(answer.status == 503 and b"console" in answer.body and answer.header("Retry-After"), f"{path}: {answer.status}")
    check(len(pod.kept.requests) == arrived, "a request passed that the console did not let through")
    for path in ("/_tmplbuild/gateway/authorize", "/_tmplbuild/gateway/refuse"):
        check(ask(pod.keep, path).status == 404, f"{path} can be asked from outside")


def console_pages(pod, check):
    answer = ask(pod.console_port, "/sign-in?x=1", method="POST", headers=["X-Tmplbuild-Phase: authorize", "X-Tmplbuild-Port: 1"], body=b"password=1")
    seen = answer.seen()
    check(answer.status == 200 and seen["body"] == "password=1" and seen["line"] == "POST /sign-in?x=1 HTTP/1.1", f"the console sees {seen}")
    check(pod.console.seen[-1][0] == "page" and pod.console.seen[-1][1].one("X-Tmplbuild-Port") == str(pod.console_port), "the console's port")
    check(ask(pod.console_port, "/sign-in", method="POST", body=bytes(17000)).status == 413, "a big body to the console")
    for path in ("/api/upload", "/api/uploads/1", "/api/models/check"):
        ask(pod.console_port, path, method="POST", body=b"x" * 300000)
        got = len(pod.console.seen[-1][1].body)
        check(got == 300000, f"{path}: the console sees {got} bytes of 300000")
    for path in ("/api/uploads", "/api/uploads/1/2", "/api/uploadx", "/x/api/upload", "/api/models/check/x"):
        check(ask(pod.console_port, path, method="POST", body=bytes(17000)).status == 413, f"a big body to {path}")
    answer = ask(pod.keep, "/_tmplbuild/ticket", method="POST", body=b"ticket=1")
    check(answer.status == 200 and pod.console.seen[-1][0] == "page", "the console's part of a service's port")
    check(pod.console.seen[-1][1].one("X-Tmplbuild-Port") == str(pod.keep), "the port of a page on a service's port")


def console_down(pod, check):
    arrived = len(pod.kept.requests)
    pod.console.stop()
    for port in (pod.keep, pod.console_port):
        answer = ask(port, "/?token=secret-token")
        check(answer.status == 503 and b"does not answer" in answer.body, f"no console: {answer.status}")
        check(answer.header("Cache-Control") == "no-store" and answer.header("Refresh") == "3", "the words may be kept")
    check(ask(pod.keep, "/_tmplbuild/ticket").status == 503, "a page of the console without a console")
    check(len(pod.kept.requests) == arrived, "a request passed without a console")
    pod.console.start()
    check(ask(pod.keep, "/").status == 200, "nothing passes when the console is back")


def service_down(pod, check):
    pod.kept.stop()
    answer = ask(pod.keep, "/page?token=secret-token")
    check((answer.status, answer.header("X-Tmplbuild-Starting")) == (200, "1"), f"a service that is down: {answer.status}")
    answer = ask(pod.keep, "/page", method="POST", body=bytes(1 << 20))
    check(pod.console.seen[-1][0] == "starting" and answer.status == 200, "a change while a service is down")
    check(pod.console.bodies == 0, "a body reached the console")
    pod.kept.start()
    check(ask(pod.keep, "/cut").header("X-Tmplbuild-Starting") == "1", "a service that goes away before it answers")
    for status in (401, 403, 404, 413, 418, 500, 502, 503, 504):
        answer = ask(pod.keep, f"/own{status}")
        check((answer.status, answer.body, answer.header("X-Of")) == (status, b"its own words", "service"), f"its own {status}: {answer.status}")
    answer = ask(pod.keep, "/picture.png")
    check([value for name, value in answer.headers if "cdn" in name.lower()] == ["no-store"], f"a cache before the pod: {answer.headers}")
    answer = ask(pod.keep, "/accel")
    check(answer.status == 200 and answer.header("X-Tmplbuild-Starting") is None, "a service commands the gateway")


CHECKS = [passed, rewritten, refused, console_pages, console_down, service_down]
