// Long lists of boxes are narrowed by what is typed; what is ticked stays in sight. Without JavaScript the whole list scrolls.
(function () {
  "use strict";
  document.querySelectorAll("[data-picks]").forEach(function (box) {
    var find = box.querySelector("[data-picks-find]");
    if (!find) return;
    find.hidden = false;
    find.addEventListener("input", function () {
      var wanted = find.value.trim().toLowerCase();
      box.querySelectorAll("label").forEach(function (label) {
        var fits = label.textContent.toLowerCase().indexOf(wanted) >= 0;
        label.hidden = !fits && !label.querySelector("input").checked;
      });
    });
    find.addEventListener("keydown", function (event) {
      if (event.key === "Enter") event.preventDefault();
    });
  });
})();
