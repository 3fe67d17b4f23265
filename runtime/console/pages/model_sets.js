// SPDX-License-Identifier: Apache-2.0
// The catalogue's sets with their models: what is there, what is missing, what each needs; one click downloads one or all.
import {bar, keep_children, make, set_attribute, set_line, set_state, set_text} from "{{static:dom.js}}";
import {icon} from "{{static:icons.js}}";
import {open_menu} from "{{static:menu.js}}";
import {download_of, download_state, fit_of, is_there, model_state, progress_words, size_words} from "{{static:model_words.js}}";
import {bytes, part} from "{{static:words.js}}";

const host_words = (url) => {
  try {
    return new URL(url).host;
  } catch {
    return "";
  }
};

function safe_link(href, words) {
  return /^https?:\/\//.test(href ?? "") ? make("a", {href, target: "_blank", rel: "noopener noreferrer"}, words) : null;
}

function entry_row(entry, set, sets) {
  const state = make("span", {class: "state"});
  const facts = make("p", {class: "small muted"});
  const fit = make("p", {class: "small fit"});
  const reason = make("p", {class: "small where", hidden: true});
  const progress = make("p", {class: "small muted numbers"});
  const track = bar();
  const title = make("h4", {});
  const get = make("button", {type: "button"}, make("span", {}, "Download"), make("span", {class: "unseen"}, ` ${entry.name}`));
  const move = make("button", {type: "button"}, "Move", make("span", {class: "unseen"}, ` ${entry.name} to its folder`));
  const more = make("button", {type: "button", class: "plain-button icon-button", "aria-label": `More about ${entry.name}`, "aria-haspopup": "menu"}, icon("more"));
  let now = entry;
  get.addEventListener("click", () => sets.actions.download([now], set.name));
  move.addEventListener("click", () => sets.actions.move(now));
  more.addEventListener("click", () => open_menu(more, sets.actions.menu(now, set), entry.name));
  const node = make("li", {class: "model"}, make("div", {class: "model-words"}, make("div", {class: "model-title"}, title, state), facts, fit, reason, track.node, progress),
                    make("div", {class: "row"}, get, move, more));
  return {
    node,
    update(one) {
      now = one;
      const on_its_way = download_of(sets.items, one);
      const [tone, word] = on_its_way ? download_state(on_its_way.state) : model_state(one.state);
      set_state(state, tone, word);
      set_text(title, one.title || one.name);
      const shown = JSON.stringify([one.name, one.title, one.directory, one.size, one.licence, one.link, one.url]);
      if (facts.dataset.shown !== shown) {
        facts.dataset.shown = shown;
        const parts = [one.title && one.title !== one.name ? one.name : "", one.directory, size_words(one), one.licence, safe_link(one.link, "about it") ?? safe_link(one.url, host_words(one.url))].filter(Boolean);
        facts.replaceChildren(...parts.flatMap((part_of, n) => n ? [" · ", part_of] : [part_of]));
      }
      const [words, fit_tone] = fit_of(one.memory_bytes, sets.gpu) ?? ["", null];
      set_line(fit, words);
      set_attribute(fit, "data-tone", fit_tone);
      set_line(reason, one.state === "misplaced" && one.at ? `It is at ${one.at}` : one.state === "differs" && one.at ? `${one.at} has another size or hash` : "");
      track.node.hidden = !on_its_way || on_its_way.state === "waiting";
      track.set(part(on_its_way?.done_bytes, on_its_way?.size) ?? 0);
      set_attribute(track.node, "data-tone", tone);
      set_line(progress, on_its_way ? progress_words(on_its_way) : "");
      get.hidden = Boolean(on_its_way) || is_there(one) || one.state === "misplaced" || !one.url;
      set_text(get.firstChild, one.state === "differs" ? "Download again" : "Download");
      move.hidden = Boolean(on_its_way) || one.state !== "misplaced";
    },
  };
}

function set_card(set, sets) {
  const toggle = make("button", {type: "button", class: "set-toggle", "aria-expanded": "false"}, icon("right"), make("span", {class: "set-title"}));
  const words = make("p", {class: "small muted numbers"});
  const get = make("button", {type: "button", class: "main-button"}, make("span", {}, "Download"), make("span", {class: "unseen"}));
  const more = make("button", {type: "button", class: "plain-button icon-button", "aria-label": `More about the set ${set.title || set.name}`, "aria-haspopup": "menu"}, icon("more"));
  const list = make("ul", {class: "rows"});
  let now = set;
  const missing = () => now.entries.filter((one) => ["missing", "differs"].includes(one.state) && one.url && !download_of(sets.items, one));
  toggle.addEventListener("click", () => {
    sets.open.has(set.name) ? sets.open.delete(set.name) : sets.open.add(set.name);
    sets.show_again();
  });
  get.addEventListener("click", () => sets.actions.download(missing(), set.name));
  more.addEventListener("click", () => open_menu(more, sets.actions.set_menu(now), set.title || set.name));
  const node = make("section", {class: "card set", "aria-label": set.title || set.name}, make("div", {class: "set-head"}, make("h3", {}, toggle), words, make("div", {class: "row"}, get, more)), list);
  return {
    node,
    update(one) {
      now = one;
      set_text(toggle.lastChild, one.title || one.name);
      const there = one.entries.filter(is_there).length;
      const absent = missing();
      const size = absent.reduce((sum, entry) => sum + (entry.size ?? entry.about_bytes ?? 0), 0);
      set_text(words, `${there} of ${one.entries.length} there` + (absent.length && size ? ` · ${bytes(size)} missing` : ""));
      get.hidden = absent.length === 0;
      set_text(get.firstChild, there || absent.length < one.entries.length ? `Download ${absent.length} missing` : "Download all");
      set_text(get.lastChild, ` of ${one.title || one.name}`);
      const is_open = sets.open.has(set.name) || sets.filter !== "";
      set_attribute(toggle, "aria-expanded", String(is_open));
      list.hidden = !is_open;
      if (is_open) keep_children(list, one.shown, (entry) => entry.id, (entry) => entry_row(entry, set, sets));
    },
  };
}

export class ModelSets {
  // actions: download(entries, set), move(entry), menu(entry, set) and set_menu(set): items of a menu.
  constructor(root, actions) {
    Object.assign(this, {root, actions, sets: null, items: [], gpu: null, filter: ""});
    this.open = new Set();
  }

  show(sets) {
    if (!this.sets) {
      this.root.replaceChildren();
      if (sets.length) this.open.add(sets[0].name);
    }
    this.sets = sets;
    this.show_again();
  }

  show_again() {
    if (!this.sets) return;
    const words = this.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const has = (entry, set) => words.every((word) => `${entry.name} ${entry.title ?? ""} ${entry.directory} ${set.title ?? ""} ${set.name}`.toLowerCase().includes(word));
    const shown = this.sets.map((set) => ({...set, shown: words.length ? set.entries.filter((entry) => has(entry, set)) : set.entries}))
      .filter((set) => !words.length || set.shown.length);
    if (shown.length) keep_children(this.root, shown, (one) => one.name, (one) => set_card(one, this));
    else keep_children(this.root, [words.length ? "No model has that in its name." : "The catalogue is empty. Add links, and they are kept here."], (text) => text,
                       (text) => ({node: make("p", {class: "card empty sets-empty"}, text), update() {}}));
  }
}
