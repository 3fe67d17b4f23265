// SPDX-License-Identifier: Apache-2.0
// Asks the console to change something. An error is one that people can read.

const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";

async function words_of(response) {
  try {
    const {error} = await response.json();
    return [error.message, error.hint].filter(Boolean).map((one) => one.replace(/\.$/, "")).join("; ") + ".";
  } catch {
    return response.status === 502 || response.status === 503 || response.status === 504
      ? "The console does not answer right now. Try again in a moment."
      : `The console answered with HTTP ${response.status}.`;
  }
}

// The answer's JSON (null: it has none); throws an Error whose message is for people.
export async function ask(method, address, body) {
  let response;
  try {
    response = await fetch(address, {
      method, cache: "no-store", signal: AbortSignal.timeout(20000),
      headers: {Accept: "application/json", "X-CSRF-Token": token, ...(body ? {"Content-Type": "application/json"} : {})},
      body: body ? JSON.stringify(body) : undefined,
    });
  } catch {
    throw new Error("The console could not be reached. Nothing may have been changed.");
  }
  if (response.status === 401) throw new Error("You are signed out. Load this page again and sign in.");
  if (!response.ok) throw new Error(await words_of(response));
  return response.headers.get("Content-Type")?.includes("json") ? response.json() : null;
}
