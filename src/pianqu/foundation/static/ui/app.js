// What every page has: look switches, words kept on this device, copy buttons, and the mark that tests wait for.
(function () {
  "use strict";
  var root = document.documentElement;

  function look(change) {
    var kept = {};
    try { kept = JSON.parse(localStorage.getItem("pianqu-look") || "{}"); } catch (e) { kept = {}; }
    Object.assign(kept, change);
    try { localStorage.setItem("pianqu-look", JSON.stringify(kept)); } catch (e) { /* private window: this page only */ }
  }

  function toggle(selector, on, turn) {
    document.querySelectorAll(selector).forEach(function (button) {
      button.hidden = false;
      button.setAttribute("aria-pressed", String(on()));
      button.addEventListener("click", function () {
        turn(!on());
        button.setAttribute("aria-pressed", String(on()));
        document.dispatchEvent(new CustomEvent("pianqu:look"));
      });
    });
  }

  toggle("[data-larger-text]", function () { return root.hasAttribute("data-larger"); }, function (on) {
    root.toggleAttribute("data-larger", on);
    look({ larger: on });
  });
  toggle("[data-theme-switch]", function () { return root.getAttribute("data-bs-theme") === "dark"; }, function (on) {
    root.setAttribute("data-bs-theme", on ? "dark" : "light");
    look({ theme: on ? "dark" : "light" });
  });

  // Words that somebody is typing survive a lost tab: kept under the field's data-keep, gone once the server has them.
  document.querySelectorAll("[data-keep]").forEach(function (field) {
    var name = "pianqu-kept-" + field.dataset.keep;
    try {
      if (!field.value && localStorage.getItem(name)) field.value = localStorage.getItem(name);
      field.addEventListener("input", function () { localStorage.setItem(name, field.value); });
    } catch (e) { /* private window: nothing is kept */ }
    field.dispatchEvent(new Event("input"));
  });
  document.querySelectorAll("[data-forget]").forEach(function (mark) {
    try { localStorage.removeItem("pianqu-kept-" + mark.dataset.forget); } catch (e) { /* nothing was kept */ }
  });

  document.querySelectorAll("[data-count-for]").forEach(function (count) {
    var field = document.getElementById(count.dataset.countFor);
    var show = function () { count.textContent = Array.from(field.value).length + " / " + count.dataset.max; };
    field.addEventListener("input", show);
    show();
  });

  document.querySelectorAll("[data-copy]").forEach(function (button) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(button.dataset.copy).then(function () { button.classList.add("pq-done"); });
    });
  });
  document.querySelectorAll("[data-print]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });

  // A form that was sent once is not sent twice by an impatient finger; the server would answer the same anyway.
  document.querySelectorAll("form[data-once]").forEach(function (form) {
    form.addEventListener("submit", function (event) {
      if (form.dataset.sent) { event.preventDefault(); return; }
      form.dataset.sent = "1";
      form.querySelectorAll("button[type=submit]").forEach(function (b) { b.setAttribute("aria-disabled", "true"); });
    });
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-once]").forEach(function (form) {
      delete form.dataset.sent;
      form.querySelectorAll("button[type=submit]").forEach(function (b) { b.removeAttribute("aria-disabled"); });
    });
  });

  // Small previews of chosen photos.
  document.querySelectorAll("input[data-photos]").forEach(function (input) {
    var shelf = document.getElementById(input.dataset.photos);
    input.addEventListener("change", function () {
      shelf.replaceChildren();
      Array.from(input.files).slice(0, 5).forEach(function (file) {
        var image = document.createElement("img");
        image.alt = file.name;
        image.src = URL.createObjectURL(file);
        shelf.append(image);
      });
    });
  });

  var summary = document.querySelector("[data-error-summary]");
  if (summary) summary.focus();
  root.dataset.ready = "1";
})();
