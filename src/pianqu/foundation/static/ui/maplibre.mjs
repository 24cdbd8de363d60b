// MapLibre without any service: shapes of our own, Chinese labels from the system's fonts, a table when it cannot start.
import maplibre, * as named from "../vendor/maplibre/maplibre-gl.mjs";

const gl = named.Map ? named : maplibre;
gl.setWorkerUrl(new URL("../vendor/maplibre/maplibre-gl-worker.mjs", import.meta.url).href);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function style(shapes) {
  return {
    version: 8,
    sources: { shapes: { type: "geojson", data: shapes } },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": colour("--pq-map-water") } },
      { id: "land", type: "fill", source: "shapes", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": colour("--pq-map-land") } },
      { id: "edge", type: "line", source: "shapes", filter: ["==", ["geometry-type"], "Polygon"], paint: { "line-color": colour("--pq-map-edge"), "line-width": 0.8 } },
      { id: "point", type: "circle", source: "shapes", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 4, "circle-color": colour("--pq-cat-2") } },
    ],
  };
}

async function start(box) {
  const table = document.getElementById(box.dataset.table);
  try {
    const shapes = await (await fetch(box.dataset.layers)).json();
    const map = new gl.Map({ container: box, style: style(shapes), center: [121.52, 29.97], zoom: 10.2, attributionControl: false, localIdeographFontFamily: colour("--pq-sans") });
    map.on("load", () => { box.dataset.drawn = "1"; });
  } catch (error) {
    box.hidden = true;
    if (table) table.open = true;
    box.dataset.drawn = "none";
  }
}

document.querySelectorAll("[data-maplibre]").forEach(start);
