# SPDX-License-Identifier: Apache-2.0
import unittest

from harness import PageTest, expect
from stand_in import PASSWORD


class SignIn(PageTest):
    def test_wrong_and_right_password(self):
        self.expected_errors = r"status of 403"
        page = self.page
        page.goto(self.pod.url + "/")
        expect(page).to_have_url(self.pod.url + "/sign-in")
        expect(page.locator("#message")).to_be_hidden()
        for wrong in ("x", " " + PASSWORD, "<script>alert(1)</script>", "p" * 5000, "ключ 🔑"):
            page.fill("#password", wrong)
            page.click("#submit")
            expect(page.locator("#message")).to_have_text("That is not the password of this pod.")
            expect(page.locator("#password")).to_have_attribute("aria-invalid", "true")
            expect(page.locator("#password")).to_have_value("")
            expect(page.locator("#password")).to_be_focused()
        page.fill("#password", PASSWORD)
        page.click("#submit")
        expect(page).to_have_url(self.pod.url + "/installation-status")
        page.click("text=Sign out")
        expect(page).to_have_url(self.pod.url + "/sign-in")

    def test_by_keyboard_alone(self):
        page = self.page
        page.goto(self.pod.url + "/sign-in")
        # The browser gives the field its focus with the page's first picture, which may come after its load event.
        expect(page.locator("#password")).to_be_focused()
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#password")).to_have_attribute("type", "text")
        page.keyboard.press("Enter")
        expect(page).to_have_url(self.pod.url + "/installation-status")

    def test_an_empty_password_is_not_sent(self):
        self.page.goto(self.pod.url + "/sign-in")
        self.page.click("#submit")
        self.assertNotIn(("POST", "/sign-in"), self.pod.requests)

    def test_without_a_script(self):
        page = self.window(script=False)
        page.goto(self.pod.url + "/sign-in")
        expect(page.locator("#reveal")).to_be_hidden()
        page.fill("#password", PASSWORD)
        page.click("#submit")
        expect(page).to_have_url(self.pod.url + "/installation-status")

    def test_the_ticket_goes_on_by_itself(self):
        ticket = "/show/ticket.html?form_action=/show/next&ticket=one-time&service=comfyui"
        self.page.goto(self.pod.url + ticket)
        expect(self.page).to_have_title("posted")
        expect(self.page.locator("body")).to_contain_text("ticket=one-time")
        self.assertEqual([path for method, path in self.pod.requests if method == "POST"], ["/show/next"])
        page = self.window(script=False)
        page.goto(self.pod.url + ticket)
        page.click("text=Go on")
        expect(page).to_have_title("posted")

    def test_a_link_from_elsewhere_is_asked_about(self):
        self.page.goto(self.pod.url + "/show/link.html?service=comfyui&return=/show/refused.html%3Fmessage=Here&message=It+came+from+evil.example.")
        expect(self.page.locator("main")).to_contain_text("It came from evil.example.")
        self.page.click("text=Open comfyui")
        expect(self.page.locator("main")).to_contain_text("Here")


if __name__ == "__main__":
    unittest.main()
