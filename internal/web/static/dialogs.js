// dialogs: native <dialog>, opened by data attributes.
import { adopt, get } from "./net.js";
import { toast } from "./toast.js";
import { refresh } from "./when.js";

// open fetches a fragment into the shared dialog; its first <h2> becomes the title.
export async function open(url, wide) {
  const modal = document.getElementById("modal");
  const body = document.getElementById("modal-body");
  try {
    show(modal, body, await get(url), wide);
  } catch (e) {
    toast(e.message, "late");
  }
}

function show(modal, body, markup, wide) {
  body.innerHTML = markup;
  titled();
  modal.classList.toggle("dialog-wide", Boolean(wide));
  adopt(body);
  refresh(body);
  if (!modal.open) modal.showModal();
  body.querySelector("[autofocus], .input, button")?.focus();
}

function titled() {
  const h = document.querySelector("#modal-body h2");
  document.getElementById("modal-title").textContent = h?.textContent ?? "";
}

export function start() {
  document.addEventListener("click", (e) => {
    const by = e.target.closest("[data-dialog-open], [data-dialog-src], [data-dialog-close]");
    if (by?.dataset.dialogOpen) document.getElementById(by.dataset.dialogOpen)?.showModal();
    else if (by?.dataset.dialogSrc) {
      e.preventDefault();
      open(by.dataset.dialogSrc, "dialogWide" in by.dataset);
    } else if (by) by.closest("dialog")?.close();
    // A click on the backdrop is a click on the dialog itself.
    if (e.target.matches?.("dialog[open]") && outside(e)) e.target.close();
  });
  document.body.addEventListener("close", (e) => {
    if (e.target === document.body) document.querySelectorAll("dialog[open]").forEach((d) => d.close());
  });
  document.body.addEventListener("htmx:afterSwap", (e) => {
    const modal = document.getElementById("modal");
    if (e.target.id !== "modal-body") return;
    titled();
    if (e.target.querySelector("[data-wide]")) modal.classList.add("dialog-wide");
    if (!modal.open) modal.showModal();
  });
}

function outside(e) {
  const r = e.target.getBoundingClientRect();
  return e.clientX < r.left || e.clientX > r.right || e.clientY < r.top || e.clientY > r.bottom;
}
