# SPDX-License-Identifier: Apache-2.0
import re
import threading
import unittest

from harness import PHONE, PageTest, expect, slow
from stand_in_files import png

OUTPUT = "/workspace/ComfyUI/output"


def fill(files):
    """A folder as a person has it after a day."""
    for n, color in enumerate([(200, 60, 60), (60, 160, 90), (50, 90, 200)]):
        files.put(f"{OUTPUT}/render_{n + 1:05}.png", png(*color) + (b"workflow" if n == 0 else b""), age=n * 600)
    files.put(f"{OUTPUT}/wan_00001.mp4", b"no film" * 3000, age=60)
    files.put(f"{OUTPUT}/notes.txt", b"prompt: a fox <b>in</b> the snow\n", age=4000)
    files.put(f"{OUTPUT}/wan2.2_high.safetensors", bytes(5000), age=9000)
    files.put(f"{OUTPUT}/old/first.png", png(20, 20, 20), age=90000)


class FilesTest(PageTest):
    def setUp(self):
        super().setUp()
        self.files = self.pod.files
        fill(self.files)

    def open(self, query="", page=None):
        page = page or self.page
        self.sign_in(page)
        page.goto(self.pod.url + "/files" + query)
        expect(page.locator(".entry").first).to_be_visible()
        return page

    def entry(self, name, page=None):
        return (page or self.page).locator(".entry", has=self.page.get_by_role("link", name=name, exact=True))

    def names(self):
        return self.page.locator(".entry .entry-link").all_text_contents()

    def drop(self, files):
        """Files as a drag brings them: [(name, bytes)]."""
        self.page.evaluate("""files => {
            const transfer = new DataTransfer();
            for (const [name, text] of files) transfer.items.add(new File([text], name, {lastModified: 1700000000000}));
            for (const kind of ["dragenter", "drop"]) window.dispatchEvent(new DragEvent(kind, {dataTransfer: transfer, bubbles: true, cancelable: true}));
        }""", [[name, text] for name, text in files])

    def is_uploaded(self, name, data, folder=OUTPUT):
        self.wait_until(lambda: self.files.nodes.get(f"{folder}/{name}") == data, f"{name} is there whole")


class Browsing(FilesTest):
    def test_walk_sort_search_and_look(self):
        page = self.open()
        expect(page.locator("#crumbs")).to_have_text("workspaceComfyUIoutput")
        self.assertEqual(self.names()[:2], ["old", "notes.txt"])
        page.get_by_label("Sort by").select_option("modified")
        expect(page.locator(".entry-link").nth(1)).to_have_text("wan2.2_high.safetensors")
        page.get_by_role("button", name="Sort the other way round").click()
        expect(page.locator(".entry-link").nth(1)).to_have_text("render_00001.png")
        page.get_by_role("button", name="Grid").click()
        expect(self.entry("render_00002.png").locator("img")).to_be_visible()
        page.get_by_role("link", name="old", exact=True).click()
        expect(page.locator(".entry-link")).to_have_text(["first.png"])
        page.go_back()
        expect(self.entry("notes.txt")).to_be_visible()
        page.get_by_label("Search below this folder").fill("first")
        expect(page.locator(".entry-link")).to_have_text(["first.png"])
        expect(page.locator(".where")).to_have_text(OUTPUT + "/old")
        page.get_by_label("Search below this folder").fill("zzz")
        expect(page.locator("#entries")).to_contain_text("Nothing below this folder has “zzz” in its name.")
        page.get_by_role("button", name="Clear the search").click()
        expect(self.entry("notes.txt")).to_be_visible()
        expect(page.locator(".storage")).to_contain_text("61 of 100 GiB used")
        page.locator(".places").get_by_role("link", name="models").click()
        expect(page.locator("#entries")).to_contain_text("This folder is empty.")

    def test_by_keyboard_alone(self):
        page = self.open()
        self.entry("old").focus()
        for key in ("ArrowDown", "ArrowDown", "Space", "Shift+ArrowDown"):
            page.keyboard.press(key)
        expect(page.locator("#chosen-words")).to_contain_text("2 selected")
        page.keyboard.press("Escape")
        expect(page.locator("#chosen-words")).to_have_text("Select all")
        page.keyboard.press("Control+a")
        expect(page.locator("#chosen-words")).to_contain_text("7 selected")
        page.keyboard.press("Escape")
        page.keyboard.press("Home")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("F2")
        expect(page.get_by_label("New name")).to_be_focused()
        page.keyboard.type("prompts")
        page.keyboard.press("Enter")
        expect(self.entry("prompts.txt")).to_be_visible()
        self.entry("prompts.txt").focus()
        page.keyboard.press("Delete")
        expect(self.entry("prompts.txt")).to_have_count(0)
        page.get_by_role("button", name="Undo").click()
        expect(self.entry("prompts.txt")).to_be_visible()
        self.entry("old").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".entry-link")).to_have_text(["first.png"])
        page.locator(".entry").focus()
        page.keyboard.press("Backspace")
        expect(self.entry("prompts.txt")).to_be_visible()

    def test_gallery(self):
        page = self.open("?path=" + OUTPUT)
        page.get_by_role("button", name="Gallery").click()
        expect(page.locator("#viewer-title")).to_have_text("render_00001.png")
        expect(page.locator(".viewer .stage img")).to_be_visible()
        expect(page.get_by_role("link", name="Which models does it need?")).to_have_attribute("href", "/?workflow=" + OUTPUT.replace("/", "%2F") + "%2Frender_00001.png")
        page.keyboard.press("ArrowRight")
        expect(page.locator("#viewer-title")).to_have_text("render_00002.png")
        expect(page).to_have_url(re.compile("open=render_00002.png"))
        page.evaluate("""() => { for (const [kind, x] of [["pointerdown", 300], ["pointerup", 100]])
            document.querySelector(".stage").dispatchEvent(new PointerEvent(kind, {pointerType: "touch", clientX: x, clientY: 200, bubbles: true})); }""")
        expect(page.locator("#viewer-title")).to_have_text("render_00003.png")
        with page.expect_download() as download:
            page.get_by_role("button", name="Download all").click()
        self.assertEqual(download.value.suggested_filename, "selected_files.zip")
        self.assertEqual(len(next(iter(self.files.selections.values()))), 4)
        page.keyboard.press("Delete")
        expect(page.locator("#viewer-title")).to_have_text("wan_00001.mp4")
        page.keyboard.press("Escape")
        expect(page.locator(".viewer")).to_be_hidden()
        expect(page).to_have_url(re.compile("/files((?!open=).)*$"))

    def test_previews(self):
        page = self.open()
        page.get_by_role("link", name="notes.txt").click()
        expect(page.locator(".stage pre")).to_have_text("prompt: a fox <b>in</b> the snow\n")
        page.keyboard.press("ArrowRight")
        page.get_by_role("button", name="Close").click()
        page.get_by_role("link", name="wan2.2_high.safetensors").click()
        expect(page.locator(".stage")).to_contain_text("14,288,491,584")
        expect(page.locator(".stage tbody tr").first).to_have_text("blocks.0.weightF8_E4M35120 × 13824")

    @slow
    def test_hidden_files(self):
        self.files.put(f"{OUTPUT}/.secret", b"x")
        page = self.open()
        expect(self.entry(".secret")).to_have_count(0)
        page.get_by_role("button", name="Hidden files").click()
        expect(self.entry(".secret")).to_be_visible()
        page.reload()
        expect(self.entry(".secret")).to_be_visible()

    @slow
    def test_a_long_folder(self):
        for n in range(1300):
            self.files.put(f"/workspace/many/frame_{n:05}.txt", b"x")
        page = self.open("?path=/workspace/many")
        expect(page.get_by_role("button", name="Show more of 800 others")).to_be_attached()
        page.locator(".entry").first.focus()
        page.keyboard.press("Control+a")
        expect(page.locator("#chosen-words")).to_contain_text("1300 selected")

    @slow
    def test_what_is_away_is_said(self):
        self.expected_errors = r"status of (404|504)"
        page = self.open()
        self.files.is_frozen = True
        page.get_by_role("button", name="Sort the other way round").click()
        expect(page.locator("#problem")).to_have_text("the volume did not answer within 10 s.")
        expect(self.entry("notes.txt")).to_be_visible()
        self.files.is_frozen = False
        page.goto(self.pod.url + "/files?path=/workspace/nowhere")
        expect(page.locator("#entries")).to_contain_text("There is no such folder.")
        page.get_by_role("button", name="Go to the start").click()
        expect(self.entry("notes.txt")).to_be_visible()


class Changing(FilesTest):
    def test_move_copy_trash_and_pins(self):
        page = self.open()
        self.entry("notes.txt").get_by_role("checkbox").click()
        self.entry("render_00003.png").get_by_role("checkbox").click()
        page.locator("#chosen-actions").get_by_role("button", name="Move").click()
        page.locator("dialog .pick-list").get_by_role("button", name="old", exact=True).click()
        expect(page.locator("dialog .mono")).to_have_text(OUTPUT + "/old")
        page.get_by_role("button", name="Move here").click()
        expect(self.entry("notes.txt")).to_have_count(0)
        self.assertIn(OUTPUT + "/old/render_00003.png", self.files.nodes)
        self.entry("old").click(button="right")
        page.get_by_role("menuitem", name="Pin to places").click()
        expect(page.locator(".places")).to_contain_text("Pinned")
        self.assertEqual(self.files.pins, [OUTPUT + "/old"])
        self.entry("render_00001.png").get_by_role("button", name="More about").click()
        page.get_by_role("menuitem", name="Delete").click()
        expect(self.entry("render_00001.png")).to_have_count(0)
        page.get_by_role("button", name="Trash").click()
        page.get_by_role("button", name="Restore render_00001.png").click()
        expect(page.locator("dialog[open]")).to_contain_text("The trash is empty.")
        page.locator("dialog[open]").get_by_role("button", name="Close").click()
        expect(self.entry("render_00001.png")).to_be_visible()
        page.get_by_role("button", name="New folder").click()
        page.get_by_label("Name", exact=True).fill("kept")
        page.keyboard.press("Enter")
        expect(self.entry("kept")).to_be_visible()

    @slow
    def test_errors_stay_in_their_dialog_and_losses_are_asked_for(self):
        self.expected_errors = "status of 409"
        page = self.open()
        self.entry("notes.txt").focus()
        page.keyboard.press("F2")
        page.get_by_label("New name").fill("render_00001.png")
        page.keyboard.press("Enter")
        expect(page.locator("dialog .error")).to_have_text("'render_00001.png' is there already.")
        page.keyboard.press("Escape")
        expect(self.entry("notes.txt")).to_be_focused()
        page.keyboard.press("Delete")
        page.get_by_role("button", name="Trash").click()
        page.get_by_role("button", name="Empty the trash").click()
        page.get_by_role("button", name="Cancel").click()
        self.assertEqual(len(self.files.trash), 1)
        page.get_by_role("button", name="Empty the trash").click()
        page.get_by_role("button", name="Delete for good").click()
        expect(page.locator("dialog[open]")).to_contain_text("The trash is empty.")


class Uploading(FilesTest):
    def test_dropped_cut_and_gone_on_with(self):
        self.expected_errors = r"ERR_|status of (409|503)"
        page = self.open()
        self.files.cut_after = [1000]  # Chromium itself tries again, and sends what is there already
        broken = iter([True])
        page.route("**/api/uploads/*?offset=*", lambda route: route.abort() if next(broken, False) else route.continue_())
        self.files.statuses = [503]
        text = "0123456789" * 3000
        self.drop([("clip.bin", text), ("empty.txt", "")])
        self.is_uploaded("clip.bin", text.encode())
        self.is_uploaded("empty.txt", b"")
        expect(page.locator("#uploads h2")).to_have_text("2 uploads done")
        expect(page.locator(".upload", has_text="clip.bin")).to_contain_text("proven by its SHA-256")
        expect(self.entry("clip.bin")).to_be_visible()
        expect(page.locator(".storage")).to_contain_text("in 9 files")

    def test_found_again_after_a_reload(self):
        page = self.open()
        self.files.holds_portions = threading.Event()
        data = bytes(range(256)) * 400
        page.set_input_files("#pick-files", {"name": "long.bin", "mimeType": "application/octet-stream", "buffer": data})
        expect(page.locator(".upload")).to_contain_text("long.bin")
        self.wait_until(lambda: self.files.uploads, "the upload is known")
        upload = next(iter(self.files.uploads.values()))
        upload["data"] = data[:50_000]
        page.on("dialog", lambda dialog: dialog.accept())
        page.reload()
        self.files.holds_portions.set()
        self.files.holds_portions = None
        self.wait_until(lambda: len(upload["data"]) <= 50_000, "the old page's portion is gone")
        upload["data"] = data[:50_000]
        expect(page.locator(".upload")).to_contain_text("Began earlier, 49 KiB of 100 KiB are there.")
        page.set_input_files("#pick-files", {"name": "long.bin", "mimeType": "application/octet-stream", "buffer": data})
        self.is_uploaded("long.bin", data)
        self.assertEqual(len(self.files.uploads), 1)

    def test_a_name_that_is_there_and_a_hidden_tab(self):
        self.expected_errors = "status of 409"
        page = self.open()
        self.drop([("notes.txt", "new")])
        expect(page.locator(".upload")).to_contain_text("A file with this name is there already.")
        page.get_by_role("button", name="Replace notes.txt").click()
        expect(page.locator("dialog[open]")).to_contain_text("What is there now is lost for good.")
        self.hide_tab(True)
        page.evaluate("document.querySelector('dialog[open] .danger-button').click()")
        self.is_uploaded("notes.txt", b"new")
        self.wait_until(lambda: page.title().startswith("✓ 1 upload done"), "the title says so")
        self.hide_tab(False)
        expect(page).to_have_title("output · Files")

    @slow
    def test_pause_resume_cancel_and_a_wrong_hash(self):
        page = self.open()
        self.files.holds_portions = threading.Event()
        self.drop([("a.bin", "a" * 5000), ("b.bin", "b" * 5000), ("c.bin", "c" * 5000)])
        row = page.locator(".upload", has_text="a.bin")
        row.get_by_role("button", name="Pause").click()
        expect(row).to_contain_text("Paused at 0 B")
        page.locator(".upload", has_text="c.bin").get_by_role("button", name="Cancel").click()
        expect(page.locator(".upload")).to_have_count(2)
        self.files.holds_portions.set()
        self.files.holds_portions = None
        self.is_uploaded("b.bin", b"b" * 5000)
        page.get_by_role("button", name="Resume all").click()
        self.is_uploaded("a.bin", b"a" * 5000)
        self.files.wrong_hash = True
        self.drop([("bad.bin", "x" * 100)])
        expect(page.locator(".upload", has_text="bad.bin")).to_contain_text("What arrived is not this file: its SHA-256 is another one.")

    @slow
    def test_a_large_file_in_portions(self):
        page = self.open()
        page.evaluate("""() => { const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(80 << 20).fill(7)], "large.bin"));
            for (const kind of ["dragenter", "drop"]) window.dispatchEvent(new DragEvent(kind, {dataTransfer: transfer, bubbles: true, cancelable: true})); }""")
        expect(page.locator(".upload")).to_contain_text("proven by its SHA-256", timeout=60_000)
        self.assertEqual(self.files.nodes[OUTPUT + "/large.bin"], bytes([7]) * (80 << 20))
        self.assertEqual(sum(method == "PATCH" for method, _ in self.pod.requests), 3)


class Phone(FilesTest):
    def test_fingers_can_hit_everything(self):
        page = self.open(page=self.window(PHONE))
        self.assert_hit(page)
        page.get_by_role("button", name="Gallery").click()
        expect(page.locator(".stage img")).to_be_visible()
        self.assert_hit(page)

    def assert_hit(self, page):
        small = page.evaluate("""() => [...document.querySelectorAll('button, .place, .crumbs a, select, summary, input:not([type=checkbox], [type=file])')]
            .filter(one => one.checkVisibility() && !one.closest('.skip'))
            .map(one => [one.textContent || one.ariaLabel, one.getBoundingClientRect()])
            .filter(([, box]) => box.height < 44).map(([text, box]) => `${text}: ${box.width}x${box.height}`)""")
        self.assertEqual(small, [])


if __name__ == "__main__":
    unittest.main()
