// Switching a criterion off: recounts the trial's verdict from the rows that are left, and says what is off.
// Without this script the page is the same page, less the buttons.
for (const trial of document.querySelectorAll(".trial")) {
  const rows = [...trial.querySelectorAll(".row[data-verdict]")];
  const verdict = trial.querySelector(".verdict"), note = trial.querySelector(".switched");
  const listed = document.querySelector(`.summary a[href="#${trial.id}"]`).previousElementSibling;
  const published = [verdict.textContent, verdict.className, note.textContent];
  const recount = () => {
    const off = rows.filter((row) => row.classList.contains("off")), on = rows.filter((row) => !off.includes(row));
    const count = (word) => on.filter((row) => row.dataset.verdict === word).length;
    if (!off.length || trial.dataset.closed) [verdict.textContent, verdict.className] = published;
    else {
      const blind = on.every((row) => row.dataset.answer === "not understood");
      const [state, words] = count("fail") ? ["not", `not eligible, ${count("fail")} failed`]
        : blind ? ["cannot", "cannot assess"]
        : count("unknown") ? ["possibly", `possibly, ${count("unknown")} unknown`]
        : count("person") ? ["possibly", `possibly, ${count("person")} for a person`] : ["likely", "likely eligible"];
      verdict.textContent = words;
      verdict.className = `verdict ${state}`;
    }
    listed.textContent = verdict.textContent;
    listed.className = verdict.className.replace("verdict ", "");
    const names = off.map((row) => row.dataset.id).join(", ");
    note.textContent = off.length ? `${published[2]} Switched off on this page: ${names}. The verdict above does not count them.` : published[2];
  };
  for (const row of rows) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Switch off";
    button.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-label", `Switch ${row.dataset.id} off`);
    button.addEventListener("click", () => {
      const isOff = row.classList.toggle("off");
      button.textContent = isOff ? "Switch on" : "Switch off";
      button.setAttribute("aria-pressed", String(isOff));
      recount();
    });
    row.querySelector(".head").append(button);
  }
}
// A folded part would be left out on paper.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
