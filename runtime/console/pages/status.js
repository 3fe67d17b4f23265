// SPDX-License-Identifier: Apache-2.0
// The status page: paints the view that came with the page, then each that follows, and says so when none does.
import "{{static:frame.js}}";
import {bar, keep_children, make, set_state, set_text} from "{{static:dom.js}}";
import {show_kernels} from "{{static:kernels.js}}";
import {Live} from "{{static:live.js}}";
import {LogView} from "{{static:logs.js}}";
import {show_machine} from "{{static:machine.js}}";
import {show_parts} from "{{static:parts.js}}";
import {show_services} from "{{static:services.js}}";
import {timeline} from "{{static:timeline.js}}";
import {clock, span, state_word, summary, tone_of} from "{{static:words.js}}";

const at = (id) => document.getElementById(id);
const moments = timeline(at("timeline"));
const logs = new LogView(at("logs"));
const overall = bar();
let view = JSON.parse(at("state").textContent);
let heard = Date.now();
let link = "live";

at("overall").append(overall.node);

// The pod's own time, since this browser's clock may be wrong. It stands still while nothing is heard.
const is_linked = () => link === "live" || link === "polling";
const now = () => view.pod.now + (is_linked() ? Date.now() - heard : 0);

const is_known = () => view.launcher?.state === "connected" && is_linked();

// What every section needs of the page.
const page = {
  now,
  told: (tone, word) => is_known() || word === "unknown" ? [tone, word] : ["off", `was ${word}`],
  open_log(name) {
    logs.choose(name);
    at("logs-section").scrollIntoView({block: "start", behavior: "smooth"});
    logs.view.focus({preventScroll: true});
  },
};

// Changes of the headline are said to a screen reader, at most every few seconds.
let said = "", to_say = "", say_timer = null;
function announce(text) {
  to_say = text;
  if (said === "") said = text;  // it is on the page that was just opened
  if (say_timer || text === said) return;
  say_timer = setTimeout(() => {
    say_timer = null;
    if (to_say === said) return;
    said = to_say;
    at("announce").textContent = said;
  }, 1500);
}

function show_summary() {
  const {headline, sentences, tone} = summary(view, is_known());
  const {pod} = view;
  // Whoever can use everything is not told that the pod starts, although a kernel is on its way.
  const is_usable = pod.state === "starting" && tone === "ok";
  const [pod_tone, pod_word] = pod.state === "unknown" ? [tone, "unknown"] : is_usable ? ["ok", "usable"]
    : [tone_of(pod.state), state_word(pod.state)];
  set_state(at("pod-state"), ...page.told(pod_tone, pod_word));
  set_text(at("headline"), headline);
  keep_children(at("sentences"), sentences.map((text, place) => ({text, place})), (one) => one.place,
                () => {
                  const node = make("p");
                  return {node, update: (one) => set_text(node, one.text)};
                });
  set_text(at("uptime"), pod.started ? `up ${span(now() - pod.started)}` : "");
  set_text(at("link"), {live: "live", polling: "updated every 3 s", unreachable: "not live", "signed-out": "not live"}[link]);
  overall.node.hidden = pod.state !== "starting" || is_usable;
  overall.set(pod.progress);
  set_text(document.querySelector("title"), `${headline} · ${pod.name}`);
  announce(headline);
}

function show_banner() {
  const {launcher = {}} = view;
  const banner = at("banner");
  const lines = {
    unreachable: [`The console cannot be reached since ${clock(heard)}.`, " What you see is from then. Trying again by itself."],
    "signed-out": ["You are signed out."],
  }[link] ?? (launcher.state === "connected" ? null :
    [launcher.state === "hanging" ? "The pod’s launcher does not answer." : "The pod’s launcher is gone.",
     ` What you see is what was known at ${clock(launcher.since)}; services may run on.`]);
  const key = JSON.stringify(lines);
  if (banner.dataset.key === key) return;
  banner.dataset.key = key;
  banner.hidden = !lines;
  banner.replaceChildren();
  if (!lines) return;
  banner.append(make("strong", {}, lines[0]), lines[1] ?? "");
  if (link === "signed-out") banner.append(" ", make("a", {href: location.pathname}, "Sign in again"));
}

function show_all() {
  show_summary();
  show_banner();
  show_services(at("services"), view, page);
  show_kernels(at("kernels-section"), at("kernels"), view, page);
  show_machine(at("machine"), view, page);
  show_parts(at("parts-details"), at("parts-words"), at("parts"), view, page);
  moments.update(view);
  logs.update(view);
}

show_all();
at("main").removeAttribute("data-unpainted");
setInterval(() => document.hidden || show_all(), 1000);
new Live({
  stream: "/api/events",
  poll: "/api/installation-status",
  on_view(latest) {
    view = latest;
    heard = Date.now();
    show_all();
  },
  on_link(state) {
    link = state;
    show_all();
  },
});
