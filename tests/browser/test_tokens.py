# SPDX-License-Identifier: Apache-2.0
import unittest

from harness import PageTest, expect


class Tokens(PageTest):
    def test_make_and_withdraw(self):
        page = self.page
        self.sign_in()
        page.goto(self.pod.url + "/tokens")
        expect(page.get_by_text("There are no tokens.")).to_be_visible()
        page.fill("#name", "render script")
        page.keyboard.press("Enter")
        expect(page.locator("#made-words")).to_contain_text("it is not shown again")
        expect(page.locator("#made-token")).to_have_value("tmplbuild_" + "ab" * 32)
        expect(page.locator("#tokens > li")).to_have_count(1)
        expect(page.locator("#tokens > li")).to_contain_text("not used yet")
        page.reload()
        expect(page.locator("#made")).to_be_hidden()
        page.get_by_role("button", name="Withdraw render script").click()
        page.get_by_role("button", name="Withdraw it").click()
        expect(page.get_by_text("There are no tokens.")).to_be_visible()
        self.assertEqual(self.pod.tokens, [])

    def test_an_error_is_shown(self):
        self.expected_errors = r"status of 502"
        page = self.page
        self.sign_in()
        page.goto(self.pod.url + "/tokens")
        expect(page.get_by_text("There are no tokens.")).to_be_visible()
        self.pod.is_down = True
        page.fill("#name", "agent")
        page.keyboard.press("Enter")
        expect(page.locator("#new-error")).to_contain_text("The console does not answer right now.")
        expect(page.locator("#name")).to_have_value("agent")


if __name__ == "__main__":
    unittest.main()
