# SPDX-License-Identifier: Apache-2.0
"""whole_pod.py CONSOLE_PORT WEB_PORT LATE_PORT PASSWORD FILE: what somebody sees of a pod with the console and two services, one of
which starts when FILE is there. Says each broken promise and ends with 1 when there is one."""
import sys
import time

from browser import Browser

console, web, late = (f"http://127.0.0.1:{port}" for port in sys.argv[1:4])
password = sys.argv[4]


def check(right, words):
    if not right:
        print("FAILED:", words)
        sys.exit(1)


def main():
    stranger = Browser()
    page = stranger.open(web + "/page?x=1")
    check(page[0].startswith(console) and "password" in page[3], f"a stranger sees {page[0]} {page[1]}")
    api = {"Accept": "application/json", "Sec-Fetch-Mode": "cors"}
    check(stranger.ask(console + "/api/installation-status", headers=api)[1] == 401, "the API answers a stranger")
    check(stranger.ask(web + "/page", headers=api)[1] in (401, 403), "a service answers a stranger's script")
    check(stranger.send_form(password="wrong")[1] == 403, "a wrong password is let in")

    person = Browser()
    page = person.sign_in(web + "/page?x=1", password)
    check(page[0] == web + "/_tmplbuild/ticket" and "/page?x=1" in page[3], f"the ticket leads to {page[0]} {page[1]}: {page[3]}")
    page = person.open(web + "/page?x=1", headers={"Sec-Fetch-Site": "same-origin"})
    check((page[0], page[1]) == (web + "/page?x=1", 200), f"signed in, one sees {page[0]} {page[1]}: {page[3][:300]}")
    check("from the service" in page[3] and "tmplbuild" not in page[3].split("cookies:")[1], f"the service saw {page[3]}")
    check(person.open(console + "/")[1] == 200 and person.page[0] == console + "/", f"the console's page: {person.page[:2]}")
    # The console listens before it has heard the launcher for the first time, and says so.
    for _ in range(50):
        status = person.ask(console + "/api/installation-status", headers=api | {"Sec-Fetch-Site": "same-origin"})
        if '"web"' in status[3]:
            break
        time.sleep(0.1)
    check(status[1] == 200 and '"web"' in status[3], f"the API: {status[1]} {status[3][:2000]}")
    # One sign-in for all: no password on the way to the other service, which has not started.
    page = person.open(late + "/")
    if page[0].startswith(console):
        check('name="password"' not in page[3], "a second service asks for the password")
        person.send_form()
        page = person.open(late + "/")
    check((page[1], page[2]["X-Tmplbuild-Starting"]) == (200, "1"), f"a service that starts: {page[:2]} {page[3][:300]}")
    check(page[2]["Cache-Control"] == "no-store", "the starting page may be kept")
    open(sys.argv[5], "w").close()
    for _ in range(100):
        if person.open(late + "/")[2]["X-Tmplbuild-Starting"] is None:
            break
        time.sleep(0.1)
    check(person.page[1] == 200 and "from the service" in person.page[3], f"when it has started: {person.page}")
    foreign = person.ask(web + "/page", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"})
    check(foreign[1] == 403, f"another site's picture of it: {foreign[1]}")
    change = person.ask(web + "/page", "POST", "x", {"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"})
    check(change[1] == 403, f"another port's change: {change[1]}")
    other = person.ask(web + "/page", headers={"Host": "evil.example"})
    check(other[1] == 421, f"another name for it: {other[1]}")


main()
