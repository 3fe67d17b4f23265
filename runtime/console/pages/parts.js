// SPDX-License-Identifier: Apache-2.0
// What keeps the pod going and is no service of the user's: parts of the launcher, and the two services that this page
// comes through.
import {keep_children, make, set_attribute, set_line, set_state, set_text} from "{{static:dom.js}}";
import {service_row} from "{{static:services.js}}";
import {own_services, span, state_word, tone_of} from "{{static:words.js}}";

function part_row(part, page) {
  const state = make("span", {class: "state"});
  const reason = make("p", {class: "item-reason"});
  const facts = make("p", {class: "numbers"});
  const node = make("li", {class: "item"}, make("div", {class: "item-words"},
                    make("div", {class: "item-title"}, make("h3", {}, part.name), state), facts, reason));
  return {
    node,
    update(one) {
      const now = page.now();
      // The launcher's own row is what says that nothing newer is known.
      const [tone, word] = one.name === "launcher" ? [tone_of(one.state), state_word(one.state)]
                                                   : page.told(tone_of(one.state), state_word(one.state));
      set_attribute(node, "data-tone", tone);
      set_state(state, tone, word);
      set_line(facts, `for ${span(now - one.since)}` + (one.next_try > now ? ` · next try in ${span(one.next_try - now)}` : ""));
      set_line(reason, one.reason);
    },
  };
}

export function show_parts(details, words, root, view, page) {
  const services = (view.services ?? []).filter((one) => own_services.includes(one.name)).map((one) => ({...one, is_service: true}));
  const launcher = {name: "launcher", state: view.launcher?.state ?? "unknown", reason: view.launcher?.reason, since: view.launcher?.since};
  const rows = [launcher, ...(view.components ?? []).filter((one) => one.name !== "launcher"), ...services];
  keep_children(root, rows, (one) => one.name, (one) => one.is_service ? service_row(one, page) : part_row(one, page));
  const bad = rows.filter((one) => ["warn", "bad"].includes(tone_of(one.state))).length;
  set_text(words, bad ? `${bad} of ${rows.length} parts ${bad === 1 ? "needs" : "need"} attention` : `${rows.length} parts, nothing to report`);
  set_attribute(words, "data-tone", bad ? "warn" : null);
  // Opened by itself once, when something is wrong; whoever closes it has seen it.
  if (bad && !details.dataset.shown) details.open = true;
  details.dataset.shown = bad ? "yes" : "";
}
