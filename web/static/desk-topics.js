// The order of topics: rows are dragged, or moved with Alt and an arrow key. Without
// this the buttons of each row do it.
"use strict";
(() => {
  const ready = () => {
    const form = document.querySelector("form[data-order]");
    if (!form || !form.querySelector("button[name=move]")) return;
    const body = form.querySelector("tbody");
    const rows = () => [...body.querySelectorAll("tr[data-id]")];
    const order = () => rows().map((r) => r.dataset.id).join(",");
    const was = order();
    let held = null;
    for (const row of rows()) {
      row.draggable = true;
      row.addEventListener("dragstart", (event) => {
        held = row;
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", row.dataset.id);
      });
      row.addEventListener("dragover", (event) => {
        if (!held || held === row) return;
        event.preventDefault();
        const box = row.getBoundingClientRect();
        body.insertBefore(held, event.clientY < box.top + box.height / 2 ? row : row.nextSibling);
      });
      row.addEventListener("keydown", (event) => {
        if (!event.altKey || event.ctrlKey || event.metaKey) return;
        const way = { ArrowUp: "up", ArrowDown: "down" }[event.key];
        const button = way && row.querySelector(`button[value$=":${way}"]:not([disabled])`);
        if (button) { event.preventDefault(); button.click(); }
      });
    }
    body.addEventListener("dragover", (event) => { if (held) event.preventDefault(); });
    body.addEventListener("drop", (event) => event.preventDefault());
    body.addEventListener("dragend", () => {
      held = null;
      if (order() === was) return;
      form.elements.order.value = order();
      form.requestSubmit();
    });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready); else ready();
})();
