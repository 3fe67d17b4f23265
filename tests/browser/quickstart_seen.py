# SPDX-License-Identifier: Apache-2.0
"""The quickstart's pod on its status page, and JupyterLab by the link there. quickstart_image.sh runs the pod and says where
it is: POD_CONSOLE, POD_LAB, POD_PASSWORD. Its GPU is a simulated RTX 4090."""
import os
import unittest

from harness import DESKTOP, PHONE, PageTest, expect
from lab import launcher_card, run_cell

CONSOLE, LAB, PASSWORD = os.environ["POD_CONSOLE"], os.environ["POD_LAB"], os.environ["POD_PASSWORD"]


class Quickstart(PageTest):
    def test_the_status_page_and_jupyterlab(self):
        page = self.page
        page.goto(CONSOLE + "/installation-status")
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        expect(self.row("jupyterlab").locator(".state")).to_have_text("ready")
        expect(self.row("int8-attention").locator(".state")).to_have_text("in place", timeout=30_000)
        expect(self.row("int8-attention")).to_contain_text("sm_89 · verdict: exact")
        expect(page.locator("#machine")).to_contain_text("RTX 4090")
        for size, word in ((PHONE, "phone"), (DESKTOP, "desktop")):
            page.set_viewport_size(size)
            self.check_looks(page, f"quickstart-{word}")

        with page.expect_popup() as popup:
            self.row("jupyterlab").get_by_role("link", name="Open").click()
        lab = popup.value
        launcher_card(lab, "Terminal")
        self.assertTrue(lab.url.startswith(LAB + "/lab"), lab.url)
        # The kernel that the pod has switched on is what a notebook imports.
        run_cell(lab, "import int8_attention, numpy; print(numpy.arange(7).sum() * 2, int8_attention.__file__)",
                 "42 /run/tmplbuild/kernels/int8-attention/active/")
        lab.screenshot(path=os.path.join(os.environ["TMPLBUILD_SCREENSHOTS"], "quickstart-jupyterlab.png"))


if __name__ == "__main__":
    unittest.main()
