// SPDX-License-Identifier: Apache-2.0
// The trash: what was deleted, back to where it was or gone for good.
import {ask} from "{{static:api.js}}";
import {confirm_loss, open_dialog} from "{{static:dialogs.js}}";
import {make, set_line, set_text} from "{{static:dom.js}}";
import {bytes} from "{{static:words.js}}";

const day = (when) => new Date(when > 1e11 ? when : when * 1000).toLocaleString([], {dateStyle: "medium", timeStyle: "short"});

// The ids in the trash of what was deleted just now, the newest of each path.
export async function ids_of(paths) {
  const {items} = await ask("GET", "/api/trash");
  return paths.map((path) => items.filter((one) => one.path === path).sort((a, b) => b.deleted - a.deleted)[0]?.id).filter(Boolean);
}

export async function restore(ids) {
  const {errors = []} = await ask("POST", "/api/trash/restore", {ids}) ?? {};
  if (errors.length) throw new Error(`Not restored: ${errors.map((one) => one.error ?? one).join("; ")}`);
}

export function open_trash(changed) {
  const dialog = open_dialog("Trash", {wide: true});
  const words = make("p", {class: "muted small numbers", role: "status"}, "Reading the trash…");
  const error = make("p", {class: "error", role: "alert"});
  const list = make("ul", {class: "trash-list"});
  const empty = make("button", {type: "button", class: "danger-button", hidden: true}, "Empty the trash");
  const close = make("button", {type: "button"}, "Close");
  close.addEventListener("click", dialog.close);
  dialog.body.append(words, list, error, make("div", {class: "dialog-foot"}, empty, close));

  const tried = async (run) => {
    set_line(error, "");
    try {
      await run();
      await show();
    } catch (failure) {
      set_line(error, failure.message);
    }
  };
  const lose = async (title, text, ids) => {
    if (await confirm_loss({title, text, yes: "Delete for good"})) await tried(() => ask("POST", "/api/trash/empty", ids ? {ids} : {}));
  };
  function row(one) {
    const back = make("button", {type: "button"}, "Restore", make("span", {class: "unseen"}, ` ${one.name}`));
    const gone = make("button", {type: "button", class: "danger-button"}, "Delete", make("span", {class: "unseen"}, ` ${one.name} for good`));
    back.addEventListener("click", () => tried(async () => {
      await restore([one.id]);
      changed();
    }));
    gone.addEventListener("click", () => lose(`Delete “${one.name}” for good?`, "It cannot be brought back.", [one.id]));
    return make("li", {}, make("div", {}, make("p", {class: "trash-name"}, one.name), make("p", {class: "muted small"}, `${one.path} · ${bytes(one.size)} · ${day(one.deleted)}`)),
                make("div", {class: "row"}, back, gone));
  }
  async function show() {
    const {items, size} = await ask("GET", "/api/trash");
    set_text(words, items.length ? `${items.length} ${items.length === 1 ? "thing" : "things"}, ${bytes(size)}` : "The trash is empty.");
    list.replaceChildren(...items.map(row));
    empty.hidden = !items.length;
  }
  empty.addEventListener("click", () => lose("Empty the trash?", "All that is in it is lost for good.", null));
  tried(async () => {});
}
