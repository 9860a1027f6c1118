"use strict";
// Shows one example after another, and stores what is said of each before the next one comes.
const form = document.querySelector(".coding");
const boxes = [...form.querySelectorAll("input")];
const [picture, words, given, status] = ["img", ".words", ".given", "[role=status]"].map((one) => form.querySelector(one));
const token = new URLSearchParams(location.search).get("token");
let said = [];
let place = 0;

async function ask(path, more = {}, options = {}) {
  const reply = await fetch(`${path}?${new URLSearchParams({ token, ...more })}`, options);
  if (!reply.ok) throw new Error(await reply.text());
  return reply.json();
}

function firstOpen() {
  const open = said.indexOf(null);
  return open < 0 ? said.length - 1 : open;
}

async function show(next) {
  place = Math.max(0, Math.min(next, firstOpen()));
  const item = await ask("/item", { place });
  picture.hidden = !item.picture;
  if (item.picture) picture.src = item.picture;
  words.hidden = !item.text;
  words.textContent = item.text || "";
  given.textContent = item.label;
  for (const box of boxes) box.checked = Boolean(said[place] && said[place][box.name]);
  document.querySelector(".place").value = `example ${place + 1} of ${said.length}, ${said.filter(Boolean).length} coded`;
  document.querySelector(".finished").hidden = said.includes(null);
  form.hidden = false;
}

async function save() {
  const present = Object.fromEntries(boxes.map((box) => [box.name, box.checked]));
  await ask("/code", {}, { method: "POST", body: JSON.stringify({ place, present }) });
  said[place] = present;
  status.textContent = "saved";
  await show(place + 1);
}

function failed(error) {
  status.textContent = `not saved or shown: ${error.message}. Is pietools annotate still running?`;
  form.hidden = false;
}

let last = Promise.resolve();
function then(work) {
  last = last.then(work).catch(failed);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  then(save);
});
form.elements.back.addEventListener("click", () => then(() => show(place - 1)));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const box = boxes[Number(event.key) - 1];
  if (box) box.checked = !box.checked;
  else if (event.key === "ArrowLeft") then(() => show(place - 1));
  else if (event.key === "ArrowRight") then(() => show(place + 1));
  else if (event.key === "Enter" && event.target.tagName !== "BUTTON") then(save);
  else return;
  event.preventDefault();
});
then(async () => {
  said = (await ask("/said")).said;
  await show(firstOpen());
});
