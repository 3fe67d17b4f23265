# SPDX-License-Identifier: Apache-2.0
import json
import re
import unittest
from pathlib import Path

from harness import PHONE, PageTest, expect, slow
from stand_in_video import wan_plan


class VideoCalculator(PageTest):
    def open(self, query="", page=None):
        page = page or self.page
        self.sign_in(page)
        page.goto(self.pod.url + "/video-calculator" + query)
        return page

    def rows(self):
        return self.page.locator("#segments tbody tr")

    def test_the_original_case_of_200_frames(self):
        page = self.open("?frames=200&overlap=8&max_frames=81")
        expect(self.rows()).to_have_text(["11 to 81081810", "274 to 154873810", "3147 to 200846573"])
        expect(page.locator("#facts .headline")).to_have_text("3 segments of up to 81 frames")
        expect(page.locator("#facts")).to_contain_text("219 frames generated, 200 used (16 shared, 3 dropped at the end)")
        expect(page.get_by_role("img", name=re.compile("Segment 3: 147 to 200, 8 shared, 3 dropped"))).to_be_visible()
        self.assertEqual(page.locator("#figure rect.shared").count(), 2)
        self.assertEqual(page.locator("#figure rect.dropped").count(), 1)

    def test_the_pods_gpu_is_chosen_and_time_is_a_range_with_its_source(self):
        page = self.open("?model=wan22-5b&frames=121")
        expect(page.get_by_label("GPU")).to_have_value("RTX 4090")
        time = page.locator("#facts dd").nth(2)
        expect(time).to_contain_text(re.compile(r"min.* to .*min"))
        expect(time).to_contain_text("Source: implied by the times in the Wan2.2 README")
        expect(page.locator("#facts dd").nth(3)).to_contain_text("22.9 GB as its makers ran it")
        expect(page.locator(".notes")).to_contain_text("It fits into this GPU's memory")
        page.get_by_label("Model").select_option("minimax-h3")
        expect(page.locator("#facts dd").nth(2)).to_have_text("not known")

    def test_an_error_stands_at_its_field(self):
        self.expected_errors = "status of 400"
        page = self.open()
        field = page.get_by_label("Frames of a segment")
        expect(self.rows()).to_have_count(3)
        field.fill("80")
        field.press("Enter")
        expect(page.locator("#wish-max_frames-error")).to_contain_text("take 77 or 81.")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(page.locator("#export")).to_be_hidden()
        field.fill("77")
        expect(page.locator("#wish-max_frames-error")).to_be_hidden()
        expect(page.locator("#export")).to_be_visible()
        expect(self.rows().first).to_contain_text("1 to 77")

    def test_the_address_shares_and_back_and_forward_work(self):
        page = self.open()
        expect(page.locator("#facts .headline")).to_contain_text("3 segments")
        page.get_by_label("in seconds").check()
        page.get_by_label("Seconds", exact=True).fill("5")
        page.get_by_label("Seconds", exact=True).press("Enter")
        expect(page.locator("#facts dd").first).to_contain_text("80 frames, 5 s at 16 a second")
        expect(page).to_have_url(re.compile(r"\?model=wan22-a14b&duration=5&overlap=1&gpu=RTX\+4090$"))
        shared = page.url
        page.get_by_label("Shared frames").fill("16")
        page.get_by_label("Shared frames").press("Enter")
        expect(page).to_have_url(re.compile("overlap=16"))
        page.go_back()
        expect(page.get_by_label("Shared frames")).to_have_value("1")
        page.go_forward()
        expect(page.get_by_label("Shared frames")).to_have_value("16")
        other = self.open(shared.removeprefix(self.pod.url + "/video-calculator"), self.window())
        expect(other.get_by_label("Seconds", exact=True)).to_have_value("5")
        expect(other.locator("#facts dd").first).to_contain_text("80 frames")

    def test_json_is_the_commands_own(self):
        page = self.open("?frames=400&model=minimax-h3&max_frames=141&overlap=16&gpu=")
        expect(self.rows()).to_have_count(4)
        with page.expect_download() as download:
            page.get_by_role("link", name="Export JSON").click()
        self.assertEqual(download.value.suggested_filename, "video-plan.json")
        said = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
        made = wan_plan("--frames", "400", "--model", "minimax-h3", "--max-frames", "141", "--overlap", "16")
        self.assertEqual(said, json.loads(made.stdout))

    @slow
    def test_a_long_video_and_a_console_that_is_away(self):
        self.expected_errors = "status of 502|ERR_"
        page = self.open("?frames=20000&overlap=16")
        expect(self.rows()).to_have_count(100)
        page.get_by_role("button", name="Show all 308 segments").click()
        expect(self.rows()).to_have_count(308)
        expect(page.locator("#figure")).to_contain_text("The first 200 of 308 segments.")
        self.pod.is_down = True
        page.get_by_label("Shared frames").fill("8")
        expect(page.locator("#problem")).to_contain_text("could not be reached")
        self.pod.is_down = False
        page.get_by_label("Shared frames").fill("9")
        expect(page.locator("#problem")).to_be_hidden()

    @slow
    def test_nothing_jumps_on_a_phone(self):
        page = self.open(page=self.window(PHONE))
        expect(page.locator("#facts .headline")).to_be_visible()
        shift = page.evaluate("""() => new Promise(done => {
            let sum = 0;
            new PerformanceObserver(list => list.getEntries().forEach(one => sum += one.value)).observe({type: 'layout-shift', buffered: true});
            setTimeout(() => done(sum), 100);
        })""")
        self.assertLess(shift, 0.02)


if __name__ == "__main__":
    unittest.main()
