"use strict";
// Shows what is of the regime and the compression that are chosen; what is of none stays. The choice stands in the address, behind the #.
const form = document.querySelector(".filters");
const parts = [...document.querySelectorAll("[data-of]")];
const tables = [...document.querySelectorAll(".shown")];
const names = ["regime", "compression"];

function show() {
  const asked = new FormData(form);
  const chosen = names.map((name) => (asked.get(name) ? String(form.elements[name].selectedIndex - 1) : ""));
  for (const part of parts) {
    part.hidden = part.dataset.of.split(",").some((of, n) => of && chosen[n] && of !== chosen[n]);
  }
  for (const table of tables) {
    table.hidden = !table.querySelector("tbody tr:not([hidden])");
  }
  for (const group of document.querySelectorAll(".group")) {
    group.hidden = !group.querySelector("[data-of]:not([hidden])");
  }
}

const asked = new URLSearchParams(location.hash.slice(1));
for (const name of names) {
  const options = [...form.elements[name].options].map((one) => one.value);
  if (options.includes(asked.get(name))) form.elements[name].value = asked.get(name);
}
form.addEventListener("input", () => {
  show();
  history.replaceState(null, "", `#${new URLSearchParams(new FormData(form))}`);
});
form.hidden = false;
show();
