"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const order = new Map(["error", "warning", "note"].map((word, place) => [word, String(place)]));
  const key = (row, column) => {
    const text = row.cells[column].textContent.trim();
    return order.get(text) ?? text;
  };
  const words = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = Array.from(body.rows, (row) => [key(row, column), row]);
      rows.sort((one, two) => words.compare(one[0], two[0]) * (down ? -1 : 1));
      body.append(...rows.map((pair) => pair[1]));
    });
  });
}
const form = document.querySelector("form.filter");
if (form) {
  const rows = Array.from(document.querySelector("table.sortable").tBodies[0].rows, (row) => [row, row.textContent.toLowerCase()]);
  const told = form.querySelector(".shown");
  const show = () => {
    const severities = new Set(Array.from(form.querySelectorAll("[name=severity]:checked"), (box) => box.value));
    const text = form.elements.text.value.trim().toLowerCase();
    const rule = form.elements.rule.value, who = form.elements.who.value;
    let count = 0;
    for (const [row, words] of rows) {
      const fits = severities.has(row.dataset.severity) && (!rule || row.dataset.rule === rule) &&
        (!who || row.dataset.who === who) && words.includes(text);
      row.hidden = !fits;
      count += fits;
    }
    told.textContent = `${count} of ${rows.length} findings shown`;
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(show));
  form.hidden = false;
  show();
}
