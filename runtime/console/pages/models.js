// SPDX-License-Identifier: Apache-2.0
// The models' page: catalogue, workflows and downloads, kept together; each has a module of its own.
import "{{static:frame.js}}";
import {ask} from "{{static:api.js}}";
import {add_set, delete_entry, delete_set, edit_set, hash_of, move_entry, move_model} from "{{static:catalogue_api.js}}";
import {ask_line, confirm_loss} from "{{static:dialogs.js}}";
import {keep_children, make, set_line, set_text} from "{{static:dom.js}}";
import {DownloadQueue} from "{{static:download_queue.js}}";
import {accept_drops} from "{{static:dropped.js}}";
import {choose_file} from "{{static:folder_picker.js}}";
import {LinkDialog} from "{{static:link_dialog.js}}";
import {Live} from "{{static:live.js}}";
import {ModelCheck} from "{{static:model_check.js}}";
import {edit_keys, edit_model} from "{{static:model_dialogs.js}}";
import {ModelSets} from "{{static:model_sets.js}}";
import {wish_of} from "{{static:model_words.js}}";
import {open_menu} from "{{static:menu.js}}";
import {toast} from "{{static:toasts.js}}";
import {bytes} from "{{static:words.js}}";

const at = (id) => document.getElementById(id);
const say = (text) => set_text(at("announce"), text);
const complain = (failure) => toast(failure.message, {tone: "bad"});
const most_at_once = 200;  // downloads in one request
const is_workflow = (entry) => [".json", ".png", ".webp", ".mp4", ".webm"].includes(entry.extension);
let catalogue = {sets: [], folders: [], warnings: []};

const queue = new DownloadQueue({list: at("queue"), actions: at("queue-actions"), space: at("space"), problem: at("queue-problem"), on_error: complain, say,
                                 on_done: () => read_soon()});
const sets = new ModelSets(at("sets"), {download, move, menu: menu_of, set_menu: menu_of_set});
const check = new ModelCheck(at("needs"), at("workflow-words"), {download, move, paste: (need) => add_links({name: need.name, directory: need.directory}), say});

const kinds = () => catalogue.folders.map((one) => one.kind);

async function tried(run, words) {
  try {
    await run();
    if (words) toast(words);
  } catch (failure) {
    complain(failure);
  }
}

// --- the catalogue --------------------------------------------------------------------------------------------------
async function read() {
  try {
    catalogue = {folders: [], warnings: [], ...await ask("GET", "/api/models", undefined, {seconds: 30})};
    set_line(at("sets-problem"), (catalogue.problems ?? []).join("; "));
    sets.show(catalogue.sets);
    show_warnings();
  } catch (failure) {
    set_line(at("sets-problem"), failure.message);
    if (!sets.sets) {
      const again = make("button", {type: "button"}, "Try again");
      again.addEventListener("click", read);
      at("sets").replaceChildren(make("div", {class: "card empty sets-empty row"}, "The catalogue cannot be shown right now.", again));
    }
  }
}

let soon = 0;
function read_soon() {
  clearTimeout(soon);
  soon = setTimeout(() => {
    read();
    check.refresh();
  }, 400);
}

function show_warnings() {
  const {warnings} = catalogue;
  at("warnings-section").hidden = !warnings.length;
  keep_children(at("warnings"), warnings, (one) => `${one.path} ${one.move_to}`, (one) => {
    const button = make("button", {type: "button", hidden: !one.move_to}, "Move", make("span", {class: "unseen"}, ` ${one.path}`));
    button.addEventListener("click", () => tried(async () => {
      await move_model(one.path, one.move_to);
      read_soon();
    }, "Moved."));
    return {node: make("li", {class: "model"}, make("div", {class: "model-words"}, make("h3", {}, one.path.split("/").pop()), make("p", {class: "small said"}, `${one.problem}.`.replace("..", ".")),
                       make("p", {class: "small muted where"}, one.move_to ? `${one.path} → ${one.move_to}` : one.path)), make("div", {class: "row"}, button)), update() {}};
  });
}

// Where a model of a directory ("loras/wan") belongs: beneath the first folder of its kind.
function folder_of(directory) {
  const [kind, ...rest] = directory.split("/");
  const found = catalogue.folders.find((one) => one.kind === kind)?.paths?.[0];
  return found ? [found, ...rest].join("/") : null;
}

function move(entry) {
  return tried(async () => {
    const to = folder_of(entry.directory);
    if (!to) throw new Error(`ComfyUI reads no folder '${entry.directory}'.`);
    await move_model(entry.at, to);
    read_soon();
  }, `${entry.name} is in its folder now.`);
}

// The console reads the whole file, and tells how far it is in lines of JSON.
function verify(entry) {
  toast(`Reading ${entry.name}…`);
  return tried(async () => {
    const sum = await hash_of(entry.at);
    if (sum !== entry.sha256) throw new Error(`${entry.name} is another file: its SHA-256 is ${sum}.`);
    toast(`${entry.name} has the SHA-256 of the catalogue.`);
  }).then(read_soon);
}

// --- downloads ------------------------------------------------------------------------------------------------------
// What was not taken: errors with their url.
async function download(entries, set = "") {
  if (!entries.length) return [];
  const size = entries.reduce((sum, one) => sum + (one.size ?? 0), 0);
  const free = queue.volume.free_bytes;
  if (typeof free === "number" && size + queue.to_come() > free) {
    const is_sure = await confirm_loss({title: "There is not enough space", yes: "Download nevertheless",
      text: `These need ${bytes(size)}, and ${bytes(queue.to_come())} are still to come; ${bytes(free)} are free. What does not fit fails.`});
    if (!is_sure) return [];
  }
  try {
    const ids = [], errors = [];
    for (let n = 0; n < entries.length; n += most_at_once) {
      const answer = await ask("POST", "/api/downloads", {items: entries.slice(n, n + most_at_once).map((one) => wish_of(one, set))});
      ids.push(...answer.ids);
      errors.push(...answer.errors ?? []);
    }
    if (ids.length) toast(ids.length === 1 ? `${entries[0].name || "It"} is on its way.` : `${ids.length} downloads are on their way.`);
    for (const one of errors) complain(new Error([one.error, one.hint].filter(Boolean).join("; ")));
    return errors;
  } catch (failure) {
    complain(failure);
    return entries.map((one) => ({url: one.url, error: failure.message}));
  }
}

function add_links(only = null) {
  new LinkDialog({kinds: kinds(), sets: catalogue.sets, only, download: async (wishes) => {
    const errors = await download(wishes);
    read_soon();
    return errors;
  }});
}

// --- changing the catalogue -----------------------------------------------------------------------------------------
const changed = (words) => {
  toast(words);
  read();
};

function menu_of(entry, set) {
  const others = catalogue.sets.filter((one) => one.name !== set.name);
  return [
    {label: "Edit…", run: () => edit_model({entry, set, sets: catalogue.sets, kinds: kinds(), done: changed})},
    others.length && {label: "Move to another set…", run: () => open_menu(at("sets"), others.map((one) => ({label: one.title || one.name, run: () => tried(async () => {
      await move_entry(entry.id, one.name);
      await read();
    }, `It is in ${one.title || one.name} now.`)})), "Which set")},
    entry.at && entry.sha256 && {label: "Verify its SHA-256", run: () => verify(entry)},
    entry.url && {label: "Download again", run: () => download([entry], set.name)},
    {label: "Delete from the catalogue…", danger: true, run: async () => {
      if (await confirm_loss({title: `Delete “${entry.title || entry.name}” from the catalogue?`, text: "The file stays where it is.", yes: "Delete the entry"})) tried(async () => {
        await delete_entry(entry.id);
        await read();
      }, "Deleted from the catalogue.");
    }},
  ];
}

function menu_of_set(set) {
  return [
    {label: "Add a model…", run: () => edit_model({entry: null, set, sets: catalogue.sets, kinds: kinds(), done: changed})},
    {label: "Rename…", run: () => ask_line({title: "Rename the set", label: "Name", value: set.title || set.name, yes: "Rename", run: async (title) => {
      await edit_set(set.name, title);
      changed("Renamed.");
    }})},
    {label: "Delete the set…", danger: true, run: async () => {
      if (await confirm_loss({title: `Delete the set “${set.title || set.name}”?`, text: "Its entries go from the catalogue; files stay where they are.", yes: "Delete the set"})) tried(async () => {
        await delete_set(set.name);
        await read();
      }, "Deleted.");
    }},
  ];
}

// --- the page -------------------------------------------------------------------------------------------------------
function set_up() {
  const action = (label, run, is_main = false) => {
    const button = make("button", {type: "button", class: is_main ? "main-button" : null}, label);
    button.addEventListener("click", () => run(button));
    at("head-actions").append(button);
  };
  action("Add links", () => add_links(), true);
  action("Catalogue…", (button) => open_menu(button, [
    {label: "Add a model…", run: () => edit_model({entry: null, set: null, sets: catalogue.sets, kinds: kinds(), done: changed})},
    {label: "New set…", run: () => ask_line({title: "New set", label: "Name", yes: "Make it", run: async (title) => {
      await add_set(title);
      changed("The set is there.");
    }})},
  ], "Catalogue"));
  action("Keys…", () => edit_keys(complain));
  at("filter").addEventListener("input", () => {
    sets.filter = at("filter").value.trim();
    sets.show_again();
  });
  at("pick-workflow").addEventListener("click", () => at("workflow-file").click());
  at("workflow-file").addEventListener("change", () => {
    const [file] = at("workflow-file").files;
    if (file) check.of_file(file);
    at("workflow-file").value = "";
  });
  at("pick-from-volume").addEventListener("click", () => choose_file({title: "A workflow on the volume", start: "", is_wanted: is_workflow, run: (path) => check.of_volume(path)}));
  accept_drops((transfer) => {
    const [file] = transfer.files;
    if (file) check.of_file(file);
  }, (is_over) => at("drop-here").hidden = !is_over);
  document.addEventListener("visibilitychange", () => document.hidden || read_soon());
}

async function read_gpu() {
  try {
    const {gpus = []} = await ask("GET", "/api/installation-status");
    sets.gpu = gpus[0] ?? null;
    sets.show_again();
  } catch {
    // Without it nothing is said about the GPU.
  }
}

set_up();
read();
read_gpu();
new Live({
  stream: "/api/downloads/events", poll: "/api/downloads", event: "downloads",
  on_view(view) {
    queue.show(view);
    sets.items = check.items = queue.items;
    sets.show_again();
    check.show();
  },
  on_link: (link) => queue.show_link(link),
});
const workflow = new URLSearchParams(location.search).get("workflow");
if (workflow) check.of_volume(workflow);
