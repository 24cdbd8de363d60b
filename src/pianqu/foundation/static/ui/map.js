// A Leaflet map that needs no map service: it draws the shipped outlines and names, and takes a tile service if one is set.
(function () {
  "use strict";
  var EMPTY = document.currentScript.dataset.empty;
  L.Util.emptyImageUrl = EMPTY; // Leaflet's own is a data: picture, which the content security policy forbids.

  function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

  function outline(feature) {
    return { color: colour("--pq-map-edge"), weight: feature.properties.level === "street" ? 2 : 0.7,
      fillColor: colour("--pq-map-land"), fillOpacity: feature.properties.level === "street" ? 0 : 1 };
  }

  function name(feature, layer) {
    if (feature.properties.name && feature.geometry.type !== "Point") layer.bindTooltip(feature.properties.name, { sticky: true });
  }

  function point(feature, at) {
    return L.circleMarker(at, { radius: 4, color: colour("--pq-map-line"), weight: 1, fillColor: colour("--pq-cat-2"), fillOpacity: 1 })
      .bindTooltip(feature.properties.name || "");
  }

  function picker(map, box) {
    var pin = null, form = box.closest("form");
    var lon = form.querySelector("[name=lon]"), lat = form.querySelector("[name=lat]"), source = form.querySelector("[name=place_source]");
    function put(at, how) {
      if (!pin) pin = L.circleMarker(at, { radius: 10, color: colour("--pq-map-line"), weight: 3, fillColor: colour("--pq-seal"), fillOpacity: 1, interactive: false }).addTo(map);
      pin.setLatLng(at);
      lon.value = at.lng.toFixed(6);
      lat.value = at.lat.toFixed(6);
      if (source) source.value = how;
      form.dispatchEvent(new CustomEvent("pianqu:place", { bubbles: true }));
    }
    map.on("click", function (event) { put(event.latlng, "map"); });
    map.getContainer().addEventListener("keydown", function (event) {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); put(map.getCenter(), "map"); }
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
    if (lon.value && lat.value) { put(L.latLng(+lat.value, +lon.value), source ? source.value : "map"); map.setView(pin.getLatLng(), 15); }
  }

  function start(box) {
    var map = L.map(box, { zoomControl: true, zoomSnap: 0.5, keyboard: true });
    map.attributionControl.setPrefix(false);
    if (box.dataset.caption) map.attributionControl.addAttribution(box.dataset.caption);
    map.setView([29.97, 121.52], 11);
    if (box.dataset.tiles) L.tileLayer(box.dataset.tiles, { maxZoom: 19 }).addTo(map);
    var ready = function () { box.dataset.drawn = "1"; };
    if (box.dataset.layers) {
      fetch(box.dataset.layers).then(function (r) { return r.json(); }).then(function (shapes) {
        var layer = L.geoJSON(shapes, { style: outline, onEachFeature: name, pointToLayer: point,
          filter: function (f) { return !box.dataset.tiles || f.geometry.type === "Point"; } }).addTo(map);
        if (!box.dataset.lon && layer.getBounds().isValid()) map.fitBounds(layer.getBounds());
        ready();
      }).catch(ready);
    } else { ready(); }
    if (box.dataset.lon) {
      var at = [+box.dataset.lat, +box.dataset.lon];
      map.setView(at, 15);
      L.circleMarker(at, { radius: 10, color: colour("--pq-map-line"), weight: 3, fillColor: colour("--pq-seal"), fillOpacity: 1, interactive: false }).addTo(map);
    }
    if (box.dataset.pick) picker(map, box);
  }

  document.querySelectorAll("[data-map]").forEach(start);
})();
