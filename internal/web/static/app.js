// app: starts the parts every page has. Each part is one module and one concern.
import * as dialogs from "./dialogs.js";
import * as forms from "./forms.js";
import * as keys from "./keys.js";
import * as live from "./live.js";
import * as palette from "./palette.js";
import * as toast from "./toast.js";
import * as upload from "./upload.js";
import * as when from "./when.js";

function theme() {
  const order = ["", "light", "dark"];
  const root = document.documentElement;
  document.addEventListener("click", (e) => {
    if (!e.target.closest("[data-toggle-theme]")) return;
    const next = order[(order.indexOf(root.dataset.theme ?? "") + 1) % order.length];
    if (next) root.dataset.theme = next;
    else delete root.dataset.theme;
    try {
      localStorage.setItem("theme", next);
    } catch { /* not kept, then */ }
    toast.toast(next ? `Theme: ${next}` : "Theme: as the system");
  });
}

function menu() {
  const rail = document.getElementById("rail");
  document.addEventListener("click", (e) => {
    const by = e.target.closest("[data-toggle-rail]");
    if (by) by.setAttribute("aria-expanded", String(rail.classList.toggle("is-open")));
  });
}

for (const part of [toast, forms, dialogs, palette, keys, when, upload, live]) part.start();
theme();
menu();
document.documentElement.dataset.ready = "";
