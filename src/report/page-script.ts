/**
 * The page's only script, in the browser's JavaScript: tooltips for marks and sorting of tables. The
 * page is complete without it: marks keep their native titles, tables their order.
 */
export const pageScript = `
"use strict";
for (const svg of document.querySelectorAll("svg[role=img]")) {
  const title = svg.querySelector(":scope > title");
  if (title) { svg.setAttribute("aria-label", title.textContent); title.remove(); }
}
for (const mark of document.querySelectorAll(".mark")) {
  const title = mark.querySelector(":scope > title");
  if (title) { mark.dataset.tip = title.textContent; title.remove(); }
}
const tip = document.getElementById("tip");
let active = null;
function show(event) {
  const mark = event.target instanceof Element ? event.target.closest("[data-tip]") : null;
  if (active !== mark) {
    if (active) active.classList.remove("active");
    if (mark) { mark.classList.add("active"); tip.textContent = mark.dataset.tip; }
    active = mark;
    tip.hidden = mark === null;
  }
  if (mark === null) return;
  const box = tip.getBoundingClientRect();
  const left = Math.min(event.clientX + 14, document.documentElement.clientWidth - box.width - 8);
  const above = event.clientY - box.height - 12;
  tip.style.left = Math.max(8, left) + "px";
  tip.style.top = (above > 4 ? above : event.clientY + 18) + "px";
}
document.addEventListener("pointermove", show);
document.addEventListener("pointerdown", show);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && active) { active.classList.remove("active"); active = null; tip.hidden = true; }
});

function sort(heading) {
  const descending = heading.getAttribute("aria-sort") === "ascending";
  for (const other of heading.parentElement.children) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
  const body = heading.closest("table").tBodies[0];
  const keyed = [...body.rows].map((row) => {
    const key = row.cells[heading.cellIndex].dataset.key;
    const number = Number(key);
    return { row, absent: key === undefined, key: Number.isNaN(number) ? key : number };
  });
  const textual = keyed.some((each) => typeof each.key === "string");
  keyed.sort((a, b) => {
    if (a.absent || b.absent) return a.absent - b.absent;
    const order = textual ? String(a.key).localeCompare(String(b.key), "en", { numeric: true }) : a.key - b.key;
    return descending ? -order : order;
  });
  body.append(...keyed.map((each) => each.row));
}
for (const heading of document.querySelectorAll("th.sortable")) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...heading.childNodes);
  button.addEventListener("click", () => sort(heading));
  heading.append(button);
}
`;
