// SPDX-License-Identifier: Apache-2.0
// The files' page: which folder is shown, how, and what of it; the address holds that, so back and forward work. The rest
// is done by the modules below.
import "{{static:frame.js}}";
import {address, ask} from "{{static:api.js}}";
import {make, set_line, set_text} from "{{static:dom.js}}";
import {accept_drops, accept_pastes, files_of_input, files_of_transfer} from "{{static:dropped.js}}";
import {EntryList, is_folder} from "{{static:entry_list.js}}";
import {download_address, FileActions} from "{{static:file_actions.js}}";
import {icon} from "{{static:icons.js}}";
import {open_menu} from "{{static:menu.js}}";
import {Places} from "{{static:places.js}}";
import {toast} from "{{static:toasts.js}}";
import {open_trash} from "{{static:trash.js}}";
import {UploadPanel} from "{{static:upload_panel.js}}";
import {Uploads} from "{{static:uploads.js}}";
import {Viewer} from "{{static:viewer.js}}";

const at = (id) => document.getElementById(id);
const step = 500;  // entries of one request
const kept = (name, usual) => {
  try {
    return localStorage.getItem(`tmplbuild-files-${name}`) ?? usual;
  } catch {
    return usual;
  }
};
const keep = (name, value) => {
  try {
    localStorage.setItem(`tmplbuild-files-${name}`, value);
  } catch {
    // Storage is forbidden: the choice holds for this page alone.
  }
};

const look = {view: kept("view", "list"), sort: kept("sort", "name"), order: kept("order", "asc"), hidden: kept("hidden", "")};
let place = {path: "", q: "", open: ""};
let folder = null;  // the answer that is shown
let reading = null;

const list = new EntryList(at("entries"), {
  open: (entry) => is_folder(entry) ? go({path: entry.path}) : show_file(entry),
  menu: (entry, where) => menu_of(entry, where),
  key: (event, entry) => key(event, entry),
  address: (entry) => is_folder(entry) ? address("/files", {path: entry.path}) : address("/files", {path: place.path, open: entry.name}),
  chosen: () => show_chosen(),
});
const actions = new FileActions({refresh: () => read_changed(), folder: () => folder?.current_path ?? place.path});
const places = new Places(at("places"), {go: (path) => go({path}), open_trash: () => open_trash(() => read_changed())});
const viewer = new Viewer({
  download_address, download_all: (entries) => actions.download(entries), remove: (entry) => actions.remove([entry]),
  closed: () => place.open && go({...place, open: ""}, "replace"), moved: (entry) => remember({...place, open: entry.name}, "replace"),
});
const uploads = new Uploads({
  on_change: () => panel.show(),
  on_end: (item) => item.state === "done" && item.folder === place.path && read_soon(),
  on_all_ended: (items) => uploads_ended(items),
});
const panel = new UploadPanel(at("uploads"), uploads, {choose_file: () => at("pick-files").click(), on_error: (failure) => toast(failure.message, {tone: "bad"})});

// --- where we are ---------------------------------------------------------------------------------------------------
function remember(next, how) {
  place = next;
  history[how === "replace" ? "replaceState" : "pushState"](null, "", address("/files", place));
}

function go(next, how = "push") {
  const is_elsewhere = next.path !== place.path;
  remember({path: "", q: "", open: "", ...next}, how);
  at("search").value = place.q;
  if (is_elsewhere || !folder) list.chosen.clear();
  return read();
}

function place_of_address() {
  const query = new URLSearchParams(location.search);
  return {path: query.get("path") ?? "", q: query.get("q") ?? "", open: query.get("open") ?? ""};
}

addEventListener("popstate", () => {
  place = place_of_address();
  at("search").value = place.q;
  if (!place.open && viewer.node.open) viewer.node.close();
  read();
});

// --- reading --------------------------------------------------------------------------------------------------------
async function answer_of(offset, signal) {
  if (!place.q) return ask("GET", address("/api/browse", {path: place.path, sort: look.sort, order: look.order, offset: offset || "", limit: step, hidden: look.hidden}), undefined, {signal});
  const found = await ask("GET", address("/api/search", {q: place.q, path: place.path}), undefined, {signal});
  return {...folder, contents: found.results, total_items: found.results.length, truncated: found.truncated, found: found.total};
}

async function read() {
  reading?.abort();
  reading = new AbortController();
  const {signal} = reading;
  at("folder").setAttribute("aria-busy", "true");
  try {
    if (place.q && !folder) folder = await ask("GET", address("/api/browse", {path: place.path, limit: 1}), undefined, {signal});
    const answer = await answer_of(0, signal);
    folder = answer;
    if (!place.path) remember({...place, path: answer.current_path}, "replace");
    show_problem("");
    show_folder();
  } catch (failure) {
    if (failure.name === "AbortError") return;
    show_problem(failure.message);
    if (!folder || folder.current_path !== place.path) {
      folder = null;
      list.entries = [];
      show_state(failure.status === 404 ? "There is no such folder." : "This folder could not be read.", [["Try again", () => read()], ["Go to the start", () => go({path: ""})]]);
    }
  }
  at("folder").removeAttribute("aria-busy");
}

// Something was changed from here: the volume's use, too.
async function read_changed() {
  await read();
  places.measure();
}

let soon = 0;
function read_soon() {
  clearTimeout(soon);
  soon = setTimeout(read_changed, 300);
}

// The rest of a long folder.
async function read_more(everything) {
  while (folder && !place.q && folder.contents.length < folder.total_items) {
    const answer = await answer_of(folder.contents.length, reading.signal);
    if (!answer.contents.length) break;
    folder.contents.push(...answer.contents);
    show_folder();
    if (!everything) break;
  }
}

// --- showing --------------------------------------------------------------------------------------------------------
function show_problem(text) {
  set_line(at("problem"), text);
}

function show_state(text, buttons = []) {
  const made = buttons.map(([label, run]) => {
    const button = make("button", {type: "button"}, label);
    button.addEventListener("click", run);
    return button;
  });
  list.grid.remove();
  at("entries").replaceChildren(make("div", {class: "empty-state"}, make("p", {}, text), make("div", {class: "row"}, ...made)));
  show_chosen();
}

function show_crumbs() {
  at("crumbs").replaceChildren(...(folder.breadcrumbs ?? []).map(({name, path}, n, all) => {
    const link = make("a", {href: address("/files", {path}), "aria-current": n === all.length - 1 ? "page" : null}, name);
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      go({path});
    });
    return make("li", {}, link);
  }));
}

function show_folder() {
  show_crumbs();
  places.show_roots(folder.roots);
  if (places.path !== folder.current_path) places.show_here(folder.current_path);
  const {contents} = folder;
  for (const one of ["upload", "new-folder"]) at(one).disabled = folder.is_writable === false;
  if (!contents.length) {
    list.entries = [];
    show_state(place.q ? `Nothing below this folder has “${place.q}” in its name.` : "This folder is empty. Drop files here, or paste them.",
               place.q ? [["Clear the search", () => go({path: place.path})]] : [["Upload", () => at("upload").click()]]);
  } else {
    list.show(contents, {is_grid: look.view === "grid", shows_where: Boolean(place.q)});
  }
  show_more();
  at("gallery").hidden = !pictures().length;
  const words = place.q ? `${contents.length}${folder.truncated ? " or more" : ""} found` : `${folder.total_items} in this folder`;
  set_text(at("announce"), words);
  set_text(document.querySelector("title"), `${(folder.current_path ?? "").split("/").pop() || "Files"} · Files`);
  viewer.left_with(viewer.is_gallery ? pictures() : contents.filter((one) => !is_folder(one)));
  const opened = place.open && !viewer.node.open && contents.find((one) => one.name === place.open);
  if (opened) show_file(opened, "replace");
}

const end_seen = new IntersectionObserver((changes) => changes.some((one) => one.isIntersecting) && actions.tried(() => read_more(false)), {rootMargin: "600px"});
function show_more() {
  at("more")?.remove();
  end_seen.disconnect();
  const left = place.q ? 0 : folder.total_items - folder.contents.length;
  const words = place.q && folder.truncated ? "There is more: search for more letters." : "";
  if (left <= 0 && !words) return;
  const button = make("button", {type: "button", hidden: left <= 0}, `Show more of ${left.toLocaleString("en")} others`);
  button.addEventListener("click", () => actions.tried(() => read_more(false)));
  at("entries").append(make("div", {id: "more", class: "empty-state"}, words, button));
  if (left > 0) end_seen.observe(at("more"));
}

function show_chosen() {
  const chosen = list.selected();
  const total = list.entries.length;
  const size = chosen.reduce((sum, one) => sum + (is_folder(one) ? 0 : one.size), 0);
  at("choose-all").checked = total > 0 && chosen.length === total;
  at("choose-all").indeterminate = chosen.length > 0 && chosen.length < total;
  at("choose-all").disabled = total === 0;
  set_text(at("chosen-words"), chosen.length ? `${chosen.length} selected${size ? `, ${bytes_words(size)}` : ""}` : "Select all");
  at("chosen-actions").hidden = !chosen.length;
}
const bytes_words = (n) => n < 1e6 ? `${Math.ceil(n / 1e3)} kB` : n < 1e9 ? `${Math.round(n / 1e5) / 10} MB` : `${Math.round(n / 1e8) / 10} GB`;

// --- doing ----------------------------------------------------------------------------------------------------------
const pictures = () => (folder?.contents ?? []).filter((one) => one.category === "image" || one.category === "video");

function show_file(entry, how = "push", only_pictures = ["image", "video"].includes(entry.category)) {
  viewer.is_gallery = only_pictures;
  if (place.open !== entry.name) remember({...place, open: entry.name}, how);
  viewer.open(only_pictures ? pictures() : folder.contents.filter((one) => !is_folder(one)), entry);
}

function menu_of(entry, where) {
  const many = list.chosen.has(entry.path) && list.chosen.size > 1 ? list.selected() : [entry];
  const is_one = many.length === 1;
  open_menu(where, [
    is_one && {label: "Open", key: "Enter", run: () => is_folder(entry) ? go({path: entry.path}) : show_file(entry)},
    {label: is_one ? "Download" : `Download ${many.length}`, run: () => actions.download(many)},
    is_one && {label: "Rename…", key: "F2", run: () => actions.rename(entry)},
    {label: "Move to…", run: () => actions.transfer(many, "move")},
    {label: "Copy to…", run: () => actions.transfer(many, "copy")},
    is_one && is_folder(entry) && {label: places.is_pinned(entry.path) ? "Unpin" : "Pin to places", run: () => actions.tried(() => places.toggle_pin(entry.path))},
    is_one && {label: "Copy path", run: () => actions.copy_path(entry)},
    {label: is_one ? "Delete" : `Delete ${many.length}`, key: "Del", danger: true, run: () => actions.remove(many)},
  ], is_one ? entry.name : `${many.length} selected`);
}

function key(event, entry) {
  const many = list.chosen.size ? list.selected() : [entry];
  const run = {Delete: () => actions.remove(many), F2: () => actions.rename(entry), Backspace: () => folder.parent_path && go({path: folder.parent_path}),
               Escape: () => list.choose_all(false), a: (event.ctrlKey || event.metaKey) && (() => choose_all(true)),
               F10: event.shiftKey && (() => menu_of(entry, list.node_of(entry.path)))}[event.key];
  if (!run) return;
  event.preventDefault();
  run();
}

// All means all of the folder, also what is not shown yet.
function choose_all(is_on) {
  return actions.tried(async () => {
    if (is_on) await read_more(true);
    list.choose_all(is_on);
  });
}

function set_look(name, value) {
  look[name] = value;
  keep(name, value);
  show_look();
  read();
}

function show_look() {
  at("sort").value = look.sort;
  at("order").replaceChildren(icon(look.order === "asc" ? "up" : "down"));
  at("order").title = look.order === "asc" ? "Smallest first" : "Largest first";
  at("with-hidden").setAttribute("aria-pressed", String(look.hidden !== ""));
  for (const view of ["list", "grid"]) at(`as-${view}`).setAttribute("aria-pressed", String(look.view === view));
}

function upload(files) {
  if (!files.length) return;
  if (!folder || folder.is_writable === false) return toast("Nothing can be written into this folder.", {tone: "bad"});
  uploads.add(files, folder.current_path);
}

// A tab in the background says by its title that all is there.
function uploads_ended(items) {
  const done = items.filter((one) => one.state === "done").length;
  const bad = items.filter((one) => ["failed", "conflict"].includes(one.state)).length;
  const words = bad ? `${bad} uploads need you` : `${done} ${done === 1 ? "upload" : "uploads"} done`;
  toast(`${words}.`, {tone: bad ? "bad" : null});
  if (!document.hidden) return;
  const title = document.title;
  document.title = `${bad ? "!" : "✓"} ${words} · ${title}`;
  document.addEventListener("visibilitychange", () => document.title = title, {once: true});
}

function set_up_controls() {
  at("as-list").append(icon("list"));
  at("as-grid").append(icon("grid"));
  at("with-hidden").append(icon("eye"));
  at("with-hidden").addEventListener("click", () => set_look("hidden", look.hidden ? "" : "1"));
  at("sort").addEventListener("change", () => set_look("sort", at("sort").value));
  at("order").addEventListener("click", () => set_look("order", look.order === "asc" ? "desc" : "asc"));
  for (const view of ["list", "grid"]) at(`as-${view}`).addEventListener("click", () => set_look("view", view));
  at("new-folder").addEventListener("click", () => actions.new_folder());
  at("gallery").addEventListener("click", () => show_file(pictures()[0], "push", true));
  at("choose-all").addEventListener("change", () => choose_all(at("choose-all").checked));
  at("upload").addEventListener("click", () => open_menu(at("upload"), [{label: "Files…", run: () => at("pick-files").click()}, {label: "A folder…", run: () => at("pick-folder").click()}], "Upload"));
  for (const id of ["pick-files", "pick-folder"]) at(id).addEventListener("change", () => {
    upload(files_of_input(at(id)));
    at(id).value = "";
  });
  for (const [label, run] of [["Download", () => actions.download(list.selected())], ["Move", () => actions.transfer(list.selected(), "move")],
                              ["Copy", () => actions.transfer(list.selected(), "copy")], ["Delete", () => actions.remove(list.selected())]]) {
    const button = make("button", {type: "button", class: label === "Delete" ? "danger-button" : null}, label);
    button.addEventListener("click", run);
    at("chosen-actions").append(button);
  }
  let typing = 0;
  at("search").addEventListener("input", () => {
    clearTimeout(typing);
    const q = at("search").value.trim();
    typing = setTimeout(() => q !== place.q && (q.length > 1 || !q) && go({path: place.path, q}, place.q && q ? "replace" : "push"), 300);
  });
  at("search").addEventListener("keydown", (event) => event.key === "ArrowDown" && list.focused && (event.preventDefault(), list.focus_on(list.focused)));
  accept_pastes(upload);
  accept_drops((transfer) => actions.tried(async () => upload(await files_of_transfer(transfer))), (is_over) => {
    at("drop-here").hidden = !is_over;
    set_text(at("drop-words"), `Drop to upload into ${folder?.current_path ?? "this folder"}`);
  });
  document.addEventListener("visibilitychange", () => document.hidden || read());
}

set_up_controls();
show_look();
go(place_of_address(), "replace");
places.start();
uploads.find_again().catch(() => {});  // no list: nothing is known of earlier uploads
