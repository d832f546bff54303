// Says that a file is too large before it is sent. The server says so too.
"use strict";
(() => {
  const ready = () => {
    for (const form of document.querySelectorAll("form[data-most]")) {
      const input = form.querySelector("input[type=file]"), said = form.querySelector("[data-file-said]"), most = Number(form.dataset.most);
      const check = () => {
        const file = input.files[0], over = file && file.size > most;
        said.textContent = over ? `${file.name} has ${Math.round(file.size / 1e6)} MB: more than the ${Math.round(most / (1 << 20))} MB that can be attached. Choose a smaller one.` : "";
        input.toggleAttribute("aria-invalid", Boolean(over));
        return !over;
      };
      input.addEventListener("change", check);
      form.addEventListener("submit", (event) => {
        if (!check()) { event.preventDefault(); input.focus(); return; }
        if (input.files[0]) said.textContent = "Sending …";
      });
    }
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready); else ready();
})();
