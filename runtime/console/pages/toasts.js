// SPDX-License-Identifier: Apache-2.0
// Notices that go by themselves, with one thing that can be done about them. Whoever points at one, or has its focus,
// keeps it.
import {make} from "{{static:dom.js}}";
import {icon} from "{{static:icons.js}}";

const lasts = 9000;

// `action`: {label, run}; what run() throws is said in a notice of its own.
export function toast(text, {tone = null, action = null} = {}) {
  const root = document.getElementById("toasts");
  const close = make("button", {type: "button", class: "plain-button icon-button", "aria-label": "Close this notice"}, icon("close"));
  const buttons = make("div", {class: "row"}, close);
  const node = make("div", {class: "toast", "data-tone": tone}, make("span", {}, text), buttons);
  let timer = 0;
  const wait = () => timer = setTimeout(() => node.remove(), lasts);
  for (const [begin, end] of [["mouseenter", "mouseleave"], ["focusin", "focusout"]]) {
    node.addEventListener(begin, () => clearTimeout(timer));
    node.addEventListener(end, wait);
  }
  close.addEventListener("click", () => node.remove());
  if (action) {
    const button = make("button", {type: "button"}, action.label);
    button.addEventListener("click", async () => {
      node.remove();
      try {
        await action.run();
      } catch (failure) {
        toast(failure.message, {tone: "bad"});
      }
    });
    buttons.prepend(button);
  }
  root.append(node);
  while (root.children.length > 4) root.firstChild.remove();
  wait();
}
