// SPDX-License-Identifier: Apache-2.0
// A menu at a button or at the mouse: arrow keys, Enter and Escape; a click elsewhere closes it.
import {make} from "{{static:dom.js}}";

let close_open = () => {};

// `items`: {label, key, danger, run}, null is left out. `place`: {x, y} in the window, or the element that it belongs to.
export function open_menu(place, items, label) {
  close_open();
  const before = document.activeElement;
  const node = make("div", {class: "menu", role: "menu", "aria-label": label});
  const close = (focus) => {
    node.remove();
    removeEventListener("pointerdown", outside, true);
    removeEventListener("scroll", scrolled, true);
    if (focus && before?.isConnected) before.focus();
    close_open = () => {};
  };
  const outside = (event) => node.contains(event.target) || close(false);
  const scrolled = (event) => node.contains(event.target) || close(false);
  for (const item of items.filter(Boolean)) {
    const button = make("button", {type: "button", role: "menuitem", tabindex: "-1", class: item.danger ? "danger-button" : null}, make("span", {}, item.label),
                        item.key ? make("kbd", {}, item.key) : null);
    button.addEventListener("click", () => {
      close(true);
      item.run();
    });
    node.append(button);
  }
  node.addEventListener("keydown", (event) => {
    const all = [...node.children];
    const at = all.indexOf(document.activeElement);
    const to = {ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1}[event.key];
    if (to !== undefined) all[to % all.length].focus();
    else if (event.key === "Escape") close(true);
    else if (event.key === "Tab") close(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  document.getElementById("main").append(node);
  const box = place instanceof Element ? place.getBoundingClientRect() : {left: place.x, bottom: place.y, top: place.y};
  const {offsetWidth: width, offsetHeight: height} = node;
  node.style.left = `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`;
  node.style.top = `${box.bottom + 4 + height > innerHeight ? Math.max(8, box.top - height - 4) : box.bottom + 4}px`;
  node.firstChild?.focus();
  addEventListener("pointerdown", outside, true);
  addEventListener("scroll", scrolled, true);
  close_open = close;
}
