// How a send goes, while one looks: numbers come by server-sent events and are put
// into the page that has them already. When there is something else to do, the page
// is loaded again, unless somebody is writing in it.
"use strict";
(() => {
  const at = document.querySelector("[data-progress]");
  if (!at || !window.EventSource) return;
  const one = (selector) => document.querySelector(selector);
  const note = one("[data-progress-note]"), says = one("[data-progress-says]"), sum = one("[data-progress-sum]");
  const tell = (words) => { if (note) { note.textContent = words; note.hidden = false; } };
  let told = 0, leaving = false;

  const again = () => {
    if (leaving) return;
    const writing = document.activeElement?.matches("input, textarea, select");
    if (writing || document.querySelector("details[open]")) {
      tell("This has moved on. Reload the page when you are done here.");
      return;
    }
    leaving = true;
    location.reload();
  };

  const put = (p) => {
    if (p.state !== at.dataset.state) return again();
    for (const e of document.querySelectorAll("[data-p]")) {
      const words = p[e.dataset.p];
      if (words !== undefined && e.textContent !== words) e.textContent = words;
    }
    if (sum && p.sum && sum.textContent !== p.sum) sum.textContent = p.sum;
    const bar = one("[data-progress-bar]");
    if (bar) { bar.max = p.planned || 1; bar.value = p.done; }
    const slow = one("[data-slow]");
    if (slow) {
      slow.hidden = p.slow.length === 0;
      slow.querySelector("tbody").replaceChildren(...p.slow.map((d) => {
        const row = document.createElement("tr");
        const cell = (name, words) => { const td = document.createElement("td"); td.className = name; td.textContent = words; row.append(td); return td; };
        const first = cell("t", d.domain);
        if (d.said) { const small = document.createElement("small"); small.textContent = d.said; first.append(small); }
        cell("n", d.waiting);
        cell("", d.next);
        return row;
      }));
    }
    // Who listens hears of every tenth, not of every second.
    const tenth = p.planned ? Math.floor(10 * p.done / p.planned) : 0;
    if (says && tenth > told) { told = tenth; says.textContent = p.sum; }
  };

  const source = new EventSource(at.dataset.progress);
  source.addEventListener("progress", (event) => put(JSON.parse(event.data)));
  source.addEventListener("over", () => { source.close(); again(); });
  source.addEventListener("signed-out", () => { source.close(); tell("You are signed out. Sign in in another tab, then reload this page."); });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED && !leaving) tell("This page does not follow by itself any more. Reload it to see how the send goes.");
  });
  addEventListener("pagehide", () => { leaving = true; source.close(); });
})();
