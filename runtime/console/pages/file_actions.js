// SPDX-License-Identifier: Apache-2.0
// What can be done with files: fetch, rename, move, copy, delete with undo. Each tells what became of it, in a notice.
import {address, ask} from "{{static:api.js}}";
import {ask_line} from "{{static:dialogs.js}}";
import {is_folder} from "{{static:entry_list.js}}";
import {choose_folder} from "{{static:folder_picker.js}}";
import {toast} from "{{static:toasts.js}}";
import {ids_of, restore} from "{{static:trash.js}}";

const long = 600;  // seconds: many gigabytes may be copied
const counted = (entries) => entries.length === 1 ? `“${entries[0].name}”` : `${entries.length} things`;
const words_of = (errors) => errors.map((one) => typeof one === "string" ? one : `${(one.path ?? "").split("/").pop()}: ${one.error}`).join("; ");

export const download_address = (entry) => address(is_folder(entry) ? "/api/download_folder" : "/api/download", {path: entry.path});

function fetch_by_link(href) {
  const link = document.createElement("a");
  link.href = href;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
}

export class FileActions {
  // refresh(): the folder has changed. folder(): the path that is shown.
  constructor({refresh, folder}) {
    Object.assign(this, {refresh, folder});
  }

  // Runs what a button asks for; what goes wrong is said.
  async tried(run) {
    try {
      return await run();
    } catch (failure) {
      toast(failure.message, {tone: "bad"});
      return null;
    }
  }

  download(entries) {
    return this.tried(async () => {
      if (entries.length === 1) return fetch_by_link(download_address(entries[0]));
      const {id} = await ask("POST", "/api/selections", {files: entries.map((one) => one.path)});
      fetch_by_link(address("/api/download_multiple", {selection: id}));
    });
  }

  rename(entry) {
    const dot = is_folder(entry) ? -1 : entry.name.lastIndexOf(".");
    ask_line({title: `Rename “${entry.name}”`, label: "New name", value: entry.name, yes: "Rename", choose: [0, dot > 0 ? dot : entry.name.length], run: async (new_name) => {
      if (new_name === entry.name) return;
      await ask("POST", "/api/rename", {old_path: entry.path, new_name});
      toast(`Renamed to “${new_name}”.`);
      this.refresh();
    }});
  }

  new_folder() {
    ask_line({title: "New folder", label: "Name", value: "", yes: "Make it", run: async (folder_name) => {
      await ask("POST", "/api/create_folder", {current_path: this.folder(), folder_name});
      toast(`“${folder_name}” is there.`);
      this.refresh();
    }});
  }

  transfer(entries, what) {
    const [title, yes, done, field] = what === "move" ? ["Move", "Move here", "Moved", "moved"] : ["Copy", "Copy here", "Copied", "copied"];
    choose_folder({title: `${title} ${counted(entries)} to…`, yes, start: this.folder(), run: async (to) => {
      const answer = await ask("POST", `/api/${what}`, {items: entries.map((one) => one.path), to}, {seconds: long});
      this.refresh();
      if (answer.errors?.length) throw new Error(words_of(answer.errors));
      toast(`${done}: ${counted(answer[field]?.length === entries.length ? entries : entries.slice(0, answer[field]?.length ?? 0))} to ${to}.`);
    }});
  }

  remove(entries) {
    return this.tried(async () => {
      const paths = entries.map((one) => one.path);
      const answer = await ask("POST", "/api/delete", {items: paths}, {seconds: 60});
      const errors = answer.errors ?? [];
      this.refresh();
      if (errors.length) toast(`Not deleted: ${words_of(errors)}`, {tone: "bad"});
      const gone = entries.length - errors.length;
      if (gone > 0) toast(`${gone === entries.length ? counted(entries) : `${gone} of ${entries.length} things`} moved to the trash.`, {action: {label: "Undo", run: async () => {
        await restore(await ids_of(paths));
        toast("Restored.");
        this.refresh();
      }}});
    });
  }

  async copy_path(entry) {
    try {
      await navigator.clipboard.writeText(entry.path);
      toast("The path is copied.");
    } catch {
      toast(entry.path);  // on plain http a page may not copy
    }
  }
}
