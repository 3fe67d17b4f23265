# SPDX-License-Identifier: Apache-2.0
"""A person and a real pod, in a real browser: signing in once for all ports, a service that still starts, one that crashes,
scripts with a token, and a console that is killed."""
import re
import unittest

from pod_test import PodTest
from playwright.sync_api import expect
from real_pod import COMFY, CONSOLE, PASSWORD, SLOW, address, until


class SignIn(PodTest):
    def test_a_service_leads_to_the_sign_in_and_back(self):
        page = self.page
        page.goto(address(COMFY) + "/?workflow=a%20b")
        expect(page).to_have_url(re.compile(re.escape(address(CONSOLE)) + "/sign-in"))
        self.expected_errors = r"status of 403"
        page.fill("#password", "wrong")
        page.click("#submit")
        expect(page.locator("#message")).not_to_be_empty()
        page.fill("#password", PASSWORD)
        page.click("#submit")
        expect(page).to_have_url(address(COMFY) + "/?workflow=a%20b")
        expect(page.locator("#socket")).to_have_text("echo: hello")
        expect(page.locator("#cookies")).to_have_text("")

    def test_no_cookie_or_token_of_ours_reaches_a_service(self):
        page = self.signed_in()
        page.context.add_cookies([{"name": "theirs", "value": "1", "url": address(COMFY)}])
        page.goto(address(COMFY) + "/")
        expect(page.locator("#socket")).to_have_text("echo: hello")
        page.goto(address(COMFY) + "/again")
        headers = self.pod.last_headers()
        self.assertNotIn("tmplbuild", str(headers).replace("x-forwarded", ""))
        self.assertIn(headers["cookie"], ("theirs=1",))
        self.assertEqual(headers["x-forwarded-proto"], "https")

    def test_the_session_cookie_is_bound_to_its_host(self):
        page = self.signed_in()
        self.enter(COMFY)
        ours = [one for one in page.context.cookies() if one["name"].startswith("__Host-tmplbuild")]
        for one in ours:
            self.assertTrue(one["secure"] and one["httpOnly"], one)
        ours = [one for one in ours if one["name"] == "__Host-tmplbuild"]
        self.assertEqual(sorted(one["domain"] for one in ours), sorted(re.sub("https://", "", address(p)) for p in (COMFY, CONSOLE)))
        self.assertEqual(len({one["value"] for one in ours}), 2, "each port has a token of its own")

    def test_signing_out_ends_every_port(self):
        page = self.signed_in()
        page.goto(address(COMFY) + "/")
        expect(page).to_have_title("ComfyUI")
        page.goto(address(CONSOLE) + "/installation-status")
        page.click("text=Sign out")
        expect(page).to_have_url(re.compile("/sign-in"))
        page.goto(address(COMFY) + "/")
        expect(page).to_have_url(re.compile(re.escape(address(CONSOLE)) + "/sign-in"))

    def test_signing_out_everywhere_ends_web_sockets(self):
        page = self.signed_in()
        self.enter(COMFY)
        page.evaluate("() => { window.open_socket = new WebSocket(location.origin.replace('http', 'ws') + '/ws') }")
        page.wait_for_function("window.open_socket.readyState === 1")
        page.wait_for_timeout(1000)
        self.assertEqual(page.evaluate("window.open_socket.readyState"), 1)
        self.api("POST", "/api/sessions/end")
        page.wait_for_function("window.open_socket.readyState === 3", timeout=10_000)
        page.goto(address(COMFY) + "/")
        expect(page).to_have_url(re.compile(re.escape(address(CONSOLE)) + "/sign-in"))

    def test_on_loopback_without_tls(self):
        page = self.window()
        page.goto(f"http://127.0.0.1:{COMFY}/")
        expect(page).to_have_url(re.compile(rf"http://127\.0\.0\.1:{CONSOLE}/sign-in"))
        expect(page.locator("aside.notice")).to_contain_text("weaker")
        page.fill("#password", PASSWORD)
        page.click("#submit")
        expect(page.locator("#socket")).to_have_text("echo: hello")
        expect(page).to_have_url(f"http://127.0.0.1:{COMFY}/")
        names = {one["name"] for one in page.context.cookies()}
        self.assertTrue({f"tmplbuild-{CONSOLE}", f"tmplbuild-{COMFY}"} <= names, names)
        self.assertNotIn("tmplbuild-", str(self.pod.last_headers()))


class Services(PodTest):
    def test_the_starting_page_turns_into_the_service(self):
        page = self.signed_in()
        self.enter(SLOW)
        self.expected_errors = "status of 50[13]"  # the page asks until the service answers, which knows no HEAD
        self.pod.control("restart", "slow")
        until(lambda: not self.pod.is_ready("slow"))
        response = page.goto(address(SLOW) + "/?a=b")
        self.assertEqual(response.status, 200)
        self.assertEqual(response.headers.get("x-tmplbuild-starting"), "1")
        self.assertIn("no-store", response.headers["cache-control"])
        expect(page.locator("h1")).not_to_have_text("ComfyUI")
        self.shot("starting")
        expect(page.locator("#socket")).to_have_text("echo: hello", timeout=20000)
        expect(page).to_have_url(address(SLOW) + "/?a=b")

    def test_a_script_is_told_to_wait(self):
        token = self.token()
        self.pod.control("restart", "slow")
        until(lambda: not self.pod.is_ready("slow"))
        response, text = self.pod.ask(SLOW, "/", headers={"Authorization": f"Bearer {token}"})
        self.assertEqual(response.status, 503)
        self.assertTrue(response.headers["Retry-After"])
        self.assertIn("slow", text)

    def test_a_crash_and_the_recovery_are_seen_without_a_refresh(self):
        page = self.signed_in()
        row = page.locator("#services > li", has_text="comfyui")
        expect(row).to_contain_text(re.compile("ready", re.I))
        self.shot("all-ready")
        self.pod.ask(COMFY, "/crash", headers={"Authorization": f"Bearer {self.token()}"})
        expect(row).not_to_contain_text(re.compile(r"\bready\b", re.I), timeout=10000)
        self.shot("crashed")
        expect(row).to_contain_text(re.compile("ready", re.I), timeout=15000)

    def test_a_services_own_error_passes_unchanged(self):
        response, text = self.pod.ask(COMFY, "/broken", headers={"Authorization": f"Bearer {self.token()}"})
        self.assertEqual((response.status, text), (500, "its own error"))

    def test_restarting_by_a_button(self):
        page = self.signed_in()
        before = self.pod.state_of("comfyui")["pid"]
        row = page.locator("#services > li", has_text="comfyui")
        row.get_by_role("button", name=re.compile("Restart")).click()
        until(lambda: self.pod.state_of("comfyui")["pid"] not in (0, before))
        until(lambda: self.pod.is_ready("comfyui"))


class Scripts(PodTest):
    def test_a_token_works_until_it_is_withdrawn(self):
        page = self.signed_in()
        page.goto(address(CONSOLE) + "/tokens")
        self.shot("tokens")
        token = self.token("nightly")
        with_it = {"Authorization": f"Bearer {token}"}
        self.assertEqual(self.pod.ask(COMFY, "/prompt", "POST", with_it, "{}")[0].status, 200)
        self.assertNotIn("authorization", self.pod.last_headers())
        self.assertEqual(self.pod.ask(CONSOLE, "/api/installation-status", headers=with_it)[0].status, 200)
        listed = self.api("GET", "/api/tokens")["tokens"]
        self.api("DELETE", "/api/tokens/" + next(one["id"] for one in listed if one["name"] == "nightly"))
        self.assertEqual(self.pod.ask(COMFY, "/prompt", "POST", with_it, "{}")[0].status, 401)

    def test_a_service_keeps_its_own_authorization(self):
        page = self.signed_in()
        self.enter(COMFY)
        page.evaluate("fetch('/x', {headers: {Authorization: 'token of-jupyter'}})")
        until(lambda: self.pod.last_headers().get("authorization") == "token of-jupyter")

    def test_nobody_else_gets_anything(self):
        for port in (COMFY, SLOW, CONSOLE):
            for path in ("/", "/prompt", "/api/installation-status", "/metrics", "/_tmplbuild/events"):
                response, text = self.pod.ask(port, path, headers={"Accept": "application/json"})
                self.assertIn(response.status, (302, 303, 401, 404), (port, path, text))
                self.assertNotIn("comfyui", text)
        response, text = self.pod.ask(CONSOLE, "/healthz")
        self.assertEqual(response.status, 200)
        self.assertNotIn("comfyui", text)

    def test_an_address_that_is_not_ours_is_misdirected(self):
        token = {"Authorization": f"Bearer {self.token()}"}
        for host in ("evil.example", "abc123-8188.proxy.runpod.net.evil.example", "203.0.113.9"):
            for port in (COMFY, CONSOLE):
                self.assertEqual(self.pod.ask(port, "/", headers=token, host=host)[0].status, 421, (host, port))


class Console(PodTest):
    def test_while_it_is_down_nothing_passes_and_sessions_survive(self):
        page = self.signed_in()
        self.enter(COMFY)
        self.expected_errors = "status of 503"
        self.pod.control("stop", "console")
        until(lambda: self.pod.state_of("console")["state"] == "stopped")
        token_like = {"Authorization": "Bearer tmplbuild_" + "0" * 64}
        for headers in ({}, token_like):
            response, text = self.pod.ask(COMFY, "/prompt", "POST", headers, "{}")
            self.assertEqual(response.status, 503)
            self.assertIn("console", text)
        self.pod.control("start", "console")
        until(lambda: self.pod.is_ready("console"))
        self.enter(COMFY)


if __name__ == "__main__":
    unittest.main()
