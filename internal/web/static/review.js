// review: the field and its place on the paper light up together, both ways;
// Tab can go only through what needs eyes; line items add up while typing.

const NS = "http://www.w3.org/2000/svg";
const padding = 2; // points around the words, so the box does not cut through them

const fields = () => document.querySelectorAll("[data-evidence-page][data-evidence-box]");
const rectOf = new WeakMap();
const fieldOf = new WeakMap();

function draw() {
  for (const svg of document.querySelectorAll(".sheet-boxes")) svg.replaceChildren();
  for (const field of fields()) {
    const [x0, y0, x1, y1] = field.dataset.evidenceBox.split(",").map(Number);
    const svg = document.querySelector(`.sheet-page[data-page="${CSS.escape(field.dataset.evidencePage)}"] .sheet-boxes`);
    if (!svg || !(x1 > x0) || !(y1 > y0)) continue;
    const rect = document.createElementNS(NS, "rect");
    const size = { x: x0 - padding, y: y0 - padding, width: x1 - x0 + 2 * padding, height: y1 - y0 + 2 * padding, rx: 2 };
    for (const [k, v] of Object.entries(size)) rect.setAttribute(k, v);
    if (field.classList.contains("has-flag")) rect.classList.add("is-flag");
    svg.append(rect);
    rectOf.set(field, rect);
    fieldOf.set(rect, field);
  }
}

function light(field, scroll) {
  document.querySelectorAll(".is-on").forEach((el) => el.classList.remove("is-on"));
  if (!field) return;
  field.classList.add("is-on");
  const rect = rectOf.get(field);
  if (!rect) return;
  rect.classList.add("is-on");
  rect.parentNode.append(rect); // drawn last: on top
  if (scroll) bring(rect);
}

// bring scrolls the paper, not the window, so that the form stays where it is.
function bring(rect) {
  const pane = rect.closest(".sheet-pages");
  const r = rect.getBoundingClientRect();
  const p = pane.getBoundingClientRect();
  if (r.top < p.top + 24 || r.bottom > p.bottom - 24) pane.scrollTop += r.top - p.top - p.height / 3;
  if (r.left < p.left + 16 || r.right > p.right - 16) pane.scrollLeft += r.left - p.left - p.width / 3;
}

function bothWays() {
  const field = (e) => e.target.closest?.("[data-evidence-page]");
  document.addEventListener("focusin", (e) => field(e) && light(field(e), true));
  document.addEventListener("mouseover", (e) => {
    if (e.target.matches?.(".sheet-boxes rect")) return light(fieldOf.get(e.target), false);
    if (field(e)) light(field(e), true);
  });
  document.addEventListener("mouseout", (e) => {
    if (field(e) || e.target.matches?.(".sheet-boxes rect")) light(document.activeElement?.closest?.("[data-evidence-page]"), false);
  });
  document.addEventListener("click", (e) => {
    const f = fieldOf.get(e.target);
    if (!f) return;
    f.scrollIntoView({ block: "center" });
    f.querySelector(".input, input")?.focus({ preventScroll: true });
  });
}

function zoom() {
  const steps = [0.5, 0.75, 1, 1.25, 1.5, 2, 3];
  let at = 2;
  document.addEventListener("click", (e) => {
    const by = e.target.closest("[data-zoom]");
    if (!by) return;
    at = Math.max(0, Math.min(steps.length - 1, at + (by.dataset.zoom === "in" ? 1 : -1)));
    by.closest("[data-sheet]").querySelector(".sheet-pages").style.setProperty("--zoom", steps[at]);
  });
}

// cents reads "1,234.5" as 123450; NaN when it is not an amount.
export function cents(s) {
  const m = /^\s*(-?)\$?\s*(-?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,2}))?\s*$/.exec(s);
  if (!m) return s.trim() === "" ? 0 : NaN;
  const v = Number(m[3].replaceAll(",", "")) * 100 + Number((m[4] ?? "").padEnd(2, "0") || 0);
  return m[1] || m[2] ? -v : v;
}

export const dollars = (c) => `${c < 0 ? "−" : ""}$${Math.floor(Math.abs(c) / 100).toLocaleString("en-US")}.${String(Math.abs(c) % 100).padStart(2, "0")}`;

// data-sum="items" inputs add up; [data-total=items] is the printed total,
// [data-sum-out=items] says whether they agree.
function sums() {
  const add = () => {
    for (const out of document.querySelectorAll("[data-sum-out]")) {
      const name = CSS.escape(out.dataset.sumOut);
      const parts = [...document.querySelectorAll(`[data-sum="${name}"]`)].map((i) => cents(i.value));
      const total = cents(document.querySelector(`[data-total="${name}"]`)?.value ?? "");
      const sum = parts.reduce((a, b) => a + b, 0);
      const off = sum - total;
      out.className = Number.isNaN(sum) || Number.isNaN(total) || (off !== 0 && parts.length) ? "sum-off" : "sum-ok";
      if (Number.isNaN(sum) || Number.isNaN(total)) out.textContent = "One of the amounts is not a number";
      else if (off === 0) out.textContent = `Lines add up to ${dollars(sum)}`;
      else out.textContent = `Lines add up to ${dollars(sum)}: ${dollars(Math.abs(off))} ${off > 0 ? "more" : "less"} than the total`;
    }
  };
  document.addEventListener("input", (e) => e.target.matches("[data-sum], [data-total]") && add());
  document.body.addEventListener("htmx:afterSettle", add);
  add();
}

// data-review-only on a checkbox: Tab visits only flagged fields while it is ticked.
function onlyFlagged() {
  const box = document.querySelector("[data-review-only]");
  if (!box) return;
  const apply = () => {
    for (const f of document.querySelectorAll(".split [data-field]")) {
      const skip = box.checked && !f.matches(".has-flag, .has-error, [data-confidence=low]");
      for (const c of f.querySelectorAll("input, select, textarea")) {
        if (c === box) continue;
        if (skip) c.tabIndex = -1;
        else c.removeAttribute("tabindex");
      }
    }
  };
  box.addEventListener("change", apply);
  document.body.addEventListener("htmx:afterSettle", apply);
  apply();
}

// The next document is fetched while this one is being read.
function preload() {
  const next = document.querySelector("[data-next]")?.dataset.next;
  if (!next) return;
  const link = document.createElement("link");
  link.rel = "prefetch";
  link.href = next;
  document.head.append(link);
}

draw();
bothWays();
zoom();
sums();
onlyFlagged();
preload();
document.body.addEventListener("htmx:afterSettle", draw);
