// SPDX-License-Identifier: Apache-2.0
// One file large, and from it to the next: arrow keys, buttons, a swipe. What is shown beside it is preview.js's.
import {make, set_text} from "{{static:dom.js}}";
import {icon} from "{{static:icons.js}}";
import {preview_of} from "{{static:preview.js}}";
import {bytes} from "{{static:words.js}}";

const swipe = 60;  // pixels

function icon_button(name, label, run) {
  const button = make("button", {type: "button", class: "plain-button icon-button", "aria-label": label, title: label}, icon(name));
  button.addEventListener("click", run);
  return button;
}

export class Viewer {
  // actions: download_address(entry), download_all(entries), remove(entry), closed(), moved(entry)
  constructor(actions) {
    this.actions = actions;
    this.title = make("h2", {id: "viewer-title"});
    this.facts = make("p", {class: "small muted numbers", role: "status"});
    this.stage = make("div", {class: "stage"});
    this.below = make("div", {class: "below"});
    this.download = make("a", {class: "button", download: true}, "Download");
    this.all = make("button", {type: "button"}, "Download all");
    this.all.addEventListener("click", () => actions.download_all(this.entries));
    this.before = icon_button("left", "Previous", () => this.move(-1));
    this.after = icon_button("right", "Next", () => this.move(1));
    this.before.classList.add("before");
    this.after.classList.add("after");
    this.node = make("dialog", {class: "viewer", "aria-labelledby": "viewer-title"},
      make("header", {}, make("div", {class: "viewer-words"}, this.title, this.facts),
           make("div", {class: "row"}, this.download, this.all, icon_button("trash", "Delete", () => actions.remove(this.entry())), icon_button("close", "Close", () => this.node.close()))),
      this.before, this.stage, this.after, this.below);
    this.node.addEventListener("close", () => {
      this.stop();
      actions.closed();
    });
    this.node.addEventListener("keydown", (event) => this.key(event));
    this.take_swipes();
    document.body.append(this.node);
  }

  entry() {
    return this.entries[this.at];
  }

  open(entries, entry) {
    this.entries = entries;
    this.at = Math.max(0, entries.findIndex((one) => one.path === entry.path));
    if (!this.node.open) this.node.showModal();
    this.show();
  }

  // The list has changed beneath it.
  left_with(entries) {
    if (!this.node.open) return;
    if (!entries.length) return this.node.close();
    this.entries = entries;
    this.at = Math.min(this.at, entries.length - 1);
    this.show();
  }

  stop() {
    this.reading?.abort();
    this.stage.replaceChildren();
    this.below.replaceChildren();
  }

  async show() {
    const entry = this.entry();
    this.stop();
    const reading = new AbortController();
    this.reading = reading;
    set_text(this.title, entry.name);
    set_text(this.facts, [this.entries.length > 1 ? `${this.at + 1} of ${this.entries.length}` : "", bytes(entry.size)].filter(Boolean).join(" · "));
    this.download.href = this.actions.download_address(entry);
    this.all.hidden = this.before.hidden = this.after.hidden = this.entries.length < 2;
    this.before.disabled = this.at === 0;
    this.after.disabled = this.at === this.entries.length - 1;
    const {node, extra} = preview_of(entry, reading.signal);
    this.stage.append(node);
    const below = await extra;
    if (reading.signal.aborted) return;
    if (below) this.below.append(below);
  }

  move(by) {
    const to = this.at + by;
    if (!this.entries[to]) return;
    this.at = to;
    this.show();
    this.actions.moved(this.entry());
  }

  key(event) {
    if (event.target.closest("video, audio, pre, .preview-table") && event.key.startsWith("Arrow")) return;
    const run = {ArrowLeft: () => this.move(-1), ArrowRight: () => this.move(1), Delete: () => this.actions.remove(this.entry()),
                 Home: () => this.move(-this.at), End: () => this.move(this.entries.length - 1 - this.at)}[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  }

  take_swipes() {
    let from = null;
    this.stage.addEventListener("pointerdown", (event) => from = event.pointerType === "mouse" ? null : {x: event.clientX, y: event.clientY});
    this.stage.addEventListener("pointercancel", () => from = null);
    this.stage.addEventListener("pointerup", (event) => {
      if (!from) return;
      const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
      from = null;
      if (Math.abs(dx) > swipe && Math.abs(dx) > 2 * Math.abs(dy)) this.move(dx < 0 ? 1 : -1);
    });
  }
}
