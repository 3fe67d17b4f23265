// SPDX-License-Identifier: Apache-2.0
// What a workflow needs: dropped, chosen or read on the volume; its models with what is there, missing, misplaced or not
// known, and what can be done.
import {address, ask, csrf} from "{{static:api.js}}";
import {keep_children, make, set_line, set_state, set_text} from "{{static:dom.js}}";
import {download_of, download_state, is_there, model_state, size_words} from "{{static:model_words.js}}";

const most_bytes = 64 << 20;

// The answer of the console to a file of this machine.
async function check_file(file) {
  if (file.size > most_bytes) throw new Error("A file of more than 64 MB is not read from here. Upload it to the volume, and choose it there.");
  const response = await fetch(address("/api/models/check", {name: file.name}), {method: "POST", body: file, cache: "no-store", signal: AbortSignal.timeout(120000),
    headers: {Accept: "application/json", "X-CSRF-Token": csrf(), "Content-Type": file.type || "application/octet-stream"}}).catch(() => {
    throw new Error("The console could not be reached.");
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error([answer.error?.message ?? `The console answered with HTTP ${response.status}`, answer.error?.hint].filter(Boolean).join("; ") + ".");
  return answer;
}

function need_row(need, check) {
  const state = make("span", {class: "state"});
  const words = make("p", {class: "small muted"});
  const where = make("p", {class: "small where"});
  const choice = make("select", {hidden: true, "aria-label": `Which file is ${need.name}`});
  const get = make("button", {type: "button"}, "Download", make("span", {class: "unseen"}, ` ${need.name}`));
  const move = make("button", {type: "button"}, "Move", make("span", {class: "unseen"}, ` ${need.name} to its folder`));
  const link = make("button", {type: "button"}, "Paste a link", make("span", {class: "unseen"}, ` for ${need.name}`));
  let now = need;
  get.addEventListener("click", () => check.actions.download([now]));
  move.addEventListener("click", () => check.actions.move({...now, at: choice.hidden ? now.at : choice.value}));
  link.addEventListener("click", () => check.actions.paste(now));
  return {
    node: make("li", {class: "model"}, make("div", {class: "model-words"}, make("div", {class: "model-title"}, make("h3", {}, need.name), state), words, where, choice), make("div", {class: "row"}, get, move, link)),
    update(one) {
      now = one;
      const on_its_way = download_of(check.items, one);
      set_state(state, ...(on_its_way ? download_state(on_its_way.state) : model_state(one.state)));
      set_text(words, [one.directory || "no folder known", one.size || one.about_bytes ? size_words(one) : "", one.used === false ? "muted in the workflow" : "", one.node ? `asked for by ${one.node}` : ""].filter(Boolean).join(" · "));
      set_line(where, one.state === "misplaced" && one.at ? `It is at ${one.at}` : one.state === "differs" && one.at ? `${one.at} is another file` : "");
      // Several files of the volume may be it.
      const choices = one.choices ?? [];
      choice.hidden = choices.length < 2 || one.state !== "misplaced";
      if (choice.options.length !== choices.length) choice.replaceChildren(...choices.map((path) => make("option", {value: path}, path)));
      get.hidden = Boolean(on_its_way) || !["missing", "differs"].includes(one.state) || !one.url;
      move.hidden = Boolean(on_its_way) || one.state !== "misplaced";
      link.hidden = Boolean(on_its_way) || is_there(one) || one.state === "misplaced" || Boolean(one.url);
    },
  };
}

export class ModelCheck {
  // actions: download(entries), move(need), paste(need), say(text)
  constructor(root, words, actions) {
    Object.assign(this, {root, words, actions, items: [], answer: null});
    this.ask_again = null;
  }

  of_file(file) {
    return this.check(file.name, () => check_file(file));
  }

  of_volume(path) {
    return this.check(path.split("/").pop(), () => ask("POST", "/api/models/check?from=volume", {path}, {seconds: 60}));
  }

  async check(name, run) {
    this.ask_again = null;
    set_text(this.words, `Reading ${name}…`);
    try {
      this.answer = await run();
      this.answer.workflow ||= name;
      this.ask_again = run;
      this.list = null;
      this.root.replaceChildren();
      this.show();
      this.actions.say(this.words.textContent);
    } catch (failure) {
      this.answer = null;
      set_text(this.words, `${name} could not be read.`);
      this.root.replaceChildren(make("p", {class: "error said check-error", role: "alert"}, failure.message));
    }
  }

  // After a download or a move: the same question again.
  async refresh() {
    if (!this.ask_again) return;
    try {
      const workflow = this.answer.workflow;
      this.answer = {...await this.ask_again(), workflow};
      this.show();
    } catch {
      // What is shown stays; the catalogue says that the volume is away.
    }
  }

  make_frame() {
    this.list = make("ul", {class: "rows needs"});
    this.all = make("button", {type: "button", class: "main-button"}, "Download all missing");
    this.all.addEventListener("click", () => this.actions.download(this.missing()));
    this.unknown_nodes = make("p", {class: "small muted check-error"});
    const close = make("button", {type: "button"}, "Close");
    close.addEventListener("click", () => this.close());
    this.root.append(this.list, this.unknown_nodes, make("div", {class: "needs-foot"}, close, this.all));
  }

  close() {
    this.answer = this.list = this.ask_again = null;
    this.root.replaceChildren();
    set_text(this.words, "Drop a ComfyUI workflow anywhere on this page: JSON, or a PNG or video that carries one.");
    history.replaceState(null, "", location.pathname);
  }

  missing() {
    return (this.answer?.models ?? []).filter((one) => ["missing", "differs"].includes(one.state) && one.url && !download_of(this.items, one));
  }

  show() {
    if (!this.answer) return;
    if (!this.list) this.make_frame();
    const {models, workflow, nodes_unknown: unknown = []} = this.answer;
    const count = (state) => models.filter((one) => one.state === state).length;
    const parts = [["there", "there"], ["missing", "missing"], ["misplaced", "in another folder"], ["differs", "with another file of their name"], ["unknown", "there and not verified"]]
      .map(([state, word]) => [count(state), word]).filter(([n]) => n).map(([n, word]) => `${n} ${word}`);
    set_text(this.words, models.length ? `${workflow} needs ${models.length} ${models.length === 1 ? "model" : "models"}: ${parts.join(", ")}.` : `${workflow} names no models.`);
    keep_children(this.list, models, (one) => `${one.directory}/${one.name}`, (one) => need_row(one, this));
    this.list.hidden = !models.length;
    const absent = this.missing();
    this.all.hidden = absent.length < 1;
    const lacking = count("missing") + count("differs");
    set_text(this.all, absent.length < lacking ? `Download ${absent.length} of ${lacking} missing` : absent.length === 1 ? "Download the missing one" : `Download all ${absent.length} missing`);
    set_line(this.unknown_nodes, unknown.length ? `Not known what these nodes load: ${unknown.join(", ")}.` : "");
  }
}
