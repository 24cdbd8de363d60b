// Keys of the desk. Single keys count only while nobody types, never with a modifier or inside an input method, and can be
// switched off on this device (WCAG 2.1.4). A page names its own by data-key: a field, or what holds one, is only focused.
(function () {
  "use strict";
  // The way back to a list leads to the list as it was left in this tab, with its filters and page.
  var LISTS = "pianqu-lists", lists = {};
  try { lists = JSON.parse(sessionStorage.getItem(LISTS) || "{}"); } catch (e) { /* then it leads to the whole list */ }
  if (document.querySelector("[data-keys]")) {
    lists[location.pathname] = location.search;
    try { sessionStorage.setItem(LISTS, JSON.stringify(lists)); } catch (e) { /* as above */ }
  }
  document.querySelectorAll(".pq-crumbs a").forEach(function (link) {
    if (!link.search && lists[link.pathname]) link.search = lists[link.pathname];
  });
  // What is left empty in a list's filters says nothing, so it does not stand in the address.
  document.querySelectorAll("form.pq-filters:not([method=post])").forEach(function (form) {
    form.addEventListener("formdata", function (event) {
      Array.from(event.formData.entries()).forEach(function (entry) { if (entry[1] === "") event.formData.delete(entry[0]); });
    });
  });
  var dialog = document.querySelector("[data-keys-dialog]");
  if (!dialog || !dialog.showModal) return;
  var NAME = "pianqu-keys", FIELDS = "input:not([type=hidden]), textarea, select", on = true, going = 0;
  var button = dialog.querySelector("[data-keys-switch]");
  try { on = localStorage.getItem(NAME) !== "off"; } catch (e) { /* a device that keeps nothing has the keys on */ }
  function show() { button.setAttribute("aria-pressed", on ? "true" : "false"); }
  button.addEventListener("click", function () {
    on = !on;
    try { localStorage.setItem(NAME, on ? "on" : "off"); } catch (e) { /* then only until the page is left */ }
    show();
  });
  show();

  function named(key) {
    return Array.prototype.find.call(document.querySelectorAll("[data-key]"), function (one) { return one.dataset.key === key && !one.hidden; });
  }
  function open() {
    dialog.querySelectorAll("[data-only]").forEach(function (line) { line.hidden = !line.dataset.only.split(" ").some(has); });
    dialog.querySelectorAll("[data-keys-group]").forEach(function (group) { group.hidden = !group.querySelector("[data-line]:not([hidden])"); });
    dialog.showModal();
  }
  function has(what) {
    var part = { live: "[data-live]", list: "[data-keys] tbody a.mono", choose: "[data-keys] input[name=case]", many: "[data-keys] [data-key=b]", begin: "[data-key=b][data-key-focus]" }[what];
    if (part) return !!document.querySelector(part);
    return what === "back" ? !!back() : !!named(what);
  }
  function back() { return Array.prototype.slice.call(document.querySelectorAll(".pq-crumbs a")).pop(); }
  document.querySelectorAll("[data-keys-open]").forEach(function (one) {
    one.hidden = false;
    one.addEventListener("click", open);
  });
  dialog.querySelector("[data-keys-close]").addEventListener("click", function () { dialog.close(); });

  function isTyping(where) {
    return where.isContentEditable || where.matches("textarea, select, input:not([type=checkbox])");
  }
  // Where a key leads: the field itself, or the first thing to use in what is named. Folds on the way are opened.
  function use(one) {
    var isHolder = !one.matches(FIELDS + ", a, button, summary");
    var to = isHolder ? one.querySelector("summary, button, a.btn, " + FIELDS) : one;
    if (!to) return;
    for (var fold = to.closest("details"); fold; fold = fold.parentElement.closest("details")) {
      if (to !== fold.firstElementChild) fold.open = true;
    }
    if (isHolder || one.matches(FIELDS) || one.hasAttribute("data-key-focus")) to.focus(); else to.click();
  }
  function act(key) {
    if (key === "?") { open(); return true; }
    if (key === "g") { going = Date.now(); return true; }
    if (key === "u" && back()) { back().click(); return true; }
    var mine = !document.dispatchEvent(new CustomEvent("pianqu:key", { detail: key, cancelable: true }));
    if (mine) return true;
    var one = key.length === 1 && named(key);
    if (one) use(one);
    return !!one;
  }
  document.addEventListener("keydown", function (event) {
    var where = event.target;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.keyCode === 229) return;
    if (dialog.open || !where.matches) return;
    if (isTyping(where)) {
      if (on && event.key === "Escape") where.blur();
      return;
    }
    if (!on) return;
    var place = going && Date.now() - going < 2000 ? dialog.querySelector('[data-go="' + (/^[a-z]$/.test(event.key) ? event.key : "") + '"]') : null;
    if (going && event.key !== "Shift") going = 0;
    if (place) location.assign(place.href);
    if (place || act(event.key)) event.preventDefault();
  });
})();
