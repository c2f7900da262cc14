// board: a strip is dropped on a truck's row; before it is dropped the server
// says whether the truck can. Keys: `a` assigns, `x` selects.
import { open } from "./dialogs.js";
import { get, post } from "./net.js";
import { toast } from "./toast.js";

let dragged;
let over;
const known = new Map(); // "load truck" → promise of { ok, text }
const hint = document.createElement("div");
hint.className = "drop-hint";
hint.setAttribute("role", "status");

const text = (fragment) => {
  const doc = new DOMParser().parseFromString(fragment, "text/html");
  return doc.body.textContent.trim().replace(/\s+/g, " ");
};

// check asks GET check-url?load=&truck=: 200 can (the text says how far and
// when), 409 or 422 cannot (the message says why).
function check(url, load, truck) {
  const key = `${load} ${truck}`;
  if (!known.has(key)) {
    const ask = get(`${url}?load=${encodeURIComponent(load)}&truck=${encodeURIComponent(truck)}`);
    known.set(key, ask.then((t) => ({ ok: true, text: text(t) }), (e) => ({ ok: false, text: e.message })));
  }
  return known.get(key);
}

function clear() {
  over?.classList.remove("drop-ok", "drop-bad");
  over = undefined;
  hint.remove();
}

function follow(e) {
  hint.style.left = `${Math.min(e.clientX + 14, innerWidth - 330)}px`;
  hint.style.top = `${Math.min(e.clientY + 16, innerHeight - 60)}px`;
}

async function enter(row, e) {
  clear();
  over = row;
  hint.textContent = "Checking…";
  document.body.append(hint);
  follow(e);
  const url = row.closest("[data-check-url]")?.dataset.checkUrl;
  if (!url) return void (hint.textContent = "Drop to assign");
  const answer = await check(url, dragged.dataset.load, row.dataset.truck);
  if (over !== row) return;
  row.classList.add(answer.ok ? "drop-ok" : "drop-bad");
  hint.textContent = answer.text || (answer.ok ? "This truck can take it" : "This truck cannot take it");
}

async function drop(row) {
  const card = dragged;
  const url = row.closest("[data-assign-url]")?.dataset.assignUrl;
  clear();
  if (!url || !card) return;
  card.setAttribute("aria-busy", "true");
  try {
    await post(url, { load: card.dataset.load, truck: row.dataset.truck, version: card.dataset.version ?? "" });
    window.htmx?.trigger(card, "live");
    document.body.dispatchEvent(new CustomEvent("assigned", { bubbles: true }));
  } catch (e) {
    toast(e.message, e.status === 409 ? "risk" : "late");
  } finally {
    card.removeAttribute("aria-busy");
  }
}

document.addEventListener("dragstart", (e) => {
  dragged = e.target.closest?.("[data-load][draggable=true]");
  if (!dragged) return;
  known.clear();
  e.dataTransfer.effectAllowed = "link";
  e.dataTransfer.setData("text/plain", dragged.dataset.load);
  dragged.classList.add("is-dragged");
});
document.addEventListener("dragover", (e) => {
  const row = dragged && e.target.closest?.("[data-truck]");
  if (!row) return clear();
  e.preventDefault();
  if (row === over) follow(e);
  else enter(row, e);
});
document.addEventListener("drop", (e) => {
  const row = dragged && e.target.closest?.("[data-truck]");
  if (!row) return;
  e.preventDefault();
  drop(row);
});
document.addEventListener("dragend", () => {
  dragged?.classList.remove("is-dragged");
  dragged = undefined;
  clear();
});

const boxes = (only = "") => [...document.querySelectorAll(`.strip input[name="load"]${only}`)];
const kept = new Map(); // load → "load:version" as it was when it was selected

function bulk() {
  const picked = boxes(":checked").length;
  for (const bar of document.querySelectorAll("[data-bulk]")) {
    bar.hidden = picked === 0;
    const n = bar.querySelector("[data-bulk-count]");
    if (n) n.textContent = picked === 1 ? "1 load" : `${picked} loads`;
  }
}
document.addEventListener("change", (e) => {
  if (e.target.name !== "load") return;
  const [load] = e.target.value.split(":");
  if (e.target.checked) kept.set(load, e.target.value);
  else kept.delete(load);
  bulk();
});

function letGo() {
  kept.clear();
  for (const b of boxes(":checked")) b.checked = false;
  bulk();
}

// A board that was fetched again keeps what is selected, at the version that was
// selected: what changed meanwhile is refused, not overwritten.
document.body.addEventListener("htmx:afterSwap", (e) => {
  if (document.querySelector("#modal-body [data-bulk-done]")) letGo();
  if (!e.target.closest?.("#board") && !e.target.querySelector?.("#board")) return;
  for (const b of boxes()) {
    const was = kept.get(b.value.split(":")[0]);
    if (was) [b.value, b.checked] = [was, true];
  }
  bulk();
});

document.addEventListener("click", (e) => {
  const by = e.target.closest?.("[data-bulk-open], [data-bulk-clear]");
  if (!by) return;
  if ("bulkClear" in by.dataset) return letGo();
  open(`${by.dataset.bulkOpen}?${new URLSearchParams(boxes(":checked").map((b) => ["load", b.value]))}`);
});

document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest?.("input:not([type=checkbox]), textarea, select, dialog")) return;
  const card = document.activeElement?.closest("[data-load]") ?? document.querySelector(".is-cursor[data-load]");
  if (!card) return;
  if (e.key === "a" && card.dataset.assign) {
    e.preventDefault();
    open(card.dataset.assign);
  } else if (e.key === "x") {
    e.preventDefault();
    card.querySelector('input[name="load"]')?.click();
  }
});
