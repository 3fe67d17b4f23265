# SPDX-License-Identifier: Apache-2.0
"""A page on another pod of the same proxy, in the browser of somebody who is signed in: it can neither read nor change
anything, open a WebSocket, plant a cookie that counts, nor reach a GET that changes something."""
import re
import unittest

from pod_test import PodTest
from playwright.sync_api import expect
from real_pod import COMFY, CONSOLE, EVIL, EVIL_PORT, address


class AnotherPod(PodTest):
    def setUp(self):
        super().setUp()
        self.expected_errors = r"."  # the browser says which of the attack's requests were refused
        self.signed_in()
        self.page.goto(address(COMFY) + "/")
        expect(self.page.locator("#socket")).to_have_text("echo: hello")
        self.before = {what: self.pod.counts(what) for what in ("prompt", "reboot", "socket")}

    def attack(self, script, html=""):
        """What the script returns, on a page of the other pod."""
        self.evil.page = html
        self.page.goto(address(EVIL_PORT, EVIL) + "/")
        return self.page.evaluate(script)

    def unharmed(self):
        self.page.wait_for_timeout(300)
        for what, before in self.before.items():
            self.assertEqual(self.pod.counts(what), before, what)

    def test_it_cannot_change_anything(self):
        result = self.attack(f"""async () => {{
            const said = [];
            for (const port of ['{address(COMFY)}', '{address(CONSOLE)}'])
                for (const mode of ['no-cors', 'cors'])
                    for (const path of ['/prompt', '/api/services/comfyui/restart', '/sign-out'])
                        said.push(await fetch(port + path, {{method: 'POST', mode, credentials: 'include', body: 'x'}})
                            .then(one => one.type, () => 'failed'));
            return said;
        }}""")
        self.assertLessEqual(set(result), {"failed", "opaque"})
        self.unharmed()
        self.page.goto(address(CONSOLE) + "/installation-status")
        expect(self.page).not_to_have_url(re.compile("/sign-in"))

    def test_it_cannot_read_anything(self):
        result = self.attack(f"""async () => {{
            const said = [];
            for (const path of ['{address(COMFY)}/', '{address(CONSOLE)}/api/installation-status', '{address(CONSOLE)}/api/events'])
                said.push(await fetch(path, {{credentials: 'include'}}).then(one => one.text(), () => 'failed'));
            return said;
        }}""")
        self.assertEqual(set(result), {"failed"})

    def test_it_cannot_open_a_web_socket(self):
        result = self.attack(f"""() => new Promise(done => {{
            const socket = new WebSocket('{address(COMFY).replace("https", "wss")}/ws');
            socket.onopen = () => done('open');
            socket.onerror = () => done('refused');
        }})""")
        self.assertEqual(result, "refused")
        self.unharmed()

    def test_no_picture_script_or_frame_reaches_a_get_that_changes_something(self):
        reboot = address(COMFY) + "/manager/reboot"
        self.attack("new Promise(done => setTimeout(done, 500))",
                    f"<img src='{reboot}'><script src='{reboot}'></script><iframe src='{reboot}'></iframe>"
                    f"<link rel=stylesheet href='{reboot}'><link rel=prefetch href='{reboot}'><object data='{reboot}'></object>"
                    f"<video src='{reboot}'></video>")
        self.unharmed()

    def test_a_form_reaches_nothing(self):
        self.evil.page = f"<form method=post action='{address(COMFY)}/prompt'><button>win</button></form>"
        self.page.goto(address(EVIL_PORT, EVIL) + "/")
        self.page.click("button")
        self.page.wait_for_load_state()
        self.unharmed()

    def test_a_link_to_a_get_that_changes_something_asks_first(self):
        self.evil.page = f"<a href='{address(COMFY)}/manager/reboot'>win</a>"
        self.page.goto(address(EVIL_PORT, EVIL) + "/")
        self.page.click("a")
        self.page.wait_for_load_state()
        expect(self.page.locator("body")).to_contain_text("/manager/reboot")
        self.unharmed()
        self.shot("asked")
        self.page.locator("a[href='/manager/reboot']").click()  # the person wants it
        expect(self.page.locator("body")).to_have_text("rebooting")
        self.assertEqual(self.pod.counts("reboot"), self.before["reboot"] + 1)

    def test_a_link_to_the_entry_passes(self):
        self.evil.page = f"<a href='{address(COMFY)}/'>ComfyUI</a>"
        self.page.goto(address(EVIL_PORT, EVIL) + "/")
        self.page.click("a")
        expect(self.page.locator("#socket")).to_have_text("echo: hello")

    def test_a_planted_cookie_counts_for_nothing(self):
        stranger = self.window()
        self.evil.page = ""
        stranger.goto(address(EVIL_PORT, EVIL) + "/")
        stranger.evaluate("""() => {
            for (const name of ['__Host-tmplbuild', '__Host-tmplbuild-nonce', 'tmplbuild-8188', '__host-tmplbuild'])
                document.cookie = name + '=' + '0'.repeat(64) + '; domain=proxy.runpod.net; path=/; secure';
        }""")
        stranger.goto(address(COMFY) + "/")
        expect(stranger).to_have_url(re.compile("/sign-in"))
        # Nor does it keep a person from signing in.
        stranger.fill("#password", self.password)
        stranger.click("#submit")
        expect(stranger.locator("#socket")).to_have_text("echo: hello")

    def test_the_pages_cannot_be_framed(self):
        self.attack("new Promise(done => setTimeout(done, 500))", f"<iframe src='{address(CONSOLE)}/installation-status'></iframe>")
        frames = [one for one in self.page.frames if one != self.page.main_frame]
        self.assertNotIn("What this pod does", "".join(one.content() for one in frames))


class Tickets(PodTest):
    def ticket(self):
        """The way to a service, stopped before the ticket is posted: the form's fields and the nonce's cookie."""
        page = self.signed_in()
        caught = {}

        def catch(route):
            caught["body"] = route.request.post_data
            caught["cookies"] = page.context.cookies(address(COMFY))
            route.abort()

        page.route(address(COMFY) + "/_tmplbuild/ticket", catch)
        self.expected_errors = r"."
        try:
            page.goto(address(COMFY) + "/prompt")
        except Exception:  # the navigation was cut
            pass
        page.wait_for_timeout(500)
        self.assertIn("ticket=", caught.get("body", ""))
        page.unroute_all()
        return caught["body"], "; ".join(f"{one['name']}={one['value']}" for one in caught["cookies"])

    def post(self, port, body, cookie):
        return self.post_for_page(port, body, cookie)[0]

    def post_for_page(self, port, body, cookie):
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": address(CONSOLE), "Sec-Fetch-Site": "same-site"}
        if cookie:
            headers["Cookie"] = cookie
        return self.pod.ask(port, "/_tmplbuild/ticket", "POST", headers, body)

    def test_a_ticket_opens_its_port_once_and_for_its_browser(self):
        body, cookie = self.ticket()
        opened = self.post(COMFY, body, cookie)
        self.assertEqual(opened.status, 200)
        self.assertIn("__Host-tmplbuild=", opened.headers["Set-Cookie"])
        self.assertEqual(self.post(COMFY, body, cookie).status, 403)  # replayed

    def test_a_ticket_without_its_nonce_opens_nothing(self):
        for wrong in ("", "__Host-tmplbuild-nonce=" + "0" * 64):
            body, _ = self.ticket()
            self.assertEqual(self.post(COMFY, body, wrong).status, 403)

    def test_a_ticket_leads_nowhere_but_where_it_was_asked_for(self):
        body, cookie = self.ticket()
        self.assertNotIn("prompt", body)  # the nonce has it, sealed
        opened, text = self.post_for_page(COMFY, body + "&return=%2Fmanager%2Freboot&path=%2Fmanager%2Freboot", cookie)
        self.assertEqual(opened.status, 200)
        self.assertIn("/prompt", text)
        self.assertNotIn("reboot", text)

    def test_a_foreign_link_without_a_session_asks_after_the_sign_in(self):
        page = self.signed_in()
        before = self.pod.counts("reboot")
        self.expected_errors = r"status of 403"
        self.evil.page = f"<a href='{address(COMFY)}/manager/reboot'>win</a>"
        page.goto(address(EVIL_PORT, EVIL) + "/")
        page.click("a")
        expect(page.locator("a[href='/manager/reboot']")).to_be_visible()
        self.assertEqual(self.pod.counts("reboot"), before)

    def test_a_ticket_for_another_port_opens_nothing(self):
        body, cookie = self.ticket()
        self.assertEqual(self.post(8189, body, cookie).status, 403)


if __name__ == "__main__":
    unittest.main()
