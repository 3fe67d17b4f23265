// SPDX-License-Identifier: Apache-2.0
// The places beside a folder: roots, ComfyUI's folders that people look into, pinned folders, the trash, and how full the
// volume is.
import {address, ask} from "{{static:api.js}}";
import {bar, make, set_attribute, set_text} from "{{static:dom.js}}";
import {icon} from "{{static:icons.js}}";
import {bytes, part, share} from "{{static:words.js}}";

const known_folders = ["output", "input", "models", "custom_nodes", "user"];

export class Places {
  // go(path), open_trash()
  constructor(root, {go, open_trash, on_error}) {
    Object.assign(this, {go, on_error});
    this.pins = [];
    this.roots = [];
    this.comfy = [];
    this.list = make("ul", {class: "place-list"});
    this.pinned = make("ul", {class: "place-list"});
    this.pinned_title = make("h2", {class: "small"}, "Pinned");
    this.track = bar();
    this.space = make("p", {class: "small numbers"}, "How full it is, is not known yet.");
    this.here = make("p", {class: "small muted numbers"});
    const trash = make("button", {type: "button", class: "place"}, icon("trash"), "Trash");
    trash.addEventListener("click", open_trash);
    // On a phone the places fold away.
    this.details = make("details", {open: true}, make("summary", {}, "Places"), make("h2", {class: "small"}, "Places"), this.list, this.pinned_title, this.pinned,
                        make("ul", {class: "place-list"}, make("li", {}, trash)), make("div", {class: "storage"}, this.track.node, this.space, this.here));
    root.append(this.details);
    const narrow = matchMedia("(max-width: 900px)");
    const fold = () => this.details.open = !narrow.matches;
    narrow.addEventListener("change", fold);
    fold();
  }

  async start() {
    ask("GET", "/api/pins").then(({paths}) => {
      this.pins = paths;
      this.show();
    }).catch(() => {});
  }

  async show_roots(roots) {
    if (!roots?.length || this.roots.join() === roots.join()) return;
    this.roots = roots;
    this.show();
    try {
      const {contents} = await ask("GET", address("/api/browse", {path: `${roots[0]}/ComfyUI`, limit: 500}));
      const names = new Set(contents.map((one) => one.name));
      this.comfy = known_folders.filter((name) => names.has(name)).map((name) => `${roots[0]}/ComfyUI/${name}`);
      this.show();
    } catch {
      // There is no ComfyUI on this volume.
    }
  }

  show_here(path) {
    this.path = path;
    this.show();
    this.measure();
  }

  place(path, label) {
    const link = make("a", {class: "place", href: address("/files", {path}), title: path}, icon("folder"), label);
    if (path === this.path) link.setAttribute("aria-current", "true");
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.go(path);
    });
    return make("li", {}, link);
  }

  show() {
    this.list.replaceChildren(...this.comfy.map((path) => this.place(path, path.split("/").pop())), ...this.roots.map((path) => this.place(path, path)));
    this.pinned.replaceChildren(...this.pins.map((path) => this.place(path, path.split("/").pop() || path)));
    this.pinned_title.hidden = !this.pins.length;
  }

  is_pinned(path) {
    return this.pins.includes(path);
  }

  async toggle_pin(path) {
    const paths = this.is_pinned(path) ? this.pins.filter((one) => one !== path) : [...this.pins, path];
    await ask("PUT", "/api/pins", {paths});
    this.pins = paths;
    this.show();
  }

  async measure() {
    const path = this.path;
    this.measuring?.abort();
    this.measuring = new AbortController();
    try {
      const answer = await ask("GET", address("/api/storage_info", {path}), undefined, {signal: this.measuring.signal});
      const percent = part(answer.disk_used, answer.disk_total);
      this.track.set(percent);
      set_attribute(this.track.node, "data-tone", percent >= 95 ? "bad" : percent >= 85 ? "warn" : null);
      set_text(this.space, `${share(answer.disk_used, answer.disk_total)} used`);
      set_text(this.here, `This folder: ${answer.size_truncated ? "at least " : ""}${bytes(answer.directory_size)} in ${answer.file_count} ${answer.file_count === 1 ? "file" : "files"}`);
    } catch (failure) {
      if (failure.name === "AbortError") return;
      set_text(this.space, "How full it is, is not known.");
      set_text(this.here, failure.message);
    }
  }
}
