// SPDX-License-Identifier: Apache-2.0
// Asks the console to change something. An error is one that people can read.

const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";

const words_of = (error) => [error.message, error.hint].filter(Boolean).map((one) => one.replace(/\.$/, "")).join("; ") + ".";

// The error that a person reads; `status` and `answer` are for programs.
async function error_of(response) {
  let answer = null;
  let words = "";
  try {
    answer = await response.json();
    words = words_of(answer.error);
  } catch {
    words = response.status === 502 || response.status === 503 || response.status === 504
      ? "The console does not answer right now. Try again in a moment."
      : `The console answered with HTTP ${response.status}.`;
  }
  return Object.assign(new Error(words), {status: response.status, answer});
}

// An address with a query; what is null, undefined or empty is left out.
export function address(path, query) {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== null && value !== undefined && value !== "") words.set(name, value);
  return `${path}?${words}`;
}

export const csrf = () => token;

// The answer's JSON (null: it has none); throws an Error whose message is for people. `signal` gives it up early.
export async function ask(method, address, body, {seconds = 20, signal = null} = {}) {
  let response;
  try {
    response = await fetch(address, {
      method, cache: "no-store", signal: AbortSignal.any([AbortSignal.timeout(seconds * 1000), ...(signal ? [signal] : [])]),
      headers: {Accept: "application/json", "X-CSRF-Token": token, ...(body ? {"Content-Type": "application/json"} : {})},
      body: body ? JSON.stringify(body) : undefined,
    });
  } catch {
    signal?.throwIfAborted();
    throw new Error("The console could not be reached. Nothing may have been changed.");
  }
  if (response.status === 401) throw Object.assign(new Error("You are signed out. Load this page again and sign in."), {status: 401});
  if (!response.ok) throw await error_of(response);
  return response.headers.get("Content-Type")?.includes("json") ? response.json() : null;
}
