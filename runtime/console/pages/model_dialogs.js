// SPDX-License-Identifier: Apache-2.0
// The dialogs of the models' page: an entry of the catalogue, and the keys of the hubs.
import {ask} from "{{static:api.js}}";
import {add_entry, edit_entry} from "{{static:catalogue_api.js}}";
import {dialog_form, open_dialog} from "{{static:dialogs.js}}";
import {make, set_line, set_text} from "{{static:dom.js}}";
import {field, folder_input, set_select} from "{{static:model_fields.js}}";

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
