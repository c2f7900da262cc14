// live: server-sent events. What changed is marked where it stands; nothing is
// reordered under the reader's eyes. Rows that are new wait behind a button.
import { offline } from "./forms.js";

const topics = new Map(); // topic → timer of the pending refetch
const unseen = new Map(); // topic → ids not on this page
let source;
let seenOpen = false;

const state = (s) => document.querySelector(".live-dot")?.setAttribute("data-live-state", s);
const trigger = (el) => window.htmx?.trigger(el, "live");

function mark(id) {
  for (const el of document.querySelectorAll(`[data-live-id="${CSS.escape(id)}"]`)) {
    el.classList.remove("is-updated");
    void el.offsetWidth; // restarts the animation
    el.classList.add("is-updated");
  }
}

function changed(c) {
  const here = document.querySelectorAll(`[data-live-id="${CSS.escape(c.id ?? "")}"]`);
  here.forEach((el) => (el.hasAttribute("hx-get") ? trigger(el) : null));
  if (here.length) mark(c.id);
  else fresh(c);
  if (!c.topic || topics.has(c.topic)) return;
  topics.set(c.topic, setTimeout(() => {
    topics.delete(c.topic);
    document.querySelectorAll(`[data-live-topic~="${CSS.escape(c.topic)}"]`).forEach(trigger);
  }, 1000));
}

function fresh(c) {
  const el = document.querySelector(`[data-live-new~="${CSS.escape(c.topic ?? "")}"]`);
  if (!el) return;
  const ids = unseen.get(c.topic) ?? new Set();
  unseen.set(c.topic, ids.add(c.id));
  el.hidden = false;
  el.textContent = `${ids.size} ${ids.size === 1 ? "change" : "changes"} · show`;
}

function count(c) {
  const box = document.querySelector(`[data-count="${CSS.escape(c.key ?? "")}"]`);
  if (!box) return;
  box.replaceChildren();
  if (c.n > 0) {
    const n = document.createElement("span");
    n.className = "count";
    n.textContent = c.n > 999 ? "999+" : String(c.n);
    box.append(n);
  }
}

const parse = (e) => {
  try {
    return JSON.parse(e.data) ?? {};
  } catch {
    return {};
  }
};

function connect(url) {
  source = new EventSource(url);
  source.addEventListener("open", () => {
    state("on");
    offline(false);
    // After a gap we cannot know what we missed: refetch what refetches itself.
    if (seenOpen) document.querySelectorAll("[data-live-topic]").forEach(trigger);
    seenOpen = true;
  });
  source.addEventListener("error", () => {
    state("off");
    if (source.readyState === EventSource.CLOSED) setTimeout(() => connect(url), 5000);
    if (!navigator.onLine) offline(true);
  });
  source.addEventListener("change", (e) => changed(parse(e)));
  source.addEventListener("count", (e) => count(parse(e)));
  source.addEventListener("position", (e) => document.dispatchEvent(new CustomEvent("truck-position", { detail: parse(e) })));
  source.addEventListener("toast", (e) => document.body.dispatchEvent(new CustomEvent("toast", { detail: parse(e) })));
}

export function start() {
  const url = document.body.dataset.live;
  if (!url) return;
  connect(url);
  // A fragment that replaced itself because of a change keeps its mark.
  document.body.addEventListener("htmx:afterSettle", (e) => {
    if (e.detail.requestConfig?.triggeringEvent?.type === "live") {
      const id = e.detail.elt?.dataset?.liveId ?? e.target.dataset?.liveId;
      if (id) mark(id);
    }
  });
  window.addEventListener("pagehide", () => source.close());
  window.addEventListener("pageshow", (e) => e.persisted && connect(url));
}
