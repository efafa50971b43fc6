// The header is judged while the file is chosen, and a file may be dropped. Without it the form does the same, later.
"use strict";
(() => {
  const form = document.querySelector("form[data-check]");
  const input = form?.querySelector("input[type=file]"), report = document.getElementById("report");
  if (!input || !report) return;
  const start = Number(form.dataset.start), most = Number(form.dataset.most);
  let asked = 0;

  const check = async () => {
    const file = input.files[0], mine = ++asked;
    // What was wrong with another file says nothing about this one.
    document.querySelectorAll("#faults, .fault").forEach((each) => each.remove());
    document.querySelector(".wrong")?.classList.remove("wrong");
    if (!file) { report.replaceChildren(); return; }
    if (file.size > most) { report.textContent = `The file is larger than ${Math.floor(most / 1048576)} MB, which is the limit.`; return; }
    report.setAttribute("aria-busy", "true");
    report.textContent = "Checking the header…";
    let told = "";
    try {
      const answer = await fetch(`${form.dataset.check}&whole=${file.size <= start}`, {
        method: "POST", body: file.slice(0, start),
        headers: { "HX-Request": "true", "Content-Type": "application/octet-stream" },
      });
      if (answer.ok) told = await answer.text();
    } catch { /* said below */ }
    if (mine !== asked) return;
    report.removeAttribute("aria-busy");
    if (told) report.innerHTML = told;
    else report.textContent = "The header could not be checked now. It is checked after the upload, before anything is planned.";
  };
  // What was wrong with the file before says nothing of this one.
  const forget = () => {
    document.getElementById("faults")?.remove();
    const field = input.closest(".wrong");
    field?.querySelector(".fault")?.remove();
    field?.classList.remove("wrong");
    input.removeAttribute("aria-invalid");
  };
  input.addEventListener("change", () => { forget(); check(); });

  const zone = form.querySelector("[data-drop]");
  const over = (yes) => (event) => { event.preventDefault(); zone.classList.toggle("over", yes); };
  zone.addEventListener("dragover", over(true));
  zone.addEventListener("dragleave", over(false));
  zone.addEventListener("drop", (event) => {
    over(false)(event);
    if (!event.dataTransfer.files.length) return;
    const one = new DataTransfer();
    one.items.add(event.dataTransfer.files[0]);
    input.files = one.files;
    forget();
    check();
  });

  form.addEventListener("submit", () => {
    const button = form.querySelector("[data-busy]");
    button.textContent = button.dataset.busy;
    button.setAttribute("aria-busy", "true");
  });
})();
