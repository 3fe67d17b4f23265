# SPDX-License-Identifier: Apache-2.0
"""The pages of files, models and the calculator over a real console and a real volume: one path for each, as far as a
stand-in could be wrong about the routes."""
import hashlib
import http.server
import json
import threading
import unittest

from pod_test import PodTest
from playwright.sync_api import expect
from real_pod import CONSOLE, address, until

MIB = 1 << 20
MODEL = bytes(range(256)) * 8192


class Hub(http.server.BaseHTTPRequestHandler):
    """Serves one model, whatever is asked for."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(MODEL)))
        self.end_headers()
        self.wfile.write(MODEL)


class Rooms(PodTest):
    def setUp(self):
        super().setUp()
        self.volume = self.pod.work / "volume"
        (self.volume / "ComfyUI/output").mkdir(parents=True, exist_ok=True)
        (self.volume / "ComfyUI/models/loras").mkdir(parents=True, exist_ok=True)
        self.signed_in()

    def entry(self, name):
        return self.page.locator(".entry", has=self.page.get_by_role("link", name=name, exact=True))

    def test_the_calculator(self):
        page = self.page
        page.goto(address(CONSOLE) + "/video-calculator?frames=200&overlap=8&max_frames=81")
        expect(page.locator("#segments tbody tr")).to_have_text(["11 to 81081810", "274 to 154873810", "3147 to 200846573"])
        self.shot("video")

    def test_files_are_uploaded_in_portions_looked_at_renamed_deleted_and_restored(self):
        page, output = self.page, self.volume / "ComfyUI/output"
        (output / "notes.txt").write_text("a fox in the snow\n")
        data = bytes(range(256)) * (40 * MIB // 256)  # two portions
        page.goto(address(CONSOLE) + "/files")
        expect(self.entry("notes.txt")).to_be_visible()
        (self.pod.work / "clip.bin").write_bytes(data)
        page.set_input_files("#pick-files", self.pod.work / "clip.bin")
        expect(page.locator(".upload")).to_contain_text("proven by its SHA-256", timeout=60_000)
        self.assertEqual(hashlib.sha256((output / "clip.bin").read_bytes()).digest(), hashlib.sha256(data).digest())
        expect(self.entry("clip.bin")).to_be_visible()
        page.get_by_role("link", name="notes.txt").click()
        expect(page.locator(".stage pre")).to_have_text("a fox in the snow\n")
        page.keyboard.press("Escape")
        self.entry("notes.txt").focus()
        page.keyboard.press("F2")
        page.get_by_label("New name").fill("prompts.txt")
        page.keyboard.press("Enter")
        expect(self.entry("prompts.txt")).to_be_visible()
        self.entry("prompts.txt").focus()
        page.keyboard.press("Delete")
        expect(self.entry("prompts.txt")).to_have_count(0)
        self.assertFalse((output / "prompts.txt").exists())
        page.get_by_role("button", name="Undo").click()
        expect(self.entry("prompts.txt")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("checkbox", name="Select all").click()
            page.locator("#chosen-actions").get_by_role("button", name="Download").click()
        self.assertEqual(download.value.path().read_bytes()[:2], b"PK")
        self.shot("files")

    def test_a_workflow_says_what_the_volume_lacks_and_a_model_goes_where_it_belongs(self):
        page, models = self.page, self.volume / "ComfyUI/models"
        (models / "loras/there.safetensors").write_bytes(bytes(1000))
        (models / "checkpoints").mkdir(exist_ok=True)
        (models / "checkpoints/strayed.safetensors").write_bytes(bytes(1000))
        node = {"type": "LoraLoaderModelOnly", "mode": 0, "inputs": [], "outputs": []}
        workflow = {"version": 0.4, "nodes": [{**node, "id": n, "widgets_values": [name, 1.0]} for n, name in enumerate(
            ("there.safetensors", "strayed.safetensors", "absent.safetensors"))], "links": []}
        file = self.pod.work / "flow.json"
        file.write_text(json.dumps(workflow))
        page.goto(address(CONSOLE) + "/")
        expect(page.locator("#sets .set, #sets .sets-empty").first).to_be_visible()
        page.set_input_files("#workflow-file", file)
        expect(page.locator("#workflow-words")).to_have_text("flow.json needs 3 models: 1 missing, 1 in another folder, 1 there and not verified.")
        self.shot("models")
        page.locator("#needs").get_by_role("button", name="Move strayed").click()
        until(lambda: (models / "loras/strayed.safetensors").exists())
        expect(page.locator("#workflow-words")).to_contain_text("1 missing, 2 there and not verified.")

    def test_a_link_is_downloaded(self):
        hub = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
        threading.Thread(target=hub.serve_forever, daemon=True).start()
        self.addCleanup(hub.shutdown)
        page = self.page
        page.goto(address(CONSOLE) + "/")
        expect(page.locator("#queue")).to_contain_text("Nothing is on its way.")
        page.get_by_role("button", name="Add links").click()
        page.get_by_label("Links to models").fill(f"http://127.0.0.1:{hub.server_port}/fetched.safetensors")
        page.get_by_label("Folder of fetched.safetensors").fill("loras")
        page.locator("dialog").get_by_role("button", name="Download").click()
        expect(page.locator(".queued", has_text="fetched.safetensors")).to_contain_text("done", timeout=20_000)
        self.assertEqual((self.volume / "ComfyUI/models/loras/fetched.safetensors").read_bytes(), MODEL)
        expect(page.locator("#space")).to_contain_text("free")


if __name__ == "__main__":
    unittest.main()
