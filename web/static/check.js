// The proof of work of subscriptions/proof.go. One file: on the page it starts a
// worker of itself and shows how far that is; in the worker it does the sums.
//
// SHA-256 is our own (FIPS 180-4): crypto.subtle answers each call later, which
// is ten times slower for many short ones, and is missing where there is no TLS.
"use strict";

(function () {
  if (typeof document !== "undefined") {
    page();
  } else {
    self.onmessage = function (e) { work(e.data.challenge, e.data.pieces, e.data.bits); };
  }

  function page() {
    const form = document.getElementById("check");
    const working = document.getElementById("working"), waiting = document.getElementById("waiting");
    const said = document.getElementById("said"), progress = document.getElementById("progress");
    const src = document.currentScript.src;
    // Whatever goes wrong, waiting still works.
    const giveUp = function () { working.hidden = true; waiting.hidden = false; };
    let worker;
    try { worker = new Worker(src); } catch (e) { return; }
    waiting.hidden = true;
    working.hidden = false;
    said.textContent = "Working on it …";
    const numbers = [];
    worker.onerror = giveUp;
    worker.onmessage = function (e) {
      numbers.push(e.data);
      progress.value = numbers.length;
      if (numbers.length < progress.max) { return; }
      worker.terminate();
      said.textContent = "Done. Sending your form …";
      form.elements.proof.value = numbers.join(",");
      form.submit();
    };
    worker.postMessage({ challenge: form.dataset.challenge, pieces: Number(form.dataset.pieces), bits: Number(form.dataset.bits) });
  }

  // work posts the number of each piece as it is found.
  function work(challenge, pieces, bits) {
    const sha = sha256();
    const seed = sha.text(challenge);
    const block = new Int32Array(16);
    block.set(seed);
    block[10] = 0x80000000 | 0; // the end of 40 octets
    block[15] = 320;
    for (let piece = 0; piece < pieces; piece++) {
      block[8] = piece;
      let n = 0;
      for (;; n++) {
        block[9] = n;
        if (sha.once(block) >>> (32 - bits) === 0) { break; }
      }
      self.postMessage(n);
    }
  }

  function sha256() {
    // The constants are the fractions of roots of the first primes.
    const K = new Int32Array(64), H = new Int32Array(8), w = new Int32Array(64), h = new Int32Array(8);
    const fraction = function (x) { return ((x - Math.floor(x)) * 4294967296) | 0; };
    for (let p = 2, i = 0; i < 64; p++) {
      let prime = true;
      for (let d = 2; d * d <= p; d++) { if (p % d === 0) { prime = false; break; } }
      if (!prime) { continue; }
      if (i < 8) { H[i] = fraction(Math.sqrt(p)); }
      K[i++] = fraction(Math.cbrt(p));
    }

    // round takes one block of 16 words into h.
    function round(block, at) {
      for (let i = 0; i < 16; i++) { w[i] = block[at + i]; }
      for (let i = 16; i < 64; i++) {
        const x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] +
          ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) +
          ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10);
      }
      let a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], k = h[7];
      for (let i = 0; i < 64; i++) {
        const s = k + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + K[i] + w[i] | 0;
        const t = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c) | 0;
        k = g; g = f; f = e; e = d + s | 0; d = c; c = b; b = a; a = s + t | 0;
      }
      h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e; h[5] += f; h[6] += g; h[7] += k;
    }

    return {
      // once gives the first word of the hash of a whole block.
      once: function (block) {
        h.set(H);
        round(block, 0);
        return h[0];
      },
      // text gives the hash of ASCII text as eight words.
      text: function (s) {
        const blocks = new Int32Array(((s.length + 8 >> 6) + 1) * 16);
        for (let i = 0; i < s.length; i++) { blocks[i >> 2] |= s.charCodeAt(i) << 24 - i % 4 * 8; }
        blocks[s.length >> 2] |= 0x80 << 24 - s.length % 4 * 8;
        blocks[blocks.length - 1] = s.length * 8;
        h.set(H);
        for (let at = 0; at < blocks.length; at += 16) { round(blocks, at); }
        return Int32Array.from(h);
      }
    };
  }
})();
