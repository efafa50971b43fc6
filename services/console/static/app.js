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

  // What was done is said once: reading the page again doesn't say it again.
  const done = document.getElementById("done");
  if (done) {
    announce(done.textContent.trim());
    const address = new URL(location.href);
    address.searchParams.delete("done");
    history.replaceState(history.state, "", address);
  }

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

  // What a reviewer has looked at, kept in this browser for each plan.
  const viewed = () => {
    const told = document.getElementById("viewed");
    if (!told) return;
    const name = `ascip-viewed-${told.dataset.plan}`;
    let seen = [];
    try { seen = JSON.parse(localStorage.getItem(name)) || []; } catch { /* none is seen yet */ }
    const boxes = [...document.querySelectorAll("[data-viewed]")];
    boxes.forEach((each) => { each.checked = seen.includes(each.dataset.viewed); });
    const count = () => { told.textContent = `Viewed ${boxes.filter((each) => each.checked).length} of ${boxes.length} groups on this page`; };
    boxes.forEach((each) => each.addEventListener("change", () => {
      seen = each.checked ? [...seen, each.dataset.viewed] : seen.filter((one) => one !== each.dataset.viewed);
      try { localStorage.setItem(name, JSON.stringify(seen)); } catch { /* forgotten with the page */ }
      count();
    }));
    count();
  };
  viewed();
  document.addEventListener("htmx:afterSettle", viewed);

  // After a swap: the focus goes on where the reader was, and the new number is said.
  document.addEventListener("htmx:afterSettle", (event) => {
    at = null;
    if (event.target.id === "list" || event.detail.elt?.id === "list") document.getElementById("list")?.focus({ preventScroll: true });
    const told = event.detail.elt?.querySelector?.("[data-announce]") || event.target.querySelector?.("[data-announce]");
    announce(told?.dataset.announce);
  });

  // Live progress: the server sends parts of the page. The title and what is read aloud follow; a line
  // that is lost is said in words, and while it stays away the page is asked for every five seconds.
  const plain = document.title;
  const live = () => document.querySelector("[data-live]");
  const said = {};
  let lostAt = Date.now();
  const say = (key, words) => {
    if (words && key in said && said[key] !== words) announce(words);
    if (words) said[key] = words;
  };
  const line = (words, kind) => {
    const place = document.getElementById("line-state");
    if (place && place.textContent !== words) { place.textContent = words; place.className = `line-state ${kind}`; }
  };
  // Whose button has gone goes on at the content, not at the top of the page.
  let focused = null;
  document.addEventListener("focusin", (event) => { focused = event.target; });
  const follow = () => {
    if (focused && !focused.isConnected && document.activeElement === document.body) document.getElementById("main").focus({ preventScroll: true });
    const { title, tenth } = document.querySelector("[data-title]")?.dataset ?? {};
    document.title = title && live() ? `${title} · ${plain}` : plain;
    say("tenth", tenth && `${tenth} %`);
    say("state", document.querySelector("[data-state-words]")?.dataset.stateWords);
  };
  const refresh = () => htmx.ajax("GET", location.pathname, { target: "#main", select: "#main > *", swap: "innerHTML" }).then(() => {
    follow();
    if (lostAt) line("Reconnecting…", "lost");
  });
  if (live()) {
    line("Connecting…", "lost");
    follow();
    document.addEventListener("htmx:sseOpen", () => { lostAt = 0; line("Live", "live"); });
    document.addEventListener("htmx:sseError", () => { lostAt ||= Date.now(); line("Reconnecting…", "lost"); });
    document.addEventListener("htmx:sseMessage", follow);
    document.addEventListener("htmx:sseClose", (event) => { if (event.detail.type === "message") { lostAt = 0; refresh(); } });
    setInterval(() => { if (live() && lostAt && Date.now() - lostAt > 8000) refresh(); }, 5000);
  }
})();
