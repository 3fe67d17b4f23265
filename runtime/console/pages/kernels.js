// SPDX-License-Identifier: Apache-2.0
// The kernels in plain words: what each does for this GPU, how far its compile is, and what one may tell it.
import {ask} from "{{static:api.js}}";
import {action_row} from "{{static:actions.js}}";
import {bar, keep_children, make, set_attribute, set_line, set_state} from "{{static:dom.js}}";
import {kernel_changes_of, rough, span, state_word, tone_of} from "{{static:words.js}}";

const modes = {background: "compiles while services run", true: "services wait for it", prebuilt: "used as the image holds it, never compiled",
               off: "switched off"};

function facts_of(kernel, now) {
  const out = [];
  if (kernel.arch) out.push(kernel.arch.startsWith("sm") ? kernel.arch : `sm_${kernel.arch}`);
  if (kernel.verdict) out.push(`verdict: ${kernel.verdict}`);
  if (modes[kernel.mode] && ["waiting", "compiling"].includes(kernel.state)) out.push(modes[kernel.mode]);
  if (kernel.simulated) out.push("simulated, without a real GPU");
  out.push(`for ${span(now - kernel.since)}`);
  if (kernel.next_try > now) out.push(`next try in ${span(kernel.next_try - now)}`);
  return out.join(" · ");
}

function progress_of(kernel) {
  const percent = `${kernel.progress} %`;
  return typeof kernel.seconds_left === "number" ? `${percent}, about ${rough(kernel.seconds_left)} left` : percent;
}

function kernel_row(kernel, page) {
  const {name} = kernel;
  const tell = (what) => () => ask("POST", `/api/kernels/${encodeURIComponent(name)}/${what}`);
  const state = make("span", {class: "state"});
  const words = make("p", {class: "item-reason"});
  const reason = make("p");
  const facts = make("p", {class: "numbers"});
  const progress = bar();
  const percent = make("p", {class: "numbers"});
  const log = make("button", {type: "button", class: "quiet"}, "Log", make("span", {class: "unseen"}, ` of ${name}`));
  log.addEventListener("click", () => page.open_log(name));
  const actions = action_row(name, {
    retry: {label: "Try again", busy: "Asking…", run: tell("retry")},
    off: {label: "Turn off", busy: "Turning off…", run: tell("off"),
          ask: {question: `Turn ${name} off? Services that use it then work without it, slower.`, yes: "Turn it off", no: "Keep it"}},
  }, [log]);
  const node = make("li", {class: "item"},
                    make("div", {class: "item-words"}, make("div", {class: "item-title"}, make("h3", {}, name), state),
                         words, progress.node, percent, reason, facts),
                    actions.node);
  return {
    node,
    update(one) {
      const [tone, word] = page.told(tone_of(one.state), state_word(one.state));
      const compiling = one.state === "compiling" && typeof one.progress === "number";
      set_attribute(node, "data-tone", tone);
      set_state(state, tone, word);
      set_line(words, one.words);
      set_line(reason, one.reason && !one.words?.includes(one.reason) ? one.reason : "");
      progress.node.hidden = !compiling;
      progress.set(one.progress);
      set_line(percent, compiling ? progress_of(one) : "");
      set_line(facts, facts_of(one, page.now()));
      actions.show(kernel_changes_of(one));
    },
  };
}

export function show_kernels(section, root, view, page) {
  section.hidden = !view.kernels?.length;
  keep_children(root, view.kernels ?? [], (one) => one.name, (one) => kernel_row(one, page));
}
