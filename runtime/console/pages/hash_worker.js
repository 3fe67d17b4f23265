// SPDX-License-Identifier: Apache-2.0
// Computes the SHA-256 of a file of any size while it is sent, away from the page's own thread: the browser's digest takes
// whole buffers only. Gets {file}, answers {sha256} or {error}.

const k = new Int32Array(64);
const start = new Int32Array(8);
// The constants are the first 32 bits of the fractional parts of roots of the first primes (FIPS 180-4, 4.2.2, 5.3.3).
for (let n = 2, found = 0; found < 64; ++n) {
  let is_prime = true;
  for (let d = 2; d * d <= n; ++d) if (n % d === 0) is_prime = false;
  if (!is_prime) continue;
  const fraction = (root) => ((root - Math.floor(root)) * 4294967296) | 0;
  if (found < 8) start[found] = fraction(Math.sqrt(n));
  k[found++] = fraction(Math.cbrt(n));
}

class Sha256 {
  constructor() {
    this.h = start.slice();
    this.w = new Int32Array(64);
    this.rest = new Uint8Array(64);
    this.held = 0;
    this.length = 0;
  }

  add(bytes) {
    this.length += bytes.length;
    let at = 0;
    if (this.held) {
      at = Math.min(64 - this.held, bytes.length);
      this.rest.set(bytes.subarray(0, at), this.held);
      this.held += at;
      if (this.held < 64) return;
      this.block(this.rest, 0);
      this.held = 0;
    }
    for (; at + 64 <= bytes.length; at += 64) this.block(bytes, at);
    this.rest.set(bytes.subarray(at));
    this.held = bytes.length - at;
  }

  block(bytes, at) {
    const {w, h} = this;
    for (let i = 0; i < 16; ++i, at += 4) w[i] = bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3];
    for (let i = 16; i < 64; ++i) {
      const x = w[i - 15];
      const y = w[i - 2];
      const s0 = (x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3;
      const s1 = (y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10;
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    let [a, b, c, d, e, f, g, last] = h;
    for (let i = 0; i < 64; ++i) {
      const s1 = (e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7);
      const t1 = (last + s1 + (e & f ^ ~e & g) + k[i] + w[i]) | 0;
      const s0 = (a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10);
      const t2 = (s0 + (a & b ^ a & c ^ b & c)) | 0;
      last = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    const round = [a, b, c, d, e, f, g, last];
    for (let i = 0; i < 8; ++i) h[i] = (h[i] + round[i]) | 0;
  }

  hex() {
    const bits = this.length * 8;
    const pad = new Uint8Array((this.held < 56 ? 64 : 128) - this.held);
    pad[0] = 0x80;
    const view = new DataView(pad.buffer);
    view.setUint32(pad.length - 8, Math.floor(bits / 4294967296));
    view.setUint32(pad.length - 4, bits % 4294967296);
    this.add(pad);
    return [...this.h].map((one) => (one >>> 0).toString(16).padStart(8, "0")).join("");
  }
}

onmessage = async ({data: {file}}) => {
  try {
    const sum = new Sha256();
    const step = 4 << 20;
    for (let at = 0; at < file.size; at += step) sum.add(new Uint8Array(await file.slice(at, at + step).arrayBuffer()));
    postMessage({sha256: sum.hex()});
  } catch (failure) {
    postMessage({error: String(failure)});
  }
};
