"use strict";
// Shows the cards that are asked for, in the order that is asked for. What is asked for stands in the address, behind the #.
const form = document.querySelector(".filters");
const sections = [...document.querySelectorAll(".cards")];

function fits(section, asked) {
  return ["compressed", "kind"].every((name) => !asked[name] || section.dataset[name] === asked[name]);
}

function before(order) {
  const falling = (a, b) => b.dataset.fall - a.dataset.fall;
  const byName = (a, b) => a.dataset.key.localeCompare(b.dataset.key, undefined, { numeric: true });
  if (order === "key") return byName;
  if (order === "label") return (a, b) => a.dataset.label.localeCompare(b.dataset.label) || falling(a, b);
  return falling;
}

function show() {
  const asked = Object.fromEntries(new FormData(form));
  let n = 0;
  for (const section of sections) {
    const strip = section.querySelector(".strip");
    const cards = [...strip.children];
    for (const card of cards) {
      card.hidden = (asked.label && card.dataset.label !== asked.label) || Number(card.dataset.hit) < Number(asked.hit);
    }
    strip.append(...cards.sort(before(asked.order)));
    const shown = cards.filter((card) => !card.hidden).length;
    section.hidden = !fits(section, asked) || !shown;
    n += section.hidden ? 0 : shown;
  }
  form.querySelector("output").value = `${n} shown`;
  history.replaceState(null, "", `#${new URLSearchParams(asked)}`);
}

for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
  const field = form.elements[name];
  if (field && [...field.options].some((one) => one.value === value)) field.value = value;
}
form.addEventListener("input", show);
form.hidden = false;
show();
