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
    nowhere();
  });

  function nowhere() {
    ["lon", "lat", "place_source"].forEach(function (name) { form.querySelector("[name=" + name + "]").value = ""; });
    form.dispatchEvent(new CustomEvent("pianqu:nowhere"));
    var line = document.querySelector(".pq-where");
    if (line) line.replaceChildren();
  }
  document.querySelectorAll("[data-unset]").forEach(function (button) { button.hidden = false; });
  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-unset]")) return;
    nowhere();
    form.querySelectorAll("[name=found]").forEach(function (choice) { choice.checked = choice.value === ""; });
    form.querySelector("#landmark").focus();
  });

  // Back from the receipt and sent again with the same words: the form says the key it was sent with, so that the server
  // answers with the receipt that exists. Of the words only a number is remembered, until the tab is closed.
  form.addEventListener("submit", function () {
    var key = form.querySelector("[name=key]"), sum = 2166136261;
    Array.from(form.querySelector("[name=words]").value.trim()).forEach(function (sign) {
      sum = Math.imul(sum ^ sign.codePointAt(0), 16777619);
    });
    try {
      var last = JSON.parse(sessionStorage.getItem("pianqu-sent") || "{}");
      if (last.sum === sum && !document.querySelector("[data-error-summary]")) key.value = last.key;
      sessionStorage.setItem("pianqu-sent", JSON.stringify({ sum: sum, key: key.value }));
    } catch (e) { /* private window: the server sees two matters, and staff see them side by side */ }
  });
  document.querySelectorAll(".pq-nojs").forEach(function (button) { button.hidden = true; });
})();
