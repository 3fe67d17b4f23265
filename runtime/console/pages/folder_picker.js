// SPDX-License-Identifier: Apache-2.0
// Chooses a folder of the volume by walking through it: where something is moved or copied to.
import {address, ask} from "{{static:api.js}}";
import {dialog_form, open_dialog} from "{{static:dialogs.js}}";
import {make, set_text} from "{{static:dom.js}}";
import {icon} from "{{static:icons.js}}";
import {is_folder} from "{{static:entry_list.js}}";

// run(path) is what is done with the folder.
export function choose_folder({title, yes, start, run}) {
  const dialog = open_dialog(title);
  let path = start;
  const {fields, error} = dialog_form(dialog, {yes, run: () => run(path)});
  const where = make("p", {class: "mono small", role: "status"});
  const list = make("ul", {class: "pick-list"});
  fields.append(where, list);
  const step = (label, to) => {
    const button = make("button", {type: "button", class: "pick"}, icon("folder"), label);
    button.addEventListener("click", () => show(to));
    return make("li", {}, button);
  };

  async function show(next) {
    error.textContent = "";
    try {
      const answer = await ask("GET", address("/api/browse", {path: next, sort: "name", order: "asc", limit: 1000}));
      path = answer.current_path;
      set_text(where, path);
      const up = answer.parent_path && answer.parent_path !== path ? [["The folder above", answer.parent_path]] : (answer.roots ?? []).filter((one) => one !== path).map((one) => [one, one]);
      list.replaceChildren(...up.map(([label, to]) => step(label, to)), ...answer.contents.filter(is_folder).map((one) => step(one.name, one.path)));
      if (!list.children.length) list.append(make("li", {class: "muted small"}, "No folders in it."));
      list.querySelector("button")?.focus();
    } catch (failure) {
      error.textContent = failure.message;
    }
  }
  show(start);
}
