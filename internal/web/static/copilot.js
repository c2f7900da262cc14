// copilot: a question's answer as it comes. One request carries all of it, so
// closing that request stops the answer, whichever instance makes it.
import { adopt, headers, says, toSignIn } from "./net.js";
import { toast } from "./toast.js";

let running; // the question under way: its AbortController

// events yields the server-sent events of an answer.
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += value;
    for (let at; (at = rest.indexOf("\n\n")) >= 0; rest = rest.slice(at + 2)) {
      const lines = rest.slice(0, at).split("\n");
      const all = (field) => lines.filter((l) => l.startsWith(`${field}: `)).map((l) => l.slice(field.length + 2)).join("\n");
      if (all("event")) yield { name: all("event"), data: all("data") };
    }
  }
}

// hold keeps a box as high as it is, so that what stands below does not jump up.
function hold(box) {
  box.style.minHeight = `${box.offsetHeight}px`;
  return box;
}

// halt leaves a turn as it stands.
function halt(turn) {
  if (!turn.isConnected || !turn.querySelector("[data-stop]")) return;
  hold(turn);
  turn.querySelector("[data-stopped]").hidden = false;
  turn.querySelector(".skeleton")?.remove();
  turn.querySelectorAll("[data-doing], [data-stop]").forEach((el) => el.remove());
}

const hear = {
  turn(turn, html) {
    turn.innerHTML = html;
    document.getElementById("turns").prepend(turn);
    turn.querySelector("[data-stop] button").addEventListener("click", () => running?.abort());
  },
  doing: (turn, html) => (turn.querySelector("[data-doing]").innerHTML = html),
  text: (turn, html) => (hold(turn.querySelector("[data-text]")).innerHTML = html),
  done(turn, html) {
    hold(turn).innerHTML = html;
    adopt(turn);
  },
  failed(turn, text) {
    halt(turn);
    toast(text, "late");
  },
};

async function ask(form) {
  const fields = new URLSearchParams(new FormData(form));
  const input = document.querySelector("[data-ask] input[name=q]:not([type=hidden])");
  const button = input.form.querySelector("button");
  const mine = (running = new AbortController());
  const turn = document.createElement("div");
  let ended = false;
  button.disabled = true;
  try {
    const res = await fetch(form.action, { method: "POST", body: fields, signal: mine.signal, headers: { ...headers(), Accept: "text/event-stream" } });
    if (res.status === 401) return toSignIn();
    if (!res.ok) return toast(says(res.status, res.headers.get("Content-Type"), await res.text(), res.headers.get("X-Message")), "late");
    if (input.form === form) input.value = "";
    input.focus({ preventScroll: true });
    for await (const e of events(res.body)) {
      hear[e.name]?.(turn, e.data);
      ended ||= e.name === "done" || e.name === "failed";
    }
  } catch (e) {
    if (e.name !== "AbortError") toast("The connection was lost before the answer was whole. Ask again.", "late");
  } finally {
    if (!ended) halt(turn);
    running = undefined;
    button.disabled = false;
  }
}

document.addEventListener("submit", (e) => {
  if (!e.target.matches("[data-ask]")) return;
  e.preventDefault();
  if (!running) ask(e.target);
});

document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape" || !running || document.querySelector("dialog[open]")) return;
  e.preventDefault();
  running.abort();
}, true);
