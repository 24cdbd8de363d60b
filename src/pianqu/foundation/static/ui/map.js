// A Leaflet map that needs no map service: it draws the shipped outlines and names, and takes a tile service if one is set.
(function () {
  "use strict";
  var CENTRE = [29.97, 121.52];

  function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

  // A cell of the grid: the cluster's colour, pale for ordinary cells, full for special ones, a dashed line for micro-cells.
  function cell(told) {
    var here = told.here, micro = told.kind === "micro";
    return { color: colour(here ? "--pq-seal" : micro ? "--pq-map-text" : "--pq-map-line"), weight: here ? 3 : 1, dashArray: micro ? "3 3" : null,
      fillColor: told.tone ? colour("--pq-cat-" + told.tone) : colour("--pq-map-edge"), fillOpacity: micro ? 0 : told.kind === "special" ? 0.85 : 0.4 };
  }

  // A community by a share (shade 1 to 5; 0: nothing is told), and rings around sites, the farther the thinner.
  function share(told) { return { color: colour(told.shade ? "--pq-map-edge" : "--pq-map-text"), weight: 1, dashArray: told.shade ? null : "1 4", fillColor: colour(told.shade ? "--pq-seq-" + told.shade : "--pq-map-land"), fillOpacity: told.shade ? 0.9 : 0 }; }
  function ring(told) { return { color: colour("--pq-map-text"), weight: 2.5 - told.ring * 0.5, dashArray: told.ring === 1 ? null : told.ring === 2 ? "6 4" : "2 4", fill: false, interactive: false }; }

  function outline(feature) {
    if (feature.geometry.type === "Point") return mark(feature); // Leaflet asks for the style of points too, after drawing them
    if (feature.properties.level === "cell") return cell(feature.properties);
    if (feature.properties.level === "share") return share(feature.properties);
    if (feature.properties.level === "ring") return ring(feature.properties);
    var street = feature.properties.level === "street";
    return { color: colour("--pq-map-edge"), weight: street ? 2 : 1, fillColor: colour("--pq-map-land"), fillOpacity: street ? 0 : 1 };
  }
  function mark(feature) { return feature.properties.level === "site" ? site(feature.properties) : feature.properties.level === "option" ? Object.assign(dot(), { radius: 3.5 }) : feature.properties.level === "cluster" ? { radius: 0, stroke: false, fill: false, interactive: false } : feature.properties.level === "point" ? Object.assign(dot(), { radius: 6, fillColor: colour("--pq-seal") }) : dot(); }
  // A site is full where it is new, hollow where it is there already; an option is a small dot.
  function site(told) { return { radius: 7, color: colour(told.kept ? "--pq-seal" : "--tblr-bg-surface"), weight: told.kept ? 4 : 2, fillColor: colour(told.kept ? "--tblr-bg-surface" : "--pq-seal"), fillOpacity: 1 }; }
  function dot() { return { radius: 4, color: colour("--pq-map-line"), weight: 1, fillColor: colour("--pq-cat-2"), fillOpacity: 1 }; }
  function pinLook() { return { radius: 10, color: colour("--pq-map-line"), weight: 3, fillColor: colour("--pq-seal"), fillOpacity: 1 }; }
  function pinAt(at, map) { return L.circleMarker(at, Object.assign({ interactive: false, pane: "markerPane" }, pinLook())).addTo(map); }

  function named(feature, layer) {
    var told = feature.properties;
    if (told.tip) layer.bindTooltip(told.tip, { sticky: true });
    if (told.href) layer.on("click", function () { window.location.assign(told.href); });
    if (!told.name) return;
    if (feature.geometry.type === "Point" && told.level !== "cluster") layer.bindTooltip(feature.properties.name, { direction: "top" });
    else layer.bindTooltip(feature.properties.name, { permanent: true, direction: "center", className: "pq-name", interactive: false });
  }

  // Names only where there is room for them: the tooltip layer hides when the map is far away.
  function thinNames(map, layer) {
    var show = function () {
      var shown = [];
      layer.eachLayer(function (part) {
        var tip = part.getTooltip && part.getTooltip();
        if (!tip || !tip.options.permanent || !tip.getElement()) return;
        var box = tip.getElement().getBoundingClientRect();
        var clash = shown.some(function (o) { return box.left < o.right + 4 && box.right > o.left - 4 && box.top < o.bottom && box.bottom > o.top; });
        tip.getElement().classList.toggle("invisible", clash);
        if (!clash) shown.push(box);
      });
    };
    map.on("zoomend moveend", show);
    show();
  }

  // Landmarks are dots without words: they help one who looks closely and are noise from far away.
  function nearMarks(map, layer, land) {
    var marks = layer.getLayers().filter(function (part) { return !part.getBounds && ["cluster", "point", "site", "option"].indexOf(part.feature.properties.level) < 0; });
    if (!land.isValid() || !marks.length) return;
    var show = function () {
      marks.forEach(function (mark) { if (map.getZoom() >= 13) mark.addTo(map); else mark.remove(); });
    };
    map.on("zoomend", show);
    show();
  }

  // Takes a tap, Enter at the centre, or the device's position into the form's hidden inputs lon, lat and place_source.
  function picker(map, box) {
    var pin = null, form = box.closest("form");
    var input = function (name) { return form.querySelector("[name=" + name + "]") || { value: "" }; };
    var lon = input("lon"), lat = input("lat"), source = input("place_source");
    function put(at, how) {
      if (pin) pin.setLatLng(at); else pin = pinAt(at, map);
      lon.value = at.lng.toFixed(6);
      lat.value = at.lat.toFixed(6);
      source.value = how;
      form.dispatchEvent(new CustomEvent("pianqu:place", { bubbles: true }));
    }
    box.classList.add("pq-picks");
    map.on("click", function (event) { put(event.latlng, "map"); });
    box.addEventListener("keydown", function (event) {
      if (event.target === box && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); put(map.getCenter(), "map"); }
    });
    form.querySelectorAll("[data-my-position]").forEach(function (button) {
      button.hidden = !navigator.geolocation;
      button.addEventListener("click", function () {
        navigator.geolocation.getCurrentPosition(function (found) {
          var at = L.latLng(found.coords.latitude, found.coords.longitude);
          map.setView(at, 16);
          put(at, "position");
        }, function () { form.querySelectorAll("[data-no-position]").forEach(function (m) { m.hidden = false; }); }, { enableHighAccuracy: true, timeout: 10000 });
      });
    });
    form.addEventListener("pianqu:found", function (event) {
      var at = L.latLng(event.detail.lat, event.detail.lon);
      map.setView(at, 15);
      put(at, "gazetteer");
    });
    form.addEventListener("pianqu:nowhere", function () {
      if (pin) { pin.remove(); pin = null; }
      lon.value = lat.value = source.value = "";
    });
    if (lon.value && lat.value) { put(L.latLng(+lat.value, +lon.value), source.value || "map"); map.setView(pin.getLatLng(), 15); }
    document.addEventListener("pianqu:look", function () { if (pin) pin.setStyle(pinLook()); });
  }

  function hasPin(box) {
    var lon = box.dataset.pick && box.closest("form").querySelector("[name=lon]");
    return !!(lon && lon.value);
  }

  function draw(map, box, shapes) {
    var layer = L.geoJSON(shapes, { style: outline, onEachFeature: named, pointToLayer: function (f, at) { return L.circleMarker(at, mark(f)); },
      filter: function (f) { return !box.dataset.tiles || f.geometry.type === "Point" || ["cell", "share", "ring"].indexOf(f.properties.level) >= 0; } }).addTo(map);
    var land = L.latLngBounds([]); // the outlines; names beyond them must not make the map small
    layer.eachLayer(function (part) { if (part.getBounds) land.extend(part.getBounds()); });
    if (!land.isValid()) land = layer.getBounds();
    if (!box.dataset.lon && !hasPin(box) && land.isValid()) map.fitBounds(land, { padding: [8, 8] });
    layer.eachLayer(function (part) { if (part.feature.geometry.type === "Point") part.bringToFront(); }); // no outline hides what stands on it
    thinNames(map, layer);
    nearMarks(map, layer, land);
    document.addEventListener("pianqu:look", function () {
      layer.eachLayer(function (part) { part.setStyle(part.feature.geometry.type === "Point" ? mark(part.feature) : outline(part.feature)); });
    });
  }

  function start(box) {
    if (box.dataset.drawn) return;
    box.dataset.drawn = "0";
    var map = L.map(box, { zoomControl: false, zoomSnap: 0.5, keyboard: true, fadeAnimation: false, zoomAnimation: false });
    L.control.zoom({ zoomInTitle: box.dataset.zoomIn || "+", zoomOutTitle: box.dataset.zoomOut || "−" }).addTo(map);
    map.attributionControl.setPrefix(false);
    if (box.dataset.caption) map.attributionControl.addAttribution(box.dataset.caption);
    var at = box.dataset.lon && box.dataset.lat ? [+box.dataset.lat, +box.dataset.lon] : null;
    map.setView(at || CENTRE, at ? 15 : 11);
    if (box.dataset.tiles) L.tileLayer(box.dataset.tiles, { maxZoom: 19 }).addTo(map);
    if (at && !box.dataset.pick) {
      var pin = pinAt(at, map);
      document.addEventListener("pianqu:look", function () { pin.setStyle(pinLook()); });
    }
    if (box.dataset.pick) picker(map, box);
    var done = function () { box.dataset.drawn = "1"; };
    if (!box.dataset.layers) return done();
    fetch(box.dataset.layers).then(function (r) { return r.json(); }).then(function (shapes) { draw(map, box, shapes); done(); }).catch(done);
  }

  function scan(part) { part.querySelectorAll("[data-map]").forEach(start); }
  scan(document);
  document.addEventListener("htmx:load", function (event) { scan(event.detail.elt.parentNode || document); });
})();
