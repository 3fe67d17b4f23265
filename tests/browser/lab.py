# SPDX-License-Identifier: Apache-2.0
"""What the tests do in JupyterLab: they wait for its launcher, and run a cell of a new notebook."""
from playwright.sync_api import expect


def launcher_card(page, text):
    """A card of the launcher, which JupyterLab shows first. It loads megabytes before."""
    card = page.locator(".jp-LauncherCard").filter(has_text=text).first
    expect(card).to_be_visible(timeout=60_000)
    return card


def run_cell(page, code, output):
    launcher_card(page, "Python 3").click()
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    page.keyboard.type(code)
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".jp-OutputArea-output").first).to_contain_text(output, timeout=60_000)
