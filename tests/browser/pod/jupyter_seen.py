# SPDX-License-Identifier: Apache-2.0
"""The real JupyterLab behind the gateway, as its recipe starts it: a person signs in to the console, types in a terminal and
runs a cell. Both go by a WebSocket. real_jupyter.sh runs it; JUPYTER_VENV has the virtual environment."""
import json
import os
import re
import sys
import tomllib
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import launcher_card, run_cell  # noqa: E402
from playwright.sync_api import expect  # noqa: E402
from pod_test import PodTest, Shared  # noqa: E402
from real_pod import CONSOLE, PASSWORD, Pod, address  # noqa: E402

RECIPE = Path(os.environ["TMPLBUILD_SOURCE"]) / "layers/jupyterlab"
LAB = 8888


class JupyterPod(Pod):
    def services(self):
        """The recipe's service, as the builder writes it into pod.json. This machine's /etc/jupyter is left alone."""
        layer = tomllib.loads((RECIPE / "layer.toml").read_text())
        values = {name: parameter["default"] for name, parameter in layer["parameters"].items()}
        values |= {"venv": os.environ["JUPYTER_VENV"], "root": str(self.state)}

        def filled(one):
            if isinstance(one, dict):
                return {key: filled(value) for key, value in one.items()}
            if isinstance(one, list):
                return [filled(value) for value in one]
            whole = isinstance(one, str) and re.fullmatch(r"\$\{(.*)\}", one)
            if whole:
                return values[whole[1]]
            return re.sub(r"\$\{(.*?)\}", lambda name: str(values[name[1]]), one) if isinstance(one, str) else one

        service = filled(layer["services"][0])
        service["private_port"] = 41000
        service["environment"] |= {"JUPYTER_CONFIG_PATH": str(RECIPE), "HOME": str(self.state), "PATH": "/usr/bin:/bin"}
        return [service]


Shared.make_pod = JupyterPod


class Jupyter(PodTest):
    needed = ("console", "jupyterlab")
    patience = 60

    def test_a_terminal_and_a_kernel(self):
        self.expected_errors = "."  # JupyterLab's own
        page, sockets = self.page, {}

        def opened(socket):
            heard = sockets.setdefault(re.sub(r"[?].*", "", socket.url).rsplit("/", 1)[0] if "terminals" in socket.url
                                       else re.sub(r"[?].*", "", socket.url), [])
            socket.on("framereceived", lambda frame: heard.append(frame if isinstance(frame, str) else frame.decode("latin-1")))

        page.on("websocket", opened)
        page.set_default_timeout(60_000)
        page.goto(address(LAB) + "/lab?reset")
        expect(page).to_have_url(re.compile(re.escape(address(CONSOLE)) + "/sign-in"))
        page.fill("#password", PASSWORD)
        page.click("#submit")
        terminal_card = launcher_card(page, "Terminal")
        self.assertTrue(page.url.startswith(address(LAB) + "/lab"), page.url)

        terminal_card.click()
        page.locator(".jp-Terminal .xterm-helper-textarea").wait_for(state="attached")
        terminal = next(name for name in sockets if "/terminals/websocket" in name)
        self.wait_until(lambda: sockets[terminal], "the shell's prompt comes")
        page.locator(".jp-Terminal").click()
        page.keyboard.type("echo $((6*7))\n")
        self.wait_until(lambda: "\n42\n" in self.output_of(sockets[terminal]), "the terminal says 42")
        self.shot("jupyter-terminal")

        page.locator("button[title^='New Launcher'], jp-button[title^='New Launcher']").first.click()
        run_cell(page, "print(f'{6*7} of a kernel')", "42 of a kernel")
        self.shot("jupyter-kernel")
        kernel = next(name for name in sockets if "/api/kernels/" in name)
        self.wait_until(lambda: any("42 of a kernel" in frame for frame in sockets[kernel]), "the kernel's WebSocket says it")
        for socket in (terminal, kernel):
            self.assertTrue(socket.startswith(address(LAB).replace("https", "wss")), socket)

    @staticmethod
    def output_of(frames):
        """What the shell printed, without a terminal's codes."""
        messages = [json.loads(frame) for frame in frames]
        return re.sub(r"\x1b\[[?0-9;]*[A-Za-z]|\r", "", "".join(one[1] for one in messages if one[0] == "stdout"))

    def wait_until(self, is_so, what):
        for _ in range(600):
            if is_so():
                return
            self.page.wait_for_timeout(100)
        self.shot("jupyter-failed")
        self.fail(f"waited in vain until {what}")


if __name__ == "__main__":
    unittest.main()
