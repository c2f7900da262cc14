// map: Leaflet without any tile service. State outlines and cities come from
// our own server; trucks and stops from data-src, then live by the page's stream.
//
// <div class="map" data-map data-src data-outlines data-cities data-replay data-follow>
// data-src      {"trucks":[{id,unit,driver,lat,lon,heading,tone,status,load,href,at}],
//                "stops":[{id,load,kind,name,lat,lon,tone,href}], "paths":[{load,points:[[lat,lon],…]}]}
// data-outlines GeoJSON of states; data-cities [{name,lat,lon,rank}], rank 1 the largest
// data-replay   ?day=YYYY-MM-DD is added: {"tracks":[{id,points:[[unix,lat,lon,heading],…]}]}
import { get, html } from "./net.js";
import { relative } from "./when.js";

const box = document.querySelector("[data-map]");
const clusterUntil = 7; // zoom from which every truck stands alone
const cell = 46; // pixels within which trucks far out become one
const tones = ["late", "risk", "need", "info", "ok", "muted"];

let L;
let map;
let layers;
let follow;
let picked;
const trucks = new Map();
const markers = new Map();

function script(src) {
  return new Promise((done, fail) => {
    const s = document.createElement("script");
    s.src = src;
    s.onload = done;
    s.onerror = fail;
    document.head.append(s);
  });
}

async function load() {
  const css = document.createElement("link");
  css.rel = "stylesheet";
  css.href = new URL("./vendor/leaflet/leaflet.css", import.meta.url);
  document.head.prepend(css);
  await script(new URL("./vendor/leaflet/leaflet.js", import.meta.url));
  L = window.L;
}

const json = async (url) => (url ? JSON.parse(await get(url)) : null);

function frame() {
  const el = document.createElement("div");
  el.className = "map-canvas";
  box.prepend(el);
  map = L.map(el, { preferCanvas: false, zoomSnap: 0.5, minZoom: 3, maxZoom: 13, zoomControl: false, attributionControl: true });
  map.attributionControl.setPrefix(false).addAttribution("Outlines: US Census Bureau. Places: GeoNames, CC BY 4.0");
  if (box.clientWidth > 640) L.control.zoom({ position: "topright" }).addTo(map); // fingers pinch
  map.setView([38.5, -96], 4.5);
  layers = { cities: L.layerGroup().addTo(map), paths: L.layerGroup().addTo(map), stops: L.layerGroup().addTo(map), trucks: L.layerGroup().addTo(map) };
}

function outlines(geo) {
  if (geo) L.geoJSON(geo, { interactive: false, style: { className: "map-state", fillOpacity: 1 } }).addTo(map).bringToBack();
}

function cities(all) {
  if (!all) return;
  const list = (all.features ?? []).map((f) => ({ ...f.properties, lon: f.geometry.coordinates[0], lat: f.geometry.coordinates[1] }));
  const places = (list.length ? list : all).toSorted((a, b) => a.rank - b.rank);
  const draw = () => {
    layers.cities.clearLayers();
    const taken = [];
    const bounds = map.getBounds().pad(0.05);
    for (const c of places) {
      if (taken.length > 90 || !bounds.contains([c.lat, c.lon])) continue;
      const p = map.latLngToContainerPoint([c.lat, c.lon]);
      if (taken.some((t) => Math.abs(t.x - p.x) < 92 && Math.abs(t.y - p.y) < 26)) continue;
      taken.push(p);
      const icon = L.divIcon({ className: "map-city", html: `<span>${html(c.name)}</span>`, iconSize: [0, 0] });
      L.marker([c.lat, c.lon], { icon, interactive: false, keyboard: false }).addTo(layers.cities);
    }
  };
  map.on("moveend", draw);
  draw();
}

function truckIcon(t, label) {
  const body = t.heading == null ? '<path d="M5 11a6 6 0 1 0 12 0 6 6 0 1 0-12 0z"/>' : `<path transform="rotate(${Number(t.heading) || 0} 11 11)" d="M11 2 18 19 11 15 4 19z"/>`;
  return L.divIcon({
    className: `map-truck tone-${tones.includes(t.tone) ? t.tone : "muted"}${t.id === picked ? " is-picked" : ""}`,
    html: `<svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true">${body}</svg>${label ? `<b>${html(t.unit)}</b>` : ""}`,
    iconSize: [22, 22],
  });
}

function popup(t) {
  const ago = t.at ? relative(Date.parse(t.at)) : "";
  return `<strong>${html(t.unit)}</strong> ${html(t.driver ?? "")}<br>${html(t.status ?? "")}${ago ? ` · ${html(ago)}` : ""}${t.href ? `<br><a href="${html(t.href)}">${html(t.load || "Open")}</a>` : ""}`;
}

function groups() {
  const shown = [...trucks.values()].filter((t) => t.lat != null && t.lon != null);
  if (map.getZoom() >= clusterUntil) return shown.map((t) => [t]);
  const cells = new Map();
  for (const t of shown) {
    const p = map.project([t.lat, t.lon]);
    const key = t.id === picked ? t.id : `${Math.floor(p.x / cell)}:${Math.floor(p.y / cell)}`;
    if (!cells.has(key)) cells.set(key, []);
    cells.get(key).push(t);
  }
  return [...cells.values()];
}

function draw() {
  layers.trucks.clearLayers();
  markers.clear();
  for (const g of groups()) {
    if (g.length === 1) single(g[0]);
    else cluster(g);
  }
}

function single(t) {
  const m = L.marker([t.lat, t.lon], { icon: truckIcon(t, map.getZoom() >= 6 || t.id === picked), title: `${t.unit} ${t.status ?? ""}`, alt: `Truck ${t.unit}`, riseOnHover: true });
  m.bindPopup(() => popup(trucks.get(t.id) ?? t)).on("click", () => pick(t.id)).addTo(layers.trucks);
  markers.set(t.id, m);
}

function cluster(g) {
  const worst = tones.find((tone) => g.some((t) => t.tone === tone)) ?? "muted";
  const size = 26 + Math.min(18, g.length);
  const at = [g.reduce((s, t) => s + t.lat, 0) / g.length, g.reduce((s, t) => s + t.lon, 0) / g.length];
  const icon = L.divIcon({ className: `map-cluster tone-${worst}`, html: String(g.length), iconSize: [size, size] });
  L.marker(at, { icon, title: g.map((t) => t.unit).join(", "), alt: `${g.length} trucks` })
    .on("click", () => map.fitBounds(L.latLngBounds(g.map((t) => [t.lat, t.lon])).pad(0.4), { maxZoom: clusterUntil + 1 }))
    .addTo(layers.trucks);
}

function pick(id) {
  picked = id;
  const t = trucks.get(id);
  document.dispatchEvent(new CustomEvent("truck-picked", { detail: t }));
  drawPaths();
}

let paths = [];
function drawPaths() {
  layers.paths.clearLayers();
  const load = trucks.get(picked)?.load ?? box.dataset.load;
  for (const p of paths) if (p.load === load) L.polyline(p.points, { className: "map-path", interactive: false }).addTo(layers.paths);
}

function drawStops(stops) {
  layers.stops.clearLayers();
  for (const s of stops ?? []) {
    const icon = L.divIcon({ className: `map-stop ${s.kind === "delivery" ? "delivery" : "pickup"} tone-${tones.includes(s.tone) ? s.tone : "none"}`, iconSize: [12, 12] });
    L.marker([s.lat, s.lon], { icon, title: s.name, alt: `${s.kind}: ${s.name}` })
      .bindPopup(`<strong>${html(s.name)}</strong><br>${html(s.kind)}${s.href ? ` · <a href="${html(s.href)}">${html(s.load ?? "Load")}</a>` : ""}`).addTo(layers.stops);
  }
}

function moved(p) {
  const t = { ...trucks.get(p.id), ...p };
  trucks.set(p.id, t);
  if (replaying) return;
  const m = markers.get(p.id);
  if (m) m.setLatLng([t.lat, t.lon]).setIcon(truckIcon(t, map.getZoom() >= 6 || t.id === picked));
  else if (map.getZoom() >= clusterUntil) draw();
  if (follow && p.id === picked) map.panTo([t.lat, t.lon]);
}

let replaying = false;
function replay() {
  const bar = box.querySelector(".map-replay");
  if (!bar || !box.dataset.replay) return;
  const range = bar.querySelector("input[type=range]");
  const out = bar.querySelector("output");
  let tracks = [];
  const at = (sec) => {
    for (const k of tracks) {
      const p = k.points.findLast((q) => q[0] <= sec) ?? k.points[0];
      if (p) trucks.set(k.id, { ...trucks.get(k.id), lat: p[1], lon: p[2], heading: p[3] });
    }
    out.textContent = new Date(sec * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
    draw();
  };
  bar.querySelector("input[type=date]")?.addEventListener("change", async (e) => {
    tracks = (await json(`${box.dataset.replay}?day=${encodeURIComponent(e.target.value)}`))?.tracks ?? [];
    const times = tracks.flatMap((k) => k.points.map((q) => q[0]));
    range.disabled = times.length === 0;
    out.textContent = times.length ? "" : "No positions that day";
    if (!times.length) return;
    // A loop, not Math.min(...times): a day can hold more points than a call takes arguments.
    range.min = times.reduce((a, b) => Math.min(a, b));
    range.max = times.reduce((a, b) => Math.max(a, b));
  });
  range.addEventListener("input", () => {
    replaying = true;
    at(Number(range.value));
  });
  bar.querySelector("[data-replay-stop]")?.addEventListener("click", async () => {
    replaying = false;
    await refresh(false);
  });
}

async function refresh(fit) {
  const data = await json(box.dataset.src);
  trucks.clear();
  for (const t of data?.trucks ?? []) trucks.set(t.id, t);
  paths = data?.paths ?? [];
  drawStops(data?.stops);
  drawPaths();
  draw();
  const points = [...(data?.trucks ?? []), ...(data?.stops ?? [])].filter((p) => p.lat != null).map((p) => [p.lat, p.lon]);
  if (fit && points.length) map.fitBounds(L.latLngBounds(points).pad(0.08), { maxZoom: 9 });
}

async function start() {
  try {
    await load();
  } catch {
    const p = document.createElement("p");
    p.className = "map-fail";
    p.textContent = "The map's library is missing from this build. Everything else works; run `make` again to fetch it.";
    return box.append(p);
  }
  frame();
  map.on("zoomend", draw);
  // Background and cities may come late or not at all: the trucks do not wait for them.
  json(box.dataset.outlines).then(outlines, () => {});
  json(box.dataset.cities).then(cities, () => {});
  await refresh(true);
  document.addEventListener("truck-position", (e) => moved(e.detail));
  document.addEventListener("click", (e) => {
    const to = e.target.closest("[data-map-truck]");
    if (to && trucks.has(to.dataset.mapTruck)) {
      pick(to.dataset.mapTruck);
      const t = trucks.get(picked);
      map.setView([t.lat, t.lon], Math.max(map.getZoom(), 8));
      draw();
    }
  });
  box.querySelector("[data-map-follow]")?.addEventListener("change", (e) => (follow = e.target.checked));
  map.on("dragstart", () => {
    follow = false;
    const b = box.querySelector("[data-map-follow]");
    if (b) b.checked = false;
  });
  replay();
  box.dataset.ready = "";
}

if (box) start();
