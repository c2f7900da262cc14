// when: keeps "12 min ago" beside absolute times true.

const units = [["d", 86400], ["h", 3600], ["min", 60]];

export function relative(then, now = Date.now()) {
  const s = Math.round((now - then) / 1000);
  const a = Math.abs(s);
  if (a < 60) return "now";
  for (const [name, size] of units) {
    if (a >= size) {
      const n = Math.floor(a / size);
      if (name === "d" && n > 60) return "";
      return s > 0 ? `${n} ${name} ago` : `in ${n} ${name}`;
    }
  }
  return "";
}

export function refresh(root = document) {
  const now = Date.now();
  for (const el of root.querySelectorAll("[data-rel]")) {
    const text = relative(Date.parse(el.dataset.rel), now);
    if (el.textContent !== text) el.textContent = text;
  }
}

export function start() {
  refresh();
  setInterval(refresh, 30000);
  document.body.addEventListener("htmx:afterSettle", (e) => refresh(e.target.parentElement ?? document));
}
