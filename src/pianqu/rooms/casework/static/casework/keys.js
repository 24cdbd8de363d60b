// Keys for who works through a list all day. They act only while nobody types, and can be switched off on this device.
(function () {
  "use strict";
  var list = document.querySelector("[data-keys]"), hint = document.querySelector("[data-keys-hint]");
  if (!list || !hint) return;
  var NAME = "pianqu-keys", button = hint.querySelector("[data-keys-switch]"), on = true;
  try { on = localStorage.getItem(NAME) !== "off"; } catch (e) { /* a device that keeps nothing has the keys on */ }
  hint.hidden = false;
  function show() { button.setAttribute("aria-pressed", on ? "true" : "false"); }
  button.addEventListener("click", function () {
    on = !on;
    try { localStorage.setItem(NAME, on ? "on" : "off"); } catch (e) { /* then only until the page is left */ }
    show();
  });
  show();

  function links() { return Array.prototype.slice.call(list.querySelectorAll("tbody a.mono")); }
  function step(by) {
    var all = links(), at = all.indexOf(document.activeElement);
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
  document.addEventListener("keydown", function (event) {
    var where = event.target;
    if (!on || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!where.matches("input[type=checkbox]") && /^(INPUT|TEXTAREA|SELECT)$/.test(where.tagName) || where.isContentEditable) {
      if (event.key === "Escape") where.blur();
      return;
    }
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "x" || event.key === "X") chooseHere(event.key === "X");
    else if (event.key === "/" || event.key === "n" || event.key === "b") {
      var to = document.querySelector('[data-key="' + event.key + '"]');
      if (!to) return;
      if (event.key === "/") to.focus(); else to.click();
    } else return;
    event.preventDefault();
  });
})();
