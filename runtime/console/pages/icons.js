// SPDX-License-Identifier: Apache-2.0
// The small pictures of buttons and files, as outlines in the text's own colour. They are for the eyes alone.
const paths = {
  folder: "M2 4.5h4l1.5 2H14v6.5H2z",
  image: "M2.5 3h11v10h-11zM2.5 11l3.5-3.5 3 3 2-2 2.5 2.5M10.5 6h.01",
  video: "M2 4h8.5v8H2zM10.5 7l3.5-2v6l-3.5-2",
  audio: "M6 12V3.5l7-1V11M6 12a2 1.6 0 1 1-4 0 2 1.6 0 0 1 4 0zM13 11a2 1.6 0 1 1-4 0 2 1.6 0 0 1 4 0z",
  model: "M8 2l5.5 3v6L8 14l-5.5-3V5zM2.5 5L8 8l5.5-3M8 8v6",
  text: "M4 2h5l3.5 3.5V14H4zM9 2v3.5h3.5M6 8h4.5M6 10.5h4.5",
  archive: "M3 3h10v10H3zM8 3v2M8 6.5v1M8 9v2",
  file: "M4 2h5l3.5 3.5V14H4zM9 2v3.5h3.5",
  list: "M2.5 4h11M2.5 8h11M2.5 12h11",
  grid: "M2.5 2.5h4.5v4.5H2.5zM9 2.5h4.5v4.5H9zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9z",
  up: "M8 13V3M4 7l4-4 4 4",
  down: "M8 3v10M4 9l4 4 4-4",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  close: "M4 4l8 8M12 4l-8 8",
  left: "M10 3L5 8l5 5",
  right: "M6 3l5 5-5 5",
  pin: "M6 2h4l-.5 4.5L12 9H4l2.5-2.5zM8 9v5",
  trash: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.5 9h6l.5-9M7 7v4M9 7v4",
  play: "M5 3l8 5-8 5z",
  pause: "M5 3v10M11 3v10",
  eye: "M1.5 8C3.5 4.8 5.6 3.5 8 3.5s4.5 1.3 6.5 4.5c-2 3.2-4.1 4.5-6.5 4.5S3.5 11.2 1.5 8zM8 6.3a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4z",
  grip: "M6 4h.01M10 4h.01M6 8h.01M10 8h.01M6 12h.01M10 12h.01",
};
const of_category = {code: "text", pdf: "text"};

export function icon(name, size = 16) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [key, value] of Object.entries({width: size, height: size, viewBox: "0 0 16 16", fill: "none", stroke: "currentColor", "stroke-width": 1.4,
    "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true"})) svg.setAttribute(key, value);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", paths[of_category[name] ?? name] ?? paths.file);
  if (name === "more" || name === "grip") path.setAttribute("stroke-width", 2.2);
  svg.append(path);
  return svg;
}
