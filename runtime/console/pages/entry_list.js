// SPDX-License-Identifier: Apache-2.0
// The entries of a folder as a list or a grid of tiles: one that has the focus, some that are selected, all by keyboard.
// Knows what is shown and selected, and nothing of what is done with it.
import {keep_children, make, set_attribute, set_text} from "{{static:dom.js}}";
import {icon} from "{{static:icons.js}}";
import {Thumbnails} from "{{static:thumbnails.js}}";
import {bytes} from "{{static:words.js}}";

export const is_folder = (entry) => entry.type === "folder" || entry.type === "directory";
const day = (seconds) => seconds ? new Date(seconds * 1000).toLocaleString([], {dateStyle: "medium", timeStyle: "short"}) : "";

export function facts_of(entry) {
  if (!is_folder(entry)) return bytes(entry.size);
  const count = (entry.file_count ?? 0) + (entry.dir_count ?? 0);
  return entry.file_count === undefined || entry.file_count === null ? "" : `${count} ${count === 1 ? "entry" : "entries"}`;
}

function entry_row(entry, list) {
  const check = make("input", {type: "checkbox", tabindex: "-1"});
  const picture = make("span", {class: "picture"}, icon(is_folder(entry) ? "folder" : entry.category));
  const link = make("a", {tabindex: "-1", class: "entry-link"});
  const where = make("span", {class: "where"});
  const size = make("div", {role: "gridcell", class: "numbers entry-size"});
  const time = make("div", {role: "gridcell", class: "numbers entry-time"});
  const more = make("button", {type: "button", tabindex: "-1", class: "plain-button icon-button", "aria-haspopup": "menu"}, icon("more"));
  const node = make("div", {class: "entry", role: "row", tabindex: "-1"}, make("div", {role: "gridcell", class: "entry-check"}, check),
                    make("div", {role: "gridcell", class: "entry-name"}, picture, make("span", {class: "entry-words"}, link, where)), size, time,
                    make("div", {role: "gridcell", class: "entry-more"}, more));
  node.path = entry.path;
  check.addEventListener("click", (event) => {
    event.stopPropagation();
    list.toggle(entry.path, event.shiftKey);
  });
  more.addEventListener("click", (event) => {
    event.stopPropagation();
    list.focus_on(entry.path, false);
    list.actions.menu(list.of(entry.path), more);
  });
  link.addEventListener("click", (event) => {
    event.stopPropagation();
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    list.focus_on(entry.path, false);
    list.actions.open(list.of(entry.path));
  });
  list.thumbnails.watch(picture, entry);
  return {
    node,
    update(one) {
      set_text(link, one.name);
      set_attribute(link, "href", list.actions.address(one));
      set_attribute(link, "title", one.name);
      set_text(where, one.is_link ? "link" : list.shows_where ? one.path.slice(0, -one.name.length - 1) || "/" : "");
      set_text(size, facts_of(one));
      set_text(time, day(one.modified_timestamp));
      set_attribute(check, "aria-label", `Select ${one.name}`);
      set_attribute(more, "aria-label", `More about ${one.name}`);
      const is_chosen = list.chosen.has(one.path);
      check.checked = is_chosen;
      set_attribute(node, "aria-selected", String(is_chosen));
    },
  };
}

export class EntryList {
  // actions: open(entry), menu(entry, place), key(event, entry), address(entry), chosen(); all() loads what is missing.
  constructor(root, actions) {
    Object.assign(this, {root, actions});
    this.entries = [];
    this.chosen = new Set();
    this.anchor = null;
    this.focused = null;
    this.shows_where = false;
    this.thumbnails = new Thumbnails();
    this.grid = make("div", {class: "entry-grid", role: "grid", "aria-label": "Entries", "aria-multiselectable": "true"});
    this.grid.addEventListener("keydown", (event) => this.key(event));
    this.grid.addEventListener("click", (event) => {
      const path = event.target.closest(".entry")?.path;
      if (path) this.toggle(path, event.shiftKey);
    });
    this.grid.addEventListener("dblclick", (event) => {
      const path = event.target.closest(".entry")?.path;
      if (path) actions.open(this.of(path));
    });
    this.grid.addEventListener("contextmenu", (event) => {
      const node = event.target.closest(".entry");
      if (!node) return;
      event.preventDefault();
      this.focus_on(node.path, false);
      // The menu key has no place of its own.
      actions.menu(this.of(node.path), event.clientX || event.clientY ? {x: event.clientX, y: event.clientY} : node);
    });
    this.grid.addEventListener("focusin", (event) => {
      const path = event.target.closest(".entry")?.path;
      if (path) this.rove(path);
    });
  }

  of(path) {
    return this.entries.find((one) => one.path === path);
  }

  selected() {
    return this.entries.filter((one) => this.chosen.has(one.path));
  }

  // `entries` in their order. What is gone is no longer selected.
  show(entries, {is_grid, shows_where}) {
    const had_focus = this.grid.contains(document.activeElement);
    const place = this.entries.findIndex((one) => one.path === this.focused);
    this.entries = entries;
    this.shows_where = shows_where;
    const there = new Set(entries.map((one) => one.path));
    for (const path of [...this.chosen]) if (!there.has(path)) this.chosen.delete(path);
    this.grid.classList.toggle("tiles", is_grid);
    if (!this.grid.isConnected) this.root.replaceChildren(this.grid);
    this.paint();
    this.thumbnails.set_on(is_grid);
    if (!there.has(this.focused)) this.focused = entries[Math.min(Math.max(place, 0), entries.length - 1)]?.path ?? null;
    this.rove(this.focused);
    if (had_focus) this.node_of(this.focused)?.focus();
  }

  paint() {
    keep_children(this.grid, this.entries, (one) => `${one.type} ${one.category} ${one.modified_timestamp} ${one.path}`, (one) => entry_row(one, this));
    this.actions.chosen();
  }

  node_of(path) {
    return [...this.grid.children].find((one) => one.path === path);
  }

  rove(path) {
    if (this.focused && this.focused !== path) this.node_of(this.focused)?.setAttribute("tabindex", "-1");
    this.focused = path;
    this.node_of(path)?.setAttribute("tabindex", "0");
  }

  focus_on(path, moves_page = true) {
    this.rove(path);
    this.node_of(path)?.focus({preventScroll: !moves_page});
  }

  toggle(path, is_range) {
    const from = this.entries.findIndex((one) => one.path === this.anchor);
    const to = this.entries.findIndex((one) => one.path === path);
    if (is_range && from >= 0) {
      for (const one of this.entries.slice(Math.min(from, to), Math.max(from, to) + 1)) this.chosen.add(one.path);
    } else {
      this.chosen.has(path) ? this.chosen.delete(path) : this.chosen.add(path);
      this.anchor = path;
    }
    this.paint();
  }

  choose_all(is_on) {
    this.chosen = new Set(is_on ? this.entries.map((one) => one.path) : []);
    this.paint();
  }

  columns() {
    if (!this.grid.classList.contains("tiles")) return 1;
    const [first, ...rest] = this.grid.children;
    const second_line = rest.findIndex((one) => one.offsetTop > first.offsetTop);
    return second_line < 0 ? rest.length + 1 : second_line + 1;
  }

  key(event) {
    const entry = this.of(this.focused);
    if (!entry || event.target.closest(".menu")) return;
    const at = this.entries.indexOf(entry);
    const columns = this.columns();
    const to = {ArrowDown: at + columns, ArrowUp: at - columns, Home: 0, End: this.entries.length - 1,
                ...(columns > 1 ? {ArrowRight: at + 1, ArrowLeft: at - 1} : {})}[event.key];
    if (to !== undefined) {
      event.preventDefault();
      const next = this.entries[to];
      if (!next) return;
      if (event.shiftKey) {
        this.anchor ??= entry.path;
        this.toggle(next.path, true);
      }
      this.focus_on(next.path);
    } else if (event.key === " " && event.target.tagName !== "BUTTON") {
      event.preventDefault();
      this.toggle(entry.path, event.shiftKey);
    } else if (event.key === "Enter" && event.target.classList.contains("entry")) {
      event.preventDefault();
      this.actions.open(entry);
    } else {
      this.actions.key(event, entry);
    }
  }
}
