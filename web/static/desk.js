// The desk's keys. Everything they do can be done without them: a key presses
// the link or button that carries it (data-key). Keys of one letter can be turned
// off in the list of keys (WCAG 2.2, 2.1.4).
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  const ready = () => {
    const dialog = document.getElementById("keys"), on = document.getElementById("keys-on");
    const stored = () => { try { return localStorage.getItem("keys") !== "off"; } catch { return true; } };
    if (on) {
      on.checked = stored();
      on.addEventListener("change", () => { try { localStorage.setItem("keys", on.checked ? "on" : "off"); } catch { /* private window */ } });
    }
    for (const b of document.querySelectorAll("[data-keys]")) b.addEventListener("click", () => dialog?.showModal());
    document.querySelector("[data-focus]")?.focus();

    // Rows: j and k go through them, Enter opens, x ticks.
    const rows = () => [...document.querySelectorAll("[data-row]")].filter((r) => r.offsetParent !== null);
    let at = -1;
    const go = (step) => {
      const all = rows();
      if (!all.length) return;
      all[at]?.classList.remove("on");
      at = Math.max(0, Math.min(all.length - 1, at + step));
      all[at].classList.add("on");
      const link = all[at].querySelector("td.t a") ?? all[at].querySelector("a, button, input");
      link?.focus({ preventScroll: true });
      all[at].scrollIntoView({ block: "nearest" });
    };
    const press = (key) => {
      const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
      if (!target) return false;
      target.click();
      return true;
    };
    const places = { t: "/desk", i: "/desk/items", e: "/desk/editions", w: "/desk/webinars", p: "/desk/people", r: "/desk/returns", s: "/desk/settings" };
    let going = 0;
    document.addEventListener("keydown", (event) => {
      if (event.defaultPrevented || event.isComposing) return;
      if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key === "s") {
        const save = document.querySelector("[data-save]");
        if (save) { event.preventDefault(); save.form ? save.form.requestSubmit(save) : save.click(); }
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || !stored() || dialog?.open) return;
      const writing = event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
      if (writing) {
        if (event.key === "Escape") writing.blur();
        return;
      }
      const place = going && Date.now() - going < 1500 && document.querySelector(`.top nav a[href="${places[event.key]}"]`);
      if (place) {
        event.preventDefault();
        place.click();
        return;
      }
      going = 0;
      switch (event.key) {
        case "?": event.preventDefault(); dialog?.showModal(); break;
        case "g": going = Date.now(); break;
        case "j": event.preventDefault(); go(1); break;
        case "k": event.preventDefault(); go(-1); break;
        case "x": {
          const box = rows()[at]?.querySelector("input[type=checkbox]");
          if (box) { event.preventDefault(); box.click(); }
          break;
        }
        case "/": {
          event.preventDefault();
          const field = document.querySelector("main input[type=search]");
          if (field) { field.focus(); field.select(); } else press("/");
          break;
        }
        default:
          if (event.key.length === 1 && press(event.key)) event.preventDefault();
      }
    });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready); else ready();
})();
