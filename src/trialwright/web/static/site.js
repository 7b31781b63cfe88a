// Makes pages smoother; each is whole without it.
// A link to a criterion in a folded part opens the part.
const unfold = () => {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let part = target && target.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
};
addEventListener("hashchange", unfold);
unfold();
// A folded part would be left out on paper.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
// On a phone, long lists that stand before what was asked for begin folded.
if (matchMedia("(max-width: 60rem)").matches)
  document.querySelectorAll(".contents > details, details.filters").forEach((part) => { part.open = false; });
// A box that is ticked, or a list that is changed, is searched for at once.
const search = document.getElementById("search");
if (search && matchMedia("(min-width: 60rem)").matches)
  for (const field of search.elements)
    if (field.type === "checkbox" || field.tagName === "SELECT") field.addEventListener("change", () => search.requestSubmit());
// A report takes its time: say that it is being made, and do not ask twice.
for (const form of document.querySelectorAll('form[method="post"]'))
  form.addEventListener("submit", (event) => {
    if (event.submitter && event.submitter.value === "1" && event.submitter.name === "save") return;
    const told = document.createElement("p");
    told.setAttribute("role", "status");
    told.textContent = "Working on it …";
    form.append(told);
  });
