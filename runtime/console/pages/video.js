// SPDX-License-Identifier: Apache-2.0
// The video calculator's page: what is asked for stands in the form and in the address, and the plan beside it is the
// pod's own calculator's. Nothing is computed here.
import "{{static:frame.js}}";
import {set_text} from "{{static:dom.js}}";
import {VideoForm} from "{{static:video_form.js}}";
import {show_figure} from "{{static:video_figure.js}}";
import {headline_of, show_facts, show_segments} from "{{static:video_plan.js}}";

const at = (id) => document.getElementById(id);
const known = JSON.parse(at("state").textContent);
const usual = {model: known.models[0]?.id ?? "", frames: "200", overlap: "1", gpu: known.pod_gpu ?? ""};
const form = new VideoForm(at("wishes"), known, changed);
let under_way = null;
let timer = 0;
let shown = "";

// The address holds what differs from the usual; a wish for seconds takes the place of frames.
function query_of(values) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== "") query.set(name, value);
  return query;
}

function values_of(address) {
  const given = Object.fromEntries(new URLSearchParams(address));
  const values = {...usual, ...given};
  if (given.duration && !given.frames) delete values.frames;
  return values;
}

function changed(is_done) {
  const query = query_of(form.values()).toString();
  clearTimeout(timer);
  if (`?${query}` !== location.search) {
    // What is typed is one step back, not one for each key.
    const is_new_step = is_done || !history.state?.typing;
    history[is_new_step ? "pushState" : "replaceState"]({typing: !is_done}, "", `?${query}`);
  } else if (is_done) {
    history.replaceState({typing: false}, "", `?${query}`);
  }
  if (query === shown) return;
  timer = setTimeout(ask, is_done ? 0 : 250);
}

async function ask() {
  const query = query_of(form.values()).toString();
  shown = query;
  under_way?.abort();
  under_way = new AbortController();
  const mine = under_way;
  at("plan").setAttribute("aria-busy", "true");
  let answer = null;
  let problem = null;
  try {
    const response = await fetch(`/api/video-plan?${query}`, {signal: mine.signal, cache: "no-store", headers: {Accept: "application/json"}});
    const body = await response.json();
    if (response.ok) answer = body;
    else problem = response.status === 401 ? {message: "You are signed out. Load this page again and sign in"} : body.error;
  } catch {
    problem = {message: "The console could not be reached. Change a field to try again"};
    if (mine === under_way) shown = "";
  }
  if (mine !== under_way) return;
  at("plan").removeAttribute("aria-busy");
  show(answer, problem, query);
}

function show(plan, problem, query) {
  const words = problem ? [problem.message, problem.hint].filter(Boolean).join("; ") + "." : "";
  const is_at_field = form.show_problem(problem?.field ?? "", words);
  at("problem").hidden = !problem || is_at_field;
  set_text(at("problem"), problem && !is_at_field ? words : "");
  at("plan").classList.toggle("stale", Boolean(problem));
  set_text(at("plan-title"), problem ? "The plan before that" : "Plan");
  at("export").toggleAttribute("hidden", Boolean(problem));
  if (!plan) return;
  at("export").href = `/api/video-plan?${query}`;
  show_facts(at("facts"), plan);
  show_figure(at("figure"), plan);
  show_segments(at("segments"), plan);
  set_text(at("announce"), headline_of(plan));
}

at("share").addEventListener("click", async () => {
  const link = new URL(`?${query_of(form.values())}`, location.href).href;
  try {
    await navigator.clipboard.writeText(link);
    set_text(at("share"), "Copied");
  } catch {
    history.replaceState(history.state, "", link);
    set_text(at("share"), "It is this page’s address");  // on plain http a page may not copy
  }
  setTimeout(() => set_text(at("share"), "Copy link"), 2500);
});
addEventListener("popstate", () => {
  form.fill(values_of(location.search));
  ask();
});

form.fill(values_of(location.search));
at("main").removeAttribute("data-unpainted");
ask();
