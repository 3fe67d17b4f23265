# SPDX-License-Identifier: Apache-2.0
"""What the tests of the pages share: one Chromium, one stand-in for the console, and a look at each page's own errors."""
import os
import re
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "cmake"))
os.environ.setdefault("FONTCONFIG_FILE", str(HERE / "fonts.conf"))

import embed_pages  # noqa: E402
import stand_in  # noqa: E402
import views  # noqa: E402
from axe_playwright_python.sync_playwright import Axe  # noqa: E402
from playwright.sync_api import expect, sync_playwright  # noqa: E402

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SHOTS = Path(os.environ.get("TMPLBUILD_SCREENSHOTS", "screenshots"))
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
# A test says itself whether a tab is hidden: a browser without windows has none that is.
HIDDEN = "Object.defineProperty(document, 'hidden', {get: () => window.tab_is_hidden === true})"

# Cases that take long, or that few changes can break: with all looks.
slow = unittest.skipUnless(os.environ.get("TMPLBUILD_ALL_LOOKS"), "takes long: browser.all_looks runs it")

expect.set_options(timeout=10_000)


class Shared:
    pod = None
    browser = None
    _playwright = None

    @classmethod
    def open(cls):
        if cls.browser is None:
            pages = embed_pages.Pages(HERE.parents[1] / "runtime/console/pages")
            cls.pod = stand_in.StandIn(pages, embed_pages.CONTENT_TYPES)
            cls._playwright = sync_playwright().start()
            cls.browser = cls._playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            SHOTS.mkdir(parents=True, exist_ok=True)

    @classmethod
    def close(cls):
        if cls.browser is not None:
            cls.browser.close()
            cls._playwright.stop()
            cls.browser = None


unittest.addModuleCleanup(Shared.close)


class PageTest(unittest.TestCase):
    """Each test has a browser window of its own, without cookies; a page's error fails it, but for those it says it makes."""

    def setUp(self):
        Shared.open()
        self.pod = Shared.pod
        self.pod.reset(views.all_ready())
        self.errors = []
        self.expected_errors = None  # a pattern of console messages that the test itself provokes
        self.addCleanup(self.pod.cut_streams)
        self.page = self.window()

    def window(self, size=DESKTOP, scheme="light", script=True, **more):
        context = Shared.browser.new_context(viewport=size, color_scheme=scheme, has_touch=size is PHONE, java_script_enabled=script,
                                             locale="en-US", timezone_id="UTC", **more)
        context.set_default_timeout(10_000)
        self.addCleanup(context.close)
        if script:
            context.add_init_script(HIDDEN)
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: message.type in ("error", "warning") and self.errors.append(message.text))
        return page

    def tearDown(self):
        left = [one for one in self.errors if not (self.expected_errors and re.search(self.expected_errors, one))]
        self.assertEqual(left, [], "errors in the browser's console")

    def sign_in(self, page=None):
        page = page or self.page
        page.context.add_cookies([{"name": "session", "value": "signed-in-by-the-test", "url": self.pod.url}])
        self.pod.sessions.add("signed-in-by-the-test")

    def open_status(self, view=None, page=None):
        if view:
            self.pod.show(view)
        page = page or self.page
        self.sign_in(page)
        page.goto(self.pod.url + "/installation-status")
        expect(page.locator("#services > li").first).to_be_visible()
        return page

    def hide_tab(self, hidden):
        self.page.evaluate("hidden => { window.tab_is_hidden = hidden; document.dispatchEvent(new Event('visibilitychange')) }", hidden)

    def row(self, name):
        return self.page.locator("li.item", has=self.page.get_by_role("heading", name=name, exact=True))

    def wait_until(self, is_so, what):
        for _ in range(500):
            if is_so():
                return
            self.page.wait_for_timeout(20)
        self.fail(f"waited in vain until {what}")

    def check_looks(self, page, name):
        """A picture, no sideways scrolling, and nothing serious that axe finds."""
        page.evaluate("document.fonts.ready")
        page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        self.assertLessEqual(wider, 0, f"{name} scrolls sideways")
        found = [f"{one['id']}: {one['help']}: {[node['target'] for node in one['nodes']]}" for one in Axe().run(page).response["violations"]
                 if one["impact"] in ("serious", "critical", "moderate")]
        self.assertEqual(found, [], f"axe about {name}")
