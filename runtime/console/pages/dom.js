// SPDX-License-Identifier: Apache-2.0
// Small tools for changing a page in place: what did not change is not touched, so that focus, selection and what a screen
// reader says stay as they are.

export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  node.append(...children.filter((one) => one !== null));
  return node;
}

export function set_text(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// The text, or nothing at all of the node.
export function set_line(node, text) {
  set_text(node, text ?? "");
  if (node.hidden !== !text) node.hidden = !text;
}

export function set_attribute(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

export function set_state(node, tone, word) {
  set_attribute(node, "data-tone", tone);
  set_text(node, word);
}

// One child for each item, in the items' order; a child lives as long as its item's key does.
export function keep_children(parent, items, key_of, create) {
  const before = parent.kept ?? new Map();
  const now = new Map();
  let place = null;
  for (const item of items) {
    const key = key_of(item);
    const child = before.get(key) ?? create(item);
    now.set(key, child);
    const next = place ? place.nextSibling : parent.firstChild;
    if (child.node !== next) parent.insertBefore(child.node, next);
    place = child.node;
    child.update(item);
  }
  for (const [key, child] of before)
    if (!now.has(key)) child.node.remove();
  parent.kept = now;
}

// A bar that is for the eyes alone: what it says stands beside it as text. null: nothing to show.
export function bar() {
  const fill = make("i");
  const node = make("div", {class: "track", "aria-hidden": "true"}, fill);
  return {node, set: (percent) => fill.style.setProperty("--part", String(percent ?? 0))};
}
