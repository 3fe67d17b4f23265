// SPDX-License-Identifier: Apache-2.0
// The dialog for links: any text with links in it is read by the console; each link becomes a row with its file name and
// folder, and what is chosen is downloaded and, where that is wanted, kept in the catalogue.
import {ask} from "{{static:api.js}}";
import {add_entry} from "{{static:catalogue_api.js}}";
import {dialog_form, open_dialog} from "{{static:dialogs.js}}";
import {make, set_line, set_text} from "{{static:dom.js}}";
import {field, folder_input, set_select} from "{{static:model_fields.js}}";
import {size_words} from "{{static:model_words.js}}";

export class LinkDialog {
  // `only`: {name, directory} where one file is looked for. download(wishes) gives what was not taken: errors with their url.
  constructor({kinds, sets, only = null, download}) {
    Object.assign(this, {kinds, sets, only, download});
    this.dialog = open_dialog(only ? `A link for ${only.name}` : "Add links", {wide: true});
    this.text = make("textarea", {rows: 5, spellcheck: "false", placeholder: "https://huggingface.co/…/blob/main/model.safetensors\nhttps://civitai.com/models/…"});
    this.list = make("ul", {class: "rows link-list"});
    this.words = make("p", {class: "small muted", role: "status"});
    this.keep = make("input", {type: "checkbox"});
    this.keep_in = set_select(sets);
    this.keep_in.setAttribute("aria-label", "Set of the catalogue");
    this.keep_row = make("div", {class: "keep-row", hidden: true}, make("label", {class: "check-row"}, this.keep, "Keep them in my catalogue, in"), this.keep_in);
    this.entries = [];
    this.asked = "";
    let timer = 0;
    this.text.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.read(), 400);
    });
    const {fields} = dialog_form(this.dialog, {yes: "Download", run: () => this.take()});
    fields.append(field("Links to models, one or many", this.text, "Any address of Hugging Face or CivitAI, or of a file."), this.words, this.list, this.keep_row);
    this.text.focus();
  }

  row(entry) {
    const of = entry.name || entry.url || entry.given;
    const check = make("input", {type: "checkbox", "aria-label": `Download ${of}`});
    check.checked = !entry.problem;
    check.disabled = Boolean(entry.problem);
    const name = make("input", {"aria-label": "File name", autocomplete: "off", spellcheck: "false"});
    name.value = this.only?.name ?? entry.name ?? "";
    const [folder, folders] = folder_input(this.kinds, this.only?.directory || entry.directory);
    folder.setAttribute("aria-label", `Folder of ${of}`);
    folder.placeholder = "folder";
    const problem = make("p", {class: "error said"}, [entry.problem, entry.hint].filter(Boolean).join("; "));
    Object.assign(entry, {wish: () => ({...entry, name: name.value.trim(), directory: folder.value.trim()}), is_chosen: () => check.checked, problem_line: problem});
    const half = make("button", {type: "button", class: "half", hidden: !entry.other_half || entry.pair !== undefined}, "Add its other half");
    half.addEventListener("click", () => {
      this.text.value = `${this.text.value.trim()}\n${entry.other_half}`;
      this.read();
    });
    const where = [entry.url ?? entry.given, entry.size ? size_words(entry) : "", entry.reason].filter(Boolean).join(" · ");
    return make("li", {class: "link-row"}, check, make("div", {class: "link-words"}, make("div", {class: "link-fields"}, name, folder, folders),
                                                       make("p", {class: "small muted where"}, where), half, problem));
  }

  async read() {
    const given = this.text.value.trim();
    if (!given || given === this.asked) return;
    this.asked = given;
    set_text(this.words, "Reading the links…");
    try {
      const answer = await ask("POST", "/api/models/links", {text: given}, {seconds: 60});
      if (this.asked !== given) return;
      this.entries = answer.entries;
      this.list.replaceChildren(...this.entries.map((one) => this.row(one)));
      set_text(this.words, this.entries.length ? `${this.entries.length} ${this.entries.length === 1 ? "link" : "links"} understood.` : "No link is in this text.");
      this.keep_row.hidden = !this.entries.length || !this.sets.length;
    } catch (failure) {
      this.asked = "";
      set_text(this.words, failure.message);
    }
  }

  async take() {
    await this.read();
    const chosen = this.entries.filter((one) => one.is_chosen());
    if (!chosen.length) throw new Error(this.entries.length ? "Choose at least one of them." : "Paste a link first.");
    const wishes = chosen.map((one) => one.wish());
    const without = wishes.find((one) => !one.directory);
    if (without) throw new Error(`Say into which folder ${without.name || without.url} goes.`);
    if (this.keep.checked) await this.keep_all(wishes);
    const errors = await this.download(wishes);
    for (const one of chosen) set_line(one.problem_line, errors.filter((error) => error.url === one.url).map((error) => [error.error, error.hint].filter(Boolean).join("; ")).join(" "));
    if (errors.length) throw new Error(`${errors.length} of ${wishes.length} were not taken.`);
  }

  // Once: whoever tries the downloads again does not mean a second entry.
  async keep_all(wishes) {
    for (const {url, name, directory, size, sha256} of wishes)
      await add_entry(this.keep_in.value, {name, title: name, url, directory, ...(size ? {size} : {}), ...(sha256 ? {sha256} : {})});
    this.keep.checked = false;
  }
}
