// The order of an edition's entries, by pointer and by keyboard. A row is taken by
// its number: drag it, or press Space, move with the arrow keys, press Space again
// to put it down or Escape to leave it where it was. Where it comes to stand is
// sent as a plain form, the same as the buttons under "Move" send; the answer is
// the page in its new order.
"use strict";
(() => {
  const table = document.querySelector("[data-order]");
  if (!table) return;
  const body = table.tBodies[0], says = document.querySelector("[data-order-says]");
  const rows = () => [...body.rows];
  const say = (words) => { says.textContent = words; };
  const topics = (row) => row.dataset.topics.trim().split(/\s+/);
  let held = null; // {row, home: the rows as they were, pointer}

  // The section a row would be in between two others, or null where it may not be.
  const sectionAt = (row, before, after) => {
    const own = row.dataset.section, mine = topics(row);
    const near = [before, after].filter(Boolean).map((r) => r.dataset.section);
    if (near.includes(own)) return own;
    return near.find((s) => mine.includes(s)) ?? null;
  };
  const take = (row, pointer) => {
    held = { row, home: rows(), pointer };
    row.classList.add("held");
    row.querySelector("[data-grip]").setAttribute("aria-pressed", "true");
  };
  const release = () => {
    held.row.classList.remove("held");
    held.row.querySelector("[data-grip]").removeAttribute("aria-pressed");
    held = null;
  };
  const cancel = () => {
    const { row, home } = held;
    body.append(...home);
    release();
    row.querySelector("[data-grip]").focus();
    say(row.dataset.title + " stays where it was.");
  };
  // Puts the held row at the place, if it may stand there.
  const put = (to) => {
    const others = rows().filter((r) => r !== held.row);
    if (to < 0 || to > others.length || !sectionAt(held.row, others[to - 1], others[to])) return false;
    if (rows().indexOf(held.row) !== to) body.insertBefore(held.row, others[to] ?? null);
    return true;
  };
  const step = (by) => {
    const all = rows(), at = all.indexOf(held.row);
    for (let to = at + by; to >= 0 && to < all.length; to += by) {
      if (put(to)) {
        held.row.querySelector("[data-grip]").focus();
        held.row.scrollIntoView({ block: "nearest" });
        say("Place " + (to + 1) + " of " + all.length + ".");
        return;
      }
    }
    say("It cannot go further: it is filed under no topic of the sections there.");
  };
  const drop = () => {
    const { row, home } = held;
    const all = rows(), at = all.indexOf(row);
    release();
    if (home.indexOf(row) === at) { say(row.dataset.title + " stays where it was."); return; }
    const section = sectionAt(row, all[at - 1], all[at + 1]);
    const next = all[at + 1];
    const words = { item: row.dataset.item };
    if (next && next.dataset.section === section) {
      words.verb = "before";
      words.before = next.dataset.item;
    } else if (section === row.dataset.section) {
      words.verb = "end";
    } else {
      words.verb = "section";
      words.topic = section;
    }
    const form = document.createElement("form");
    form.method = "post";
    form.action = table.dataset.order;
    for (const [name, value] of Object.entries(words)) {
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = name;
      field.value = value;
      form.append(field);
    }
    document.body.append(form);
    form.submit();
  };

  for (const grip of body.querySelectorAll("[data-grip]")) {
    const row = grip.closest("tr");
    grip.addEventListener("keydown", (event) => {
      if (event.key === " " || event.key === "Enter") {
        event.preventDefault();
        if (held) { drop(); return; }
        take(row);
        say(row.dataset.title + " is taken up. Arrow keys move it, Space puts it down, Escape leaves it where it was.");
      } else if (held && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
        event.preventDefault();
        step(event.key === "ArrowUp" ? -1 : 1);
      } else if (held && event.key === "Escape") {
        event.preventDefault();
        cancel();
      } else if (held && event.key !== "Tab") {
        event.preventDefault();
        event.stopPropagation();
      }
    });
    grip.addEventListener("blur", () => {
      // Moving the row in the document takes the focus away for a moment.
      setTimeout(() => { if (held && held.pointer === undefined && document.activeElement !== held.row.querySelector("[data-grip]")) cancel(); }, 0);
    });
    grip.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || held) return;
      event.preventDefault();
      grip.focus();
      body.setPointerCapture(event.pointerId);
      take(row, event.pointerId);
    });
  }
  // The rows' body takes the pointer, not the grip: a grip that is moved in the
  // document loses it.
  body.addEventListener("pointermove", (event) => {
    if (held?.pointer !== event.pointerId) return;
    const others = rows().filter((r) => r !== held.row);
    let to = others.findIndex((r) => { const box = r.getBoundingClientRect(); return event.clientY < box.top + box.height / 2; });
    if (to < 0) to = others.length;
    put(to);
    const edge = 48;
    if (event.clientY < edge) scrollBy(0, -12); else if (event.clientY > innerHeight - edge) scrollBy(0, 12);
  });
  body.addEventListener("pointerup", (event) => { if (held?.pointer === event.pointerId) drop(); });
  body.addEventListener("pointercancel", (event) => { if (held?.pointer === event.pointerId) cancel(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && held?.pointer !== undefined) { event.preventDefault(); cancel(); }
  });
  // After a move the page comes back with the entry in its fragment: go on there.
  // The browser looks for the fragment itself first, and takes the focus with it.
  if (location.hash.startsWith("#item-")) {
    addEventListener("load", () => setTimeout(() => document.getElementById(location.hash.slice(1))?.querySelector("[data-grip]")?.focus({ preventScroll: true }), 0));
  }
})();
