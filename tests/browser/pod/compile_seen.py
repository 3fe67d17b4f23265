# SPDX-License-Identifier: Apache-2.0
"""A kernel's compile from its middle to its use, on one status page that nobody loads anew. real_compile.sh runs the pod;
its compiler ends once the file $COMPILER_MAY_END is there."""
import os
import pathlib
import re
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from harness import PageTest, expect  # noqa: E402

CONSOLE = "http://127.0.0.1:8765"


class Compile(PageTest):
    def test_it_is_seen_to_its_end_without_a_refresh(self):
        page = self.page
        page.goto(CONSOLE + "/installation-status")
        page.fill("#password", os.environ["CONSOLE_PASSWORD"])
        page.keyboard.press("Enter")
        headline, kernel, comfyui = page.locator("h1"), self.row("attention"), self.row("comfyui")
        expect(headline).to_have_text("Everything works; attention is still compiling")
        page.evaluate("window.same_page = true")
        expect(kernel).to_contain_text("compiling for your RTX 3090")
        expect(kernel).to_contain_text("everything works meanwhile, attention is slower")
        expect(kernel).to_contain_text(re.compile(r"\d+ %"))
        expect(comfyui.locator(".state")).to_have_text("ready")
        expect(comfyui).to_contain_text("PyTorch's own: the kernel is still compiling")
        expect(page.locator("#machine")).to_contain_text("RTX 3090")
        expect(page.locator("#machine")).to_contain_text("37 %")
        expect(page.locator("#machine")).to_contain_text("580.95.05, CUDA 13.0")
        kernel.get_by_role("button", name="Log of").click()
        expect(page.locator(".log-lines")).to_contain_text("compiling")
        self.check_looks(page, "pod-compiling")

        pathlib.Path(os.environ["COMPILER_MAY_END"]).touch()
        expect(kernel.locator(".state")).to_have_text("in place", timeout=60_000)
        # The service starts again by itself once it is idle, and then runs with the kernel.
        expect(comfyui).to_contain_text("attention, sm_86 (simulated), since it started", timeout=60_000)
        expect(comfyui.locator(".state")).to_have_text("ready", timeout=30_000)
        expect(headline).to_have_text("Everything works")
        expect(page.locator("#timeline")).to_contain_text("available")
        self.check_looks(page, "pod-compiled")
        self.assertTrue(page.evaluate("window.same_page"))


if __name__ == "__main__":
    unittest.main()
