// toast: a sentence at the corner, gone after a while, kept while pointed at.

export function toast(text, tone = "info", href, action) {
  const box = document.getElementById("toasts");
  if (!box || !text) return;
  const el = document.createElement("div");
  el.className = `toast tone-${tone}`;
  if (tone === "late") el.setAttribute("role", "alert");
  const words = document.createElement("span");
  words.textContent = text;
  el.append(words);
  if (href && href.startsWith("/")) {
    const a = document.createElement("a");
    a.href = href;
    a.textContent = action || "Open";
    el.append(a);
  }
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn btn-quiet btn-small";
  close.textContent = "Close";
  close.addEventListener("click", () => el.remove());
  el.append(close);
  box.append(el);
  while (box.children.length > 4) box.firstElementChild.remove();
  let left = tone === "late" ? 12000 : 6000;
  const tick = setInterval(() => {
    if (el.matches(":hover, :focus-within")) return;
    left -= 500;
    if (left <= 0 || !el.isConnected) {
      clearInterval(tick);
      el.remove();
    }
  }, 500);
}

export function start() {
  document.body.addEventListener("toast", (e) => {
    const d = typeof e.detail === "string" ? { text: e.detail } : (e.detail ?? {});
    toast(d.text ?? d.value, d.tone, d.href, d.action);
  });
  document.addEventListener("click", (e) => e.target.closest("[data-dismiss]")?.parentElement.remove());
}
