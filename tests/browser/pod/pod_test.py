# SPDX-License-Identifier: Apache-2.0
"""What the tests of a real pod share: one pod, one Chromium that finds pods' names on this machine, a window for each test."""
import atexit
import json
import os
import re
import shutil
import tempfile
import unittest
from pathlib import Path

os.environ.setdefault("FONTCONFIG_FILE", str(Path(__file__).resolve().parents[1] / "fonts.conf"))

from playwright.sync_api import expect, sync_playwright  # noqa: E402
from real_pod import CONSOLE, PASSWORD, EvilPod, Pod, address, until  # noqa: E402

SHOTS = Path(os.environ.get("TMPLBUILD_SCREENSHOTS", "screenshots"))
expect.set_options(timeout=5000)


class Shared:
    make_pod = Pod  # its class
    pod = evil = browser = playwright = work = None
    tokens = 0

    @classmethod
    def open(cls):
        if cls.pod is not None:
            return
        cls.work = tempfile.mkdtemp(prefix="pod-")
        os.chmod(cls.work, 0o755)  # the gateway is nobody
        cls.pod, cls.evil = cls.make_pod(cls.work), EvilPod()
        cls.playwright = sync_playwright().start()
        cls.browser = cls.playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--ignore-certificate-errors", "--host-resolver-rules=MAP *.proxy.runpod.net 127.0.0.1"])
        SHOTS.mkdir(parents=True, exist_ok=True)

    @classmethod
    def close(cls):
        if cls.pod is None:
            return
        cls.browser.close()
        cls.playwright.stop()
        cls.pod.stop()
        shutil.rmtree(cls.work, ignore_errors=True)
        cls.pod = None


atexit.register(Shared.close)


class PodTest(unittest.TestCase):
    """Each test has a browser window without cookies; an error in the browser's console fails it, but for those it expects."""

    password = PASSWORD
    needed = ("console", "comfyui")  # services
    patience = 20  # seconds

    def setUp(self):
        Shared.open()
        self.pod, self.evil = Shared.pod, Shared.evil
        until(lambda: all(self.pod.is_ready(name) for name in self.needed), self.patience)
        self.errors, self.expected_errors = [], None
        self.page = self.window()

    def window(self, **more):
        context = Shared.browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US", ignore_https_errors=True, **more)
        context.set_default_timeout(8000)
        self.addCleanup(context.close)
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        return page

    def signed_in(self):
        self.page.goto(address(CONSOLE) + "/installation-status")
        if "/sign-in" in self.page.url:
            self.page.fill("#password", PASSWORD)
            self.page.click("#submit")
        expect(self.page).to_have_url(address(CONSOLE) + "/installation-status")
        return self.page

    def enter(self, port):
        """The page of a service that has a session there."""
        self.page.goto(address(port) + "/")
        expect(self.page.locator("#socket")).to_have_text("echo: hello")

    def api(self, method, path, body=None):
        """A request as the console's own page sends it."""
        headers = {"Origin": address(CONSOLE), "Accept": "application/json"}
        signed_in, text = self.pod.ask(CONSOLE, "/sign-in", "POST", {**headers, "Content-Type": "application/x-www-form-urlencoded"},
                                       "password=" + PASSWORD.replace(" ", "+"))
        self.assertEqual(signed_in.status, 303, text)
        headers["Cookie"] = signed_in.headers["Set-Cookie"].split(";")[0]
        _, page = self.pod.ask(CONSOLE, "/installation-status", headers={**headers, "Accept": "text/html"})
        headers["X-CSRF-Token"] = re.search(r'name="csrf-token" content="([^"]+)"', page).group(1)
        response, text = self.pod.ask(CONSOLE, path, method, {**headers, "Content-Type": "application/json"}, body)
        self.assertLess(response.status, 300, text)
        return json.loads(text)

    def token(self, name=None):
        Shared.tokens += 1
        return self.api("POST", "/api/tokens", json.dumps({"name": name or f"test {Shared.tokens}"}))["token"]

    def shot(self, name):
        self.page.screenshot(path=SHOTS / f"pod-{name}.png", full_page=True)

    def tearDown(self):
        left = [one for one in self.errors if not (self.expected_errors and re.search(self.expected_errors, one))]
        self.assertEqual(left, [], "errors in the browser's console")
