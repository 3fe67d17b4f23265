# SPDX-License-Identifier: Apache-2.0
import unittest

import views
from harness import PageTest, expect


class Logs(PageTest):
    def open_log(self, name="comfyui", lines=()):
        self.pod.logs[name] = list(lines)
        self.open_status()
        self.row(name).get_by_role("button", name="Log of").click()
        self.lines = self.page.locator(".log-lines > div")
        expect(self.page.get_by_role("combobox", name="Log of")).to_have_value(name)
        self.wait_until(lambda: self.pod.log_channel(name).count() == 1, "the page follows the log")

    def at_end(self):
        return self.page.evaluate("(() => { const v = document.querySelector('.log-lines'); return v.scrollHeight - v.scrollTop - v.clientHeight < 2 })()")

    def test_follow_pause_and_reconnect(self):
        self.open_log(lines=[f"line {i}" for i in range(100)])
        expect(self.lines).to_have_count(100)
        self.assertTrue(self.at_end())
        self.pod.say("comfyui", "\x1b[31mERROR\x1b[0m: out of memory", "<b>no markup</b>")
        expect(self.lines).to_have_count(102)
        expect(self.lines.nth(100)).to_have_text("ERROR: out of memory")
        expect(self.lines.nth(100)).to_have_class("bad")
        expect(self.lines.nth(101)).to_have_text("<b>no markup</b>")
        self.assertTrue(self.at_end())

        self.page.get_by_role("button", name="Pause").click()
        self.pod.say("comfyui", "while paused")
        expect(self.page.locator(".log-foot")).to_contain_text("Paused; new lines wait.")
        expect(self.lines).to_have_count(102)
        self.page.get_by_role("button", name="Pause").click()
        expect(self.lines).to_have_count(103)

        # The stream sends the latest lines again, of which the page has all but the last.
        self.pod.log_channel("comfyui").send(None)
        self.pod.logs["comfyui"].append("while away")
        expect(self.lines.last).to_have_text("while away")
        expect(self.lines).to_have_count(104)

    def test_scrolling_back_stays_there(self):
        self.open_log(lines=[f"line {i}" for i in range(200)])
        expect(self.lines).to_have_count(200)
        self.page.evaluate("document.querySelector('.log-lines').scrollTop = 100")
        follow = self.page.get_by_role("button", name="Follow")
        expect(follow).to_have_attribute("aria-pressed", "false")
        self.pod.say("comfyui", "one more")
        expect(self.lines).to_have_count(201)
        self.assertFalse(self.at_end())
        follow.click()
        expect(follow).to_have_attribute("aria-pressed", "true")
        self.assertTrue(self.at_end())

    def test_search_and_download(self):
        self.open_log(lines=["Alpha one", "beta", "alpha two.*"])
        search = self.page.get_by_role("searchbox")
        search.fill("ALPHA")
        expect(self.lines).to_have_text(["Alpha one", "alpha two.*"])
        expect(self.page.locator(".log-lines mark")).to_have_text(["Alpha", "alpha"])
        expect(self.page.locator(".log-foot")).to_contain_text("2 of 3 lines")
        search.fill("o.*")
        expect(self.lines).to_have_text(["alpha two.*"])
        search.fill("nothing has this")
        expect(self.page.locator(".log-lines")).to_have_text("No line has this.")
        search.fill("")
        expect(self.lines).to_have_count(3)
        with self.page.expect_download() as download:
            self.page.get_by_role("link", name="Download").click()
        self.assertEqual(download.value.suggested_filename, "comfyui.log")
        self.assertEqual(download.value.path().read_text(), "Alpha one\nbeta\nalpha two.*\n")

    def test_where_the_lines_are_kept(self):
        self.pod.older_in["comfyui"] = "/workspace/.tmplbuild/pods/a%20b/logs/comfyui.log"
        self.open_log(lines=["one"])
        files = self.page.locator(".log-files")
        expect(files).to_have_text("Older lines are in /workspace/.tmplbuild/pods/a b/logs/comfyui.log")
        self.pod.logs["launcher"] = ["two"]
        self.page.get_by_role("combobox", name="Log of").select_option("launcher")
        expect(files).to_have_text("Also in /workspace/.tmplbuild/pods/k3x9v7q2m1/logs")
        view = views.all_ready()
        view["log_files"].update(state="failing", reason="No space left on device")
        self.pod.show(view)
        expect(files).to_have_text("These lines are in no file: No space left on device")

    def test_a_log_that_is_not_there_says_so(self):
        self.expected_errors = r"status of 404"
        self.open_status()
        self.row("sageattention").get_by_role("button", name="Log of").click()
        expect(self.page.locator(".log-foot")).to_contain_text("there is no log 'sageattention'")

    def test_a_hidden_tab_follows_no_log(self):
        self.open_log(lines=["one"])
        expect(self.lines).to_have_count(1)
        self.hide_tab(True)
        self.pod.say("comfyui", "two")  # the server finds that nobody listens any more as it writes
        self.wait_until(lambda: self.pod.say("comfyui", "more") or self.pod.log_channel("comfyui").count() == 0, "the stream is closed")
        expect(self.lines).to_have_count(1)
        self.hide_tab(False)
        expect(self.lines.nth(1)).to_have_text("two")

    def test_many_lines_are_bounded(self):
        self.open_log(lines=[f"line {i}" for i in range(1900)])
        self.pod.say("comfyui", *[f"more {i}" for i in range(300)])
        expect(self.lines.last).to_have_text("more 299")
        expect(self.lines).to_have_count(2000)


if __name__ == "__main__":
    unittest.main()
