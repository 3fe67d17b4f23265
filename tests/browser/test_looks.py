# SPDX-License-Identifier: Apache-2.0
"""Each state of each page as a picture, without sideways scrolling or anything that axe objects to; and what pages weigh."""
import os
import threading
import unittest

import stand_in
import test_files
import test_models
import views
from harness import DESKTOP, PHONE, SHOTS, PageTest, embed_pages, expect, slow

DESKTOP_LIGHT, DESKTOP_DARK = ("desktop-light", DESKTOP, "light"), ("desktop-dark", DESKTOP, "dark")
PHONE_LIGHT, PHONE_DARK = ("phone-light", PHONE, "light"), ("phone-dark", PHONE, "dark")
# Both sizes and both themes for each state; every combination takes too long for each run.
LOOKS = [DESKTOP_LIGHT, PHONE_DARK]
ALL = bool(os.environ.get("TMPLBUILD_ALL_LOOKS"))
if ALL:
    LOOKS = [DESKTOP_LIGHT, DESKTOP_DARK, PHONE_LIGHT, PHONE_DARK]

PICTURE = {"width": 1280, "height": 860}
STATES = ["probing", "starting", "while_compiling", "all_ready", "crashed", "no_gpu", "launcher_lost", "many"]
LOG = ["2023-11-14 22:13:20 launcher: pod quickstart starts", "2023-11-14 22:13:21 gpu: RTX 3090 (8.6), driver 580.95.05",
       "2023-11-14 22:13:22 sageattention: compiling for sm_86, in the background", "2023-11-14 22:13:41 comfyui: ready on port 8188",
       "2023-11-14 22:14:02 comfyui: warning: this model needs 22 GiB of 24 GiB", "2023-11-14 22:14:03 comfyui: error: CUDA out of memory"]
SINGLE = {
    "link": "link.html?service=comfyui&return=/view%3Ffile=a.png&shown=/view%3Ffile=…&message=a+page+of+another+site+sent+you+to+/view",
    "refused": "refused.html?status=421&message=This+pod+does+not+answer+to+the+name+“evil.example”.+Open+it+by+its+own+address.",
    "opened": "opened.html?service=comfyui&return=%23",
    "ticket": "ticket.html?service=comfyui&ticket=a&form_action=javascript%3Avoid+0",
}

# The pages of rooms with a weight to keep: an address, its page, and what comes in it.
ROOMS = [("/video-calculator", "video.html", lambda pod: pod.video.state()), ("/files", "files.html", None), ("/", "models.html", None)]


class Looks(PageTest):
    def each_look(self, usual=None):
        """`usual`: the looks of a run that is not for all of them."""
        for look, size, scheme in LOOKS if ALL or not usual else usual:
            page = self.window(size, scheme)
            yield look, page
            page.context.close()

    def test_status(self):
        for look, page in self.each_look():
            for state in STATES:
                with self.subTest(state=state, look=look):
                    self.pod.reset(getattr(views, state)())
                    self.pod.logs["launcher"] = LOG
                    self.open_status(page=page)
                    page.locator("#logs").scroll_into_view_if_needed()
                    expect(page.locator(".log-lines > div").last).to_have_text(LOG[-1])
                    page.evaluate("scrollTo(0, 0)")
                    self.check_looks(page, f"{state}-{look}")

    def test_questions_and_errors(self):
        self.expected_errors = r"status of 409"
        for look, page in self.each_look():
            self.pod.show(views.while_compiling())
            self.pod.notice = "You came by plain http, where others on the network can read what you send. RunPod’s own address is protected."
            self.open_status(page=page)
            self.pod.refusals[("jupyter", "restart")] = ("jupyter is stopping already", "wait until it has stopped")
            page.get_by_role("button", name="Restart jupyter").click()
            expect(page.get_by_text("jupyter is stopping already")).to_be_visible()
            page.get_by_role("button", name="Stop comfyui").click()
            page.get_by_role("button", name="Turn off sageattention").click()
            self.check_looks(page, f"question-{look}")

    def test_signing_in(self):
        self.expected_errors = r"status of 403"
        for look, page in self.each_look():
            self.pod.reset(views.all_ready())
            page.goto(self.pod.url + "/sign-in")
            page.click("summary")
            self.check_looks(page, f"sign_in-{look}")
            page.fill("#password", "wrong")
            page.keyboard.press("Enter")
            expect(page.locator("#message")).to_be_visible()
            self.check_looks(page, f"sign_in_wrong-{look}")

    def test_pages_of_one_card(self):
        self.expected_errors = r"status of 503"
        for look, page in self.each_look():
            for name, address in SINGLE.items():
                page.context.route("**/ticket.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
                page.goto(f"{self.pod.url}/show/{address}")
                self.check_looks(page, f"{name}-{look}")
            self.pod.show(views.starting())
            page.goto(self.pod.service_url)
            expect(page.locator("h1")).to_have_text("comfyui is starting")
            self.check_looks(page, f"starting_page-{look}")

    def test_tokens(self):
        for look, page in self.each_look():
            self.pod.tokens = [{"id": "a", "name": "render script", "made": views.START, "used": views.START + 86_400_000}]
            self.sign_in(page)
            page.goto(self.pod.url + "/tokens")
            page.fill("#name", "agent on my laptop")
            page.keyboard.press("Enter")
            expect(page.locator("#tokens > li")).to_have_count(2)
            page.get_by_role("button", name="Withdraw render script").click()
            self.check_looks(page, f"tokens-{look}")

    def test_the_video_calculator(self):
        self.expected_errors = "status of 400"
        for look, page in self.each_look([DESKTOP_LIGHT]):
            self.sign_in(page)
            page.goto(self.pod.url + "/video-calculator?frames=200&overlap=8&model=wan22-5b&max_frames=81")
            expect(page.locator("#segments tbody tr")).to_have_count(3)
            if ALL:
                self.check_looks(page, f"video-{look}")
            page.get_by_label("Shared frames").fill("100")
            expect(page.locator("#wish-overlap-error")).to_be_visible()
            self.check_looks(page, f"video_wrong-{look}")

    def test_files(self):
        for look, page in self.each_look([PHONE_DARK]):
            self.pod.reset(views.all_ready())
            test_files.fill(self.pod.files)
            self.pod.pins = ["/workspace/ComfyUI/output/old"]
            self.sign_in(page)
            page.goto(self.pod.url + "/files")
            page.get_by_role("checkbox", name="Select notes.txt").click()
            expect(page.locator(".storage")).to_contain_text("This folder")
            if ALL:
                self.check_looks(page, f"files-{look}")
            page.get_by_role("button", name="Grid").click()
            expect(page.locator(".picture img")).to_have_count(3)
            self.pod.files.holds_portions = threading.Event()
            page.set_input_files("#pick-files", [{"name": f"clip {n}.bin", "mimeType": "", "buffer": bytes(1000)} for n in range(3)])
            expect(page.locator(".upload")).to_have_count(3)
            self.check_looks(page, f"files_grid-{look}")
            self.pod.files.holds_portions.set()
            expect(page.locator("#uploads h2")).to_have_text("3 uploads done")
            page.get_by_role("button", name="Gallery").click()
            expect(page.locator(".stage img")).to_be_visible()
            self.check_looks(page, f"files_viewer-{look}")
            if ALL:
                page.get_by_role("button", name="Close", exact=True).click()
                page.get_by_role("button", name="New folder").click()
                self.check_looks(page, f"files_dialog-{look}")

    def test_models(self):
        for look, page in self.each_look([PHONE_DARK]):
            self.pod.reset(views.all_ready())
            models = self.pod.models
            test_models.half_there(models)
            models.warnings = [{"path": "/workspace/ComfyUI/models/checkpoints/style.safetensors", "problem": "its header says that it is a LoRA",
                                "move_to": "/workspace/ComfyUI/models/loras"}]
            models.add([{**{key: one[key] for key in ("url", "name", "directory", "size")}, "set": "wan22"} for one in models.sets[0]["entries"][:3]])
            models.items[0].update(state="running", done_bytes=5 << 30, speed=94 << 20, seconds_left=98)
            models.items[1].update(state="stalled", done_bytes=1 << 30, reason="no byte came for a minute", hint="it is tried again by itself in 8 s")
            models.items[2].update(state="failed", reason="this model is gated", hint="accept its licence on huggingface.co, then enter your key")
            self.pod.files.put("/workspace/flow.json", b"workflow")
            self.sign_in(page)
            if ALL:
                page.goto(self.pod.url + "/")
                expect(page.locator(".model .fit").first).to_be_visible()
                expect(page.locator(".queued")).to_have_count(3)
                self.check_looks(page, f"models-{look}")
            page.goto(self.pod.url + "/?workflow=/workspace/flow.json")
            expect(page.locator("#needs .model")).to_have_count(6)
            expect(page.locator(".queued")).to_have_count(3)
            self.check_looks(page, f"models_workflow-{look}")
            if ALL:
                page.get_by_role("button", name="Add links").click()
                page.get_by_label("Links to models").fill("https://huggingface.co/x/blob/main/a_lora_high.safetensors nonsense")
                expect(page.locator(".link-row")).to_have_count(2)
                self.check_looks(page, f"models_links-{look}")

    def test_the_theme_is_kept(self):
        page = self.open_status()
        dark = "getComputedStyle(document.body).backgroundColor"
        light_color = page.evaluate(dark)
        page.get_by_role("button", name="Switch to dark").click()
        self.assertNotEqual(page.evaluate(dark), light_color)
        page.goto(self.pod.url + "/tokens")
        self.assertNotEqual(page.evaluate(dark), light_color)
        page.get_by_role("button", name="Switch to light").click()
        self.assertEqual(page.evaluate(dark), light_color)

    def test_fingers_can_hit_everything(self):
        page = self.window(PHONE)
        self.open_status(views.many(), page=page)
        small = page.evaluate("""() => [...document.querySelectorAll('button, a, select, input, summary')]
            .filter(one => one.checkVisibility() && !one.closest('.skip'))
            .map(one => [one.textContent, one.getBoundingClientRect()])
            .filter(([, box]) => box.width < 44 || box.height < 44).map(([text, box]) => `${text}: ${box.width}x${box.height}`)""")
        self.assertEqual(small, [])


class Readme(PageTest):
    """README's pictures: docs/models.png, files.png and video-calculator.png are these, from the screenshots' folder."""

    def picture(self, page, name):
        page.evaluate("document.fonts.ready")
        page.screenshot(path=SHOTS / f"{name}.png")
        self.assertLess((SHOTS / f"{name}.png").stat().st_size, 150_000)

    @slow
    def test_models(self):
        models = self.pod.models
        test_models.half_there(models)
        models.add([{**{key: one[key] for key in ("url", "name", "directory", "size")}, "set": "wan22"} for one in models.sets[0]["entries"][:3]])
        models.items[0].update(state="running", done_bytes=9 << 30, speed=94 << 20, seconds_left=55)
        models.items[1].update(state="running", done_bytes=3 << 30, speed=61 << 20, seconds_left=185)
        self.pod.files.put("/workspace/fox in the snow.json", b"workflow")
        page = self.window(PICTURE)
        self.sign_in(page)
        page.goto(self.pod.url + "/?workflow=/workspace/fox in the snow.json")
        expect(page.locator("#needs .model")).to_have_count(6)
        expect(page.locator(".model .fit").first).to_be_attached()
        expect(page.locator(".queued")).to_have_count(3)
        self.picture(page, "models")

    @slow
    def test_files(self):
        files = self.pod.files
        for n in range(11):
            files.put(f"/workspace/ComfyUI/output/fox_{n + 1:05}.png", test_files.png(40 + 20 * n, 210 - 15 * n, 90 + 12 * n), age=600 * n)
        files.put("/workspace/ComfyUI/output/yesterday/first.png", test_files.png(1, 2, 3))
        page = self.window(PICTURE)
        self.sign_in(page)
        page.goto(self.pod.url + "/files")
        page.get_by_role("button", name="Grid").click()
        expect(page.locator(".picture img")).to_have_count(11)
        files.holds_portions = threading.Event()
        page.set_input_files("#pick-files", [{"name": name, "mimeType": "", "buffer": bytes(1000)} for name in ("a walk in the snow.mp4", "start frame.png")])
        expect(page.locator(".upload")).to_have_count(2)
        self.picture(page, "files")
        files.holds_portions.set()
        expect(page.locator("#uploads h2")).to_have_text("2 uploads done")

    @slow
    def test_the_video_calculator(self):
        page = self.window(PICTURE)
        self.sign_in(page)
        page.goto(self.pod.url + "/video-calculator?frames=480&overlap=16&model=wan22-5b&max_frames=121")
        expect(page.locator("#segments tbody tr")).to_have_count(5)
        self.picture(page, "video-calculator")


class Weight(PageTest):
    def weight_of(self, html, prefix):
        """What a first visit carries over the wire, compressed."""
        loaded = [path.rsplit("/", 1)[1] for method, path in self.pod.requests if path.startswith(prefix + "/_tmplbuild/static/")]
        # Chromium asks for the icon anew where a page changes its own address.
        loaded = [name for place, name in enumerate(loaded) if name != "icon.svg" or "icon.svg" not in loaded[:place]]
        self.assertEqual(len(loaded), len(set(loaded)), "a file is loaded twice")
        files = {name: len(embed_pages.compressed(self.pod.pages.static_files[name][1])) for name in loaded}
        return sum(files.values()) + len(embed_pages.compressed(html.encode()))

    def test_first_pages_are_light(self):
        text = self.pod.pages.html["status.html"].replace("{{state}}", stand_in.json_for_html(views.many()))
        self.open_status()
        status = self.weight_of(text, "")
        self.page.goto("about:blank")
        self.pod.reset(views.all_ready())
        self.window().goto(self.pod.url + "/sign-in")
        sign_in = self.weight_of(self.pod.pages.html["sign_in.html"], "")
        print(f"\nover the wire: status page {status} bytes, sign-in page {sign_in} bytes")
        self.assertLess(status, 32_000)  # at most 60,000 are allowed
        self.assertLess(sign_in, 10_000)

    def test_every_page_is_light(self):
        weights = {}
        for path, name, state in ROOMS:
            self.pod.reset(views.all_ready())
            page = self.window()
            self.sign_in(page)
            page.goto(self.pod.url + path, wait_until="networkidle")
            state = stand_in.json_for_html(state(self.pod) if state else None)
            weights[path] = self.weight_of(self.pod.pages.html[name].replace("{{state}}", state), "")
            page.context.close()
        print(f"\nover the wire: {weights}")
        self.assertLess(max(weights.values()), 80_000)


if __name__ == "__main__":
    unittest.main()
