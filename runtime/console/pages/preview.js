// SPDX-License-Identifier: Apache-2.0
// What a file shows of itself: a picture, a film, sound, text, or the header of a safetensors file with its metadata.
// User files run nothing here: they are pictures and text, and the console sends them so.
import {address, ask} from "{{static:api.js}}";
import {make} from "{{static:dom.js}}";
import {icon} from "{{static:icons.js}}";
import {inline_address} from "{{static:thumbnails.js}}";
import {bytes} from "{{static:words.js}}";

const tensors_shown = 200;

function facts(pairs) {
  const rows = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return make("dl", {class: "preview-facts"}, ...rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, String(value))]));
}

function safetensors_table({metadata = {}, tensors = [], tensor_count = null, dtypes = {}, parameters}) {
  const count = tensor_count ?? tensors.length;
  const kinds = Object.entries(dtypes).map(([name, n]) => `${name}: ${n}`).join(", ");
  const node = make("div", {class: "preview-table", tabindex: "0", role: "region", "aria-label": "Header of the file"},
    facts([["Parameters", typeof parameters === "number" ? parameters.toLocaleString("en") : parameters], ["Tensors", count.toLocaleString("en")], ["Types", kinds]]),
    make("h3", {}, "Metadata"),
    Object.keys(metadata ?? {}).length ? facts(Object.entries(metadata).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)])) : make("p", {class: "muted"}, "It has none."));
  if (!tensors.length) return node;
  const row = (one) => make("tr", {}, make("td", {}, one.name), make("td", {}, one.dtype ?? ""), make("td", {}, (one.shape ?? []).join(" × ")));
  node.append(make("h3", {}, "Tensors"), make("table", {}, make("thead", {}, make("tr", {}, ...["Name", "Type", "Shape"].map((name) => make("th", {scope: "col"}, name)))),
                                                make("tbody", {}, ...tensors.slice(0, tensors_shown).map(row))));
  if (count > tensors_shown) node.append(make("p", {class: "muted"}, `The first ${Math.min(tensors_shown, tensors.length)} of ${count.toLocaleString("en")}.`));
  return node;
}

function nothing(entry, words) {
  return make("div", {class: "preview-nothing"}, icon(entry.category, 48), make("p", {}, words), make("p", {class: "muted"}, `${entry.mime_type || "unknown type"} · ${bytes(entry.size)}`));
}

function media(entry) {
  const src = inline_address(entry);
  const node = entry.category === "image" ? make("img", {src, alt: entry.name, class: "preview-media"})
    : make(entry.category, {src, controls: true, preload: "metadata", class: "preview-media", "aria-label": entry.name});
  node.addEventListener("error", () => node.replaceWith(nothing(entry, "It cannot be shown here. Download it to see it.")));
  return node;
}

// {node, extra}: `extra` stands below, and comes later (a promise of a node or null).
export function preview_of(entry, signal) {
  if (["image", "video", "audio"].includes(entry.category) && entry.extension !== ".svg")
    return {node: media(entry), extra: entry.category === "audio" ? Promise.resolve(null) : carried_workflow(entry, signal)};
  const node = make("div", {class: "preview-text"}, make("p", {class: "muted"}, "Reading it…"));
  ask("GET", address("/api/preview", {path: entry.path}), undefined, {signal}).then((answer) => {
    if (answer.safetensors) node.replaceChildren(safetensors_table(answer.safetensors));
    else if (typeof answer.text === "string") node.replaceChildren(make("pre", {tabindex: "0", role: "region", "aria-label": entry.name}, answer.text),
                                                                   answer.truncated ? make("p", {class: "muted small"}, "Only its beginning is shown.") : "");
    else if (entry.category === "pdf") node.replaceChildren(nothing(entry, "A PDF."), make("a", {class: "button", href: inline_address(entry), target: "_blank", rel: "noopener"}, "Open it in a new tab"));
    else node.replaceChildren(nothing(entry, "Nothing of it can be shown here."));
    if (answer.workflow) node.append(workflow_link(entry));
  }).catch((failure) => failure.name === "AbortError" || node.replaceChildren(make("p", {class: "error", role: "alert"}, failure.message)));
  return {node, extra: Promise.resolve(null)};
}

const workflow_link = (entry) => make("p", {class: "carries"}, "It carries a ComfyUI workflow. ", make("a", {href: address("/", {workflow: entry.path})}, "Which models does it need?"));

async function carried_workflow(entry, signal) {
  try {
    const {workflow} = await ask("GET", address("/api/preview", {path: entry.path}), undefined, {signal});
    return workflow ? workflow_link(entry) : null;
  } catch {
    return null;  // the picture is shown all the same
  }
}
