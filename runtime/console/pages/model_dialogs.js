// SPDX-License-Identifier: Apache-2.0
// The dialogs of the models' page: links that are pasted, an entry of the catalogue, the keys of the hubs.
import {ask} from "{{static:api.js}}";
import {add_entry, edit_entry} from "{{static:catalogue_api.js}}";
import {dialog_form, open_dialog} from "{{static:dialogs.js}}";
import {make, set_line, set_text} from "{{static:dom.js}}";
import {size_words} from "{{static:model_words.js}}";

let count = 0;

function field(label, input, hint = "") {
  input.id = `field-${++count}`;
  return make("div", {class: "field"}, make("label", {for: input.id}, label), input, hint ? make("p", {class: "small muted"}, hint) : null);
}

// Which folder: those that ComfyUI reads, or another one that is there already as a value.
function folder_input(kinds, value) {
  const list = make("datalist", {id: `folders-${++count}`}, ...kinds.map((kind) => make("option", {value: kind})));
  const input = make("input", {list: list.id, autocomplete: "off", spellcheck: "false"});
  input.value = value ?? "";
  return [input, list];
}

function set_select(sets, value) {
  const select = make("select", {}, ...sets.map((one) => make("option", {value: one.name}, one.title || one.name)));
  if (value) select.value = value;
  return select;
}

// Links, one or many, read by the console and then downloaded; `only`: {name, directory} where one file is looked for.
export function paste_links({kinds, sets, only = null, download}) {
  const dialog = open_dialog(only ? `A link for ${only.name}` : "Add links", {wide: true});
  const text = make("textarea", {rows: 5, spellcheck: "false", placeholder: "https://huggingface.co/…/blob/main/model.safetensors\nhttps://civitai.com/models/…"});
  const list = make("ul", {class: "rows link-list"});
  const words = make("p", {class: "small muted", role: "status"});
  const keep = make("input", {type: "checkbox"});
  const keep_in = set_select(sets);
  const keep_row = make("div", {class: "keep-row", hidden: true}, make("label", {class: "check-row"}, keep, "Keep them in my catalogue, in"), keep_in);
  keep_in.setAttribute("aria-label", "Set of the catalogue");
  let entries = [];
  let asked = "";
  let timer = 0;

  function link_row(entry) {
    const check = make("input", {type: "checkbox", "aria-label": `Download ${entry.name || entry.url}`});
    check.checked = !entry.problem;
    check.disabled = Boolean(entry.problem);
    const name = make("input", {"aria-label": "File name", autocomplete: "off", spellcheck: "false"});
    name.value = only?.name ?? entry.name ?? "";
    const [folder, folders] = folder_input(kinds, only?.directory || entry.directory);
    folder.setAttribute("aria-label", `Folder of ${entry.name || entry.url}`);
    folder.placeholder = "folder";
    const problem = make("p", {class: "error said"}, [entry.problem, entry.hint].filter(Boolean).join("; "));
    Object.assign(entry, {read: () => ({...entry, name: name.value.trim(), directory: folder.value.trim()}), is_chosen: () => check.checked, problem_line: problem});
    const half = make("button", {type: "button", class: "half", hidden: !entry.other_half || entry.pair !== undefined}, "Add its other half");
    half.addEventListener("click", () => {
      text.value = `${text.value.trim()}\n${entry.other_half}`;
      read();
    });
    return make("li", {class: "link-row"}, check, make("div", {class: "link-words"}, make("div", {class: "link-fields"}, name, folder, folders),
                make("p", {class: "small muted where"}, [entry.url ?? entry.given, entry.size ? size_words(entry) : "", entry.reason].filter(Boolean).join(" · ")), half, problem));
  }

  async function read() {
    const given = text.value.trim();
    if (!given || given === asked) return;
    asked = given;
    set_text(words, "Reading the links…");
    try {
      const answer = await ask("POST", "/api/models/links", {text: given}, {seconds: 60});
      if (asked !== given) return;
      entries = answer.entries;
      list.replaceChildren(...entries.map(link_row));
      set_text(words, entries.length ? `${entries.length} ${entries.length === 1 ? "link" : "links"} understood.` : "No link is in this text.");
      keep_row.hidden = !entries.length || !sets.length;
    } catch (failure) {
      asked = "";
      set_text(words, failure.message);
    }
  }

  const {fields} = dialog_form(dialog, {yes: "Download", run: async () => {
    await read();
    const chosen = entries.filter((one) => one.is_chosen());
    if (!chosen.length) throw new Error(entries.length ? "Choose at least one of them." : "Paste a link first.");
    const wishes = chosen.map((one) => one.read());
    const without = wishes.find((one) => !one.directory);
    if (without) throw new Error(`Say into which folder ${without.name || without.url} goes.`);
    if (keep.checked) for (const {url, name, directory, size, sha256} of wishes) await add_entry(keep_in.value, {name, title: name, url, directory, ...(size ? {size} : {}), ...(sha256 ? {sha256} : {})});
    const errors = await download(wishes);
    for (const one of chosen) set_line(one.problem_line, errors.filter((error) => error.url === one.url).map((error) => [error.error, error.hint].filter(Boolean).join("; ")).join(" "));
    if (errors.length) throw new Error(`${errors.length} of ${wishes.length} were not taken.`);
  }});
  fields.append(field("Links to models, one or many", text, "Any address of Hugging Face or CivitAI, or of a file."), words, list, keep_row);
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(read, 400);
  });
  text.focus();
}

// An entry that is new (`entry` null) or one to change.
export function edit_model({entry, set, sets, kinds, done}) {
  const dialog = open_dialog(entry ? `Edit ${entry.title || entry.name}` : "Add a model");
  const text = (value, attributes = {}) => {
    const input = make("input", {autocomplete: "off", spellcheck: "false", ...attributes});
    input.value = value ?? "";
    return input;
  };
  const inputs = {title: text(entry?.title), url: text(entry?.url, {type: "url", required: true}), name: text(entry?.name), licence: text(entry?.licence), link: text(entry?.link, {type: "url"}), sha256: text(entry?.sha256)};
  const [folder, folders] = folder_input(kinds, entry?.directory);
  const where = set_select(sets, set?.name);
  const {fields} = dialog_form(dialog, {yes: entry ? "Save" : "Add", run: async () => {
    const values = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value.trim()]));
    values.directory = folder.value.trim();
    if (!values.url) throw new Error("A model needs its link.");
    if (!values.directory) throw new Error("Say into which folder it goes.");
    for (const [name, value] of Object.entries(values)) if (value === "" && !(entry && entry[name])) delete values[name];
    if (entry) await edit_entry(entry.id, values);
    else await add_entry(where.value, values);
    done(entry ? "Saved." : "Added to the catalogue.");
  }});
  fields.append(field("Link", inputs.url), make("div", {class: "two"}, field("Name for people", inputs.title), field("File name", inputs.name, "taken from the link if empty")),
                make("div", {class: "two"}, make("div", {}, field("Folder", folder, "below ComfyUI’s models"), folders), entry ? "" : field("Set", where)),
                make("details", {}, make("summary", {}, "More"), make("div", {class: "dialog-body"}, field("Licence", inputs.licence), field("Page about it", inputs.link), field("SHA-256", inputs.sha256))));
  inputs.url.focus();
}

const hubs = {huggingface: ["Hugging Face", "a token with read access, from huggingface.co/settings/tokens"], civitai: ["CivitAI", "an API key, from civitai.com/user/account"]};

export async function edit_keys(on_error) {
  let keys;
  try {
    keys = await ask("GET", "/api/keys");
  } catch (failure) {
    return on_error(failure);
  }
  const dialog = open_dialog("Keys");
  dialog.body.append(make("p", {class: "muted"}, "Gated and private models need a key of your account. It is kept on the volume, readable by the pod alone, sent to its own hub only, and never shown again."));
  for (const [name, [title, hint]] of Object.entries(hubs)) dialog.body.append(key_form(name, title, hint, keys[name] ?? {}));
  const close = make("button", {type: "button"}, "Close");
  close.addEventListener("click", dialog.close);
  dialog.body.append(make("div", {class: "dialog-foot"}, close));
}

function key_form(name, title, hint, key) {
  const input = make("input", {type: "password", autocomplete: "off", spellcheck: "false"});
  const state = make("p", {class: "small", role: "status"});
  const error = make("p", {class: "error said", role: "alert"});
  const save = make("button", {}, "Save", make("span", {class: "unseen"}, ` the key of ${title}`));
  const forget = make("button", {type: "button", class: "danger-button"}, "Forget", make("span", {class: "unseen"}, ` the key of ${title}`));
  const show = (one) => {
    set_text(state, !one.set ? "No key is set." : one.source === "environment" ? "A key is set by the pod’s environment." : "A key is set.");
    forget.hidden = !one.set || one.source === "environment";
    input.placeholder = one.set ? "another key" : "";
  };
  const tried = async (run) => {
    set_line(error, "");
    try {
      await run();
      input.value = "";
      show((await ask("GET", "/api/keys"))[name] ?? {});
    } catch (failure) {
      set_line(error, failure.message);
    }
  };
  const form = make("form", {class: "key-form", novalidate: true}, field(title, input, hint), state, error, make("div", {class: "row"}, save, forget));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.value.trim()) tried(() => ask("PUT", `/api/keys/${name}`, {key: input.value.trim()}));
  });
  forget.addEventListener("click", () => tried(() => ask("DELETE", `/api/keys/${name}`)));
  show(key);
  return form;
}
