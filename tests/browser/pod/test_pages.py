# SPDX-License-Identifier: Apache-2.0
"""The pages over what a real console says, as far as a stand-in could be wrong about it: logs, tokens, a launcher that
hangs, and what axe and a phone say of the real words."""
import os
import pathlib
import re
import signal
import unittest

from axe_playwright_python.sync_playwright import Axe
from pod_test import PodTest
from playwright.sync_api import expect
from real_pod import CONSOLE, address

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


class Pages(PodTest):
    def row(self, name):
        return self.page.locator("#services > li", has=self.page.get_by_role("heading", name=name, exact=True))

    def check_looks(self, name):
        for size, word in ((PHONE, "phone"), (DESKTOP, "desktop")):
            self.page.set_viewport_size(size)
            self.shot(f"{name}-{word}")
            wider = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            self.assertLessEqual(wider, 0, f"{name} scrolls sideways on a {word}")
        found = [f"{one['id']}: {[node['target'] for node in one['nodes']]}" for one in Axe().run(self.page).response["violations"]
                 if one["impact"] != "minor"]
        self.assertEqual(found, [], f"axe about {name}")

    def test_a_log_is_followed_searched_and_taken_along(self):
        page = self.signed_in()
        self.row("comfyui").get_by_role("button", name="Log of").click()
        expect(page.locator(".log-lines")).to_contain_text("app: starting")
        starts = page.locator(".log-lines > div", has_text="app: starting")
        before = starts.count()
        self.row("comfyui").get_by_role("button", name="Restart").click()
        expect(starts).to_have_count(before + 1)
        expect(page.locator("#timeline")).to_contain_text("a person asked for its start")
        page.get_by_role("searchbox").fill("STARTING")
        expect(page.locator(".log-lines mark").first).to_have_text("starting")
        with page.expect_download() as download:
            page.get_by_role("link", name="Download").click()
        self.assertIn("app: starting\n", download.value.path().read_text())
        expect(self.row("comfyui").locator(".state")).to_have_text("ready")
        self.check_looks("status")

    def test_a_token_is_made_and_withdrawn_on_the_page(self):
        page = self.signed_in()
        page.click("text=Access")
        page.fill("#name", "made by hand")
        page.keyboard.press("Enter")
        expect(page.locator("#made-token")).to_have_value(re.compile("^tmplbuild_[0-9a-f]{64}$"))
        with_it = {"Authorization": "Bearer " + page.locator("#made-token").input_value()}
        self.assertEqual(self.pod.ask(CONSOLE, "/api/installation-status", headers=with_it)[0].status, 200)
        self.check_looks("tokens")
        page.get_by_role("button", name="Withdraw made by hand").click()
        page.get_by_role("button", name="Withdraw it").click()
        expect(page.get_by_role("heading", name="made by hand")).to_have_count(0)
        self.assertEqual(self.pod.ask(CONSOLE, "/api/installation-status", headers=with_it)[0].status, 401)

    def test_a_launcher_that_hangs_is_told_until_it_goes_on(self):
        page = self.signed_in()
        parent = self.pod.launcher.pid
        launcher = int(pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()[0])
        os.kill(launcher, signal.SIGSTOP)
        try:
            expect(page.locator("#banner")).to_contain_text("The pod’s launcher does not answer.", timeout=30000)
            expect(self.row("comfyui").locator(".state")).to_have_text("was ready")
            self.expected_errors = "status of 50[34]"
            self.row("comfyui").get_by_role("button", name="Restart").click()
            expect(self.row("comfyui").get_by_role("alert")).to_contain_text("launcher", timeout=30000)
            self.check_looks("launcher-hangs")
        finally:
            os.kill(launcher, signal.SIGCONT)
        expect(page.locator("#banner")).to_be_hidden(timeout=30000)
        expect(self.row("comfyui").locator(".state")).to_have_text("ready", timeout=15000)

    def test_what_is_refused_says_so_in_words(self):
        page = self.signed_in()
        self.expected_errors = "status of 404"
        page.goto(address(CONSOLE) + "/no-such-page")
        expect(page.locator("h1")).to_be_visible()
        self.check_looks("refused")


if __name__ == "__main__":
    unittest.main()
