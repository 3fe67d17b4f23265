// SPDX-License-Identifier: Apache-2.0
// The fields that the dialogs of the models' page share: one with its label, a folder of ComfyUI's, a set of the catalogue.
import {make} from "{{static:dom.js}}";

let count = 0;

export function field(label, input, hint = "") {
  input.id = `field-${++count}`;
  return make("div", {class: "field"}, make("label", {for: input.id}, label), input, hint ? make("p", {class: "small muted"}, hint) : null);
}

// Which folder: those that ComfyUI reads, or another one that is there already as a value.
export function folder_input(kinds, value) {
  const list = make("datalist", {id: `folders-${++count}`}, ...kinds.map((kind) => make("option", {value: kind})));
  const input = make("input", {list: list.id, autocomplete: "off", spellcheck: "false"});
  input.value = value ?? "";
  return [input, list];
}

export function set_select(sets, value) {
  const select = make("select", {}, ...sets.map((one) => make("option", {value: one.name}, one.title || one.name)));
  if (value) select.value = value;
  return select;
}
