// SPDX-License-Identifier: Apache-2.0
// The page on the port of a service that does not answer yet: says how far it is, and loads the same address again once
// something answers there.
import {keep_children, make, set_attribute, set_line, set_state, set_text} from "{{static:dom.js}}";
import {Live} from "{{static:live.js}}";
import {key_of_moment, moment_row} from "{{static:timeline.js}}";
import {rough, span, state_word, tone_of} from "{{static:words.js}}";

const ask_every = 2000;
const at = (id) => document.getElementById(id);
const name = at("title").dataset.service;
let view = JSON.parse(at("state").textContent);
let heard = Date.now();

const now = () => view.pod.now + (Date.now() - heard);
const find = (wanted) => (view.services ?? []).find((one) => one.name === wanted);

const headlines = {
  waiting: "waits for its turn", starting: "is starting", running: "is starting", ready: "is about to answer",
  unhealthy: "does not answer", backoff: "ended and starts again", stopping: "is stopping", stopped: "is stopped",
  failed: "could not be started", blocked: "cannot start", done: "has ended",
};
const comes = (state) => !["stopped", "failed", "blocked", "done"].includes(state);

function needs_of(service) {
  const needs = (service?.needs ?? []).map(find).filter((one) => one && !one.ready && one.state !== "done")
    .map((one) => `It needs ${one.name}, which is ${state_word(one.state)}.`);
  const kernels = (view.kernels ?? []).filter((one) => service?.uses_kernels?.includes(one.name) && one.state === "compiling")
    .map((one) => `Its kernel ${one.name} is compiling` +
                  (typeof one.seconds_left === "number" ? `, about ${rough(one.seconds_left)} left.` : "."));
  return [...needs, ...kernels];
}

function show() {
  const service = find(name);
  const known = view.launcher?.state === "connected";
  const state = known ? service?.state : undefined;
  set_state(at("service-state"), tone_of(state), state_word(state));
  const headline = `${name} ${headlines[state] ?? "does not answer yet"}`;
  if (at("title").textContent !== headline) {
    set_text(at("title"), headline);
    set_text(at("announce"), headline);
    document.title = `${headline} · ${view.pod.name}`;
  }
  const next = service?.next_try > now() ? `; its next start is in ${span(service.next_try - now())}` : "";
  const reason = service?.reason ? `. ${service.reason[0].toUpperCase()}${service.reason.slice(1).replace(/\.$/, "")}` : "";
  set_line(at("since"), !known ? "The pod’s launcher does not answer, so it is not known how far the service is."
    : service ? `For ${span(now() - service.since)}${reason}${next}.` : "");
  const needs = known ? needs_of(service) : [];
  at("needs").hidden = !needs.length;
  keep_children(at("needs"), needs, (one) => one, (one) => ({node: make("li", {}, one), update() {}}));
  set_text(at("promise"), comes(state) ? `This page turns into ${name} by itself as soon as it answers.`
    : `It does not start by itself. Start it on the pod’s status page, or read its log there; this page turns into ${name} then.`);
  const console_address = find("console")?.url;
  at("status-link").hidden = !console_address;
  if (console_address) set_attribute(at("status-link"), "href", console_address);
  const moments = (view.timeline ?? []).filter((one) => one.who === name).slice(-5).reverse();
  at("moments-section").hidden = !moments.length;
  keep_children(at("moments"), moments, key_of_moment, moment_row);
}

// The gateway answers 503 to whatever is no page load as long as nothing answers behind it. One question at a time, and none
// while the tab is hidden.
async function look() {
  if (!document.hidden) {
    try {
      const {status} = await fetch(location.href, {method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(5000)});
      if (![502, 503, 504].includes(status)) {
        location.reload();
        return;
      }
    } catch {
      // Nobody answers: neither the service nor the gateway.
    }
  }
  setTimeout(look, ask_every);
}

show();
at("main").removeAttribute("data-unpainted");
setInterval(() => document.hidden || show(), 1000);
new Live({stream: "/_tmplbuild/events", on_view(latest) {
  view = latest;
  heard = Date.now();
  show();
}, on_link() {}});
setTimeout(look, ask_every);
document.addEventListener("visibilitychange", () => document.hidden || show());
