// SPDX-License-Identifier: Apache-2.0
// The queue of downloads: how far each is, why it stands, what can be done, in which order; and the space that is left.
import {ask} from "{{static:api.js}}";
import {bar, keep_children, make, set_attribute, set_line, set_state, set_text} from "{{static:dom.js}}";
import {download_state, folder_words, is_over, progress_words} from "{{static:model_words.js}}";
import {Reorder} from "{{static:reorder.js}}";
import {bytes, clock, part} from "{{static:words.js}}";

const offered = {
  waiting: ["pause", "cancel"], running: ["pause", "cancel"], verifying: ["cancel"], stalled: ["retry", "pause", "cancel"], paused: ["resume", "cancel"],
  failed: ["retry", "cancel"], cancelled: ["retry"], done: [],
};
// Whose count of free bytes it is, where that needs words.
const sources = {"file system": "", cluster: "the file system shows the whole cluster, not this volume"};
const labels = {pause: "Pause", resume: "Resume", retry: "Try again", cancel: "Cancel"};

const button_of = (label, run, unseen = "") => {
  const button = make("button", {type: "button"}, label, unseen ? make("span", {class: "unseen"}, unseen) : null);
  button.addEventListener("click", run);
  return button;
};

function item_row(item, queue) {
  const state = make("span", {class: "state"});
  const facts = make("p", {class: "small muted numbers"});
  const reason = make("p", {class: "small reason"});
  const track = bar();
  const name = make("h3", {});
  const where = make("p", {class: "small muted where"});
  const buttons = Object.fromEntries(Object.entries(labels).map(([what, label]) => [what, button_of(label, () => queue.change(item.id, what), ` ${item.name}`)]));
  const node = make("li", {class: "queued"});
  const handle = queue.reorder.handle(node, item.id, item.name || "this download");
  node.append(handle, make("div", {class: "queued-words"}, make("div", {class: "queued-title"}, name, state), where, track.node, facts, reason), make("div", {class: "row"}, ...Object.values(buttons)));
  return {
    node,
    update(one) {
      const over = is_over(one);
      const [tone, word] = download_state(one.state);
      set_state(state, tone, word);
      set_text(name, one.name || one.host || "download");
      set_text(where, [folder_words(one), one.host ? `from ${one.host}` : ""].filter(Boolean).join(" · "));
      set_line(facts, [progress_words(one), one.state === "done" && one.sha256 ? "SHA-256 verified" : "", one.state === "done" && one.finished ? clock(one.finished) : ""].filter(Boolean).join(" · "));
      const words = [one.reason, one.hint].filter(Boolean).map((text) => text.replace(/\.$/, "")).join("; ");
      set_line(reason, over && one.state === "done" ? "" : words && `${words[0].toUpperCase()}${words.slice(1)}.`);
      set_attribute(reason, "data-tone", ["failed", "stalled"].includes(one.state) ? tone : null);
      track.node.hidden = over || one.state === "waiting";
      set_attribute(track.node, "data-tone", tone);
      track.set(part(one.done_bytes, one.size) ?? 0);
      for (const [what, button] of Object.entries(buttons)) button.hidden = !offered[one.state]?.includes(what);
      handle.hidden = over;
      node.order_key = over ? undefined : one.id;
    },
  };
}

export class DownloadQueue {
  // on_error(failure), on_done(items): which became done since the view before; say(text).
  constructor({list, actions, space, problem, on_error, on_done, say}) {
    Object.assign(this, {list, space, problem, on_error, on_done, say});
    this.items = [];
    this.volume = {};
    this.states = null;
    this.reorder = new Reorder(list, {say, on_order: (ids) => this.tried(() => ask("POST", "/api/downloads/order", {ids}))});
    this.pause = button_of("Pause all", () => this.tried(() => ask("POST", "/api/downloads/pause")));
    this.resume = button_of("Resume all", () => this.tried(() => ask("POST", "/api/downloads/resume")));
    this.clear = button_of("Clear", () => this.tried(() => ask("POST", "/api/downloads/clear")), " what has ended");
    actions.append(this.pause, this.resume, this.clear);
    for (const one of [this.pause, this.resume, this.clear]) one.hidden = true;
    this.space_track = bar();
    this.space_words = make("p", {class: "small numbers"}, "How much space is left, is not known yet.");
    this.space_more = make("p", {class: "small muted"});
    space.append(this.space_track.node, this.space_words, this.space_more);
    list.replaceChildren();
    this.say_alone("Asking what is on its way…");
  }

  async tried(run) {
    try {
      await run();
    } catch (failure) {
      this.on_error(failure);
    }
  }

  change(id, what) {
    return this.tried(() => ask("POST", `/api/downloads/${encodeURIComponent(id)}/${what}`));
  }

  say_alone(text) {
    keep_children(this.list, [text], (one) => `words ${one}`, () => ({node: make("li", {class: "empty"}, text), update() {}}));
  }

  // Bytes that the queue still has to bring.
  to_come() {
    return this.items.filter((one) => !is_over(one)).reduce((sum, one) => sum + Math.max(0, (one.size ?? 0) - (one.done_bytes ?? 0)), 0);
  }

  show_link(link) {
    const words = {unreachable: "The console cannot be reached: what you see may be old. Trying again by itself.", "signed-out": "You are signed out. Load this page again."}[link] ?? "";
    this.link_words = words;
    if (words && !this.view) this.say_alone("Downloads cannot be shown right now.");
    this.show_problem();
  }

  show_problem() {
    const {state, reason} = this.view ?? {};
    const words = this.link_words || (state === "silent" ? `The volume does not answer${reason ? `: ${reason}` : ""}. What you see is what was known before.`
      : state === "off" ? `Downloads are off${reason ? `: ${reason}` : ""}.` : "");
    set_line(this.problem, words);
  }

  show(view) {
    this.view = view;
    this.items = view.items ?? [];
    this.volume = view.volume ?? {};
    this.show_problem();
    this.show_space();
    const done = this.states ? this.items.filter((one) => one.state === "done" && this.states.get(one.id) !== "done") : [];
    const failed = this.states ? this.items.filter((one) => one.state === "failed" && this.states.get(one.id) !== "failed") : [];
    this.states = new Map(this.items.map((one) => [one.id, one.state]));
    for (const one of done) this.say(`${one.name} is there.`);
    for (const one of failed) this.say(`${one.name} failed: ${one.reason}`);
    if (done.length) this.on_done(done);
    const open = this.items.filter((one) => !is_over(one));
    this.pause.hidden = !open.some((one) => one.state !== "paused");
    this.resume.hidden = !open.some((one) => one.state === "paused");
    this.clear.hidden = open.length === this.items.length;
    if (this.reorder.is_dragging()) return;  // rows stay under the finger
    if (this.items.length) keep_children(this.list, [...open, ...this.items.filter(is_over)], (one) => one.id, (one) => item_row(one, this));
    else this.say_alone("Nothing is on its way.");
  }

  show_space() {
    const {free_bytes: free, total_bytes: total, source} = this.volume;
    const used = typeof free === "number" && typeof total === "number" ? total - free : null;
    this.space_track.set(part(used, total));
    set_attribute(this.space_track.node, "data-tone", part(used, total) >= 95 ? "bad" : part(used, total) >= 85 ? "warn" : null);
    set_text(this.space_words, typeof free !== "number" ? "How much space is left, is not known." : `${bytes(free)} free` + (total ? ` of ${bytes(total)}` : ""));
    const to_come = this.to_come();
    set_text(this.space_more, [to_come ? `${bytes(to_come)} are still to come` : "", sources[source] ?? source ?? ""].filter(Boolean).join(" · "));
    set_attribute(this.space_more, "data-tone", typeof free === "number" && to_come > free ? "bad" : null);
  }
}
