// SPDX-License-Identifier: Apache-2.0
// Uploads in portions, two files at a time: paused, gone on with, tried again with growing pauses, found again after the
// page was loaded anew. What arrived is proven: the console's SHA-256 has to be the file's own. Knows nothing of the page.
import {address, ask} from "{{static:api.js}}";
import {send_portion} from "{{static:upload_portion.js}}";

const portion = 32 * 1024 * 1024;
const at_once = 2;
const longest_wait = 30000;

const hash_of = (file) => new Promise((done) => {
  let worker;
  const end = (sum) => {
    worker?.terminate();
    done(sum);
  };
  try {
    worker = new Worker("{{static:hash_worker.js}}", {type: "module"});
    worker.onmessage = ({data}) => end(data.sha256 ?? null);
    worker.onerror = () => end(null);
    worker.postMessage({file});
  } catch {
    end(null);
  }
});

// Ended without an error of its own: somebody paused or cancelled it.
const given_up = (failure) => failure.name === "AbortError";
// What another try may heal: the network, a server that is busy or away.
const may_heal = (failure) => !failure.status || failure.status >= 500 || failure.status === 408 || failure.status === 429 || failure.is_busy;

export class Uploads {
  // on_change(): something moved. on_end(item): one is done or failed. on_all_ended(items): nothing runs any more.
  constructor({on_change, on_end, on_all_ended}) {
    Object.assign(this, {on_change, on_end, on_all_ended});
    this.items = [];
    this.next_key = 0;
    this.conflict = "refuse";
    addEventListener("online", () => this.items.filter((one) => one.state === "retrying").forEach((one) => one.wake?.()));
    addEventListener("beforeunload", (event) => this.is_busy() && event.preventDefault());
  }

  is_busy() {
    return this.items.some((one) => ["waiting", "running", "retrying", "verifying"].includes(one.state));
  }

  // Uploads that began before this page was loaded: they go on once the file is given again.
  async find_again() {
    const {uploads = []} = await ask("GET", "/api/uploads");
    for (const one of uploads) {
      if (one.done || this.items.some((item) => item.id === one.id)) continue;
      this.push({id: one.id, folder: one.path, name: one.name, size: one.size, offset: one.offset, state: "lost"});
    }
    this.on_change();
  }

  push(item) {
    this.items.push({key: ++this.next_key, id: null, offset: 0, sent: 0, file: null, error: "", speed: 0, tries: 0, conflict: "", sha256: null, ...item});
  }

  // `files`: {file, name} each.
  add(files, folder) {
    for (const {file, name} of files) {
      const lost = this.items.find((one) => one.state === "lost" && one.size === file.size && one.name === name && one.folder === folder)
        ?? this.items.find((one) => one.state === "lost" && one.size === file.size && one.name.split("/").pop() === file.name);
      if (lost) Object.assign(lost, {file, state: "waiting"});
      else this.push({folder, name, file, size: file.size, modified: file.lastModified, state: "waiting"});
    }
    this.go_on();
  }

  go_on() {
    const running = this.items.filter((one) => ["running", "retrying", "verifying"].includes(one.state)).length;
    const next = this.items.filter((one) => one.state === "waiting").slice(0, Math.max(0, at_once - running));
    for (const item of next) this.run(item);
    this.on_change();
    if (!running && !next.length && this.began) {
      this.began = false;
      this.on_all_ended(this.items);
    }
  }

  async run(item) {
    this.began = true;
    item.state = "running";
    item.error = "";
    const stop = new AbortController();
    item.stop = stop;
    item.hash ??= hash_of(item.file);
    try {
      await this.open(item, stop.signal);
      await this.send(item, stop.signal);
      await this.prove(item);
      item.state = "done";
      this.on_end(item);
    } catch (failure) {
      if (stop !== item.stop || given_up(failure)) return this.go_on();
      if (failure.conflict) item.state = "conflict";
      else if (may_heal(failure) && item.state !== "wrong") return this.wait_and_retry(item, failure);
      else item.state = "failed";
      item.error = failure.message;
      this.on_end(item);
    }
    this.go_on();
  }

  // An upload's place on the volume: a new one, or where the one that was begun stands.
  async open(item, signal) {
    if (item.id) {
      try {
        item.offset = (await ask("GET", `/api/uploads/${encodeURIComponent(item.id)}`, undefined, {signal})).offset;
        return;
      } catch (failure) {
        if (failure.status !== 404) throw failure;
        Object.assign(item, {id: null, offset: 0});
      }
    }
    const conflict = item.conflict || this.conflict;
    const wish = {path: item.folder, name: item.name, size: item.size, conflict};
    if (item.modified) wish.modified = Math.floor(item.modified / 1000);
    try {
      const {id, offset} = await ask("POST", "/api/uploads", wish, {signal});
      Object.assign(item, {id, offset});
    } catch (failure) {
      throw failure.status === 409 && conflict === "refuse" ? Object.assign(failure, {conflict: true}) : failure;
    }
  }

  async send(item, signal) {
    let answer = null;
    item.pace = {at: Date.now(), offset: item.offset};
    // An empty file has one portion, too.
    while (!answer?.done && (item.offset < item.size || !answer)) {
      const from = item.offset;
      const body = item.file.slice(from, Math.min(from + portion, item.size));
      const where = address(`/api/uploads/${encodeURIComponent(item.id)}`, {offset: String(from)});
      try {
        answer = await send_portion(where, body, signal, (sent) => this.note_progress(item, from + sent));
      } catch (failure) {
        // The portion before may not have ended yet, or the name was taken meanwhile: which one it is shows in time.
        failure.is_busy = failure.status === 409 && ++item.tries < 6;
        if (failure.status !== 409 || typeof failure.answer?.offset !== "number") throw failure;
        answer = failure.answer;  // it has more, or less, than was thought
        if (!failure.is_busy) throw failure;
      }
      item.offset = answer.offset;
      item.sent = answer.offset;
      if (answer.offset > from) item.tries = 0;
      this.on_change();
    }
    item.answer = answer;
  }

  note_progress(item, sent) {
    item.sent = sent;
    const now = Date.now();
    const {pace} = item;
    if (now - pace.at < 500) return;
    const speed = Math.max(0, sent - pace.offset) / (now - pace.at) * 1000;
    item.speed = item.speed ? item.speed * .7 + speed * .3 : speed;
    item.pace = {at: now, offset: sent};
    this.on_change();
  }

  // 200 is no proof: the file is there with the size and the hash of this one, or the upload failed.
  async prove(item) {
    item.state = "verifying";
    item.speed = 0;
    this.on_change();
    const {answer} = item;
    const own = await item.hash;
    const wrong = !answer.done ? "the console does not call it finished" : answer.offset !== item.size ? "its size is another one"
      : own && answer.sha256 && own !== answer.sha256 ? "its SHA-256 is another one" : "";
    if (wrong) {
      item.state = "wrong";
      throw new Error(`What arrived is not this file: ${wrong}. Upload it again.`);
    }
    item.sha256 = answer.sha256 ?? null;
    item.is_proven = Boolean(own && answer.sha256);
    item.path = answer.path;
  }

  async wait_and_retry(item, failure) {
    item.state = "retrying";
    item.speed = 0;
    item.error = failure.message;
    const ms = Math.min(longest_wait, 1000 * 2 ** item.tries++);
    item.next_try = Date.now() + ms;
    this.on_change();
    await new Promise((wake) => {
      item.wake = wake;
      setTimeout(wake, ms);
    });
    if (item.state !== "retrying") return;
    item.state = "waiting";
    this.go_on();
  }

  stop(item, state) {
    const {stop} = item;
    item.stop = null;
    item.state = state;
    item.speed = 0;
    stop?.abort();
    item.wake?.();
  }

  pause(item) {
    this.stop(item, "paused");
    this.go_on();
  }

  resume(item, conflict = "") {
    if (conflict) item.conflict = conflict;
    if (item.state === "failed") Object.assign(item, {tries: 0, hash: null});
    item.state = item.file ? "waiting" : "lost";
    this.go_on();
  }

  async cancel(item) {
    this.stop(item, "cancelled");
    this.items = this.items.filter((one) => one !== item);
    this.go_on();
    if (item.id && !item.answer?.done) await ask("DELETE", `/api/uploads/${encodeURIComponent(item.id)}`).catch((failure) => {
      if (failure.status !== 404) throw failure;
    });
  }

  pause_all() {
    for (const one of this.items) if (["waiting", "running", "retrying"].includes(one.state)) this.stop(one, "paused");
    this.go_on();
  }

  resume_all() {
    for (const one of this.items) if (one.state === "paused") one.state = "waiting";
    this.go_on();
  }

  clear() {
    this.items = this.items.filter((one) => !["done", "failed"].includes(one.state));
    this.on_change();
  }
}
