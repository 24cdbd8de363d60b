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

  // Who leads does not help as well: its tick goes, and comes back when somebody else is chosen to lead.
  var dropped = null;
  function leads(lead) {
    if (!lead || lead.name !== "lead" || !lead.form) return;
    if (dropped && dropped.value !== lead.value) {
      dropped.checked = true;
      dropped = null;
    }
    lead.form.querySelectorAll('input[type=checkbox][name="helpers"]').forEach(function (box) {
      if (!box.checked || box.value !== lead.value) return;
      box.checked = false;
      dropped = box;
    });
  }
  document.addEventListener("change", function (event) {
    if (event.target.name === "helpers") dropped = null;
    leads(event.target);
  });
  document.querySelectorAll('select[name="lead"]').forEach(leads);
})();
