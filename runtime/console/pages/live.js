// SPDX-License-Identifier: Apache-2.0
// Keeps a page's view of the pod fresh: server-sent events, polling while those fail, nothing while the tab is hidden. A
// stream that ends is normal (proxies end requests, RunPod's at 100 s): the browser opens it again, and nobody is told.

const poll_every = 3000;       // while the stream fails
const stream_again = 30000;    // then the stream is tried anew
const silence = 60000;         // a stream may be dead without having ended
const lasting = 5000;          // a stream that was open for so long did not fail
const unreachable_after = 8000;

export class Live {
  // `stream` and `poll` are addresses; without `poll` the stream alone is tried again. on_view(view) is called with each
  // view, on_link(state) with "live", "polling", "unreachable" or "signed-out" when that changes. `event` is the stream's.
  constructor({stream, poll, on_view, on_link, event = "state"}) {
    Object.assign(this, {stream, poll, on_view, on_link, event});
    this.last_heard = Date.now();
    this.link = "";
    this.failures = 0;
    document.addEventListener("visibilitychange", () => document.hidden ? this.pause() : this.open());
    addEventListener("pagehide", () => this.pause());
    addEventListener("pageshow", (event) => event.persisted && this.open());
    addEventListener("online", () => this.open());
    this.open();
  }

  pause() {
    this.source?.close();
    this.source = null;
    for (const timer of ["poll_timer", "stream_timer", "silence_timer"]) clearTimeout(this[timer]);
    this.polling?.abort();
    this.polling = null;
  }

  open() {
    this.pause();
    if (document.hidden) return;
    this.failures = 0;
    this.listen();
  }

  listen() {
    const source = new EventSource(this.stream);
    this.source = source;
    this.wait_for_silence();
    let opened = 0;
    source.addEventListener("open", () => opened = Date.now());
    source.addEventListener(this.event, (event) => {
      this.failures = 0;
      this.stop_polling();
      this.wait_for_silence();
      this.hear(event.data, "live");
    });
    source.addEventListener("error", () => {
      if (source !== this.source) return;
      if (opened && Date.now() - opened > lasting) this.failures = 0;
      opened = 0;
      if (++this.failures < 2 && source.readyState !== EventSource.CLOSED) return;
      source.close();
      this.source = null;
      clearTimeout(this.silence_timer);
      clearTimeout(this.stream_timer);
      this.stream_timer = setTimeout(() => this.listen(), this.poll ? stream_again : poll_every);
      if (!this.poll) this.miss();
      else if (!this.polling) this.ask();
    });
  }

  wait_for_silence() {
    clearTimeout(this.silence_timer);
    this.silence_timer = setTimeout(() => {
      this.source?.close();
      this.listen();
    }, silence);
  }

  stop_polling() {
    clearTimeout(this.poll_timer);
    this.polling?.abort();
    this.polling = null;
  }

  async ask() {
    const polling = new AbortController();
    this.polling = polling;
    const deadline = setTimeout(() => polling.abort(), 10000);
    let answer = null;
    let signed_out = false;
    try {
      const response = await fetch(this.poll, {cache: "no-store", signal: polling.signal, headers: {Accept: "application/json"}});
      signed_out = response.status === 401 || response.status === 403;
      if (response.ok) answer = await response.text();
    } catch {
      // No answer: told below.
    }
    clearTimeout(deadline);
    if (this.polling !== polling) return;  // the stream is back, or the tab was hidden
    if (signed_out) {
      this.pause();
      this.tell("signed-out");
      return;
    }
    if (answer !== null) this.hear(answer, "polling");
    else this.miss();
    this.poll_timer = setTimeout(() => this.ask(), poll_every);
  }

  miss() {
    if (Date.now() - this.last_heard > unreachable_after) this.tell("unreachable");
  }

  hear(text, link) {
    let view;
    try {
      view = JSON.parse(text);
    } catch {
      return;  // cut on its way: the next one is whole
    }
    this.last_heard = Date.now();
    this.tell(link);
    this.on_view(view);
  }

  tell(link) {
    if (this.link === link) return;
    this.link = link;
    this.on_link(link);
  }
}
