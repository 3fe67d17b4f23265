// SPDX-License-Identifier: Apache-2.0
// Questions over the page: one in words, one for a text, and a frame for those that are more. What goes wrong is said in
// the dialog, which stays open.
import {make} from "{{static:dom.js}}";

let count = 0;

// A dialog that closes by Escape and by a click beside it, and goes when it is closed. {node, body, close}.
export function open_dialog(title, {wide = false, on_close = () => {}} = {}) {
  const id = `dialog-${++count}`;
  const before = document.activeElement;
  const body = make("div", {class: "dialog-body"});
  const node = make("dialog", {class: wide ? "wide" : null, "aria-labelledby": id}, make("h2", {id}, title), body);
  node.addEventListener("close", () => {
    node.remove();
    if (before?.isConnected) before.focus();
    on_close();
  });
  node.addEventListener("mousedown", (event) => {
    const box = node.getBoundingClientRect();
    const is_inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (event.target === node && !is_inside) node.close();
  });
  document.body.append(node);
  node.showModal();
  return {node, body, close: () => node.close()};
}

// A form in a dialog: run() is awaited, and its error shown. `yes` is the button's word. Gives the form and its error line.
export function dialog_form(dialog, {yes, danger = false, no = "Cancel", run}) {
  const error = make("p", {class: "error said", role: "alert"});
  const go = make("button", {class: danger ? "danger-button" : "main-button"}, yes);
  const stay = make("button", {type: "button"}, no);
  const fields = make("div", {class: "dialog-body"});
  const form = make("form", {novalidate: true}, fields, error, make("div", {class: "dialog-foot"}, stay, go));
  stay.addEventListener("click", dialog.close);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (go.getAttribute("aria-disabled")) return;
    error.textContent = "";
    go.setAttribute("aria-disabled", "true");
    try {
      await run();
      dialog.close();
    } catch (failure) {
      error.textContent = failure.message;
    }
    go.removeAttribute("aria-disabled");
  });
  dialog.body.append(form);
  return {form, fields, error, stay};
}

// Asks before something is lost for good. True: go on.
export function confirm_loss({title, text, yes, no = "Cancel"}) {
  return new Promise((answer) => {
    let is_sure = false;
    const dialog = open_dialog(title, {on_close: () => answer(is_sure)});
    const {fields, stay} = dialog_form(dialog, {yes, no, danger: true, run: async () => is_sure = true});
    fields.append(make("p", {}, text));
    stay.focus();
  });
}

// Asks for one line. run(text) is what is done with it.
export function ask_line({title, label, value = "", yes, run, choose = null}) {
  const dialog = open_dialog(title);
  const input = make("input", {id: "ask-line", autocomplete: "off", spellcheck: "false", required: true});
  input.value = value;
  const {fields} = dialog_form(dialog, {yes, run: () => {
    if (!input.value.trim()) throw new Error("This cannot be empty.");
    return run(input.value.trim());
  }});
  fields.append(make("div", {class: "field"}, make("label", {for: "ask-line"}, label), input));
  input.focus();
  if (choose) input.setSelectionRange(...choose);
  else input.select();
}
