// The report form with JavaScript: a place found by name goes to the map, and the map's point can be taken back.
(function () {
  "use strict";
  var form = document.querySelector("form[data-once]");
  if (!form || !form.querySelector("[name=lon]")) return;
  form.addEventListener("change", function (event) {
    if (event.target.name !== "found") return;
    var parts = event.target.value.split(",");
    if (parts.length === 2) {
      form.dispatchEvent(new CustomEvent("pianqu:found", { detail: { lon: +parts[0], lat: +parts[1] } }));
      return;
    }
    ["lon", "lat", "place_source"].forEach(function (name) { form.querySelector("[name=" + name + "]").value = ""; });
    form.dispatchEvent(new CustomEvent("pianqu:nowhere"));
    var line = document.querySelector(".pq-where");
    if (line) line.replaceChildren();
  });
  document.querySelectorAll(".pq-nojs").forEach(function (button) { button.hidden = true; });
})();
