// SPDX-License-Identifier: Apache-2.0
// The machine below the pod: GPUs, memory, disks, and what its host's driver says.
import {bar, keep_children, make, set_attribute, set_line, set_state, set_text} from "{{static:dom.js}}";
import {part, share, state_word, tone_of} from "{{static:words.js}}";

// A line "label … value", with a bar where a part is known. `fullness`: a bar that is nearly full warns.
function fact(label, fullness) {
  const value = make("dd", {class: "numbers"});
  const track = bar();
  const node = make("dl", {class: "fact"}, make("dt", {}, label), value, ...(fullness === undefined ? [] : [track.node]));
  return {
    node,
    set(text, percent = null) {
      set_text(value, text);
      track.set(percent);
      set_attribute(track.node, "data-tone", fullness && percent >= 95 ? "bad" : fullness && percent >= 85 ? "warn" : null);
    },
  };
}

function gpu_card(gpu) {
  const name = make("h3", {}, gpu.name || "unknown GPU");
  const kind = make("span", {class: "small muted"});
  const memory = fact("Memory", true);
  const load = fact("Load", false);
  return {
    node: make("div", {}, make("div", {class: "head"}, name, kind), memory.node, load.node),
    update(one) {
      set_text(kind, `GPU ${one.index}` + (one.capability ? ` · ${one.capability}` : ""));
      memory.set(share(one.memory_used_bytes, one.memory_bytes), part(one.memory_used_bytes, one.memory_bytes));
      load.set(typeof one.load_percent === "number" ? `${Math.round(one.load_percent)} %` : "unknown", one.load_percent);
    },
  };
}

// Without a GPU, why; with one, what the driver says, where that matters.
function host_card(page) {
  const state = make("span", {class: "state"});
  const reason = make("p", {class: "note"});
  const driver = fact("Driver");
  const cpus = fact("CPUs");
  const pids = fact("Processes at most");
  const warnings = make("ul");
  return {
    node: make("div", {}, make("div", {class: "head"}, make("h3", {}, "Host"), state), reason, driver.node, cpus.node, pids.node, warnings),
    update(view) {
      const host = view.host ?? {};
      const word = host.simulated ? "simulated" : host.state === "usable" ? "GPU usable" : state_word(host.state);
      set_state(state, ...page.told(tone_of(host.state), word));
      set_line(reason, host.state === "usable" ? "" : host.reason);
      driver.set(host.driver ? host.driver + (host.cuda ? `, CUDA ${host.cuda}` : "") : "unknown");
      cpus.set(typeof host.cpus === "number" ? String(Math.round(host.cpus * 10) / 10) : "unknown");
      pids.node.hidden = typeof host.pids_max !== "number";
      pids.set(pids.node.hidden ? "" : String(host.pids_max));
      keep_children(warnings, host.warnings ?? [], (one) => one, (one) => ({
        node: make("li", {class: "note", "data-tone": "warn"}, one), update() {}}));
    },
  };
}

function pod_card() {
  const memory = fact("Memory", true);
  const disk = fact("Container disk", true);
  const size = fact("Volume", true);
  const state = make("p", {class: "note"});
  return {
    node: make("div", {}, make("h3", {}, "Pod"), memory.node, disk.node, size.node, state),
    update({memory: m = {}, disk: d = {}, volume: v = {}}) {
      memory.set(share(m.used_bytes, m.limit_bytes), part(m.used_bytes, m.limit_bytes));
      disk.set(share(d.used_bytes, d.total_bytes), part(d.used_bytes, d.total_bytes));
      const fine = v.state === "ok";
      size.set(v.state === "missing" ? "none" : share(v.used_bytes, v.total_bytes), part(v.used_bytes, v.total_bytes));
      const reason = v.reason ? `: ${v.reason}` : "";
      set_line(state, fine || v.state === "unknown" ? "" : v.state === "missing" ? `No volume${reason}` : `The volume is ${state_word(v.state)}${reason}`);
      set_attribute(state, "data-tone", fine || v.state === "unknown" || !v.state ? null : tone_of(v.state));
    },
  };
}

function no_gpu_card() {
  const words = make("p", {class: "note"});
  return {
    node: make("div", {}, make("h3", {}, "GPU"), words),
    update(view) {
      const host = view.host ?? {};
      set_text(words, host.state === "probing" ? "Looking for a GPU…" : host.state === "unknown" || !host.state
        ? "Not known." : "None that can be used. Services that can run without one do.");
    },
  };
}

export function show_machine(root, view, page) {
  const cards = view.gpus?.length ? view.gpus.map((gpu) => [`gpu${gpu.index}`, gpu, () => gpu_card(gpu)])
                                  : [["none", view, no_gpu_card]];
  cards.push(["pod", view, pod_card], ["host", view, () => host_card(page)]);
  keep_children(root, cards, ([key]) => key, ([, , create]) => {
    const card = create();
    return {node: card.node, update: ([, value]) => card.update(value)};
  });
}
