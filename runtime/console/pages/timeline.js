// SPDX-License-Identifier: Apache-2.0
// What happened since the start of the pod, the latest first.
import {keep_children, make, set_line, set_text} from "{{static:dom.js}}";
import {clock} from "{{static:words.js}}";

const at_first = 8;

export function moment_row({at, who, text}) {
  return {node: make("li", {}, make("time", {datetime: new Date(at).toISOString()}, clock(at)), make("span", {class: "who"}, who),
                     make("span", {class: "text"}, text)),
          update() {}};
}

export const key_of_moment = ({at, who, text}) => `${at} ${who} ${text}`;

export function timeline(root) {
  const moments = make("ol", {class: "moments"});
  const left_out = make("span");
  const more = make("button", {type: "button", "aria-expanded": "false"});
  const foot = make("div", {class: "moments-foot"}, left_out, more);
  const empty = make("p", {class: "empty"}, "Nothing yet.");
  root.append(empty, moments, foot);
  let all = false, view = null;
  more.addEventListener("click", () => {
    all = !all;
    more.setAttribute("aria-expanded", String(all));
    update(view);
  });
  function update(latest) {
    view = latest;
    const rows = [...(view.timeline ?? [])].reverse();
    const shown = all ? rows : rows.slice(0, at_first);
    keep_children(moments, shown, key_of_moment, moment_row);
    empty.hidden = rows.length > 0;
    moments.hidden = !rows.length;
    set_line(left_out, view.timeline_left_out ? `${view.timeline_left_out} moments in the middle are not kept.` : "");
    more.hidden = rows.length <= at_first;
    set_text(more, all ? "Show the latest only" : `Show all ${rows.length}`);
    foot.hidden = more.hidden && left_out.hidden;
  }
  return {update};
}
