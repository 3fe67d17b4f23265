// SPDX-License-Identifier: Apache-2.0
// The segments on a time line, as an SVG that is made here: each in one of two lanes, so that what neighbours share is
// seen. A screen reader gets the same in words.
import {make} from "{{static:dom.js}}";
import {headline_of} from "{{static:video_plan.js}}";

const most_drawn = 200;
const lane_height = 22;

function shape(tag, attributes, text) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

export function show_figure(root, plan) {
  const drawn = plan.segments.slice(0, most_drawn);
  const end = Math.max(...drawn.map((one) => one.last + one.dropped));
  const percent = (frames) => `${Math.round(frames / end * 100000) / 1000}%`;
  const words = `${headline_of(plan)} on a time line of ${plan.target_frames} frames. ` + drawn.slice(0, 20).map((one) =>
    `Segment ${one.index}: ${one.first} to ${one.last}` + (one.overlap ? `, ${one.overlap} shared` : "") +
    (one.dropped ? `, ${one.dropped} dropped` : "")).join(". ") + (drawn.length > 20 ? ", and so on, as in the table." : ".");
  const svg = shape("svg", {role: "img", "aria-label": words});
  for (const one of drawn) {
    const y = one.index % 2 ? 2 : lane_height + 8;
    const bar = (from, count, kind) => count > 0 &&
      svg.append(shape("rect", {x: percent(from - 1), y, width: percent(count), height: lane_height, rx: 2, class: kind}));
    bar(one.first + one.overlap, one.added, one.index % 2 ? "made" : "made odd");
    bar(one.first, one.overlap, "shared");
    bar(one.last + 1, one.dropped, "dropped");
    if (drawn.length <= 24 && one.added / end > .03)
      svg.append(shape("text", {x: percent(one.first + one.overlap - 1 + one.added / 2), y: y + 15, "text-anchor": "middle", class: "number"}, one.index));
  }
  const base = 2 * lane_height + 14;
  svg.append(shape("rect", {x: 0, y: base, width: percent(Math.min(plan.target_frames, end)), height: 1, class: "lane-mark"}),
             shape("text", {x: 0, y: base + 16}, "1"),
             shape("text", {x: "100%", y: base + 16, "text-anchor": "end"}, String(end)));
  const key = (kind, text) => make("span", {class: "key"}, make("i", {class: kind}), text);
  const caption = make("figcaption", {}, key("made-key", "added"), key("shared-key", "shared with the segment before"));
  if (drawn.some((one) => one.dropped)) caption.append(key("dropped-key", "generated, and dropped at the end"));
  if (plan.segments.length > most_drawn) caption.append(make("span", {}, `The first ${most_drawn} of ${plan.segments.length} segments.`));
  root.replaceChildren(svg, caption);
}
