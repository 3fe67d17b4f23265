// SPDX-License-Identifier: Apache-2.0
// Models and downloads in words: pure functions, without the page.
import {bytes, rough} from "{{static:words.js}}";

const gb = (n) => `${Math.round(n / 1e9)} GB`;

// How a model stands with this pod's GPU: [words, tone]; null where one of both is not known.
export function fit_of(memory_bytes, gpu) {
  if (!memory_bytes) return null;
  if (!gpu?.memory_bytes) return [`needs ${gb(memory_bytes)} of GPU memory`, null];
  const name = gpu.name.replace(/^NVIDIA (GeForce )?/, "");
  return gpu.memory_bytes >= memory_bytes ? [`needs ${gb(memory_bytes)}: fits your ${name}`, "ok"]
    : [`needs ${gb(memory_bytes)}: your ${name} has ${gb(gpu.memory_bytes)}, so parts of it are swapped, which is slower`, "warn"];
}

const model_states = {
  there: ["ok", "there"], missing: ["off", "missing"], misplaced: ["warn", "in another folder"], differs: ["warn", "another file has its name"], unknown: ["ok", "there, not verified"],
};
// A file in its place, whether or not something is known to hold it against.
export const is_there = (one) => one.state === "there" || one.state === "unknown";
export const model_state = (state) => model_states[state] ?? ["off", state ?? "not known"];

const download_states = {
  waiting: ["off", "waiting"], running: ["busy", "downloading"], verifying: ["busy", "verifying"], paused: ["off", "paused"], stalled: ["warn", "stalled"],
  done: ["ok", "done"], failed: ["bad", "failed"], cancelled: ["off", "cancelled"],
};
export const download_state = (state) => download_states[state] ?? ["off", state ?? "unknown"];
export const is_over = (item) => ["done", "failed", "cancelled"].includes(item.state);
export const is_moving = (item) => ["running", "verifying", "stalled"].includes(item.state);

export const size_words = (entry) => typeof entry.size === "number" ? bytes(entry.size) : entry.about_bytes ? `about ${bytes(entry.about_bytes)}` : "size not known";

export function progress_words(item) {
  const of = item.size ? `${bytes(item.done_bytes ?? 0)} of ${bytes(item.size)}` : `${bytes(item.done_bytes ?? 0)}`;
  const left = item.state === "running" && typeof item.seconds_left === "number" ? `${rough(item.seconds_left)} left` : "";
  return [is_over(item) ? (item.size ? bytes(item.size) : "") : of, item.state === "running" && item.speed ? `${bytes(item.speed)}/s` : "", left].filter(Boolean).join(" · ");
}

// "loras/wan" of a models folder, whatever the address has of it.
export const folder_words = (one) => one.directory || (one.path ?? "").split("/").slice(0, -1).join("/");

// The download of an entry that is in the queue, if there is one that is not over.
export function download_of(items, entry) {
  const {name, directory} = place_of(entry);
  return items.find((one) => !is_over(one) && one.name === name && (one.directory ?? "") === directory);
}

// The name of a workflow may have folders of its own in it: "wan/high.safetensors" below "loras".
export function place_of(entry) {
  const words = (entry.name ?? "").split("/");
  return {name: words.at(-1), directory: [entry.directory ?? "", ...words.slice(0, -1)].filter(Boolean).join("/")};
}

export const wish_of = (entry, set) => {
  const wish = {url: entry.url, ...place_of(entry)};
  if (!wish.name) delete wish.name;  // the host names it
  if (entry.sha256) wish.sha256 = entry.sha256;
  if (typeof entry.size === "number") wish.size = entry.size;
  if (set) wish.set = set;
  return wish;
};
