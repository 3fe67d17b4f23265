// SPDX-License-Identifier: Apache-2.0
// The services of the pod: state, reason, where to open each, and what one may tell it.
import {ask} from "{{static:api.js}}";
import {action_row} from "{{static:actions.js}}";
import {keep_children, make, set_attribute, set_line, set_state} from "{{static:dom.js}}";
import {changes_of, list, own_services, span, state_word, tone_of, users_services} from "{{static:words.js}}";

const times = (n) => n === 1 ? "once" : n === 2 ? "twice" : `${n} times`;

function facts_of(service, now) {
  const out = [`for ${span(now - service.since)}`];
  if (service.port) out.push(`port ${service.port}`);
  if (service.restarts) out.push(`restarted ${times(service.restarts)}`);
  if (service.memory_kills) out.push(`killed for memory ${times(service.memory_kills)}`);
  if (service.state === "waiting" && service.needs?.length) out.push(`needs ${list(service.needs)}`);
  if (service.next_try > now) out.push(`next start in ${span(service.next_try - now)}`);
  return out.join(" · ");
}

function actions_of(name) {
  const tell = (what) => () => ask("POST", `/api/services/${encodeURIComponent(name)}/${what}`);
  return {
    start: {label: "Start", busy: "Starting…", run: tell("start")},
    restart: {label: "Restart", busy: "Restarting…", run: tell("restart")},
    stop: {label: "Stop", busy: "Stopping…", run: tell("stop"),
           ask: {question: `Stop ${name}? Whoever uses it is cut off, and it stays off until it is started.`,
                 yes: "Stop it", no: "Let it run"}},
  };
}

// A row. `page`: open_log(name) shows a log; now() is the pod's time; told(tone, word) says of a state that it is of before
// when nothing newer is known.
export function service_row(service, page) {
  const {name} = service;
  const state = make("span", {class: "state"});
  const is_public = make("span", {class: "tag", hidden: true}, "outside this sign-in");
  const facts = make("p", {class: "numbers"});
  const reason = make("p", {class: "item-reason"});
  const attention = make("p");
  const open = make("a", {class: "button open-button", target: "_blank", rel: "noopener", hidden: true}, "Open",
                    make("span", {class: "unseen"}, ` ${name} in a new tab`));
  const log = make("button", {type: "button", class: "quiet"}, "Log", make("span", {class: "unseen"}, ` of ${name}`));
  log.addEventListener("click", () => page.open_log(name));
  const actions = action_row(name, actions_of(name), [open, log]);
  const node = make("li", {class: "item"},
                    make("div", {class: "item-words"},
                         make("div", {class: "item-title"}, make("h3", {}, name), state, is_public), facts, reason, attention),
                    actions.node);
  return {
    node,
    update(one) {
      const [tone, word] = page.told(one.ready ? "ok" : tone_of(one.state), state_word(one.state));
      set_attribute(node, "data-tone", tone);
      set_state(state, tone, word);
      set_line(facts, facts_of(one, page.now()));
      set_line(reason, one.ready || one.state === "done" ? "" : one.reason);
      set_line(attention, one.attention ? `Attention: ${one.attention}` : "");
      is_public.hidden = !one.public;
      // This very page needs no link to itself.
      const address = own_services.includes(name) ? null : one.url ?? null;
      set_attribute(open, "href", address);
      open.hidden = !address;
      // What does not answer yet can be opened too: its port says how far it is.
      open.classList.toggle("main-button", tone === "ok");
      actions.show(own_services.includes(name) ? ["restart"] : changes_of(one));
    },
  };
}

export function show_services(root, view, page) {
  const services = users_services(view);
  const none = view.launcher?.state === "connected" ? "The pod’s template names no services." : "It is not known which services run.";
  const items = services.length ? services : [{name: none, is_empty: true}];
  keep_children(root, items, (one) => one.name, (one) => one.is_empty
    ? {node: make("li", {class: "empty"}, none), update() {}} : service_row(one, page));
}
