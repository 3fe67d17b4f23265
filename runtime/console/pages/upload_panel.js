// SPDX-License-Identifier: Apache-2.0
// The uploads in a panel at the window's corner: how far, how fast, how long, and what can be done about each.
import {confirm_loss} from "{{static:dialogs.js}}";
import {bar, keep_children, make, set_attribute, set_line, set_text} from "{{static:dom.js}}";
import {icon} from "{{static:icons.js}}";
import {bytes, part, rough} from "{{static:words.js}}";

const most_shown = 60;
const order = ["conflict", "failed", "running", "verifying", "retrying", "lost", "paused", "waiting", "done"];
const tones = {done: "ok", failed: "bad", conflict: "warn", lost: "warn", retrying: "warn"};

const left_of = (bytes_left, speed) => speed > 0 ? `${rough(bytes_left / speed)} left` : "";

function words_of(item) {
  const size = bytes(item.size);
  switch (item.state) {
    case "running": return [`${bytes(item.sent || item.offset)} of ${size}`, item.speed ? `${bytes(item.speed)}/s` : "", left_of(item.size - item.sent, item.speed)].filter(Boolean).join(" · ");
    case "verifying": return "Comparing what arrived…";
    case "retrying": return `${item.error} Trying again in ${Math.max(1, Math.ceil((item.next_try - Date.now()) / 1000))} s.`;
    case "lost": return `Began earlier, ${bytes(item.offset)} of ${size} are there. Choose the file again to go on.`;
    case "paused": return `Paused at ${bytes(item.offset)} of ${size}`;
    case "waiting": return `Waiting, ${size}`;
    case "conflict": return "A file with this name is there already.";
    case "done": return item.is_proven ? `${size}, proven by its SHA-256` : `${size}, proven by its size`;
    default: return item.error;
  }
}

function small_button(label, name, run) {
  const button = make("button", {type: "button", class: "small-button", hidden: true}, label, make("span", {class: "unseen"}, ` ${name}`));
  button.addEventListener("click", run);
  return button;
}

function upload_row(item, panel) {
  const {uploads} = panel;
  const words = make("p", {class: "numbers"});
  const track = bar();
  const buttons = {
    again: small_button("Choose the file", item.name, () => panel.choose_file()),
    replace: small_button("Replace", item.name, async () => {
      if (await confirm_loss({title: `Replace “${item.name}”?`, text: "What is there now is lost for good.", yes: "Replace it"})) uploads.resume(item, "replace");
    }),
    keep: small_button("Keep both", item.name, () => uploads.resume(item, "keep-both")),
    resume: small_button("Resume", item.name, () => uploads.resume(item)),
    retry: small_button("Retry", item.name, () => uploads.resume(item)),
    pause: small_button("Pause", item.name, () => uploads.pause(item)),
    cancel: small_button("Cancel", item.name, () => panel.cancel(item)),
  };
  const offered = {running: ["pause", "cancel"], retrying: ["retry", "cancel"], waiting: ["pause", "cancel"], paused: ["resume", "cancel"], lost: ["again", "cancel"],
    conflict: ["replace", "keep", "cancel"], failed: ["retry", "cancel"]};
  const node = make("li", {class: "upload"}, make("p", {class: "upload-name", title: item.name}, item.name), words, track.node,
                    make("div", {class: "row"}, ...Object.values(buttons)));
  return {
    node,
    update(one) {
      set_attribute(node, "data-state", one.state);
      set_attribute(words, "data-tone", tones[one.state] ?? null);
      set_text(words, words_of(one));
      track.node.hidden = one.state === "done" || one.state === "waiting";
      set_attribute(track.node, "data-tone", tones[one.state] ?? null);
      track.set(part(one.state === "running" ? one.sent : one.offset, one.size) ?? 0);
      for (const [id, button] of Object.entries(buttons)) button.hidden = !(offered[one.state] ?? []).includes(id);
    },
  };
}

export class UploadPanel {
  constructor(root, uploads, {choose_file, on_error}) {
    Object.assign(this, {root, uploads, choose_file, on_error});
    this.title = make("h2", {});
    this.facts = make("p", {class: "small muted numbers"});
    this.track = bar();
    this.list = make("ul", {class: "upload-list"});
    this.more = make("p", {class: "small muted", hidden: true});
    this.announce = make("p", {class: "unseen", role: "status"});
    const button = (label, run) => {
      const made = make("button", {type: "button", class: "small-button"}, label);
      made.addEventListener("click", run);
      return made;
    };
    this.pause = button("Pause all", () => uploads.pause_all());
    this.resume = button("Resume all", () => uploads.resume_all());
    this.clear = button("Clear", () => uploads.clear());
    this.fold = make("button", {type: "button", class: "plain-button icon-button", "aria-label": "Fold the uploads", "aria-expanded": "true"}, icon("down"));
    this.fold.addEventListener("click", () => {
      const is_open = root.classList.toggle("folded");
      set_attribute(this.fold, "aria-expanded", String(!is_open));
    });
    root.append(make("div", {class: "uploads-head"}, make("div", {}, this.title, this.facts), this.fold), this.track.node,
                make("div", {class: "row uploads-all"}, this.pause, this.resume, this.clear), this.list, this.more, this.announce);
    setInterval(() => document.hidden || uploads.items.some((one) => one.state === "retrying") && this.show(), 1000);
  }

  async cancel(item) {
    try {
      await this.uploads.cancel(item);
    } catch (failure) {
      this.on_error(failure);
    }
  }

  show() {
    const {items} = this.uploads;
    this.root.hidden = items.length === 0;
    if (!items.length) return;
    const of = (...states) => items.filter((one) => states.includes(one.state));
    const done = of("done");
    const active = of("waiting", "running", "retrying", "verifying");
    const total = items.reduce((sum, one) => sum + one.size, 0);
    const sent = items.reduce((sum, one) => sum + (one.state === "done" ? one.size : Math.max(one.sent, one.offset)), 0);
    const speed = of("running").reduce((sum, one) => sum + one.speed, 0);
    const failed = of("failed", "conflict", "lost").length;
    set_text(this.title, active.length ? `Uploading, ${done.length} of ${items.length} done` : failed ? `${failed} of ${items.length} uploads need you`
      : of("paused").length ? "Uploads are paused" : `${done.length} ${done.length === 1 ? "upload" : "uploads"} done`);
    set_line(this.facts, [`${bytes(sent)} of ${bytes(total)}`, speed ? `${bytes(speed)}/s` : "", active.length ? left_of(total - sent, speed) : ""].filter(Boolean).join(" · "));
    this.track.set(part(sent, total) ?? 100);
    this.pause.hidden = !active.length;
    this.resume.hidden = !of("paused").length;
    this.clear.hidden = !of("done", "failed").length;
    const sorted = items.length > most_shown ? [...items].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state)) : items;
    keep_children(this.list, sorted.slice(0, most_shown), (one) => one.key, (one) => upload_row(one, this));
    set_line(this.more, items.length > most_shown ? `and ${items.length - most_shown} more` : "");
  }
}
