// upload: several files at once, each with its own progress and its own answer.
import { announce, csrf, says, toSignIn } from "./net.js";

const parallel = 3;

function row(list, name) {
  const li = document.createElement("li");
  li.className = "upload";
  li.innerHTML = '<span class="upload-name"></span><progress max="100" value="0"></progress><span class="upload-text">Waiting</span>';
  li.firstChild.textContent = name;
  li.querySelector("progress").setAttribute("aria-label", name);
  list.append(li);
  return li;
}

function finish(li, text, tone, href) {
  li.classList.add(`tone-${tone}`);
  li.querySelector("progress").value = 100;
  const box = li.querySelector(".upload-text");
  box.textContent = text;
  if (href && href.startsWith("/")) {
    const a = document.createElement("a");
    a.href = href;
    a.textContent = li.firstChild.textContent;
    li.firstChild.replaceChildren(a);
  }
}

function send(form, file, li) {
  return new Promise((done) => {
    const data = new FormData();
    for (const f of form.querySelectorAll("input[type=hidden], select, input[type=text]")) if (f.name) data.append(f.name, f.value);
    data.append(form.dataset.dropzoneField, file, file.name);
    const xhr = new XMLHttpRequest();
    const bar = li.querySelector("progress");
    const text = li.querySelector(".upload-text");
    xhr.open("POST", form.dataset.dropzone);
    xhr.setRequestHeader("X-CSRF-Token", csrf());
    xhr.setRequestHeader("Accept", "application/json");
    xhr.upload.addEventListener("progress", (e) => {
      if (!e.lengthComputable) return;
      bar.value = (e.loaded / e.total) * 100;
      text.textContent = e.loaded === e.total ? "Storing…" : `${Math.round(bar.value)} %`;
    });
    xhr.addEventListener("loadend", () => {
      settle(xhr, li);
      done();
    });
    xhr.send(data);
  });
}

function settle(xhr, li) {
  if (xhr.status === 401) return toSignIn();
  const type = xhr.getResponseHeader("Content-Type");
  if (xhr.status < 200 || xhr.status > 299) {
    return finish(li, says(xhr.status, type, xhr.responseText, xhr.getResponseHeader("X-Message")), "late");
  }
  let a = {};
  try {
    a = JSON.parse(xhr.responseText) ?? {};
  } catch { /* an empty answer is fine */ }
  announce(xhr.getResponseHeader("HX-Trigger"));
  finish(li, a.text || "Received", a.tone || "ok", a.href || xhr.getResponseHeader("Location"));
}

async function take(form, files) {
  const list = form.querySelector(".uploads");
  const queue = [...files].map((f) => [f, row(list, f.name || "pasted picture")]);
  const total = queue.length;
  if (total === 0) return;
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await send(form, ...next);
  };
  await Promise.all(Array.from({ length: parallel }, work));
  document.body.dispatchEvent(new CustomEvent("uploaded", { detail: { count: total }, bubbles: true }));
}

function zone(e) {
  return e.target.closest?.("[data-dropzone]") ?? document.querySelector("[data-dropzone-page]");
}

export function start() {
  const hasFiles = (e) => [...(e.dataTransfer?.types ?? [])].includes("Files");
  const off = () => document.querySelectorAll(".is-dragging").forEach((z) => z.classList.remove("is-dragging"));
  document.addEventListener("dragover", (e) => {
    if (!hasFiles(e)) return;
    e.preventDefault(); // a file dropped beside the zone must not replace the page
    off();
    zone(e)?.classList.add("is-dragging");
  });
  document.addEventListener("dragleave", (e) => e.relatedTarget || off());
  document.addEventListener("drop", (e) => {
    if (!hasFiles(e)) return;
    e.preventDefault();
    off();
    const form = zone(e);
    if (form) take(form, e.dataTransfer.files);
  });
  document.addEventListener("change", (e) => {
    const form = e.target.closest?.("[data-dropzone]");
    if (!form || e.target.type !== "file") return;
    take(form, e.target.files);
    e.target.value = "";
  });
  document.addEventListener("paste", (e) => {
    const form = document.querySelector("[data-dropzone-page]");
    if (form && e.clipboardData?.files.length) take(form, e.clipboardData.files);
  });
}
