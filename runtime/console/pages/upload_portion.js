// SPDX-License-Identifier: Apache-2.0
// Sends one portion of a file and tells how far it is, which only XMLHttpRequest does.
import {csrf} from "{{static:api.js}}";

const silence = 60000;  // nothing moved for so long: the connection is dead

const words_of = (status, answer) => answer?.error ? [answer.error.message, answer.error.hint].filter(Boolean).join("; ") + "."
  : status ? `The console answered with HTTP ${status}.` : "The connection broke.";

// The answer's JSON. An Error has `status` (0: no answer) and `answer`; one that was given up is an AbortError.
export function send_portion(address, body, signal, on_progress) {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    let timer = 0;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => request.abort(), silence);
    };
    const give_up = () => request.abort();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", give_up);
    };
    if (signal.aborted) return fail(signal.reason);
    signal.addEventListener("abort", give_up);
    request.open("PATCH", address);
    request.setRequestHeader("X-CSRF-Token", csrf());
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (event) => {
      alive();
      on_progress(event.loaded);
    };
    request.onloadend = () => {
      end();
      if (signal.aborted) return fail(signal.reason);
      let answer = null;
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        // No JSON: the status says what there is to say.
      }
      if (request.status >= 200 && request.status < 300 && answer) done(answer);
      else fail(Object.assign(new Error(words_of(request.status, answer)), {status: request.status, answer}));
    };
    alive();
    request.send(body);
  });
}
