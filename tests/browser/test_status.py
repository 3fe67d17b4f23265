# SPDX-License-Identifier: Apache-2.0
import copy
import unittest

import views
from harness import PageTest, expect


class Status(PageTest):
    def test_a_whole_background_compile_without_a_refresh(self):
        page = self.open_status(views.probing())
        page.evaluate("window.same_page = true")
        headline = page.locator("h1")
        expect(headline).to_have_text("The pod is starting")
        expect(page.locator("#pod-state")).to_have_text("starting")
        expect(page.locator("#overall .track")).to_be_visible()
        self.pod.show(views.starting())
        expect(headline).to_have_text("2 of 3 services are ready")
        expect(page.locator("#sentences")).to_contain_text("Works now: jupyter and ssh.")
        expect(self.row("comfyui")).to_contain_text("nobody listens on 127.0.0.1:41000 yet")
        for progress, seconds, left in ((12, 300, "about 5 min left"), (38, 236, "about 4 min left"), (91, 28, "about 30 s left")):
            self.pod.show(views.while_compiling(progress, seconds))
            expect(headline).to_have_text("Everything works; sageattention is still compiling")
            expect(page.locator("#pod-state")).to_have_text("usable")
            expect(page.locator("#overall .track")).to_be_hidden()
            expect(self.row("sageattention")).to_contain_text(f"{progress} %, {left}")
            expect(self.row("comfyui")).to_contain_text("PyTorch's own: the kernel is still compiling")
        self.pod.show(views.restarting_for_kernel())
        expect(self.row("comfyui")).to_contain_text("restarts to use sageattention")
        self.pod.show(views.all_ready())
        expect(headline).to_have_text("Everything works")
        expect(page.locator("#sentences")).to_be_hidden()
        expect(self.row("comfyui")).to_contain_text("sageattention, sm_86, since it started")
        expect(page).to_have_title("Everything works · quickstart")
        expect(page.locator("#timeline li").first).to_contain_text("active: its self-test computed with it")
        self.assertTrue(page.evaluate("window.same_page"))

    def test_a_crash_and_the_recovery(self):
        page = self.open_status()
        self.pod.show(views.crashed())
        expect(page.locator("h1")).to_have_text("3 services need attention")
        expect(self.row("comfyui")).to_contain_text("restarted twice · killed for memory once · next start in")
        expect(self.row("models")).to_contain_text("exit code 127: /opt/models/run: not found")
        expect(page.locator("#machine")).to_contain_text("The volume is read-only: a write was refused")
        self.pod.show(views.recovered())
        expect(page.locator("h1")).to_have_text("Everything works")
        expect(self.row("models")).to_have_count(0)

    def test_the_first_picture_needs_no_other_request_and_nothing_jumps(self):
        self.expected_errors = "ERR_FAILED"
        self.page.context.route("**/api/**", lambda route: route.abort())
        page = self.open_status(views.while_compiling())
        expect(page.locator("h1")).to_have_text("Everything works; sageattention is still compiling")
        expect(page.locator("#machine")).to_contain_text("14 of 24 GiB")
        page.wait_for_timeout(300)
        shift = page.evaluate("""() => new Promise(done => {
            let sum = 0;
            new PerformanceObserver(list => list.getEntries().forEach(one => sum += one.value)).observe({type: 'layout-shift', buffered: true});
            setTimeout(() => done(sum), 100);
        })""")
        self.assertLess(shift, 0.01)

    def test_a_page_whose_script_does_not_come_is_shown_nevertheless(self):
        self.expected_errors = "ERR_FAILED"
        self.page.context.route("**/machine.js", lambda route: route.abort())
        self.sign_in()
        self.page.goto(self.pod.url + "/installation-status")
        expect(self.page.locator("h1")).to_be_visible()

    def test_what_is_unknown_says_so(self):
        page = self.open_status(views.probing())
        expect(page.locator("#machine .fact:visible dd")).to_have_text(["unknown"] * 5)
        expect(page.locator("#machine")).to_contain_text("Looking for a GPU")
        self.assertNotIn("NaN", page.locator("body").inner_text())
        self.assertNotIn("undefined", page.locator("body").inner_text())

    def test_a_view_of_a_console_that_knows_nothing(self):
        bare = {"pod": {"name": "quickstart", "state": "unknown", "now": views.START, "started": 0, "progress": 0},
                "launcher": {"state": "lost", "since": views.START, "reason": ""}}
        self.pod.show(bare)
        self.sign_in()
        self.page.goto(self.pod.url + "/installation-status")
        expect(self.page.locator("h1")).to_have_text("The state of this pod is not known right now")
        expect(self.page.locator("#services")).to_have_text("It is not known which services run.")
        self.assertNotIn("undefined", self.page.locator("body").inner_text())

    def test_texts_are_texts(self):
        view = views.all_ready()
        evil = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
        view["services"][0]["reason"] = view["kernels"][0]["words"] = view["timeline"][-1]["text"] = view["volume"]["reason"] = evil
        view["services"][0].update(state="failed", ready=False)
        view["volume"]["state"] = "full"
        view["gpus"][0]["name"] = evil
        page = self.open_status(view)
        expect(self.row("comfyui")).to_contain_text(evil)
        self.assertEqual(page.locator("img").count(), 0)

    def test_the_launcher_is_lost_and_back(self):
        page = self.open_status(views.while_compiling())
        for state, words in (("lost", "The pod’s launcher is gone."), ("hanging", "The pod’s launcher does not answer.")):
            self.pod.show(views.launcher_lost(state))
            expect(page.locator("#banner")).to_contain_text(words)
            expect(page.locator("#banner")).to_contain_text("What you see is what was known at 23:14:30")
            expect(self.row("comfyui")).to_contain_text("was ready")
            expect(page.locator("h1")).to_have_text("The state of this pod is not known right now")
            expect(page.locator("#sentences")).to_be_hidden()
        self.pod.show(views.all_ready())
        expect(page.locator("#banner")).to_be_hidden()
        expect(page.locator("h1")).to_have_text("Everything works")


class Actions(PageTest):
    def test_restart_and_stop(self):
        page = self.open_status()
        row = self.row("comfyui")
        row.get_by_role("button", name="Restart comfyui").click()
        self.wait_until(lambda: self.pod.changes == [("services", "comfyui", "restart")], "the restart was asked for")
        row.get_by_role("button", name="Stop comfyui").click()
        expect(row.get_by_role("button", name="Let it run")).to_be_focused()
        page.keyboard.press("Escape")
        expect(row.get_by_role("button", name="Stop comfyui")).to_be_focused()
        self.assertEqual(len(self.pod.changes), 1)
        page.keyboard.press("Enter")
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Enter")
        self.wait_until(lambda: self.pod.changes[1:] == [("services", "comfyui", "stop")], "the stop was asked for")
        stopped = copy.deepcopy(self.pod.view())
        stopped["services"][0].update(state="stopped", ready=False)
        self.pod.show(stopped)
        expect(row.get_by_role("button", name="Start comfyui")).to_be_focused()
        expect(page.locator("h1")).to_have_text("Everything else works")
        page.keyboard.press("Enter")
        self.wait_until(lambda: self.pod.changes[2:] == [("services", "comfyui", "start")], "the start was asked for")

    def test_by_keyboard_alone(self):
        page = self.open_status()
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent") == "Restart comfyui":
                break
        expect(self.row("comfyui").get_by_role("button", name="Restart comfyui")).to_be_focused()
        page.keyboard.press("Space")
        self.wait_until(lambda: self.pod.changes == [("services", "comfyui", "restart")], "the restart was asked for")

    def test_an_error_stands_beside_the_button(self):
        self.expected_errors = r"status of (409|502)"
        page = self.open_status(views.crashed())
        self.pod.refusals[("thumbnails", "start")] = ("thumbnails cannot start: models failed", "start models first")
        self.row("thumbnails").get_by_role("button", name="Start").click()
        expect(self.row("thumbnails").get_by_role("alert")).to_have_text("thumbnails cannot start: models failed; start models first.")
        self.pod.is_down = True
        self.row("models").get_by_role("button", name="Start").click()
        expect(self.row("models").get_by_role("alert")).to_contain_text("The console does not answer right now.")
        self.pod.is_down = False
        self.row("models").get_by_role("button", name="Start").click()
        expect(self.row("models").locator(".error")).to_be_hidden()

    def test_kernels(self):
        self.open_status(views.many())
        self.row("flash-attention-3").get_by_role("button", name="Try again").click()
        self.row("sageattention").get_by_role("button", name="Turn off").click()
        self.row("sageattention").get_by_role("button", name="Turn it off").click()
        wanted = [("kernels", "flash-attention-3", "retry"), ("kernels", "sageattention", "off")]
        self.wait_until(lambda: self.pod.changes == wanted, "both were asked for")

    def test_what_this_page_comes_through_cannot_be_stopped_here(self):
        page = self.open_status()
        page.click("text=Behind the scenes")
        for name in ("gateway", "console"):
            expect(self.row(name).get_by_role("button", name="Restart")).to_be_visible()
            expect(self.row(name).get_by_role("button", name="Stop")).to_be_hidden()
            expect(self.row(name).get_by_role("link", name="Open")).to_be_hidden()


if __name__ == "__main__":
    unittest.main()
