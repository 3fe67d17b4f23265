# SPDX-License-Identifier: Apache-2.0
"""A walk through a real pod, as a person does it: whoever started the pod says where it is.

POD_CONSOLE, POD_SERVICE   the addresses of the console and of a service 'web' that starts once the file POD_GATE is there,
                           prints "web is up", and ends with code 3 when it is asked for /die
POD_PASSWORD               the console's
POD_LAUNCHER               the launcher's process, which is stopped by a signal for a while
"""
import os
import re
import signal
import unittest
from pathlib import Path

from harness import DESKTOP, PHONE, PageTest, expect

CONSOLE, SERVICE = os.environ["POD_CONSOLE"], os.environ["POD_SERVICE"]
PASSWORD, LAUNCHER, GATE = os.environ["POD_PASSWORD"], int(os.environ["POD_LAUNCHER"]), Path(os.environ["POD_GATE"])


class Walk(PageTest):
    def look(self, name):
        """A picture on desktop and phone; the same for axe."""
        for size, word in ((PHONE, "phone"), (DESKTOP, "desktop")):
            self.page.set_viewport_size(size)
            self.check_looks(self.page, f"real_{name}-{word}-light")

    def state(self):
        return self.row("web").locator(".state")

    def status_with(self, token):
        request = self.window().context.request
        return request.get(CONSOLE + "/api/installation-status", headers={"Authorization": "Bearer " + token}).status

    def test_a_visit(self):
        # Wrong passwords, a service that does not answer yet, and a launcher that is stopped answer so on purpose.
        self.expected_errors = r"status of (401|403|502|503|504)"
        self.page.context.set_default_timeout(15_000)
        self.sign_in_really()
        service = self.open_the_service_while_it_starts()
        self.read_its_log()
        self.see_a_crash_and_the_recovery(service)
        self.restart_it()
        self.see_a_launcher_that_hangs()
        self.make_and_withdraw_a_token()
        self.sign_out(service)

    def sign_in_really(self):
        page = self.page
        page.goto(CONSOLE + "/installation-status")
        expect(page).to_have_url(re.compile(re.escape(CONSOLE) + "/sign-in"))
        page.fill("#password", PASSWORD + "x")
        page.keyboard.press("Enter")
        expect(page.locator("#message")).not_to_be_empty()
        self.look("sign_in_wrong")
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        expect(page).to_have_url(CONSOLE + "/installation-status")

    def open_the_service_while_it_starts(self):
        expect(self.row("web")).to_contain_text("starting")
        self.look("starting")
        with self.page.expect_popup() as popup:
            self.row("web").get_by_role("link", name="Open").click()
        service = popup.value
        service.on("pageerror", lambda error: self.errors.append(str(error)))
        expect(service.locator("h1")).to_have_text("web is starting")
        self.check_looks(service, "real_starting_page-desktop-light")
        GATE.touch()
        expect(service.locator("body")).to_contain_text("this is the service", timeout=30_000)
        self.assertEqual(service.url, SERVICE + "/")
        # The status page has it without a refresh.
        expect(self.state()).to_have_text("ready")
        expect(self.page.locator("#link")).to_have_text("live")
        self.look("ready")
        return service

    def read_its_log(self):
        self.row("web").get_by_role("button", name="Log of").click()
        expect(self.page.locator(".log-lines")).to_contain_text("web is up")
        self.page.get_by_role("searchbox").fill("web is")
        expect(self.page.locator(".log-lines mark").first).to_have_text("web is")

    def see_a_crash_and_the_recovery(self, service):
        service.evaluate("fetch('/die').catch(() => null)")
        expect(self.page.locator("#timeline")).to_contain_text("exit code 3")
        expect(self.row("web")).to_contain_text("restarted once")
        expect(self.state()).to_have_text("ready", timeout=30_000)

    def restart_it(self):
        self.row("web").get_by_role("button", name="Restart").click()
        expect(self.page.locator("#timeline")).to_contain_text("a person asked for its start")
        expect(self.state()).to_have_text("ready", timeout=30_000)

    def see_a_launcher_that_hangs(self):
        os.kill(LAUNCHER, signal.SIGSTOP)
        try:
            expect(self.page.locator("#banner")).to_contain_text("The pod’s launcher does not answer.", timeout=30_000)
            expect(self.state()).to_have_text("was ready")
            self.look("launcher_hanging")
        finally:
            os.kill(LAUNCHER, signal.SIGCONT)
        expect(self.page.locator("#banner")).to_be_hidden(timeout=30_000)

    def make_and_withdraw_a_token(self):
        page = self.page
        page.click("text=Access")
        page.fill("#name", "script")
        page.keyboard.press("Enter")
        expect(page.locator("#made-token")).to_have_value(re.compile("^tmplbuild_[0-9a-f]{64}$"))
        token = page.locator("#made-token").input_value()
        self.assertEqual(self.status_with(token), 200)
        page.get_by_role("button", name="Withdraw script").click()
        page.get_by_role("button", name="Withdraw it").click()
        expect(page.get_by_text("There are no tokens.")).to_be_visible()
        self.assertEqual(self.status_with(token), 401)

    def sign_out(self, service):
        """It ends the session of the service's port too."""
        self.page.click("text=Sign out")
        expect(self.page).to_have_url(CONSOLE + "/sign-in")
        service.goto(SERVICE + "/")
        expect(service.locator("h1")).to_have_text("Sign in to this pod")


if __name__ == "__main__":
    unittest.main()
