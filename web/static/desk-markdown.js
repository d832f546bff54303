// The Markdown editor: buttons and keys around a textarea that stays a textarea.
// Without this script it is one still, and everything can be typed by hand.
//
//   - What a button writes goes in as if it were typed (insertText), so that the
//     browser's own undo takes it back.
//   - The toolbar is one stop of the Tab key; the arrows go through it
//     (WAI-ARIA, toolbar). Tab in the text leaves the text, as everywhere.
//   - What is pasted from Word or a page stands there as plain text at once; the
//     server turns it into Markdown, which then takes its place. So nothing is
//     ever lost, and undo brings the plain text back.
//   - The preview is the server's, in a sandbox. On a fault the last one stays.
"use strict";
(() => {
  const maxPaste = 2 << 20;

  // write puts text in place of from…to and selects a part of it.
  const write = (area, from, to, text, start = from + text.length, end = start) => {
    area.focus();
    area.setSelectionRange(from, to);
    if (area.value.slice(from, to) !== text) {
      const typed = text === "" ? document.execCommand("delete") : document.execCommand("insertText", false, text);
      if (!typed) { // a browser that cannot: without undo, but done
        area.setRangeText(text, from, to, "end");
        area.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }
    area.setSelectionRange(start, end);
  };

  // around sets marks before and after what is selected, or takes them off.
  const around = (mark, words) => (area) => {
    const { selectionStart: a, selectionEnd: b, value } = area, n = mark.length;
    if (value.slice(a - n, a) === mark && value.slice(b, b + n) === mark && (n > 1 || value[a - 2] !== mark)) {
      write(area, a - n, b + n, value.slice(a, b), a - n, b - n);
      return;
    }
    const text = value.slice(a, b).trim() || words, lead = value.slice(a, b).match(/^\s*/)[0].length * (a < b);
    const at = a + (value.slice(a, b).trim() ? lead : 0);
    write(area, at, at + (value.slice(a, b).trim().length), mark + text + mark, at + n, at + n + text.length);
  };

  // lines sets a mark before every selected line, or takes it off all of them.
  const lines = (mark, known, numbered) => (area) => {
    const { value } = area;
    const a = value.lastIndexOf("\n", area.selectionStart - 1) + 1;
    const to = value.indexOf("\n", Math.max(area.selectionEnd - 1, a)), b = to < 0 ? value.length : to;
    const rows = value.slice(a, b).split("\n"), all = rows.every((r) => known.test(r));
    const text = rows.map((r, i) => (all ? r.replace(known, "") : (numbered ? `${i + 1}. ` : mark) + r.replace(/^(#{1,6} |[-*] |\d+\. |> )/, ""))).join("\n");
    write(area, a, b, text, rows.length > 1 ? a : a + text.length, a + text.length);
  };

  const link = (area) => {
    const { selectionStart: a, selectionEnd: b } = area, words = area.value.slice(a, b);
    if (/^https?:\/\/\S+$/.test(words)) write(area, a, b, `[](${words})`, a + 1, a + 1);
    else write(area, a, b, `[${words || "words"}](https://)`, a + (words || "words").length + 3, a + (words || "words").length + 11);
  };

  // block sets a text apart by blank lines.
  const table = (area) => {
    const { selectionEnd: at, value } = area;
    const before = at === 0 || value.slice(0, at).endsWith("\n\n") ? "" : value[at - 1] === "\n" ? "\n" : "\n\n";
    const text = "| Name | Name |\n|---|---|\n|  |  |\n";
    write(area, at, at, before + text + (value[at] === "\n" ? "" : "\n"), at + before.length + 2, at + before.length + 6);
  };

  const tools = [
    ["Bold", around("**", "bold"), "b"], ["Italic", around("*", "italic"), "i"], ["Link", link, "k"],
    ["Heading", lines("## ", /^#{1,6} /)], ["List", lines("- ", /^[-*] /)], ["Numbers", lines("", /^\d+\. /, true)], ["Quote", lines("> ", /^> /)],
    ["Table", table], ["Undo", (area) => { area.focus(); document.execCommand("undo"); }],
  ];

  // carryOn goes on with a list or quotation on Enter; on an empty entry it ends it.
  const carryOn = (area, event) => {
    const { selectionStart: a, selectionEnd: b, value } = area;
    const from = value.lastIndexOf("\n", a - 1) + 1, m = value.slice(from, a).match(/^(\s*)([-*]|(\d{1,9})([.)])|>)( +)(.*)$/);
    if (a !== b || !m) return;
    event.preventDefault();
    if (m[6].trim() === "" && (value[a] === undefined || value[a] === "\n")) { write(area, from, a, ""); return; }
    write(area, a, a, "\n" + m[1] + (m[3] ? Number(m[3]) + 1 + m[4] : m[2]) + m[5]);
  };

  const paste = async (area, event, say) => {
    const html = event.clipboardData?.getData("text/html") ?? "", plain = (event.clipboardData?.getData("text/plain") ?? "").replace(/\r\n?/g, "\n");
    if (!html.trim() || area.readOnly || area.disabled) return;
    event.preventDefault();
    const from = area.selectionStart;
    write(area, from, area.selectionEnd, plain);
    if (html.length > maxPaste) { say("What was pasted is larger than 2 MB: it is there as plain text."); return; }
    say("Reading what was pasted …");
    let read;
    try {
      const answer = await fetch("/desk/paste", { method: "POST", body: html, headers: { "Content-Type": "text/plain; charset=utf-8", Accept: "application/json" }, signal: AbortSignal.timeout(15000) });
      read = await answer.json();
      if (!answer.ok) { say(`${read.error ?? "It could not be read."} It is there as plain text.`); return; }
    } catch {
      say("The desk did not answer: what was pasted is there as plain text.");
      return;
    }
    const notes = (read.notes ?? []).join(" ");
    if (read.markdown.trim() === plain.trim()) { say(notes); return; }
    if (area.value.slice(from, from + plain.length) !== plain) { say("You wrote on meanwhile: what was pasted stays plain text."); return; }
    const at = [area.selectionStart, area.selectionEnd], moved = at[0] !== from + plain.length;
    // Whole blocks stand apart from the words around them.
    let text = read.markdown;
    if (text.includes("\n")) {
      const before = area.value.slice(0, from), after = area.value.slice(from + plain.length);
      text = (before && !before.endsWith("\n\n") ? (before.endsWith("\n") ? "\n" : "\n\n") : "") + text + (after && !after.startsWith("\n") ? "\n\n" : "");
    }
    const kept = (p) => (p <= from ? p : Math.max(p + text.length - plain.length, from));
    if (moved) write(area, from, from + plain.length, text, kept(at[0]), kept(at[1])); else write(area, from, from + plain.length, text);
    say(`Pasted as Markdown; Ctrl+Z brings the plain text back. ${notes}`.trim());
  };

  const toolbar = (area) => {
    const bar = document.createElement("div");
    bar.className = "tools";
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", "Formatting");
    if (area.id) bar.setAttribute("aria-controls", area.id);
    for (const [name, act, key] of tools) {
      const b = document.createElement("button");
      b.type = "button";
      b.textContent = name;
      b.tabIndex = bar.children.length ? -1 : 0;
      if (key) { b.setAttribute("aria-keyshortcuts", `Control+${key.toUpperCase()}`); b.title = `Ctrl+${key.toUpperCase()}`; }
      b.addEventListener("mousedown", (event) => event.preventDefault()); // the selection stays
      b.addEventListener("click", () => act(area));
      bar.append(b);
    }
    const stop = (to) => { for (const b of bar.children) b.tabIndex = b === to ? 0 : -1; };
    bar.addEventListener("focusin", (event) => stop(event.target));
    bar.addEventListener("keydown", (event) => {
      const all = [...bar.children], at = all.indexOf(document.activeElement);
      const to = { ArrowRight: (at + 1) % all.length, ArrowLeft: (at + all.length - 1) % all.length, Home: 0, End: all.length - 1 }[event.key];
      if (to === undefined || at < 0) return;
      event.preventDefault();
      all[to].focus();
    });
    area.before(bar);
  };

  // preview shows the form as the server would put it out, half a second after
  // the last word.
  const views = ["Web", "Letter", "Phone", "Text"];
  const preview = (place, form) => {
    const box = document.createElement("details"), tabs = document.createElement("div"), shown = document.createElement("div"), said = document.createElement("p");
    const head = document.createElement("summary");
    box.className = "preview";
    head.textContent = "Preview";
    tabs.className = "tabs";
    tabs.setAttribute("role", "tablist");
    tabs.setAttribute("aria-label", "Preview");
    shown.className = "shown";
    shown.setAttribute("role", "tabpanel");
    said.className = "note";
    said.setAttribute("aria-live", "polite");
    box.append(head, tabs, shown, said);
    place.append(box);
    let view = "Web", stale = null, timer = 0;
    const choose = (name, focus) => {
      view = name;
      for (const t of tabs.children) {
        const on = t.textContent === name;
        t.setAttribute("aria-selected", String(on));
        t.tabIndex = on ? 0 : -1;
        if (on) { shown.setAttribute("aria-labelledby", t.id); if (focus) t.focus(); }
      }
      draw();
    };
    for (const name of views) {
      const t = document.createElement("button");
      t.type = "button";
      t.id = `preview-${name.toLowerCase()}`;
      t.textContent = name;
      t.setAttribute("role", "tab");
      t.addEventListener("click", () => choose(name));
      tabs.append(t);
    }
    tabs.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: views.length - 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      choose(views[(views.indexOf(view) + step) % views.length], true);
    });
    const fields = (name) => {
      const data = new URLSearchParams();
      for (const [key, value] of new FormData(form)) if (typeof value === "string" && key !== "view") data.append(key, value);
      data.set("view", name);
      return data;
    };
    const draw = async () => {
      if (!box.open) return;
      stale?.abort();
      const mine = stale = new AbortController(), name = view.toLowerCase();
      try {
        const answer = await fetch("/desk/preview", { method: "POST", body: fields("check"), headers: { Accept: "application/json" }, signal: mine.signal });
        const told = await answer.json();
        if (!answer.ok) throw new Error(told.error);
        said.textContent = told.said;
      } catch (fault) {
        if (!mine.signal.aborted) said.textContent = `${fault instanceof TypeError || !fault.message ? "The preview could not be made." : fault.message} What you see is the last one.`;
        return;
      }
      if (mine.signal.aborted) return;
      // A frame of its own each time: the way back in the browser stays clean, and
      // the old one is seen until the new one is there.
      const next = document.createElement("iframe"), send = document.createElement("form");
      next.name = `preview-${Date.now()}`;
      next.title = `Preview: ${view}`;
      next.setAttribute("sandbox", "");
      next.className = name === "phone" ? "phone coming" : "coming";
      shown.append(next);
      next.addEventListener("load", () => {
        if (mine.signal.aborted) { next.remove(); return; }
        for (const old of [...shown.children]) if (old !== next) old.remove();
        next.classList.remove("coming");
      });
      send.method = "post";
      send.action = "/desk/preview";
      send.target = next.name;
      send.hidden = true;
      for (const [key, value] of fields(name)) {
        const field = document.createElement("textarea"); // keeps line ends
        field.name = key;
        field.value = value;
        send.append(field);
      }
      document.body.append(send);
      send.submit();
      send.remove();
    };
    form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(draw, 500); });
    box.addEventListener("toggle", draw);
    choose("Web");
  };

  const ready = () => {
    for (const area of document.querySelectorAll("textarea[data-markdown]")) {
      toolbar(area);
      const status = document.createElement("p");
      status.className = "note";
      status.setAttribute("role", "status");
      area.after(status);
      const say = (words) => { status.textContent = words; };
      area.addEventListener("keydown", (event) => {
        if (event.isComposing || event.altKey) return;
        if ((event.ctrlKey || event.metaKey) && !event.shiftKey) {
          const tool = tools.find((t) => t[2] === event.key.toLowerCase());
          if (tool) { event.preventDefault(); tool[1](area); }
        } else if (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.metaKey) carryOn(area, event);
      });
      area.addEventListener("paste", (event) => { paste(area, event, say); });
      const place = area.closest(".field")?.querySelector("[data-preview]");
      if (place && area.form) preview(place, area.form);
    }
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready); else ready();
})();
