// SPDX-License-Identifier: Apache-2.0
// Makes and withdraws the tokens of scripts. A new token is shown once, and kept nowhere here.
import "{{static:frame.js}}";
import {ask} from "{{static:api.js}}";
import {action_row} from "{{static:actions.js}}";
import {keep_children, make, set_text} from "{{static:dom.js}}";

const at = (id) => document.getElementById(id);
const day = (ms) => new Date(ms).toLocaleString([], {dateStyle: "medium", timeStyle: "short"});

function token_row(token) {
  const {id, name} = token;
  const actions = action_row(name, {
    withdraw: {label: "Withdraw", busy: "Withdrawing…", async run() {
      await ask("DELETE", `/api/tokens/${encodeURIComponent(id)}`);
      await read();
      at("list-title").focus();
    }, ask: {question: `Withdraw “${name}”? Whatever uses it is refused from then on.`, yes: "Withdraw it", no: "Keep it"}},
  });
  actions.show(["withdraw"]);
  const used = make("p");
  return {
    node: make("li", {class: "token"}, make("div", {}, make("h3", {}, name), used), actions.node),
    update(one) {
      set_text(used, `Made ${day(one.made)} · ` + (one.used ? `last used ${day(one.used)}` : "not used yet"));
    },
  };
}

function show_line(text, attributes) {
  keep_children(at("tokens"), [text], (one) => one, (one) => ({node: make("li", attributes, one), update() {}}));
}

async function read() {
  try {
    const {tokens} = await ask("GET", "/api/tokens");
    if (tokens.length) keep_children(at("tokens"), tokens, (one) => one.id, token_row);
    else show_line("There are no tokens.", {class: "empty"});
  } catch (failure) {
    show_line(failure.message, {class: "empty error", role: "alert"});
  }
}

at("list-title").tabIndex = -1;
at("tokens").replaceChildren();
show_line("Reading the list…", {class: "empty"});
read();

const everywhere = action_row("all browsers", {
  end: {label: "Sign out everywhere", busy: "Signing out…", async run() {
    await ask("POST", "/api/sessions/end");
    location.assign("/sign-in");
  }, ask: {question: "Sign out every browser, this one too?", yes: "Sign them out", no: "Stay signed in"}},
});
everywhere.show(["end"]);
at("sessions").append(everywhere.node);

let under_way = false;
at("new").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (under_way) return;
  under_way = true;
  at("new-error").textContent = "";
  try {
    const name = at("name").value.trim();
    const {token, notice} = await ask("POST", "/api/tokens", {name});
    at("made-token").value = token;
    at("made").hidden = false;
    set_text(at("made-words"), `The token for “${name}”. Copy it now: it is not shown again.` + (notice ? ` But ${notice}.` : ""));
    at("name").value = "";
    set_text(at("copy"), "Copy");
    await read();
  } catch (failure) {
    at("new-error").textContent = failure.message;
  }
  under_way = false;
});

at("copy").addEventListener("click", async () => {
  at("made-token").select();
  try {
    await navigator.clipboard.writeText(at("made-token").value);
    set_text(at("copy"), "Copied");
  } catch {
    set_text(at("copy"), "Press Ctrl+C");  // on plain http a page may not copy; the token is selected
  }
});
