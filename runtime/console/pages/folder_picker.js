// SPDX-License-Identifier: Apache-2.0
// Chooses a folder of the volume by walking through it, where something is moved or copied to; or a file in one.
import {address, ask} from "{{static:api.js}}";
import {dialog_form, open_dialog} from "{{static:dialogs.js}}";
import {make, set_text} from "{{static:dom.js}}";
import {icon} from "{{static:icons.js}}";

const is_folder = (entry) => entry.type === "folder" || entry.type === "directory";

function pick_button(label, picture, run) {
  const button = make("button", {type: "button", class: "pick"}, icon(picture), label);
  button.addEventListener("click", run);
  return make("li", {}, button);
}

// The list of a folder, in which one walks. on_path(path): where it stands; files: [label, run] of those that may be chosen.
function walker({start, where, list, error, on_path, is_wanted = () => false, on_file = () => {}}) {
  async function show(next) {
    error.textContent = "";
    try {
      const answer = await ask("GET", address("/api/browse", {path: next, sort: "name", order: "asc", limit: 1000}));
      on_path(answer.current_path);
      set_text(where, answer.current_path);
      const above = answer.parent_path && answer.parent_path !== answer.current_path ? [["The folder above", answer.parent_path]]
        : (answer.roots ?? []).filter((one) => one !== answer.current_path).map((one) => [one, one]);
      list.replaceChildren(...above.map(([label, to]) => pick_button(label, "folder", () => show(to))),
                           ...answer.contents.filter(is_folder).map((one) => pick_button(one.name, "folder", () => show(one.path))),
                           ...answer.contents.filter((one) => !is_folder(one) && is_wanted(one)).map((one) => pick_button(one.name, one.category, () => on_file(one.path))));
      if (!list.children.length) list.append(make("li", {class: "muted small"}, "Nothing in it."));
      list.querySelector("button")?.focus();
    } catch (failure) {
      error.textContent = failure.message;
    }
  }
  show(start);
}

// run(path) is what is done with the folder.
export function choose_folder({title, yes, start, run}) {
  const dialog = open_dialog(title);
  let path = start;
  const {fields, error} = dialog_form(dialog, {yes, run: () => run(path)});
  const where = make("p", {class: "mono small", role: "status"});
  const list = make("ul", {class: "pick-list"});
  fields.append(where, list);
  walker({start, where, list, error, on_path: (now) => path = now});
}

// A file of which is_wanted(entry) is true; run(path) once it is chosen.
export function choose_file({title, start, is_wanted, run}) {
  const dialog = open_dialog(title);
  const where = make("p", {class: "mono small", role: "status"});
  const list = make("ul", {class: "pick-list"});
  const error = make("p", {class: "error said", role: "alert"});
  const stay = make("button", {type: "button"}, "Cancel");
  stay.addEventListener("click", dialog.close);
  dialog.body.append(where, list, error, make("div", {class: "dialog-foot"}, stay));
  walker({start, where, list, error, on_path() {}, is_wanted, on_file(path) {
    dialog.close();
    run(path);
  }});
}
