// SPDX-License-Identifier: Apache-2.0
// What the catalogue's changes are called: sets and entries of the user's own catalogue, and models that lie in the wrong
// folder.
import {ask, csrf} from "{{static:api.js}}";

const entry = (id) => `/api/models/entries/${encodeURIComponent(id)}`;
const set = (name) => `/api/models/sets/${encodeURIComponent(name)}`;

export const add_entry = (set_name, values) => ask("POST", "/api/models/entries", {set: set_name, entry: values});
export const edit_entry = (id, values) => ask("POST", entry(id), {entry: values});
export const delete_entry = (id) => ask("DELETE", entry(id));
export const move_entry = (id, set_name) => ask("POST", entry(id), {set: set_name});
export const add_set = (title) => ask("POST", "/api/models/sets", {title});
export const edit_set = (name, title) => ask("POST", set(name), {title});
export const delete_set = (name) => ask("DELETE", set(name));

const parent_of = (path) => path.slice(0, path.lastIndexOf("/"));
const name_of = (path) => path.slice(path.lastIndexOf("/") + 1);

// `to`: the folder, or the file in it. Folders that are not there yet are made.
export async function move_model(path, to) {
  const folder = name_of(to) === name_of(path) ? parent_of(to) : to;
  const move = () => ask("POST", "/api/move", {items: [path], to: folder}, {seconds: 600});
  const is_refused = (answer) => answer.errors?.length > 0;
  let answer = await move().catch((failure) => {
    if (failure.status !== 404) throw failure;
    return {errors: [{error: failure.message}]};
  });
  if (is_refused(answer)) {
    await ask("POST", "/api/create_folder", {current_path: parent_of(folder), folder_name: name_of(folder)}).catch((failure) => {
      if (failure.status !== 409) throw failure;
    });
    answer = await move();
  }
  if (is_refused(answer)) throw new Error(answer.errors.map((one) => one.error).join("; "));
}

// The SHA-256 of a model file on the volume, which takes as long as reading it does.
export async function hash_of(path) {
  const response = await fetch("/api/models/hash", {method: "POST", cache: "no-store", body: JSON.stringify({path}),
    headers: {Accept: "application/json", "Content-Type": "application/json", "X-CSRF-Token": csrf()}}).catch(() => {
    throw new Error("The console could not be reached.");
  });
  const last = (await response.text()).trim().split("\n").at(-1);
  const {sha256, error} = JSON.parse(last || "{}");
  if (!sha256) throw new Error(typeof error === "string" ? `${error}.` : `${error?.message ?? "The file could not be read"}.`);
  return sha256;
}
