// SPDX-License-Identifier: Apache-2.0
// Small pictures in the grid: made from the files themselves once they are seen, a few at a time, so that a folder of
// thousands asks for little.
import {address} from "{{static:api.js}}";

const at_once = 3;
const most_bytes = 24 << 20;

export const inline_address = (entry) => address("/api/download", {path: entry.path, inline: 1});

export class Thumbnails {
  constructor() {
    this.on = false;
    this.nodes = new Set();  // that have no picture yet
    this.waiting = [];
    this.loading = 0;
    this.seen = new IntersectionObserver((changes) => {
      for (const {target, isIntersecting} of changes) {
        target.is_seen = isIntersecting;
        if (isIntersecting && this.on) this.waiting.push(target);
      }
      this.go_on();
    }, {rootMargin: "200px"});
  }

  // In a list nothing is asked for; once there are tiles, for all that are seen.
  set_on(on) {
    if (this.on === on) return;
    this.on = on;
    for (const node of this.nodes) {
      if (!node.isConnected) this.nodes.delete(node);
      else if (on && node.is_seen) this.waiting.push(node);
    }
    this.go_on();
  }

  watch(node, entry) {
    const is_video = entry.category === "video";
    if (!is_video && (entry.category !== "image" || entry.size > most_bytes || entry.extension === ".svg")) return;
    node.entry = entry;
    this.nodes.add(node);
    this.seen.observe(node);
  }

  go_on() {
    while (this.loading < at_once && this.waiting.length) {
      const node = this.waiting.shift();
      if (node.is_seen && node.isConnected && this.on && !node.has_picture) this.load(node);
    }
  }

  load(node) {
    const {entry} = node;
    const is_video = entry.category === "video";
    const picture = document.createElement(is_video ? "video" : "img");
    node.has_picture = true;
    this.nodes.delete(node);
    ++this.loading;
    let has_ended = false;
    const end = (is_good) => {
      if (has_ended) return;
      has_ended = true;
      --this.loading;
      if (is_good) node.append(picture);
      node.classList.toggle("with-picture", is_good);
      this.go_on();
    };
    picture.addEventListener(is_video ? "loadeddata" : "load", () => end(true));
    picture.addEventListener("error", () => end(false));
    if (is_video) Object.assign(picture, {muted: true, preload: "metadata", playsInline: true, tabIndex: -1});
    else picture.alt = "";
    picture.src = inline_address(entry) + (is_video ? "#t=0.1" : "");
    setTimeout(() => end(false), 20000);
    this.seen.unobserve(node);
  }
}
