// SPDX-License-Identifier: Apache-2.0
// The bar that all pages share: marks the page that is open, and switches between dark and light.
const root = document.documentElement;

function mark_current() {
  for (const link of document.querySelectorAll(".bar nav a"))
    if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
}

function set_up_theme() {
  const button = document.getElementById("theme");
  if (!button) return;
  const words = document.getElementById("theme-words");
  const tell = () => {
    words.textContent = root.dataset.theme === "dark" ? "Switch to light" : "Switch to dark";
    button.title = words.textContent;
  };
  button.addEventListener("click", () => {
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("tmplbuild-theme", root.dataset.theme);
    } catch {
      // Storage is forbidden: the choice holds for this page alone.
    }
    tell();
  });
  new MutationObserver(tell).observe(root, {attributeFilter: ["data-theme"]});
  tell();
  button.hidden = false;
}

mark_current();
set_up_theme();
