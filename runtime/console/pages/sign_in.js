// SPDX-License-Identifier: Apache-2.0
// The sign-in page works without this: it shows the password on demand, and says that signing in is under way.
const form = document.getElementById("sign-in");
const password = document.getElementById("password");
const reveal = document.getElementById("reveal");
const submit = document.getElementById("submit");

if (document.getElementById("message").textContent) password.setAttribute("aria-invalid", "true");
password.addEventListener("input", () => password.removeAttribute("aria-invalid"));

reveal.hidden = false;
reveal.addEventListener("click", () => {
  const shown = password.type === "password";
  password.type = shown ? "text" : "password";
  reveal.setAttribute("aria-pressed", String(shown));
  password.focus();
});

let under_way = false;
form.addEventListener("submit", (event) => {
  if (under_way) {
    event.preventDefault();
    return;
  }
  under_way = true;
  password.type = "password";  // so that the browser offers to keep it as one
  submit.setAttribute("aria-disabled", "true");
  submit.textContent = "Signing in…";
});
// Back by the browser's history: the page is as it was left.
addEventListener("pageshow", () => {
  under_way = false;
  submit.removeAttribute("aria-disabled");
  submit.textContent = "Sign in";
});
