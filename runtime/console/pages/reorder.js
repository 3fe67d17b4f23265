// SPDX-License-Identifier: Apache-2.0
// Puts rows of a list into another order, by a handle: dragged with mouse or finger, or moved by the arrow keys.
import {make} from "{{static:dom.js}}";
import {icon} from "{{static:icons.js}}";

export class Reorder {
  // on_order(keys): the order that was chosen; say(text) for who does not see it.
  constructor(list, {on_order, say}) {
    Object.assign(this, {list, on_order, say});
    this.dragged = null;
  }

  is_dragging() {
    return this.dragged !== null;
  }

  rows() {
    return [...this.list.children].filter((one) => one.order_key !== undefined);
  }

  tell() {
    this.on_order(this.rows().map((one) => one.order_key));
  }

  // The handle of a row; the row has `order_key` then.
  handle(row, key, name) {
    row.order_key = key;
    const handle = make("button", {type: "button", class: "plain-button icon-button handle", "aria-label": `Move ${name}, with the arrow keys`, title: "Drag to change the order"}, icon("grip"));
    handle.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.preventDefault();
      handle.focus();
      this.drag(row);
    });
    handle.addEventListener("keydown", (event) => {
      const by = {ArrowUp: -1, ArrowDown: 1}[event.key];
      if (!by) return;
      event.preventDefault();
      const rows = this.rows();
      const at = rows.indexOf(row);
      const other = rows[at + by];
      if (!other) return;
      this.list.insertBefore(row, by < 0 ? other : other.nextSibling);
      handle.focus();
      this.say(`${name}: place ${at + by + 1} of ${rows.length}`);
      this.tell();
    });
    return handle;
  }

  // A row that is put elsewhere loses the pointer, so the whole document is listened to.
  drag(row) {
    this.dragged = row;
    this.before = this.rows();
    row.classList.add("dragged");
    const stop = new AbortController();
    document.addEventListener("pointermove", (event) => this.drag_to(event.clientY), {signal: stop.signal});
    for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => {
      stop.abort();
      this.drop(end === "pointerup");
    }, {signal: stop.signal});
  }

  drag_to(y) {
    const below = this.rows().filter((one) => one !== this.dragged).find((one) => {
      const box = one.getBoundingClientRect();
      return y < box.top + box.height / 2;
    });
    const last = this.rows().at(-1);
    const next = below ?? last.nextSibling;
    if (next !== this.dragged && next !== this.dragged.nextSibling) this.list.insertBefore(this.dragged, next);
  }

  drop(is_meant) {
    const row = this.dragged;
    if (!row) return;
    row.classList.remove("dragged");
    this.dragged = null;
    const is_other = this.rows().some((one, n) => one !== this.before[n]);
    if (is_meant && is_other) this.tell();
  }
}
