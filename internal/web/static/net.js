// net: talking to our own server. Every change carries the CSRF token.

export const csrf = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

export const headers = () => ({ "X-CSRF-Token": csrf(), "HX-Request": "true" });

// Header bytes reach scripts one by one; ours are UTF-8.
const utf8 = (h) => new TextDecoder().decode(Uint8Array.from(h, (c) => c.charCodeAt(0)));

const sentence = (s) => s.charAt(0).toUpperCase() + s.slice(1);

// says returns the sentence for a person in an answer that is not 2xx.
export function says(status, type, body, header) {
  if (header) return sentence(utf8(header));
  if ((type ?? "").includes("json")) {
    try {
      const p = JSON.parse(body);
      if (p.detail || p.title) return sentence(p.detail || p.title);
    } catch { /* not JSON after all */ }
  } else if ((type ?? "").includes("text/plain") && body && body.length < 300) {
    return sentence(body.trim());
  }
  switch (status) {
    case 0: return "The server cannot be reached. Nothing was saved; try again in a moment.";
    case 401: return "You have been signed out. Sign in again to go on.";
    case 403: return "Your role may not do that. Nothing was changed.";
    case 404: return "It is not there any more. Nothing was changed.";
    case 409: return "Someone changed this meanwhile. Nothing was overwritten; reload to see their change.";
    case 413: return "That is too large. Nothing was saved.";
    case 429: return "Too many requests; wait a moment and try again.";
    case 503: return "The server is busy or restarting. Nothing was saved; try again in a moment.";
    default: return "Something went wrong on our side. Nothing was saved; try again.";
  }
}

export function toSignIn() {
  const to = document.body.dataset.signIn || "/sign-in";
  location.assign(`${to}?next=${encodeURIComponent(location.pathname + location.search)}`);
}

// get returns the text of an answer; it throws an Error whose message is for people.
export async function get(url, signal) {
  return ask(url, { headers: headers(), signal });
}

// post sends fields as a form and returns the answer's text.
export async function post(url, fields) {
  return ask(url, { method: "POST", headers: headers(), body: new URLSearchParams(fields) });
}

async function ask(url, init) {
  let res;
  try {
    res = await fetch(url, { credentials: "same-origin", ...init });
  } catch (e) {
    if (e.name === "AbortError") throw e;
    throw new Error(says(0));
  }
  const body = await res.text();
  if (res.status === 401) toSignIn();
  if (!res.ok) {
    const err = new Error(says(res.status, res.headers.get("Content-Type"), body, res.headers.get("X-Message")));
    err.status = res.status;
    throw err;
  }
  announce(res.headers.get("HX-Trigger"));
  return body;
}

// announce fires the events of an HX-Trigger header, as htmx does for its own requests.
export function announce(header) {
  if (!header) return;
  let events = {};
  try {
    events = JSON.parse(header);
  } catch {
    for (const name of header.split(",")) events[name.trim()] = null;
  }
  for (const [name, detail] of Object.entries(events)) {
    document.body.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }
}

export const html = (s) => String(s).replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c]);

// adopt tells htmx about markup we put in ourselves.
export function adopt(el) {
  window.htmx?.process(el);
}
