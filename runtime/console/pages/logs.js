// SPDX-License-Identifier: Apache-2.0
// The live log of one service: follows, pauses, searches, and hands out what is kept. Listens only while it can be seen.
import {ask} from "{{static:api.js}}";
import {keep_children, make, set_attribute, set_text} from "{{static:dom.js}}";

const kept_lines = 2000;
const terminal_codes = /\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])/g;
const bad = /\b(error|errors|traceback|exception|fatal|failed|killed)\b/i;
const warn = /\b(warn|warning|deprecated)\b/i;

// How many of the first lines of `fresh` are the last of `kept`: a stream that was opened again sends them once more.
export function overlap(kept, fresh) {
  for (let n = Math.min(kept.length, fresh.length); n > 0; --n)
    if (fresh.slice(0, n).every((line, i) => line === kept[kept.length - n + i])) return n;
  return 0;
}

export class LogView {
  constructor(root) {
    this.name = "launcher";
    this.lines = [];
    this.waiting = [];
    this.paused = false;
    this.follows = true;
    this.seen = false;
    this.build(root);
    new IntersectionObserver(([entry]) => {
      this.seen = entry.isIntersecting;
      this.seen ? this.listen() : this.close();
    }).observe(root);
    document.addEventListener("visibilitychange", () => document.hidden ? this.close() : this.listen());
  }

  build(root) {
    this.source_choice = make("select", {"aria-label": "Log of"});
    this.search = make("input", {type: "search", placeholder: "Search in this log", "aria-label": "Search in this log", autocomplete: "off",
                                 spellcheck: "false"});
    this.follow_button = make("button", {type: "button", "aria-pressed": "true"}, "Follow");
    this.pause_button = make("button", {type: "button", "aria-pressed": "false"}, "Pause");
    this.download = make("a", {class: "button", download: ""}, "Download");
    this.view = make("div", {class: "log-lines", tabindex: "0", role: "region", "aria-label": "Lines of the log"});
    this.words = make("span", {role: "status"});
    this.count = make("span", {class: "numbers"});
    this.files = make("span", {class: "log-files"});
    root.append(make("div", {class: "log-tools"}, this.source_choice, this.search,
                     make("div", {class: "row log-buttons"}, this.follow_button, this.pause_button, this.download)),
                this.view, make("div", {class: "log-foot"}, this.words, this.files, this.count));
    this.draw();
    this.source_choice.addEventListener("change", () => this.choose(this.source_choice.value));
    this.search.addEventListener("input", () => this.draw());
    this.follow_button.addEventListener("click", () => this.set_follow(!this.follows));
    this.pause_button.addEventListener("click", () => this.set_pause(!this.paused));
    this.view.addEventListener("scroll", () => {
      const at_end = this.view.scrollHeight - this.view.scrollTop - this.view.clientHeight < 24;
      if (at_end !== this.follows) this.set_follow(at_end, false);
    }, {passive: true});
  }

  update(view) {
    const names = ["launcher", ...(view.services ?? []).map((one) => one.name), ...(view.kernels ?? []).map((one) => one.name)];
    keep_children(this.source_choice, names, (one) => one, (one) => ({node: make("option", {value: one}, one), update() {}}));
    if (this.source_choice.value !== this.name) this.source_choice.value = this.name;
    const {state, reason, folder} = view.log_files ?? {};
    const is_written = state !== "failing" && state !== "stuck";
    this.where = !is_written ? `These lines are in no file: ${reason}` : folder ? `Also in ${folder}` : "";
    this.tell_files();
  }

  // A file with lines that the page cannot have says more than its folder.
  tell_files() {
    set_text(this.files, this.older ? `Older lines are in ${this.older}` : this.where ?? "");
  }

  async look_for_older(address) {
    const {name} = this;
    let older = "";
    try {
      const answer = await fetch(`${address}?lines=${kept_lines}`, {method: "HEAD"});
      older = decodeURIComponent(answer.headers.get("X-Tmplbuild-Older-In") ?? "");
    } catch {
      // The stream says what is wrong.
    }
    if (name !== this.name) return;
    this.older = older;
    this.tell_files();
  }

  choose(name) {
    this.name = name;
    this.source_choice.value = name;
    this.lines = [];
    this.waiting = [];
    this.older = "";
    this.set_pause(false);
    this.draw();
    this.tell_files();
    this.close();
    this.listen();
  }

  listen() {
    if (!this.seen || document.hidden || this.source) return;
    const address = `/api/logs/${encodeURIComponent(this.name)}`;
    set_attribute(this.download, "href", `${address}?lines=100000`);
    set_attribute(this.download, "download", `${this.name}.log`);
    const source = new EventSource(`${address}/follow`);
    this.source = source;
    let first = true, failures = 0;
    source.addEventListener("open", () => first = true);
    source.addEventListener("lines", (event) => {
      failures = 0;
      this.take(event.data, first);
      if (first) this.look_for_older(address);
      first = false;
    });
    source.addEventListener("error", () => {
      if (source !== this.source || (++failures < 3 && source.readyState !== EventSource.CLOSED)) return;
      source.close();
      this.source = null;
      this.explain(address);
    });
    this.tell();
  }

  // A stream does not say why it fails; a plain request does.
  async explain(address) {
    this.again = setTimeout(() => this.listen(), 5000);
    const {name} = this;
    try {
      await ask("GET", `${address}?lines=1`);
    } catch (failure) {
      if (name === this.name && !this.source) this.tell(failure.message);
    }
  }

  close() {
    clearTimeout(this.again);
    this.source?.close();
    this.source = null;
  }

  take(text, first) {
    let fresh = text.replace(terminal_codes, "").split("\n");
    if (fresh.at(-1) === "") fresh.pop();
    const kept = [...this.lines, ...this.waiting];
    if (first && kept.length) fresh = fresh.slice(overlap(kept, fresh));
    if (!fresh.length) return;
    if (this.paused) {
      this.waiting = [...this.waiting, ...fresh].slice(-kept_lines);
      return;
    }
    this.lines = [...this.lines, ...fresh].slice(-kept_lines);
    if (this.wanted()) {
      this.draw();
      return;
    }
    this.view.querySelector(".empty")?.remove();
    this.view.append(...fresh.slice(-kept_lines).map((line) => this.row(line)));
    while (this.view.childElementCount > kept_lines) this.view.firstChild.remove();
    this.scroll();
    this.tell();
  }

  wanted() {
    return this.search.value.trim().toLowerCase();
  }

  row(line, wanted = "") {
    const node = make("div", {class: bad.test(line) ? "bad" : warn.test(line) ? "warn" : null});
    if (!wanted) {
      node.textContent = line || " ";
      return node;
    }
    const low = line.toLowerCase();
    let at = 0;
    for (let hit = low.indexOf(wanted); hit >= 0; hit = low.indexOf(wanted, at)) {
      node.append(line.slice(at, hit), make("mark", {}, line.slice(hit, hit + wanted.length)));
      at = hit + wanted.length;
    }
    node.append(line.slice(at));
    return node;
  }

  draw() {
    const wanted = this.wanted();
    const shown = wanted ? this.lines.filter((line) => line.toLowerCase().includes(wanted)) : this.lines;
    this.view.replaceChildren(...shown.map((line) => this.row(line, wanted)));
    if (!shown.length) this.view.append(make("div", {class: "empty"}, wanted ? "No line has this." : "No lines yet."));
    this.scroll();
    this.tell();
  }

  scroll() {
    if (this.follows) this.view.scrollTop = this.view.scrollHeight;
  }

  set_follow(on, scroll = true) {
    this.follows = on;
    this.follow_button.setAttribute("aria-pressed", String(on));
    if (scroll) this.scroll();
  }

  set_pause(on) {
    this.paused = on;
    this.pause_button.setAttribute("aria-pressed", String(on));
    if (!on && this.waiting.length) {
      this.lines = [...this.lines, ...this.waiting].slice(-kept_lines);
      this.waiting = [];
      this.draw();
    }
    this.tell();
  }

  tell(trouble = "") {
    set_text(this.words, trouble || (this.paused ? "Paused; new lines wait." : ""));
    const all = `${this.lines.length} ${this.lines.length === 1 ? "line" : "lines"}`;
    set_text(this.count, this.wanted() ? `${this.view.querySelectorAll("div:not(.empty)").length} of ${all}` : all);
  }
}
