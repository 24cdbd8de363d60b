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
  document.addEventListener("keydown", function (event) {
    var where = event.target;
    if (!on || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(where.tagName) || where.isContentEditable) {
      if (event.key === "Escape") where.blur();
      return;
    }
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "/" || event.key === "n") {
      var to = document.querySelector('[data-key="' + event.key + '"]');
      if (!to) return;
      if (event.key === "/") to.focus(); else to.click();
    } else return;
    event.preventDefault();
  });
})();
