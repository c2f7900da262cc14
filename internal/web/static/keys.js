// keys: everything by keyboard. `g x` goes to a section, j/k move over rows,
// data-key on a button or link is its own key.
import { html } from "./net.js";
import { openSearch } from "./palette.js";

const typing = (el) => el?.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
let prefix = "";
let timer;

const rows = () => [...document.querySelectorAll("main [data-row]")].filter((r) => r.getClientRects().length > 0);

function move(step) {
  const all = rows();
  if (all.length === 0) return;
  const at = all.findIndex((r) => r.classList.contains("is-cursor") || r === document.activeElement);
  const next = all[Math.min(all.length - 1, Math.max(0, at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step))];
  for (const r of all) r.classList.remove("is-cursor");
  next.classList.add("is-cursor");
  const focus = next.hasAttribute("tabindex") ? next : next.querySelector("a[href], button, input");
  focus?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function openRow(e) {
  const row = document.querySelector("main .is-cursor[data-row]") ?? document.activeElement?.closest("[data-row]");
  if (!row || document.activeElement?.closest("a, button, input, select")?.matches("button, input, select")) return;
  if (document.activeElement?.matches("a[href]")) return; // the link does it
  e.preventDefault();
  if (row.dataset.row) location.assign(row.dataset.row);
}

// spelled is how data-key names a pressed key: "Ctrl Enter", "a", "Shift N".
function spelled(e) {
  const mod = e.ctrlKey || e.metaKey ? "Ctrl " : "";
  return mod + (e.key.length === 1 && !e.shiftKey ? e.key.toLowerCase() : e.key);
}

function press(name) {
  const scope = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document;
  for (const el of scope.querySelectorAll("[data-key]")) {
    if (el.dataset.key === name && !el.disabled && el.getClientRects().length > 0) {
      el.click();
      return true;
    }
  }
  return false;
}

function goTo(key) {
  const link = document.querySelector(`.rail [data-keys="g ${CSS.escape(key)}"]`);
  if (link) location.assign(link.href);
  return Boolean(link);
}

function onKey(e) {
  if (e.defaultPrevented || e.isComposing || e.altKey) return;
  const name = spelled(e);
  if (name.startsWith("Ctrl ")) {
    if (name === "Ctrl k") return e.preventDefault(), openSearch();
    if (press(name)) e.preventDefault();
    return;
  }
  if (e.key === "Escape") return escape();
  if (typing(e.target) || document.querySelector("#palette[open], #confirm[open]")) return;
  if (prefix === "g") {
    prefix = "";
    if (goTo(name)) e.preventDefault();
    return;
  }
  const act = { "?": help, "/": openSearch, j: () => move(1), k: () => move(-1), Enter: () => openRow(e), g: prefixed }[name];
  if (press(name)) e.preventDefault();
  else if (act) {
    if (name !== "Enter") e.preventDefault();
    act();
  }
}

function prefixed() {
  prefix = "g";
  clearTimeout(timer);
  timer = setTimeout(() => (prefix = ""), 1200);
}

function escape() {
  if (document.querySelector("dialog[open]")) return; // the browser closes it
  document.getElementById("rail")?.classList.remove("is-open");
  document.querySelectorAll(".is-cursor").forEach((r) => r.classList.remove("is-cursor"));
  document.activeElement?.blur();
}

export function help() {
  const list = document.querySelector("[data-keys-list]");
  const dialog = document.getElementById("keys");
  if (!list || dialog.open) return dialog?.close();
  const line = (keys, what) => `<p><span>${html(what)}</span><kbd class="kbd">${html(keys)}</kbd></p>`;
  const go = [...document.querySelectorAll(".rail [data-keys]")].filter((a) => a.dataset.keys).map((a) => line(a.dataset.keys, a.title)).join("");
  const seen = new Set();
  const here = [...document.querySelectorAll("main [data-key], .page-head [data-key]")].map((el) => {
    const what = el.dataset.keyLabel || el.textContent.replace(el.dataset.key, "").trim();
    if (seen.has(el.dataset.key)) return "";
    seen.add(el.dataset.key);
    return line(el.dataset.key, what);
  }).join("");
  const more = [...document.querySelectorAll("[data-help-keys]")].map((el) => line(el.dataset.helpKeys, el.dataset.helpText)).join("");
  list.innerHTML = `<section><h3>Everywhere</h3>${line("/", "Search everything")}${line("j  k", "Next, previous row")}${line("Enter", "Open the row")}${line("Esc", "Close, let go")}${line("?", "These keys")}</section>`
    + (here + more ? `<section><h3>This page</h3>${here}${more}</section>` : "") + `<section><h3>Go to</h3>${go}</section>`;
  dialog.showModal();
}

export function start() {
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (e) => {
    if (e.target.closest("[data-open-keys]")) return help();
    const row = e.target.closest("[data-row]");
    if (!row?.dataset.row || e.target.closest("a, button, input, select, label, summary, textarea") || String(getSelection())) return;
    if (e.ctrlKey || e.metaKey) window.open(row.dataset.row, "_blank", "noopener");
    else location.assign(row.dataset.row);
  });
}
