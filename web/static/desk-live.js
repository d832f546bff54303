// A part of a page that changes by itself, [data-live]: the page is asked for again
// until it has no such part, and then shown as it is. Without scripts there is a
// link that does the same.
"use strict";
(() => {
  const ready = () => {
    if (!document.querySelector("[data-live]")) return;
    const look = async () => {
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        if (answer.redirected || !answer.ok) { location.reload(); return; }
        const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
        const now = document.querySelector("[data-live]");
        if (!next || !now) { location.reload(); return; }
        const bar = now.querySelector("progress"), words = now.querySelector("[data-words]");
        if (bar) bar.value = next.querySelector("progress")?.value ?? 0;
        const said = next.querySelector("[data-words]")?.textContent;
        if (words && said && said !== words.textContent) words.textContent = said;
      } catch { /* the network is away for a moment */ }
      setTimeout(look, 2000);
    };
    setTimeout(look, 1500);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready); else ready();
})();
