// palette: `/` searches everything: the pages of the menu at once, the rest from the server.
import { get, html } from "./net.js";

let input;
let hits;
let asking;
let timer;

export function openSearch() {
  const box = document.getElementById("palette");
  if (!box || box.open) return;
  box.showModal();
  input.value = "";
  draw("", "");
  input.focus();
}

function pages(q) {
  const words = q.toLowerCase();
  return [...document.querySelectorAll(".rail .rail-link")].filter((a) => a.title.toLowerCase().includes(words)).map((a) =>
    `<a class="hit" role="option" data-hit href="${html(a.getAttribute("href"))}">${a.querySelector("svg").outerHTML}<span class="hit-title">${html(a.title)}</span><span class="hit-detail"></span><kbd class="kbd">${html(a.dataset.keys)}</kbd></a>`).join("");
}

function draw(q, found) {
  hits.innerHTML = found + pages(q);
  select(0);
}

function select(n) {
  const all = [...hits.querySelectorAll("[data-hit]")];
  const at = Math.max(0, Math.min(all.length - 1, n));
  all.forEach((el, i) => {
    el.id = `hit-${i}`;
    el.setAttribute("aria-selected", String(i === at));
  });
  if (all[at]) {
    input.setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  }
}

async function search() {
  const q = input.value.trim();
  asking?.abort();
  if (q.length < 2) return draw(q, "");
  asking = new AbortController();
  try {
    const found = await get(`${document.getElementById("palette").dataset.search}?q=${encodeURIComponent(q)}`, asking.signal);
    if (input.value.trim() === q) draw(q, found);
  } catch (e) {
    if (e.name !== "AbortError") draw(q, `<p class="hit-none">${html(e.message)}</p>`);
  }
}

function onKey(e) {
  const all = [...hits.querySelectorAll("[data-hit]")];
  const at = all.findIndex((el) => el.getAttribute("aria-selected") === "true");
  if (e.key === "ArrowDown") select(at + 1);
  else if (e.key === "ArrowUp") select(at - 1);
  else if (e.key === "Enter" && all[at]) {
    if (e.ctrlKey || e.metaKey) window.open(all[at].href, "_blank", "noopener");
    else location.assign(all[at].href);
  } else return;
  e.preventDefault();
}

export function start() {
  const box = document.getElementById("palette");
  if (!box) return;
  input = box.querySelector("input");
  hits = document.getElementById("palette-hits");
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, 120);
  });
  input.addEventListener("keydown", onKey);
  document.addEventListener("click", (e) => {
    if (e.target.closest("[data-open-search]")) openSearch();
  });
}
