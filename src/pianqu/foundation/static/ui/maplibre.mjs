// MapLibre without any service: shapes of our own, Chinese labels from the system's fonts, a table when it cannot start.
import * as gl from "../vendor/maplibre/maplibre-gl.mjs";

gl.setWorkerUrl(new URL("../vendor/maplibre/maplibre-gl-worker.mjs", import.meta.url).href);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function ramp() {
  return ["step", ["coalesce", ["get", "value"], 0], colour("--pq-seq-1"), 10, colour("--pq-seq-2"), 20, colour("--pq-seq-3"), 30, colour("--pq-seq-4"), 40, colour("--pq-seq-5")];
}

function style(shapes) {
  const areas = ["==", ["geometry-type"], "Polygon"], points = ["==", ["geometry-type"], "Point"];
  return {
    version: 8,
    sources: { shapes: { type: "geojson", data: shapes } },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": colour("--tblr-bg-surface-secondary") } },
      { id: "land", type: "fill", source: "shapes", filter: areas, paint: { "fill-color": ["case", ["has", "value"], ramp(), colour("--pq-map-land")] } },
      { id: "edge", type: "line", source: "shapes", filter: areas, paint: { "line-color": colour("--pq-map-edge"), "line-width": 1 } },
      { id: "point", type: "circle", source: "shapes", filter: points, paint: { "circle-radius": 4, "circle-color": colour("--pq-cat-2"), "circle-stroke-width": 1, "circle-stroke-color": colour("--pq-map-line") } },
      { id: "name", type: "symbol", source: "shapes", filter: areas, layout: { "text-field": ["get", "name"], "text-size": 13, "text-font": ["sans"] },
        paint: { "text-color": colour("--pq-map-text"), "text-halo-color": colour("--pq-map-halo"), "text-halo-width": 1.5 } },
    ],
  };
}

function box(shapes) {
  const flat = (part) => (typeof part[0] === "number" ? [part] : part.flatMap(flat));
  const all = shapes.features.flatMap((f) => flat(f.geometry.coordinates));
  const lons = all.map((p) => p[0]), lats = all.map((p) => p[1]);
  return [[Math.min(...lons), Math.min(...lats)], [Math.max(...lons), Math.max(...lats)]];
}

function giveUp(place) {
  place.hidden = true;
  place.dataset.drawn = "none";
  const said = place.parentElement.querySelector("[data-maplibre-failed]");
  if (said) said.hidden = false;
  const table = document.getElementById(place.dataset.table);
  if (table && table.tagName === "DETAILS") table.open = true;
}

async function start(place) {
  if (place.dataset.drawn) return;
  place.dataset.drawn = "0";
  try {
    const shapes = await (await fetch(place.dataset.layers)).json();
    const map = new gl.Map({ container: place, style: style(shapes), bounds: box(shapes), fitBoundsOptions: { padding: 16 },
      attributionControl: false, fadeDuration: 0, localIdeographFontFamily: colour("--pq-sans") });
    map.getCanvas().setAttribute("aria-label", place.dataset.label);
    map.on("error", () => { if (place.dataset.drawn === "0") giveUp(place); });
    map.once("idle", () => { place.dataset.drawn = "1"; });
    document.addEventListener("pianqu:look", () => map.setStyle(style(shapes)));
  } catch (error) {
    giveUp(place);
  }
}

document.querySelectorAll("[data-maplibre]").forEach(start);
document.addEventListener("htmx:load", (event) => (event.detail.elt.parentNode || document).querySelectorAll("[data-maplibre]").forEach(start));
