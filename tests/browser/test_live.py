# SPDX-License-Identifier: Apache-2.0
"""How the pages stay fresh: the stream, polling when it fails, silence while nobody looks."""
import unittest

import views
from harness import PageTest, expect


class Live(PageTest):
    def asked(self, path):
        return self.pod.requests.count(("GET", path))

    def test_a_stream_that_is_cut_is_nothing_to_tell(self):
        page = self.open_status(views.while_compiling())
        self.wait_until(lambda: self.pod.states.count() == 1, "the page listens")
        for progress in (40, 50, 60):
            self.pod.cut_streams()
            self.wait_until(lambda: self.pod.states.count() == 1, "the page listens again")
            self.pod.show(views.while_compiling(progress))
            expect(self.row("sageattention")).to_contain_text(f"{progress} %")
            expect(page.locator("#link")).to_have_text("live")
            expect(page.locator("#banner")).to_be_hidden()
        self.assertEqual(self.asked("/api/installation-status"), 0)

    def test_a_stream_without_news_that_is_cut_again_and_again_is_nothing_to_tell(self):
        page = self.page
        page.clock.install()
        self.open_status()
        for _ in range(3):
            self.wait_until(lambda: self.pod.states.count() == 1, "the page listens")
            page.clock.run_for(9000)
            self.pod.cut_streams()
            self.wait_until(lambda: self.pod.states.count() == 0, "the stream is cut")
        self.wait_until(lambda: self.pod.states.count() == 1, "the page listens again")
        expect(page.locator("#link")).to_have_text("live")
        self.assertEqual(self.asked("/api/installation-status"), 0)

    def test_the_stream_dies_polling_takes_over_and_the_stream_comes_back(self):
        self.expected_errors = r"status of 503"
        page = self.page
        page.clock.install()
        self.open_status(views.while_compiling())
        self.pod.stream_broken = True
        self.pod.cut_streams()
        page.clock.run_for(1000)
        expect(page.locator("#link")).to_have_text("updated every 3 s")
        self.pod.show(views.while_compiling(70, 100))
        page.clock.run_for(3000)
        expect(self.row("sageattention")).to_contain_text("70 %")
        expect(page.locator("#banner")).to_be_hidden()
        self.pod.stream_broken = False
        self.wait_until(lambda: page.clock.run_for(5000) or self.pod.states.count() == 1, "the stream is tried again")
        expect(page.locator("#link")).to_have_text("live")
        asked = self.asked("/api/installation-status")
        page.clock.run_for(20000)
        self.pod.show(views.all_ready())
        expect(page.locator("h1")).to_have_text("Everything works")
        self.assertEqual(self.asked("/api/installation-status"), asked)

    def test_the_console_cannot_be_reached_and_is_back(self):
        self.expected_errors = r"status of 502"
        page = self.page
        page.clock.install()
        self.open_status()
        self.pod.is_down = True
        self.pod.cut_streams()
        self.wait_until(lambda: page.clock.run_for(3000) or page.locator("#banner").is_visible(), "the page says so")
        expect(page.locator("#banner")).to_contain_text("The console cannot be reached since")
        expect(page.locator("h1")).to_have_text("The state of this pod is not known right now")
        expect(self.row("comfyui")).to_contain_text("was ready")
        self.check_looks(page, "unreachable-desktop-light")
        self.pod.is_down = False
        page.clock.run_for(3000)
        expect(page.locator("#banner")).to_be_hidden()
        expect(self.row("comfyui")).not_to_contain_text("was ready")

    def test_a_hidden_tab_asks_for_nothing(self):
        page = self.page
        page.clock.install()
        self.open_status()
        page.locator("#logs").scroll_into_view_if_needed()
        self.wait_until(lambda: self.pod.states.count() == self.pod.log_channel("launcher").count() == 1, "the page listens")
        self.hide_tab(True)
        asked = len(self.pod.requests)
        page.clock.run_for(120000)
        self.pod.show(views.while_compiling(55))  # the server finds that nobody listens any more as it writes
        self.pod.show(views.while_compiling(56))
        self.wait_until(lambda: self.pod.states.count() == 0, "the stream is closed")
        self.assertEqual(len(self.pod.requests), asked)
        self.hide_tab(False)
        expect(self.row("sageattention")).to_contain_text("56 %")
        self.assertEqual(self.pod.states.count(), 1)

    def test_a_session_that_ended_says_so(self):
        self.expected_errors = r"status of 401"
        page = self.open_status()
        self.wait_until(lambda: self.pod.states.count() == 1, "the page listens")
        self.pod.sessions.clear()
        self.pod.cut_streams()
        expect(page.locator("#banner")).to_contain_text("You are signed out.")
        page.click("text=Sign in again")
        expect(page).to_have_url(self.pod.url + "/sign-in")

    def test_a_screen_reader_hears_headlines_alone(self):
        page = self.open_status(views.while_compiling(12))
        page.evaluate("""() => {
            window.said = [];
            new MutationObserver(() => said.push(document.getElementById('announce').textContent))
                .observe(document.getElementById('announce'), {childList: true, characterData: true, subtree: true});
        }""")
        for progress in (20, 40, 60):
            self.pod.show(views.while_compiling(progress))
            expect(self.row("sageattention")).to_contain_text(f"{progress} %")
        self.pod.show(views.crashed())
        self.wait_until(lambda: page.evaluate("window.said.length") > 0, "it is said")
        self.assertEqual(page.evaluate("window.said"), ["3 services need attention"])
        self.assertEqual(page.locator("#services [aria-live], #kernels [aria-live], #machine [aria-live]").count(), 0)


class Starting(PageTest):
    def test_the_starting_page_turns_into_the_service(self):
        self.expected_errors = r"status of 503"
        page = self.page
        self.pod.show(views.probing())
        page.goto(self.pod.service_url + "/view?file=a%20b#part")
        expect(page.locator("h1")).to_have_text("comfyui waits for its turn")
        self.pod.show(views.starting())
        expect(page.locator("h1")).to_have_text("comfyui is starting")
        expect(page.locator("main")).to_contain_text("Nobody listens on 127.0.0.1:41000 yet")
        expect(page.get_by_role("link", name="Open the pod’s status page")).to_have_attribute("href", "https://k3x9v7q2m1-8765.proxy.runpod.net/")
        expect(page.locator("main")).to_contain_text("Its kernel sageattention is compiling, about 5 min left.")
        self.pod.service_answers = True
        expect(page.locator("h1")).to_have_text("ComfyUI itself")
        self.assertEqual(page.url, self.pod.service_url + "/view?file=a%20b#part")

    def test_a_service_that_will_not_come_says_so(self):
        self.expected_errors = r"status of 503"
        view = views.crashed()
        view["services"][0].update(state="failed", reason="exit code 1", next_try=None)
        self.pod.show(view)
        self.page.goto(self.pod.service_url)
        expect(self.page.locator("h1")).to_have_text("comfyui could not be started")
        expect(self.page.locator("main")).to_contain_text("Exit code 1")
        expect(self.page.locator("main")).to_contain_text("Start it on the pod’s status page")

    def test_without_its_stream_it_still_turns(self):
        self.expected_errors = r"status of 503"
        self.pod.stream_broken = True
        self.pod.show(views.starting())
        self.page.goto(self.pod.service_url)
        expect(self.page.locator("h1")).to_have_text("comfyui is starting")
        self.pod.service_answers = True
        expect(self.page.locator("h1")).to_have_text("ComfyUI itself")

    def test_a_hidden_starting_page_waits(self):
        self.expected_errors = r"status of 503"
        page = self.page
        page.clock.install()
        self.pod.show(views.starting())
        page.goto(self.pod.service_url)
        expect(page.locator("h1")).to_have_text("comfyui is starting")
        self.hide_tab(True)
        page.clock.run_for(3000)
        page.wait_for_timeout(300)  # what was asked just before has come
        asked = len(self.pod.requests)
        page.clock.run_for(60000)
        self.assertEqual(len(self.pod.requests), asked)
        self.pod.service_answers = True
        self.hide_tab(False)
        page.clock.run_for(3000)
        expect(page.locator("h1")).to_have_text("ComfyUI itself")


if __name__ == "__main__":
    unittest.main()
