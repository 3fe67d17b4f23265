// SPDX-License-Identifier: Apache-2.0
// The view in words: pure functions, without the page. What is unknown is said to be unknown, and nothing is guessed.

const tones = {
  ready: "ok", done: "ok", active: "ok", available: "ok", ok: "ok", usable: "ok", connected: "ok",
  "in use": "ok", listening: "ok",
  waiting: "busy", starting: "busy", running: "busy", stopping: "busy", compiling: "busy", probing: "busy",
  backoff: "warn", unhealthy: "warn", blocked: "warn", degraded: "warn", "old-driver": "warn", full: "warn",
  "read-only": "warn", lost: "warn", hanging: "warn", missing: "warn",
  failed: "bad", frozen: "bad", error: "bad",
};
const state_words = {
  backoff: "restarts soon", unhealthy: "not healthy", active: "in use", available: "in place", "no-gpu": "no GPU",
  "no-driver": "no driver", "old-driver": "old driver", "read-only": "read-only", probing: "looking",
};

export const tone_of = (state) => tones[state] ?? "off";
export const state_word = (state) => state_words[state] ?? state ?? "unknown";

// A number stays with its unit where a line is broken.
const glued = (text) => text.replaceAll(" ", "\u00a0");

export function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const rest = (seconds, unit) => seconds >= unit[0] ? ` ${Math.floor(seconds / unit[0])} ${unit[1]}` : "";
  if (s < 60) return glued(`${s} s`);
  if (s < 3600) return glued(`${Math.floor(s / 60)} min` + (s < 600 ? rest(s % 60, [1, "s"]) : ""));
  if (s < 86400) return glued(`${Math.floor(s / 3600)} h` + rest(s % 3600, [60, "min"]));
  return glued(`${Math.floor(s / 86400)} d` + rest(s % 86400, [3600, "h"]));
}

// For what has more than seconds to go: "about 4 min".
export const rough = (seconds) => seconds < 55 ? `${Math.max(1, Math.round(seconds / 5)) * 5} s` : `${Math.round(seconds / 60)} min`;

const known = (n) => typeof n === "number";
const digits = (n) => n < 10 ? n.toFixed(1) : String(Math.round(n));

export function bytes(n) {
  if (!known(n)) return "unknown";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  for (; n >= 1024 && unit < units.length - 1; ++unit) n /= 1024;
  return `${unit === 0 ? n : digits(n)} ${units[unit]}`;
}

// "3.1 of 24 GiB"; one of both may be unknown.
export function share(used, total) {
  if (!known(used) && !known(total)) return "unknown";
  if (!known(total)) return `${bytes(used)} used`;
  if (!known(used)) return `unknown of ${bytes(total)}`;
  const [of_number, unit] = bytes(total).split(" ");
  const [number, own_unit] = bytes(used).split(" ");
  return own_unit === unit ? `${number} of ${of_number} ${unit}` : `${number} ${own_unit} of ${of_number} ${unit}`;
}

export const part = (used, total) => known(used) && known(total) && total > 0 ? Math.min(100, 100 * used / total) : null;
export const clock = (ms) => new Date(ms).toLocaleTimeString([], {hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23"});

export function list(names) {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

// The services through which this very page comes: they are shown apart, and count for no headline.
export const own_services = ["gateway", "console"];
export const users_services = (view) => (view.services ?? []).filter((one) => !own_services.includes(one.name));

const is_up = (one) => one.ready || one.state === "ready" || one.state === "done";
const is_coming = (one) => ["waiting", "starting", "running", "stopping"].includes(one.state) && !is_up(one);
const is_bad = (one) => ["failed", "blocked", "unhealthy", "backoff"].includes(one.state) && !one.ready;

function sentence_of_kernel(kernel) {
  const words = (kernel.words || kernel.reason || state_word(kernel.state)).replace(/\.$/, "");
  return words.startsWith(kernel.name) ? `${words}.` : `${kernel.name}: ${words}.`;
}

// What works now, and what will: {headline, sentences, tone}. `is_known`: the view is of now.
export function summary(view, is_known = view.launcher?.state === "connected") {
  const services = users_services(view);
  const kernels = view.kernels ?? [];
  const up = services.filter(is_up);
  const coming = services.filter(is_coming);
  const bad = services.filter(is_bad);
  const stopped = services.filter((one) => one.state === "stopped");
  const kernels_coming = kernels.filter((one) => one.state === "compiling" || one.state === "waiting");
  const kernels_bad = kernels.filter((one) => one.state === "failed" || one.state === "degraded");
  const sentences = [];
  const mixed = up.length < services.length;
  if (mixed && up.length) sentences.push(`Works now: ${list(up.map((one) => one.name))}.`);
  if (coming.length) sentences.push(`On the way: ${list(coming.map((one) => `${one.name} (${state_word(one.state)})`))}.`);
  for (const one of bad) sentences.push(`${one.name}: ${one.reason || state_word(one.state)}.`.replace(/\.\.$/, "."));
  if (stopped.length) sentences.push(`Stopped: ${list(stopped.map((one) => one.name))}.`);
  for (const one of [...kernels_coming, ...kernels_bad]) sentences.push(sentence_of_kernel(one));

  const names = (some) => list(some.map((one) => one.name));
  const said = (tone, headline) => ({tone, headline, sentences});
  if (!is_known) return {tone: "warn", headline: "The state of this pod is not known right now", sentences: []};
  if (view.pod?.state === "stopping") return said("busy", "The pod is stopping");
  if (!services.length) return said("off", "This pod runs no services");
  if (bad.length) return said(bad.some((one) => one.state === "failed") ? "bad" : "warn",
                              bad.length === 1 ? `${bad[0].name} needs attention` : `${bad.length} services need attention`);
  if (coming.length) return said("busy", up.length ? `${up.length} of ${services.length} services are ready` : "The pod is starting");
  if (!up.length) return said("off", "All services are stopped");
  const works = stopped.length ? "Everything else works" : "Everything works";
  if (kernels_coming.length) {
    const verb = kernels_coming.length > 1 ? "are" : "is";
    const compile = kernels_coming.every((one) => one.state === "compiling");
    return said("ok", `${works}; ${names(kernels_coming)} ${verb} ${compile ? "still compiling" : "on the way"}`);
  }
  if (kernels_bad.length) return said("warn", `${works}, without ${names(kernels_bad)}`);
  return said(stopped.length ? "off" : "ok", works);
}

// What a service may be told in its state: of "start", "restart" and "stop".
export function changes_of(service) {
  if (["stopped", "failed", "done"].includes(service.state)) return ["start"];
  if (["blocked", "backoff"].includes(service.state)) return ["start", "stop"];
  return service.state === "waiting" ? ["stop"] : ["restart", "stop"];
}

export function kernel_changes_of(kernel) {
  const out = [];
  if (["failed", "off", "degraded"].includes(kernel.state) || (kernel.state === "waiting" && kernel.next_try)) out.push("retry");
  if (kernel.state !== "off") out.push("off");
  return out;
}
