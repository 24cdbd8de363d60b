// The map of a plan: units coloured by cluster, thin lines between units, strong ones between clusters, the cluster that was
// selected in cinnabar, what is tried dashed. It draws what it is given and tells what was pressed; it decides nothing.
import * as gl from "../vendor/maplibre/maplibre-gl.mjs";
import { around, borders, box, isWithin, labels, middle, stretches } from "./shapes.mjs";

gl.setWorkerUrl(new URL("../vendor/maplibre/maplibre-gl-worker.mjs", import.meta.url).href);
const TONES = [1, 2, 3, 4, 5, 6, 7, 8];
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const nothing = () => ({ type: "FeatureCollection", features: [] });
const dot = (at, properties) => ({ type: "Feature", properties, geometry: { type: "Point", coordinates: at } });
const isSame = (one, other) => !!other && one.length === other.length && one.every((cluster, unit) => cluster === other[unit]);
const isDark = () => document.documentElement.getAttribute("data-bs-theme") === "dark";

function paints() {
  const fill = ["match", ["coalesce", ["feature-state", "tone"], 0], ...TONES.flatMap((tone) => [tone, colour(`--pq-cat-${tone}`)]), colour("--pq-map-land")];
  const halo = { "text-color": colour("--pq-map-text"), "text-halo-color": colour("--pq-map-halo"), "text-halo-width": 1.6 };
  const seal = colour("--pq-seal");
  return {
    ground: { "background-color": colour("--tblr-bg-surface-secondary") },
    land: { "fill-color": fill, "fill-opacity": ["case", ["boolean", ["feature-state", "dim"], false], isDark() ? 0.14 : 0.1, isDark() ? 0.34 : 0.24] },
    tried: { "fill-color": seal, "fill-opacity": 0.22 },
    picked: { "fill-color": colour("--pq-gold"), "fill-opacity": 0.42 },
    edges: { "line-color": colour("--pq-map-line"), "line-width": ["interpolate", ["linear"], ["zoom"], 10, 0.5, 14, 1.2] },
    borders: { "line-color": colour("--pq-map-edge"), "line-width": ["interpolate", ["linear"], ["zoom"], 10, 1.6, 14, 3] },
    before: { "line-color": colour("--pq-cat-2"), "line-width": 2, "line-dasharray": [3, 2] },
    here: { "line-color": seal, "line-width": 3 },
    dashed: { "line-color": seal, "line-width": 2, "line-dasharray": [2, 1.5] },
    lasso: { "line-color": colour("--pq-focus"), "line-width": 2, "line-dasharray": [2, 1.5] },
    centres: { "circle-radius": 4, "circle-color": colour("--pq-map-text"), "circle-stroke-width": 1.5, "circle-stroke-color": colour("--pq-map-line") },
    marks: {},
    small: { ...halo },
    names: { ...halo, "text-halo-width": 2 },
  };
}

function layers(paint, plain) {
  const line = (id) => ({ id, type: "line", source: id, layout: { "line-cap": "round", "line-join": "round" }, paint: paint[id] });
  const fill = (id) => ({ id, type: "fill", source: id, paint: paint[id] });
  const told = ["format", ["get", "name"], { "text-font": ["literal", ["sans bold"]] }, ["get", "told"], { "font-scale": 0.82, "text-font": ["literal", ["sans"]] }];
  const found = [
    { id: "ground", type: "background", paint: paint.ground },
    { id: "land", type: "fill", source: "units", paint: paint.land },
    fill("tried"),
    fill("picked"),
    { id: "edges", type: "line", source: "units", paint: paint.edges },
    line("borders"),
    line("before"),
    line("here"),
    { id: "dashed", type: "line", source: "tried", paint: paint.dashed },
    line("lasso"),
    { id: "centres", type: "circle", source: "centres", paint: paint.centres },
    { id: "marks", type: "symbol", source: "marks", minzoom: 10, layout: { "icon-image": "lock", "icon-size": ["interpolate", ["linear"], ["zoom"], 10, 0.55, 14, 1], "icon-allow-overlap": true }, paint: paint.marks },
    { id: "small", type: "symbol", source: "small", minzoom: 12.4, layout: { "text-field": ["get", "name"], "text-size": 11, "text-font": ["sans"], "text-padding": 3 }, paint: paint.small },
    { id: "names", type: "symbol", source: "names", layout: { "text-field": told, "text-size": ["interpolate", ["linear"], ["zoom"], 9, 12, 13, 15], "text-font": ["sans"], "text-line-height": 1.25, "text-padding": 1, "text-variable-anchor": ["center", "top", "bottom", "left", "right"], "text-radial-offset": 0.7, "text-justify": "center", "symbol-sort-key": ["get", "order"] }, paint: paint.names },
  ];
  if (plain) found.find((one) => one.id === "dashed").paint = { ...paint.dashed, "line-width": 1 };
  return plain ? found.filter((one) => !["marks", "small", "lasso", "picked"].includes(one.id)) : found;
}

// A padlock of eighteen points, drawn here: no picture has to be fetched.
function padlock() {
  const side = 36, sheet = Object.assign(document.createElement("canvas"), { width: side, height: side }), pen = sheet.getContext("2d");
  pen.lineJoin = "round";
  for (const [shade, wide] of [[colour("--pq-map-halo"), 7], [colour("--pq-map-text"), 3]]) {
    pen.strokeStyle = shade;
    pen.lineWidth = wide;
    pen.beginPath();
    pen.rect(9, 16, 18, 13);
    pen.moveTo(12, 16);
    pen.arc(18, 13, 6, Math.PI, 0);
    pen.lineTo(24, 16);
    pen.stroke();
  }
  return pen.getImageData(0, 0, side, side);
}

export class Canvas {
  // `told` is called with what people do: ("unit", unit), ("drop", {unit, cluster}), ("paint", unit), ("painted"), ("lasso", units).
  constructor(place, shapes, told, { plain = false, label = "", closer = "", wider = "" } = {}) {
    this.place = place;
    this.features = shapes.features;
    this.told = told;
    this.plain = plain;
    this.tool = "choose";
    this.all = stretches(shapes.features);
    this.middles = shapes.features.map((feature) => middle(feature.geometry));
    this.shown = null;
    this.isReady = this.isWaiting = this.isNamed = this.hasBefore = false;
    this.looks = [];
    this.drawnPart = null;
    const source = (data) => ({ type: "geojson", data });
    const empty = Object.fromEntries(["tried", "picked", "borders", "before", "here", "lasso", "centres", "marks", "small", "names"].map((name) => [name, source(nothing())]));
    this.map = new gl.Map({
      container: place,
      style: { version: 8, sources: { units: { ...source(shapes), promoteId: "n" }, ...empty }, layers: layers(paints(), plain) },
      bounds: box(shapes.features), fitBoundsOptions: { padding: plain ? 16 : 40 },
      attributionControl: false, fadeDuration: 0, dragRotate: false, pitchWithRotate: false, localIdeographFontFamily: colour("--pq-sans"),
      locale: { "NavigationControl.ZoomIn": closer, "NavigationControl.ZoomOut": wider },
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.getCanvas().setAttribute("aria-label", label);
    this.ready = new Promise((done) => { this.map.once("load", done); });
    this.map.once("idle", () => { place.dataset.drawn = "1"; });
    document.addEventListener("pianqu:look", () => this._paint());
    this.ready.then(() => {
      this.isReady = true;
      if (!plain) this.map.addImage("lock", padlock(), { pixelRatio: 2 });
      this._set("small", { type: "FeatureCollection", features: this.features.map((feature, unit) => dot(this.middles[unit].at, { name: feature.properties.name })) });
      if (this.shown) this.show(this.shown);
    });
    if (!plain) this._listen();
  }

  _set(name, data) { this.map.getSource(name).setData(data); }

  _paint() {
    const wide = this.plain ? { dashed: { "line-width": 1 } } : {};
    if (!this.map.isStyleLoaded()) { this.map.once("idle", () => this._paint()); return; }
    for (const [id, paint] of Object.entries(paints())) {
      if (this.map.getLayer(id)) for (const [name, value] of Object.entries({ ...paint, ...wide[id] })) this.map.setPaintProperty(id, name, value);
    }
    if (this.map.hasImage("lock")) this.map.updateImage("lock", padlock());
  }

  // part, tones, names [{name, told}] by cluster; optional: selected, tried and picked units, locks, centres, before (a part).
  show(what) {
    this.shown = what;
    if (!this.isReady || this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(() => { this.isWaiting = false; this._show(this.shown); });
  }

  // Only what differs from the last time: a plan of cells has thousands of units.
  _show(what) {
    const { part, tones, names, selected = -1, tried = new Set(), picked = new Set(), locks = [], centres = [], before = null } = what;
    part.forEach((cluster, unit) => {
      const tone = tones[cluster] || 0, dim = !!what.dim && what.dim(unit), looks = dim ? -1 - tone : tone;
      if (this.looks[unit] === looks) return;
      this.looks[unit] = looks;
      this.map.setFeatureState({ source: "units", id: unit }, { tone, dim });
    });
    const some = (units) => ({ type: "FeatureCollection", features: [...units].map((unit) => this.features[unit]) });
    if (!isSame(part, this.drawnPart)) this._set("borders", borders(this.all, part));
    this.drawnPart = part.slice();
    if (before || this.hasBefore) this._set("before", before ? borders(this.all, before) : nothing());
    this.hasBefore = !!before;
    this._set("here", selected < 0 ? nothing() : around(this.all, (unit) => part[unit] === selected));
    this._set("tried", some(tried));
    this._set("picked", some(picked));
    this._set("marks", { type: "FeatureCollection", features: locks.map((unit) => dot(this.middles[unit].at, {})) });
    this._set("centres", { type: "FeatureCollection", features: centres.filter((unit) => unit >= 0).map((unit) => dot(this.middles[unit].at, {})) });
    clearTimeout(this.naming);
    this.naming = setTimeout(() => this._name(what), this.isNamed ? 250 : 0);
    this.isNamed = true;
  }

  // Names are laid out anew once somebody pauses.
  _name({ part, names, selected = -1 }) {
    const at = labels(this.middles, part, names.length);
    this._set("names", { type: "FeatureCollection", features: names.flatMap(({ name, told }, cluster) => (at[cluster] ? [dot(at[cluster], { name, told: told ? `\n${told}` : "", order: cluster === selected ? 0 : 1 })] : [])) });
  }

  unitAt(point) {
    const found = this.map.queryRenderedFeatures(point, { layers: ["land"] })[0];
    return found ? found.properties.n : -1;
  }

  _listen() {
    let doing = null;
    const begin = (event) => {
      if (event.originalEvent.touches && event.originalEvent.touches.length > 1) return;
      if (event.originalEvent.button) return;
      const unit = this.unitAt(event.point);
      if (this.tool === "paint" && unit >= 0) { doing = { kind: "paint" }; this.told("paint", unit); }
      else if (this.tool === "lasso") doing = { kind: "lasso", line: [event.lngLat.toArray()] };
      else if (this.tool === "choose" && unit >= 0 && this.shown && this.shown.part[unit] === this.shown.selected) doing = { kind: "drag", unit, from: event.point };
      else return;
      event.preventDefault();
    };
    const go = (event) => {
      if (!doing) return;
      if (doing.kind === "paint") { const unit = this.unitAt(event.point); if (unit >= 0) this.told("paint", unit); }
      if (doing.kind === "lasso") { doing.line.push(event.lngLat.toArray()); this._set("lasso", { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: doing.line } }); }
      if (doing.kind === "drag") this.map.getCanvas().style.cursor = "grabbing";
    };
    const end = (event) => {
      const was = doing;
      doing = null;
      if (!was) return;
      this.map.getCanvas().style.cursor = "";
      if (was.kind === "paint") this.told("painted");
      if (was.kind === "lasso") this._lassoed(was.line);
      if (was.kind === "drag" && event.point.dist(was.from) > 6) {
        const unit = this.unitAt(event.point);
        if (unit >= 0 && this.shown.part[unit] !== this.shown.part[was.unit]) this.told("drop", { unit: was.unit, cluster: this.shown.part[unit] });
      }
    };
    for (const [name, act] of [["mousedown", begin], ["touchstart", begin], ["mousemove", go], ["touchmove", go], ["mouseup", end], ["touchend", end]]) this.map.on(name, act);
    this.map.on("click", (event) => {
      const unit = this.unitAt(event.point);
      if (unit >= 0 && (this.tool === "choose" || this.tool === "lock")) this.told("unit", unit);
    });
    this.map.addControl(new gl.NavigationControl({ showCompass: false }), "bottom-left");
  }

  _lassoed(line) {
    this._set("lasso", nothing());
    if (line.length > 2) this.told("lasso", this.middles.flatMap(({ at }, unit) => (isWithin(at, line) ? [unit] : [])));
  }
}

export function cannotDraw(place) {
  place.dataset.drawn = "none";
  place.hidden = true;
  const said = document.querySelector("[data-map-failed]");
  if (said) said.hidden = false;
}
