// SPDX-License-Identifier: Apache-2.0
// A plan in words and as a table: what the calculator said, and nothing of one's own.
import {make} from "{{static:dom.js}}";
import {span} from "{{static:words.js}}";

const rows_at_once = 100;
const plural = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;
const gb = (n) => `${(Math.round(n / 1e8) / 10).toLocaleString("en")} GB`;
const long = (seconds) => seconds < 60 ? `${Math.round(seconds * 100) / 100} s` : span(Math.round(seconds) * 1000);

export const headline_of = (plan) => plan.segments.length === 1
  ? `One segment of ${plural(plan.segments[0].generated, "frame")}`
  : `${plural(plan.segments.length, "segment")} of up to ${plural(plan.segment_frames, "frame")}`;

function made_words(plan) {
  const shared = plan.segments.reduce((sum, one) => sum + one.overlap, 0);
  const dropped = plan.segments.reduce((sum, one) => sum + one.dropped, 0);
  const rest = [shared ? `${shared.toLocaleString("en")} shared` : "", dropped ? `${dropped.toLocaleString("en")} dropped at the end` : ""].filter(Boolean);
  return `${plural(plan.generated_frames, "frame")} generated, ${plan.target_frames.toLocaleString("en")} used` + (rest.length ? ` (${rest.join(", ")})` : "");
}

function memory_words({low, high}) {
  if (low && high) return `${gb(low)} with all blocks swapped out, to ${gb(high)} as its makers ran it`;
  return low ? `from ${gb(low)} with all blocks swapped out` : `${gb(high)} as its makers ran it`;
}

function fact(name, text, source) {
  return [make("dt", {}, name), make("dd", {}, make("span", {class: "numbers"}, text), source ? make("span", {class: "source"}, `Source: ${source}`) : null)];
}

export function show_facts(root, plan) {
  const {seconds, memory_bytes: memory} = plan;
  root.replaceChildren(
    make("p", {class: "headline"}, headline_of(plan)),
    make("dl", {class: "plan-facts"},
      ...fact("Video", `${plural(plan.target_frames, "frame")}, ${long(plan.target_seconds)} at ${plan.fps} a second, ${plan.width}×${plan.height}`),
      ...fact("Work", made_words(plan)),
      ...fact("Time", seconds ? `${long(seconds.low)} to ${long(seconds.high)}` : "not known", seconds?.source),
      ...fact("GPU memory", memory ? memory_words(memory) : "not known", memory?.source),
      ...fact("Tokens", `${plan.tokens.toLocaleString("en")} in a whole segment`)));
  if (plan.notes.length) root.append(make("ul", {class: "notes"}, ...plan.notes.map((one) => make("li", {}, one))));
}

function row(one) {
  return make("tr", {}, make("th", {scope: "row"}, String(one.index)), make("td", {}, `${one.first} to ${one.last}`),
              ...[one.overlap, one.added, one.generated, one.dropped].map((n) => make("td", {}, String(n))));
}

export function show_segments(root, plan) {
  const body = make("tbody", {}, ...plan.segments.slice(0, rows_at_once).map(row));
  const names = ["Segment", "Frames", "Shared", "Added", "Generated", "Dropped"];
  root.replaceChildren(make("table", {}, make("caption", {class: "unseen"}, "The segments, in their order"),
                            make("thead", {}, make("tr", {}, ...names.map((name) => make("th", {scope: "col"}, name)))), body));
  if (plan.segments.length <= rows_at_once) return;
  const more = make("button", {type: "button"}, `Show all ${plan.segments.length.toLocaleString("en")} segments`);
  const foot = make("div", {class: "table-foot"}, more);
  more.addEventListener("click", () => {
    body.append(...plan.segments.slice(rows_at_once).map(row));
    foot.remove();
    root.focus();
  });
  root.append(foot);
}
