// SPDX-License-Identifier: Apache-2.0
// The buttons of one thing (a service, a kernel, a token): what is under way, a question in place before what cannot be
// taken back, and what went wrong beside them.
import {make, set_text} from "{{static:dom.js}}";

// `actions`: {id: {label, busy, run, ask: {question, yes, no}, danger}} in order, each run() a promise. `before` are nodes
// that stand before the buttons. Gives {node, show(ids)}: which of the actions are offered.
export function action_row(thing, actions, before = []) {
  const error = make("p", {class: "error", role: "alert"});
  const buttons = make("div", {class: "row actions-row"}, ...before);
  const question = make("div", {class: "question", role: "group", hidden: true});
  const node = make("div", {class: "actions"}, buttons, question, error);
  const made = {};

  async function run(id, button) {
    const action = actions[id];
    if (button.getAttribute("aria-disabled")) return;
    error.textContent = "";
    button.setAttribute("aria-disabled", "true");
    set_text(button.firstChild, action.busy);
    try {
      await action.run();
    } catch (failure) {
      error.textContent = failure.message;
    }
    button.removeAttribute("aria-disabled");
    set_text(button.firstChild, action.label);
  }

  function close(focus) {
    question.hidden = true;
    buttons.hidden = false;
    if (focus) focus.focus();
  }

  function ask_first(id, button) {
    const {question: words, yes, no} = actions[id].ask;
    const go = make("button", {type: "button", class: "danger-button"}, yes);
    const stay = make("button", {type: "button"}, no);
    question.replaceChildren(make("p", {}, words), make("div", {class: "row"}, go, stay));
    question.setAttribute("aria-label", words);
    question.hidden = false;
    buttons.hidden = true;
    error.textContent = "";
    stay.addEventListener("click", () => close(button));
    go.addEventListener("click", () => {
      close(button);
      run(id, button);
    });
    stay.focus();
  }
  question.addEventListener("keydown", (event) => {
    if (event.key === "Escape") question.querySelector("button:last-child").click();
  });

  for (const [id, action] of Object.entries(actions)) {
    const button = make("button", {type: "button", class: "quiet", hidden: true}, make("span", {}, action.label),
                        make("span", {class: "unseen"}, ` ${thing}`));
    button.addEventListener("click", () => action.ask ? ask_first(id, button) : run(id, button));
    made[id] = button;
    buttons.append(button);
  }

  return {
    node,
    show(ids) {
      let lost_focus = false;
      for (const [id, button] of Object.entries(made)) {
        const hide = !ids.includes(id);
        lost_focus ||= hide && button === document.activeElement;
        if (button.hidden !== hide) button.hidden = hide;
      }
      if (lost_focus) Object.values(made).find((one) => !one.hidden)?.focus();
    },
  };
}
