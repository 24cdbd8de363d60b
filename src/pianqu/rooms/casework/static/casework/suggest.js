// What the words look like, with JavaScript: a sure suggestion chooses its category, as long as nobody chose one by hand.
(function () {
  "use strict";
  var place = document.querySelector("[data-suggestion]");
  if (!place) return;
  var form = place.closest("form"), ours = null;
  form.querySelectorAll(".pq-nojs").forEach(function (button) { button.hidden = true; });
  form.addEventListener("change", function (event) {
    if (event.target.name === "category") ours = null;
  });
  document.body.addEventListener("htmx:afterSwap", function (event) {
    if (event.target !== place) return;
    var told = place.querySelector("[data-sure]"), chosen = form.querySelector("[name=category]:checked");
    if (chosen && chosen !== ours) return;
    if (ours) ours.checked = false;
    ours = told ? document.getElementById(told.dataset.sure) : null;
    if (ours) ours.checked = true;
  });
})();
