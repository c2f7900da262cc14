// forms: no button acts twice, what cannot be undone is asked once, refusals
// are said in words, and a lost connection is shown without losing what was typed.
import { says, toSignIn } from "./net.js";
import { toast } from "./toast.js";

const busy = (form, on) => {
  for (const b of form.querySelectorAll("button:not([type=button]), input[type=submit]")) {
    if (on && !b.disabled) {
      b.dataset.guarded = "";
      b.disabled = true;
      b.setAttribute("aria-busy", "true");
    } else if (!on && "guarded" in b.dataset) {
      delete b.dataset.guarded;
      b.disabled = false;
      b.removeAttribute("aria-busy");
    }
  }
  if (on) form.dataset.sending = "";
  else delete form.dataset.sending;
};

// press guards a button that sends by itself, outside any form.
const press = (el, on) => {
  if (!el?.matches?.("button")) return;
  el.disabled = on;
  if (on) el.setAttribute("aria-busy", "true");
  else el.removeAttribute("aria-busy");
};

const confirmed = new WeakSet();

// ask shows the question in our own dialog; resolves true on yes.
export function ask(question) {
  const box = document.getElementById("confirm");
  document.getElementById("confirm-text").textContent = question;
  box.returnValue = "no";
  box.showModal();
  return new Promise((done) => box.addEventListener("close", () => done(box.returnValue === "yes"), { once: true }));
}

function guardClicks() {
  document.addEventListener("click", async (e) => {
    const el = e.target.closest("[data-confirm]");
    if (!el || el.matches("form") || confirmed.has(el)) return confirmed.delete(el);
    e.preventDefault();
    e.stopImmediatePropagation();
    if (await ask(el.dataset.confirm)) {
      confirmed.add(el);
      el.click();
    }
  }, true);
}

function guardForms() {
  document.addEventListener("submit", async (e) => {
    const form = e.target;
    if (form.method === "dialog") return;
    if ("sending" in form.dataset) {
      e.preventDefault();
      e.stopImmediatePropagation();
      return;
    }
    if (form.dataset.confirm && !confirmed.has(form)) {
      e.preventDefault();
      e.stopImmediatePropagation();
      const by = e.submitter;
      if (await ask(form.dataset.confirm)) {
        confirmed.add(form);
        form.requestSubmit(by);
      }
      return;
    }
    confirmed.delete(form);
    // A GET form only filters: it may be sent again at once.
    const viaHtmx = ["hx-post", "hx-put", "hx-delete"].some((a) => form.hasAttribute(a));
    if (form.method !== "post" && !viaHtmx) return;
    form.dataset.sending = "";
    // In a later turn: a button disabled now would not send its own name and value.
    setTimeout(() => busy(form, viaHtmx || !e.defaultPrevented));
  }, true);
  // Coming back by the browser's Back button shows a page whose buttons are still off.
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach((f) => busy(f, false)));
  document.body.addEventListener("htmx:beforeRequest", (e) => press(e.detail.elt, true));
  document.body.addEventListener("htmx:afterRequest", (e) => {
    press(e.detail.elt, false);
    const form = e.detail.elt?.closest?.("form");
    // In a later turn, as guarding is: a fast answer must not be overtaken by its own guard.
    if (form) setTimeout(() => busy(form, false));
  });
}

const refusal = (xhr) => says(xhr.status, xhr.getResponseHeader("Content-Type"), xhr.responseText, xhr.getResponseHeader("X-Message"));

function htmxErrors() {
  const body = document.body;
  body.addEventListener("htmx:responseError", (e) => {
    const xhr = e.detail.xhr;
    if (xhr.status === 401) return toSignIn();
    toast(refusal(xhr), xhr.status === 409 ? "risk" : "late");
  });
  // Only a form comes back as a page; a refusal in plain words is said, not swapped in.
  body.addEventListener("htmx:beforeSwap", (e) => {
    const xhr = e.detail.xhr;
    if (xhr.status !== 422 || (xhr.getResponseHeader("Content-Type") ?? "").includes("text/html")) return;
    e.detail.shouldSwap = false;
    toast(refusal(xhr), "late");
  });
  body.addEventListener("htmx:sendError", () => offline(true));
  body.addEventListener("htmx:timeout", () => offline(true));
  body.addEventListener("htmx:afterOnLoad", () => offline(false));
  // A refused form that came back: put the reader at its first error.
  body.addEventListener("htmx:afterSwap", (e) => {
    if (e.detail.xhr?.status === 422) document.querySelector("[aria-invalid=true]")?.focus();
  });
}

// A field with data-pick tells its form when what stands in it was chosen from
// its list, not while it is typed.
function picks() {
  document.addEventListener("change", (e) => {
    const list = e.target.dataset?.pick && document.getElementById(e.target.dataset.pick);
    if (list && [...list.options].some((o) => o.value === e.target.value)) window.htmx?.trigger(e.target, "picked");
  });
}

export function offline(on) {
  const bar = document.querySelector(".offline");
  if (bar) bar.hidden = !on;
}

export function start() {
  guardClicks();
  guardForms();
  htmxErrors();
  picks();
  window.addEventListener("offline", () => offline(true));
  window.addEventListener("online", () => offline(false));
}
