// Keys for who works through a list all day: down, up, choose. ui/keys.js says when a key counts.
(function () {
  "use strict";
  var list = document.querySelector("[data-keys]");
  if (!list) return;
  document.querySelectorAll("[data-keys-hint]").forEach(function (hint) { hint.hidden = false; });

  function links() { return Array.prototype.slice.call(list.querySelectorAll("tbody a.mono")); }
  function step(by) {
    var all = links(), at = all.indexOf(document.activeElement);
    if (at < 0 && document.activeElement.closest("tr")) at = all.indexOf(document.activeElement.closest("tr").querySelector("a.mono"));
    var next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
    if (all[next]) all[next].focus();
  }
  // Rows are chosen by their boxes; a range goes from the box that was changed last.
  var last = null, told = document.querySelector("[data-chosen]");
  function boxes() { return Array.prototype.slice.call(list.querySelectorAll("input[name=case]")); }
  function count() {
    var n = boxes().filter(function (box) { return box.checked; }).length;
    if (told) told.textContent = n ? told.dataset.words + " " + n : "";
  }
  function choose(box, isRange) {
    var all = boxes(), from = all.indexOf(last), to = all.indexOf(box);
    if (isRange && from >= 0) all.slice(Math.min(from, to), Math.max(from, to) + 1).forEach(function (one) { one.checked = last.checked; });
    last = box;
    count();
  }
  list.addEventListener("click", function (event) {
    if (event.target.name === "case") choose(event.target, event.shiftKey);
  });
  function chooseHere(isRange) {
    var row = document.activeElement.closest("tr"), box = row && row.querySelector("input[name=case]");
    if (!box) return;
    if (!isRange) box.checked = !box.checked;
    choose(box, isRange);
  }
  count();
  document.addEventListener("pianqu:shown", count);
  document.addEventListener("pianqu:key", function (event) {
    var key = event.detail, inList = links().indexOf(document.activeElement) >= 0;
    if (key === "j" || key === "ArrowDown" && inList) step(1);
    else if (key === "k" || key === "ArrowUp" && inList) step(-1);
    else if (key === "x" || key === "X") chooseHere(key === "X");
    else return;
    event.preventDefault();
  });
})();
