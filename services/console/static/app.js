// Comfort on top of pages that work without it: shortcuts, focus and words after a swap, live progress.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const announce = (words) => {
    const place = document.getElementById("announce");
    if (place && words) place.textContent = words;
  };

  // Mistakes of a form are where the reader begins.
  document.querySelector("[data-focus]")?.focus();

  // Dialogs are opened by the button that names them.
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (opener) document.getElementById(opener.dataset.open)?.showModal();
    const copier = event.target.closest("[data-copy]");
    if (copier) {
      navigator.clipboard?.writeText(copier.dataset.copy).then(() => announce("Copied"));
    }
  });

  // One switch turns the single-key shortcuts off (WCAG 2.1.4); the choice stays in this browser.
  const box = document.getElementById("shortcuts");
  const kept = "ascip-shortcuts-off";
  const off = () => { try { return localStorage.getItem(kept) === "1"; } catch { return false; } };
  if (box) {
    box.checked = !off();
    box.addEventListener("change", () => {
      try { localStorage.setItem(kept, box.checked ? "0" : "1"); } catch { /* asked again next time */ }
    });
  }

  // Rows that lead somewhere: j and k go through them, Enter opens.
  const rows = () => [...document.querySelectorAll("main tbody tr")].filter((row) => row.querySelector("a[href], summary, button"));
  let at = null;
  const go = (step) => {
    const all = rows();
    if (!all.length) return;
    const now = all.indexOf(at);
    at?.classList.remove("at");
    at = all[Math.max(0, Math.min(all.length - 1, now < 0 ? (step > 0 ? 0 : all.length - 1) : now + step))];
    at.classList.add("at");
    at.querySelector("a[href], summary, button").focus();
    at.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "Escape") {
      if (typing?.id === "search") typing.blur();
      document.querySelectorAll("details.menu[open]").forEach((menu) => { menu.open = false; });
      return;
    }
    if (typing || off() || document.querySelector("dialog[open]")) return;
    if (event.key === "/") { event.preventDefault(); document.getElementById("search")?.focus(); }
    if (event.key === "?") { event.preventDefault(); document.getElementById("help")?.showModal(); }
    if (event.key === "j") go(1);
    if (event.key === "k") go(-1);
  });

  // After a swap: the focus goes on where the reader was, and the new number is said.
  document.addEventListener("htmx:afterSettle", (event) => {
    at = null;
    const told = event.detail.elt?.querySelector?.("[data-announce]") || event.target.querySelector?.("[data-announce]");
    announce(told?.dataset.announce);
  });

  // Live progress: what the server says in a word stands in the title; a lost line is said in words.
  const line = document.querySelector("[data-live]");
  if (line) {
    const state = (words) => { const place = document.getElementById("line-state"); if (place) place.textContent = words; };
    const plain = document.title;
    let lost = 0;
    const poll = () => { if (lost > 5) location.reload(); };
    document.addEventListener("htmx:sseOpen", () => { lost = 0; state("Live"); });
    document.addEventListener("htmx:sseError", () => { lost += 1; state("Reconnecting…"); setTimeout(poll, 5000); });
    document.addEventListener("htmx:sseMessage", () => {
      const told = document.querySelector("[data-title]")?.dataset.title;
      document.title = told ? `${told} · ${plain}` : plain;
      const tenth = document.querySelector("[data-tenth]")?.dataset.tenth;
      if (tenth && tenth !== line.dataset.said) { line.dataset.said = tenth; announce(`${tenth} %`); }
    });
    document.addEventListener("htmx:sseClose", () => location.reload());
  }
})();
