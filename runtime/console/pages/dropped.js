// SPDX-License-Identifier: Apache-2.0
// The files of a drop, a paste or a picker, folders walked through: a list of {file, name}, whose name has the folders
// above it. Used where files come from the person's own machine.

const all_of = (reader) => new Promise((done, fail) => {
  const found = [];
  // A browser gives a folder's entries in portions.
  const next = () => reader.readEntries((some) => {
    if (!some.length) return done(found);
    found.push(...some);
    next();
  }, fail);
  next();
});

async function walk(entry, above, out) {
  if (entry.isFile) {
    const file = await new Promise((done, fail) => entry.file(done, fail));
    out.push({file, name: above + file.name});
  } else {
    for (const one of await all_of(entry.createReader())) await walk(one, `${above}${entry.name}/`, out);
  }
}

export async function files_of_transfer(transfer) {
  // The list is only valid now: it is empty after the first wait.
  const items = [...transfer.items].filter((one) => one.kind === "file");
  const found = items.map((one) => ({entry: one.webkitGetAsEntry?.(), file: one.getAsFile()}));
  const out = [];
  for (const {entry, file} of found) {
    if (entry) await walk(entry, "", out);
    else if (file) out.push({file, name: file.name});
  }
  return out;
}

export const files_of_input = (input) => [...input.files].map((file) => ({file, name: file.webkitRelativePath || file.name}));

// Calls on_drop(transfer) for what is dropped anywhere on the page; on_over(is_over) says when to show that it may be.
export function accept_drops(on_drop, on_over) {
  let depth = 0;
  const has_files = (event) => [...event.dataTransfer?.types ?? []].includes("Files");
  const over = (is_over) => {
    if (!is_over) depth = 0;
    on_over(is_over);
  };
  addEventListener("dragenter", (event) => {
    if (!has_files(event)) return;
    event.preventDefault();
    if (++depth === 1) over(true);
  });
  addEventListener("dragover", (event) => {
    if (!has_files(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  addEventListener("dragleave", (event) => has_files(event) && --depth <= 0 && over(false));
  addEventListener("drop", (event) => {
    if (!has_files(event)) return;
    event.preventDefault();
    over(false);
    on_drop(event.dataTransfer);
  });
}

// A picture in the clipboard has no name of its own.
export function accept_pastes(on_files) {
  addEventListener("paste", (event) => {
    if (event.target.closest?.("input, textarea")) return;
    const files = [...event.clipboardData?.files ?? []];
    if (!files.length) return;
    event.preventDefault();
    const stamp = new Date().toISOString().slice(0, 19).replaceAll(":", "-").replace("T", " ");
    on_files(files.map((file) => ({file, name: file.name === "image.png" ? `pasted ${stamp}.png` : file.name})));
  });
}
