"use strict";
// Shows one example after another, and stores what is said of each before the next one comes. While it waits, nothing can be said.
const form = document.querySelector(".coding");
const boxes = [...form.querySelectorAll("input")];
const buttons = [...form.querySelectorAll("button")];
const [picture, words, given, status] = ["img", ".words", ".given", "[role=status]"].map((one) => form.querySelector(one));
const token = new URLSearchParams(location.search).get("token");
let said = [];
let shown = null; // place of the example that is to be seen, and nothing while another is asked for
let busy = true;

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
  const place = Math.max(0, Math.min(next, firstOpen()));
  const item = await ask("/item", { place });
  said[place] = item.said;
  picture.hidden = !item.picture;
  if (item.picture) picture.src = item.picture;
  words.hidden = !item.text;
  words.textContent = item.text || "";
  given.textContent = item.label;
  for (const box of boxes) box.checked = Boolean(item.said && item.said[box.dataset.name]);
  document.querySelector(".place").value = `example ${place + 1} of ${said.length}, ${said.filter(Boolean).length} coded`;
  document.querySelector(".finished").hidden = said.includes(null);
  shown = place;
}

async function save() {
  const place = shown;
  const present = Object.fromEntries(boxes.map((box) => [box.dataset.name, box.checked]));
  await ask("/code", {}, { method: "POST", body: JSON.stringify({ place, present, before: said[place] }) });
  said[place] = present;
  status.textContent = "saved";
  shown = null;
  await show(place + 1);
}

// One thing at a time: what is pressed meanwhile, or held down, says nothing of an example that nobody has seen.
async function then(work) {
  if (busy) return;
  busy = true;
  for (const one of [...boxes, ...buttons]) one.disabled = true;
  try {
    await work();
  } catch (error) {
    status.textContent = `not saved or shown: ${error.message}. Is pietools annotate still running? Reload to go on.`;
  }
  form.hidden = false;
  busy = shown === null;
  for (const one of [...boxes, ...buttons]) one.disabled = busy;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  then(save);
});
form.querySelector("button[type=button]").addEventListener("click", () => then(() => show(shown - 1)));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const box = boxes[Number(event.key) - 1];
  const known = box || ["ArrowLeft", "ArrowRight"].includes(event.key) || (event.key === "Enter" && event.target.tagName !== "BUTTON");
  if (!known) return;
  event.preventDefault();
  if (event.repeat || busy) return;
  if (box) box.checked = !box.checked;
  else if (event.key === "Enter") then(save);
  else then(() => show(shown + (event.key === "ArrowLeft" ? -1 : 1)));
});
busy = false;
then(async () => {
  said = (await ask("/said")).said;
  await show(firstOpen());
});
