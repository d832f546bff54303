// The form of an item. Without this script everything can be written and saved;
// with it words are kept every few seconds, sources are added at once, and nobody
// leaves by mistake.
"use strict";
(() => {
  const ready = () => {
    const form = document.querySelector("form[data-item]");
    if (!form) return;
    const status = form.querySelector("[data-kept]");
    const wait = 3000; // ms after the last change
    let timer = 0, changed = false, leaving = false, kept = Promise.resolve(), asking = null;

    const say = (words, bad) => {
      status.textContent = words;
      status.classList.toggle("ba", bad);
    };
    const keep = async () => {
      if (!changed || leaving) return;
      changed = false;
      asking = new AbortController();
      try {
        const answer = await fetch("/desk/items/unsaved", {
          method: "POST", body: new URLSearchParams(new FormData(form)), signal: asking.signal, redirect: "manual", headers: { Accept: "application/json" },
        });
        if (!(answer.headers.get("Content-Type") || "").startsWith("application/json")) {
          changed = true;
          say(answer.status === 401 || answer.type === "opaqueredirect" ? "You are signed out. Sign in in another tab; your words stay here." : "Your words could not be kept. They are still here.", true);
          return;
        }
        const told = await answer.json();
        if (answer.ok) form.elements.turn.value = told.turn; else changed = true;
        say(told.said, !answer.ok);
      } catch {
        if (leaving) return;
        changed = true;
        say("The desk cannot be reached. Your words are still here, and kept when it answers.", true);
        later(10000);
      }
    };
    // One after the other: each begins from the turn of the one before.
    const later = (ms) => { clearTimeout(timer); timer = setTimeout(() => { kept = kept.then(keep); }, ms); };
    const touch = () => { changed = true; later(wait); };
    form.addEventListener("input", touch);
    form.addEventListener("change", touch);
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden" && changed) later(0); });
    form.addEventListener("submit", (event) => { if (event.submitter?.formTarget) return; leaving = true; clearTimeout(timer); asking?.abort(); });
    window.addEventListener("beforeunload", (event) => { if (changed && !leaving) event.preventDefault(); });
    window.addEventListener("pageshow", (event) => { if (event.persisted) leaving = false; });

    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
      const publish = form.querySelector("[data-publish]") || form.querySelector("[data-save]");
      event.preventDefault();
      form.requestSubmit(publish);
    });

    // Sources: a row more is the last one over again, empty and with the next number.
    const rows = () => [...form.querySelectorAll("[data-source]")];
    const number = (row, n) => {
      for (const e of row.querySelectorAll("[id], [name], [for], [value]")) {
        for (const a of ["id", "name", "for"]) {
          const old = e.getAttribute(a);
          if (old) e.setAttribute(a, old.replace(/^source-\d+-/, `source-${n}-`));
        }
        if (e.matches("[data-drop-source]")) {
          e.value = `drop-source-${n}`;
          e.setAttribute("aria-label", `Remove source ${n + 1}`);
        }
      }
      row.setAttribute("aria-label", `Source ${n + 1}`);
    };
    form.addEventListener("click", (event) => {
      const add = event.target.closest("[data-add-source]"), drop = event.target.closest("[data-drop-source]");
      if (add) {
        event.preventDefault();
        const all = rows(), last = all[all.length - 1], row = last.cloneNode(true);
        for (const fault of row.querySelectorAll(".fault")) fault.remove();
        for (const input of row.querySelectorAll("input")) {
          input.value = "";
          input.removeAttribute("aria-invalid");
          input.removeAttribute("aria-describedby");
        }
        number(row, all.length);
        last.after(row);
        row.querySelector("input").focus();
      } else if (drop) {
        event.preventDefault();
        const all = rows(), row = drop.closest("[data-source]"), at = all.indexOf(row);
        if (all.length === 1) {
          for (const input of row.querySelectorAll("input")) input.value = "";
          row.querySelector("input").focus();
        } else {
          row.remove();
          rows().forEach(number);
          (rows()[Math.min(at, all.length - 2)]).querySelector("input").focus();
        }
        touch();
      }
    });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready); else ready();
})();
