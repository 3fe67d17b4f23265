# SPDX-License-Identifier: Apache-2.0
import unittest

from harness import PHONE, PageTest, expect, slow
from stand_in_files import png
from stand_in_models import GIB, HF, ROOT

HIGH, LOW, VAE = "wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors", "wan2.2_i2v_low_noise_14B_fp8_scaled.safetensors", "wan_2.1_vae.safetensors"


def half_there(models):
    """A workflow whose models are there, missing, in the wrong folder, and there without a size to hold them against."""
    models.put("vae", VAE, 254_000_000)
    models.put("checkpoints", "lightx2v.safetensors", GIB)
    models.put("loras", "style.safetensors", GIB)
    need = {"urls": [], "sha256": None, "about_bytes": None, "directory_reason": "", "used": True}
    models.needs = [{**need, "name": VAE, "directory": "vae", "url": None, "size": 254_000_000, "node": "VAELoader"},
                    {**need, "name": HIGH, "directory": "diffusion_models", "url": f"{HF}/a/resolve/main/{HIGH}", "size": 14 * GIB, "node": "UNETLoader"},
                    {**need, "name": "wan/motion.safetensors", "directory": "loras", "url": f"{HF}/b/resolve/main/motion.safetensors", "size": GIB, "node": "LoraLoader"},
                    {**need, "name": "lightx2v.safetensors", "directory": "loras", "url": None, "size": GIB, "node": "LoraLoader"},
                    {**need, "name": "own.safetensors", "directory": "", "url": None, "size": None, "node": "SomeLoader"},
                    {**need, "name": "style.safetensors", "directory": "loras", "url": None, "size": None, "node": "LoraLoader"}]
    models.unknown_nodes = ["SomeLoader"]


class ModelsTest(PageTest):
    def setUp(self):
        super().setUp()
        self.models = self.pod.models

    def open(self, query="", page=None):
        page = page or self.page
        self.sign_in(page)
        page.goto(self.pod.url + "/" + query)
        expect(page.locator(".set").first).to_be_visible()
        expect(page.locator("#space")).to_contain_text("61 GiB free of 100 GiB")
        return page

    def model(self, name):
        return self.page.locator(".model", has=self.page.get_by_role("heading", name=name, exact=True))

    def queued(self, name):
        return self.page.locator(".queued", has=self.page.get_by_role("heading", name=name, exact=True))

    def drop(self, name, data):
        self.page.evaluate("""([name, bytes]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name));
            for (const kind of ["dragenter", "drop"]) window.dispatchEvent(new DragEvent(kind, {dataTransfer: transfer, bubbles: true, cancelable: true}));
        }""", [name, list(data)])


class Catalogue(ModelsTest):
    def test_a_set_is_downloaded_and_becomes_there(self):
        self.models.put("vae", VAE, 254_000_000)
        page = self.open()
        high = self.model("Wan 2.2 I2V, high noise")
        expect(high).to_contain_text("missing")
        expect(high).to_contain_text(f"{HIGH} · diffusion_models · 14 GiB · apache-2.0 · about it")
        expect(high.locator(".fit")).to_have_text("needs 20 GB: fits your RTX 3090")
        expect(page.locator(".set").first).to_contain_text("1 of 4 there · 34 GiB missing")
        page.get_by_role("button", name="Download 3 missing of Wan 2.2").click()
        expect(page.locator(".queued")).to_have_count(3)
        expect(high).to_contain_text("waiting")
        self.models.tell(HIGH, state="running", done_bytes=7 * GIB, speed=90 << 20, seconds_left=80)
        expect(self.queued(HIGH)).to_contain_text("7.0 GiB of 14 GiB · 90 MiB/s · 1 min left")
        expect(high).to_contain_text("downloading")
        self.models.arrive(HIGH)
        expect(high.locator(".state")).to_have_text("there")
        expect(page.locator(".set").first).to_contain_text("2 of 4 there")
        self.assertEqual({one["set"] for one in self.models.items}, {"wan22"})

    def test_filter_edit_move_and_delete(self):
        page = self.open()
        page.get_by_label("Filter the catalogue").fill("qwen vl")
        expect(page.locator(".model")).to_have_count(1)
        self.model("qwen_2.5_vl_7b.safetensors").get_by_role("button", name="More about").click()
        page.get_by_role("menuitem", name="Edit").click()
        page.get_by_label("Name for people").fill("Qwen 2.5 VL")
        page.get_by_role("button", name="Save").click()
        expect(self.model("Qwen 2.5 VL")).to_be_visible()
        self.model("Qwen 2.5 VL").get_by_role("button", name="More about").click()
        page.get_by_role("menuitem", name="Move to another set").click()
        page.get_by_role("menuitem", name="Wan 2.2").click()
        expect(page.locator(".set", has_text="Qwen 2.5 VL")).to_contain_text("Wan 2.2 image to video")
        self.model("Qwen 2.5 VL").get_by_role("button", name="More about").click()
        page.get_by_role("menuitem", name="Delete from the catalogue").click()
        page.get_by_role("button", name="Delete the entry").click()
        expect(page.locator("#sets")).to_contain_text("No model has that in its name.")

    def test_links_that_are_pasted(self):
        page = self.open()
        page.get_by_role("button", name="Add links").click()
        page.get_by_label("Links to models").fill(f"{HF}/x/blob/main/a_lora_high.safetensors nonsense {HF}/gated/resolve/main/secret.safetensors")
        expect(page.locator(".link-row")).to_have_count(3)
        expect(page.locator(".link-row").nth(1)).to_contain_text("this is no link; copy the whole address")
        page.get_by_role("button", name="Add its other half").click()
        expect(page.locator(".link-row")).to_have_count(4)
        page.locator("dialog").get_by_role("button", name="Download").click()
        expect(page.locator("dialog .error").last).to_contain_text("Say into which folder secret.safetensors goes.")
        page.get_by_label("Folder of secret.safetensors").fill("loras")
        page.get_by_label("Keep them in my catalogue").check()
        page.locator("dialog").get_by_role("button", name="Download").click()
        expect(page.locator(".link-row").nth(2)).to_contain_text("this model is gated; accept its licence")
        self.assertEqual([one["url"] for one in self.models.items], [f"{HF}/x/resolve/main/a_lora_high.safetensors", f"{HF}/x/resolve/main/a_lora_low.safetensors"])
        page.keyboard.press("Escape")
        expect(page.locator(".set").first).to_contain_text("7")

    @slow
    def test_a_hash_is_verified(self):
        for name in (HIGH, LOW):
            self.models.put("diffusion_models", name, 14 * GIB)
        self.models.hashes[f"{ROOT}/diffusion_models/{LOW}"] = "cd" * 32
        page = self.open()
        for title, words in (("high", "has the SHA-256 of the catalogue."), ("low", "is another file: its SHA-256 is cdcd")):
            self.model(f"Wan 2.2 I2V, {title} noise").get_by_role("button", name="More about").click()
            page.get_by_role("menuitem", name="Verify its SHA-256").click()
            expect(page.locator("#toasts")).to_contain_text(words)

    @slow
    def test_keys_are_entered_and_never_shown(self):
        page = self.open()
        page.get_by_role("button", name="Keys").click()
        expect(page.locator(".key-form").nth(1)).to_contain_text("A key is set by the pod’s environment.")
        page.get_by_label("Hugging Face", exact=True).fill("hf_secret")
        page.keyboard.press("Enter")
        expect(page.locator(".key-form").first).to_contain_text("A key is set.")
        expect(page.get_by_label("Hugging Face", exact=True)).to_have_value("")
        self.assertEqual(self.models.given_keys, [("huggingface", "hf_secret")])
        page.get_by_role("button", name="Forget the key of Hugging Face").click()
        expect(page.locator(".key-form").first).to_contain_text("No key is set.")

    @slow
    def test_a_full_volume_is_asked_about_and_a_frozen_one_is_said(self):
        self.expected_errors = r"status of (503|504)"
        page = self.open()
        self.models.free, self.models.source = None, "cluster"
        self.models.tell()
        expect(page.locator("#space")).to_contain_text("How much space is left, is not known.the file system shows the whole cluster, not this volume")
        self.models.free = GIB
        self.models.tell()
        expect(page.locator("#space")).to_contain_text("1.0 GiB free of 100 GiB")
        page.get_by_role("button", name="Download all of Wan 2.2").click()
        expect(page.locator("dialog")).to_contain_text("These need 34 GiB, and 0 B are still to come; 1.0 GiB are free.")
        page.get_by_role("button", name="Cancel").click()
        page.wait_for_timeout(300)  # what is not to come has had time to
        self.assertEqual(self.models.items, [])
        self.models.state, self.models.reason = "silent", "no word for 5 s"
        self.models.tell()
        expect(page.locator("#queue-problem")).to_contain_text("The volume does not answer: no word for 5 s.")
        self.models.is_away = True
        page.reload()
        expect(page.locator("#sets-problem")).to_have_text("the volume did not answer within 10 s.")
        expect(page.locator("#queue-problem")).to_contain_text("The console cannot be reached", timeout=20_000)
        self.models.is_away = False
        page.get_by_role("button", name="Try again").click()
        expect(page.locator(".set").first).to_be_visible()


class Workflows(ModelsTest):
    def test_a_dropped_picture_says_what_it_needs(self):
        half_there(self.models)
        page = self.open()
        self.drop("clip.png", png(1, 2, 3) + b"workflow")
        expect(page.locator("#workflow-words")).to_have_text("clip.png needs 6 models: 1 there, 3 missing, 1 in another folder, 1 there and not verified.")
        expect(self.model("own.safetensors")).to_contain_text("no folder known · asked for by SomeLoader")
        page.get_by_role("button", name="Download 2 of 3 missing").click()
        self.wait_until(lambda: [(one["directory"], one["name"]) for one in self.models.items] == [("diffusion_models", HIGH), ("loras/wan", "motion.safetensors")], "both are queued")
        expect(page.locator("#needs").get_by_role("button", name="of 3 missing")).to_be_hidden()
        page.locator("#needs").get_by_role("button", name="Move lightx2v").click()
        expect(self.model("lightx2v.safetensors")).to_have_count(1)
        self.wait_until(lambda: ROOT + "/loras/lightx2v.safetensors" in self.pod.files.nodes, "it was moved")
        self.models.sizes[ROOT + "/loras/lightx2v.safetensors"] = GIB
        self.models.arrive("motion.safetensors")
        expect(page.locator("#workflow-words")).to_contain_text("3 there")

    def test_one_of_the_volume_and_one_that_is_none(self):
        self.expected_errors = "status of 422"
        half_there(self.models)
        self.pod.files.put("/workspace/ComfyUI/output/flow.json", b'{"workflow": 1}')
        page = self.open("?workflow=%2Fworkspace%2FComfyUI%2Foutput%2Fflow.json")
        expect(page.locator("#workflow-words")).to_contain_text("flow.json needs 6 models")
        page.get_by_role("button", name="From the volume").click()
        page.locator(".pick-list").get_by_role("button", name="flow.json").click()
        self.wait_until(lambda: len(self.models.checked) == 2, "it was asked for again")
        self.drop("photo.png", png(1, 2, 3))
        expect(page.locator("#needs")).to_contain_text("'photo.png' carries no workflow; drop the JSON, or a picture that ComfyUI saved.")

    def test_a_model_in_the_wrong_folder_is_moved(self):
        self.models.put("checkpoints", "style.safetensors", GIB)
        self.models.warnings = [{"path": f"{ROOT}/checkpoints/style.safetensors", "problem": "its header says that it is a LoRA", "move_to": f"{ROOT}/loras"}]
        page = self.open()
        expect(page.locator("#warnings")).to_contain_text("Its header says that it is a LoRA.", use_inner_text=False, ignore_case=True)
        page.locator("#warnings").get_by_role("button", name="Move").click()
        self.wait_until(lambda: f"{ROOT}/loras/style.safetensors" in self.pod.files.nodes, "it was moved")


class Queue(ModelsTest):
    def setUp(self):
        super().setUp()
        self.models.add([{"url": f"{HF}/{name}", "name": name, "directory": "loras", "size": GIB} for name in ("a", "b", "c")])

    def names(self):
        return [one["name"] for one in self.models.items]

    def test_order_by_keyboard_and_by_drag(self):
        page = self.open()
        page.get_by_role("button", name="Move c, with the arrow keys").focus()
        page.keyboard.press("ArrowUp")
        self.wait_until(lambda: self.names() == ["a", "c", "b"], "c is before b")
        expect(page.get_by_role("button", name="Move c, with the arrow keys")).to_be_focused()
        expect(page.locator("#announce")).to_have_text("c: place 2 of 3")
        handle = page.get_by_role("button", name="Move b, with the arrow keys").bounding_box()
        first = self.queued("a").bounding_box()
        page.mouse.move(handle["x"] + 8, handle["y"] + 8)
        page.mouse.down()
        page.mouse.move(handle["x"] + 8, first["y"] + 30, steps=4)
        page.mouse.move(handle["x"] + 8, first["y"] + 2, steps=2)
        page.mouse.up()
        self.wait_until(lambda: self.names() == ["b", "a", "c"], "b is first")

    def test_pause_stall_failure_and_clear(self):
        page = self.open()
        self.queued("a").get_by_role("button", name="Pause").click()
        expect(self.queued("a")).to_contain_text("paused")
        self.models.tell("b", state="stalled", reason="no byte came for a minute", hint="it is tried again by itself in 8 s", done_bytes=GIB // 2)
        expect(self.queued("b").locator(".reason")).to_have_text("No byte came for a minute; it is tried again by itself in 8 s.")
        self.models.tell("c", state="failed", reason="this model is gated", hint="accept its licence, then enter your key")
        expect(self.queued("c")).to_contain_text("This model is gated; accept its licence, then enter your key.")
        self.queued("c").get_by_role("button", name="Try again").click()
        expect(self.queued("c")).to_contain_text("waiting")
        self.queued("b").get_by_role("button", name="Cancel").click()
        expect(self.queued("b")).to_contain_text("cancelled")
        page.get_by_role("button", name="Pause all").click()
        expect(self.queued("c")).to_contain_text("paused")
        page.get_by_role("button", name="Clear").click()
        expect(page.locator(".queued")).to_have_count(2)

    @slow
    def test_polling_while_the_stream_is_broken(self):
        self.expected_errors = "status of 503|EventSource"
        self.pod.stream_broken = True
        self.open()
        self.models.items[0].update(state="running", done_bytes=GIB // 4)
        expect(self.queued("a")).to_contain_text("downloading", timeout=15_000)


class Phone(ModelsTest):
    @slow
    def test_fingers_can_hit_everything(self):
        half_there(self.models)
        self.models.add([{"url": f"{HF}/a", "name": "a", "directory": "loras", "size": GIB}])
        page = self.open(page=self.window(PHONE))
        small = page.evaluate("""() => [...document.querySelectorAll('button, select, summary, input:not([type=checkbox], [type=file])')]
            .filter(one => one.checkVisibility()).map(one => [one.textContent || one.ariaLabel, one.getBoundingClientRect()])
            .filter(([, box]) => box.height < 44).map(([text, box]) => `${text}: ${box.width}x${box.height}`)""")
        self.assertEqual(small, [])


if __name__ == "__main__":
    unittest.main()
