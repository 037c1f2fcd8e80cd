// The map of access points, out of Leaflet: marks by state in colour and shape, near ones as one, sites by name on whatever ground
// there is. What it shows is in the table beside it, too. Never a text as markup, never a server but our own and that of the tiles.

const L = window.L;
const place = document.getElementById("map");
const NEAR = 34; // pixels within which marks become one
const FRESH = 20_000; // milliseconds

// Shapes differ for whoever does not tell the colours apart: a disc, a diamond, a ring.
const SHAPES = {
  ok: ["circle", { cx: 16, cy: 16, r: 12 }],
  silent: ["path", { d: "M16 2 30 16 16 30 2 16Z" }],
  never: ["circle", { cx: 16, cy: 16, r: 11 }],
};

function drawn(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function told(name, text, kind) {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

const worst = (sum) => (sum.silent ? "silent" : sum.ok ? "ok" : "never");

function mark(sum) {
  const state = worst(sum);
  const picture = drawn("svg", { viewBox: "0 0 32 32", width: 32, height: 32, "aria-hidden": "true" });
  picture.append(drawn(...SHAPES[state]));
  const html = document.createElement("div");
  html.append(picture);
  const number = sum.silent || sum.count; // of a diamond: how many are silent
  if (sum.count > 1) html.append(told("span", number > 999 ? "999+" : String(number)));
  return L.divIcon({ html, className: `pin ${state}`, iconSize: [32, 32], iconAnchor: [16, 16], popupAnchor: [0, -14] });
}

function added(spots) {
  const sum = { ok: 0, silent: 0, never: 0, open: 0 };
  for (const spot of spots) for (const key of Object.keys(sum)) sum[key] += spot[key];
  sum.count = sum.ok + sum.silent + sum.never;
  return sum;
}

function popup(spots, words) {
  const box = document.createElement("div");
  const sum = added(spots);
  const titles = [...new Set(spots.map((spot) => spot.title).filter(Boolean))];
  box.append(told("strong", titles.slice(0, 3).join(", ") + (titles.length > 3 ? ", …" : "")));
  const states = ["ok", "silent", "never"].filter((key) => sum[key]).map((key) => `${sum[key]} ${words[key]}`);
  box.append(told("p", `${states.join(", ")} · ${sum.open} ${words.open}`));
  const names = document.createElement("ul");
  for (const name of spots.flatMap((spot) => spot.names).slice(0, 8)) {
    const link = told("a", name);
    link.href = `/access-points/${encodeURIComponent(name)}`;
    const item = document.createElement("li");
    item.append(link);
    names.append(item);
  }
  if (sum.count > names.childElementCount) {
    const link = told("a", words.more);
    const site = new Set(spots.map((spot) => spot.site)).size === 1 ? spots[0].site : "";
    link.href = `/access-points${site ? `?site=${encodeURIComponent(site)}` : ""}`;
    const item = document.createElement("li");
    item.append(link);
    names.append(item);
  }
  box.append(names);
  return box;
}

class Chart {
  constructor(seen) {
    this.seen = seen;
    this.map = L.map(place, { zoomControl: false, keyboard: true, maxZoom: 19, minZoom: 2, zoomSnap: 0.25, worldCopyJump: true, renderer: L.svg({ padding: 0 }) });
    this.map.attributionControl.setPrefix(false);
    L.control.zoom({ zoomInTitle: seen.words.in, zoomOutTitle: seen.words.out }).addTo(this.map);
    L.control.scale({ imperial: false }).addTo(this.map);
    if (place.dataset.tiles) {
      const attribution = told("span", place.dataset.attribution || "").innerHTML; // escaped: Leaflet takes markup
      L.tileLayer(place.dataset.tiles, { attribution, maxZoom: 19 }).addTo(this.map);
    }
    this.ground = L.layerGroup().addTo(this.map);
    this.marks = L.layerGroup().addTo(this.map);
    const every = [...seen.spots, ...seen.sites].map((each) => each.at);
    if (every.length > 1) this.map.fitBounds(L.latLngBounds(every).pad(0.06), { maxZoom: 17 });
    else this.map.setView(every[0], 16);
    this.map.on("zoomend", () => this.draw());
    this.map.on("moveend", () => this.outline());
    this.draw();
  }

  pixel(at) {
    return this.map.project(at, this.map.getZoom());
  }

  // Near marks become one, so that none hides another.
  draw() {
    const open = this.marks.getLayers().some((each) => each.isPopupOpen());
    if (open && this.zoom === this.map.getZoom()) return; // somebody reads it
    this.zoom = this.map.getZoom();
    this.marks.clearLayers();
    const groups = []; // the largest places first: whatever is near joins one
    const sized = this.seen.spots.map((spot) => [spot, added([spot]).count]).sort((one, other) => other[1] - one[1]);
    for (const [spot] of sized) {
      const { x, y } = this.pixel(spot.at);
      const near = groups.find((each) => Math.hypot(each.x - x, each.y - y) < NEAR);
      if (near) near.spots.push(spot);
      else groups.push({ x, y, spots: [spot] });
    }
    for (const { spots } of groups) this.put(spots);
    this.outline();
  }

  put(spots) {
    const sum = added(spots);
    const bounds = L.latLngBounds(spots.map((spot) => spot.at));
    const made = L.marker(spots[0].at, { icon: mark(sum), keyboard: false, zIndexOffset: sum.silent ? 1000 : 0, alt: "" });
    if (spots.length > 1 && this.map.getZoom() < 18) made.on("click", () => this.map.fitBounds(bounds.pad(0.3), { maxZoom: 19 }));
    else made.bindPopup(() => popup(spots, this.seen.words), { maxWidth: 260 });
    made.addTo(this.marks);
  }

  // Where a site is, and its name wherever there is room for it; those with most access points first.
  outline() {
    this.ground.clearLayers();
    const size = new Map();
    const reach = new Map();
    for (const spot of this.seen.spots) {
      size.set(spot.site, (size.get(spot.site) || 0) + added([spot]).count);
      const site = this.seen.sites.find((each) => each.id === spot.site);
      if (site) reach.set(spot.site, Math.max(reach.get(spot.site) || 0, this.map.distance(site.at, spot.at)));
    }
    const taken = [];
    const inside = this.map.getBounds().pad(0.1);
    const sites = this.seen.sites.filter((site) => inside.contains(site.at));
    for (const site of sites.sort((one, other) => (size.get(other.id) || 0) - (size.get(one.id) || 0))) {
      const radius = Math.min(Math.max(reach.get(site.id) || 0, 40) * 1.15, 2_000);
      L.circle(site.at, { radius, className: "ground", interactive: false }).addTo(this.ground);
      const { x, y } = this.pixel(site.at);
      const half = Math.min(site.title.length, 24) * 4.1 + 8;
      const box = [x - half, y + 14, x + half, y + 34];
      if (taken.some((each) => box[0] < each[2] && box[2] > each[0] && box[1] < each[3] && box[3] > each[1])) continue;
      taken.push(box);
      const icon = L.divIcon({ html: told("span", site.title), className: "label", iconSize: [2 * half, 20], iconAnchor: [half, -14] });
      L.marker(site.at, { icon, interactive: false, keyboard: false, zIndexOffset: -1000 }).addTo(this.ground);
    }
  }
}

async function fetched() {
  const answer = await fetch(place.dataset.source, { credentials: "same-origin", redirect: "manual" });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

if (L && place) {
  fetched().then((seen) => {
    if (!seen.spots.length && !seen.sites.length) return;
    place.hidden = false;
    const chart = new Chart(seen);
    setInterval(() => {
      if (document.hidden) return;
      fetched().then((newer) => { chart.seen = newer; chart.draw(); }).catch(() => {});
    }, FRESH);
  }).catch(() => {});
}
