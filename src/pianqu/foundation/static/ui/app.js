// What every page has: look switches, words kept on this device, copy buttons, and the mark that tests wait for.
(function () {
  "use strict";
  var root = document.documentElement;

  function look(change) {
    var next = Object.assign(kept(), change);
    try { localStorage.setItem("pianqu-look", JSON.stringify(next)); } catch (e) { /* private window: this page only */ }
  }

  function kept() {
    try { return JSON.parse(localStorage.getItem("pianqu-look") || "{}"); } catch (e) { return {}; }
  }

  function showLook() {
    var now = kept(), night = window.matchMedia && matchMedia("(prefers-color-scheme: dark)").matches;
    root.setAttribute("data-bs-theme", now.theme || (night ? "dark" : "light"));
    root.toggleAttribute("data-larger", !!now.larger);
    document.querySelectorAll("[data-theme]").forEach(function (b) {
      b.setAttribute("aria-pressed", String(b.dataset.theme === (now.theme || "")));
    });
    document.querySelectorAll("[data-larger-text]").forEach(function (b) { b.setAttribute("aria-pressed", String(!!now.larger)); });
    document.dispatchEvent(new CustomEvent("pianqu:look"));
  }

  document.querySelectorAll("[data-look], button[data-larger-text]").forEach(function (part) { part.hidden = false; });
  document.querySelectorAll("button[data-theme]").forEach(function (b) {
    b.addEventListener("click", function () { look({ theme: b.dataset.theme }); showLook(); });
  });
  document.querySelectorAll("button[data-larger-text]").forEach(function (b) {
    b.addEventListener("click", function () { look({ larger: !kept().larger }); showLook(); });
  });
  if (window.matchMedia) matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showLook);
  showLook();

  // A group of the desk's bar closes with Escape, and when one goes on elsewhere. Without this it closes by itself.
  document.querySelectorAll(".pq-drop").forEach(function (drop) {
    drop.addEventListener("keydown", function (e) {
      if (e.key === "Escape" && drop.open) { drop.open = false; drop.firstElementChild.focus(); }
    });
    drop.addEventListener("focusout", function (e) {
      if (e.relatedTarget && !drop.contains(e.relatedTarget)) drop.open = false;
    });
    document.addEventListener("click", function (e) { if (!drop.contains(e.target)) drop.open = false; });
  });

  // Words that somebody is typing survive a lost tab: kept under the field's data-keep, gone once the server has them.
  document.querySelectorAll("[data-keep]").forEach(function (field) {
    var name = "pianqu-kept-" + field.dataset.keep;
    try {
      if (!field.value && localStorage.getItem(name)) field.value = localStorage.getItem(name);
      field.addEventListener("input", function () { localStorage.setItem(name, field.value); });
      document.querySelectorAll("[data-kept-note]").forEach(function (note) { note.hidden = false; });
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
      navigator.clipboard.writeText(button.dataset.copy).then(function () { button.classList.add("pq-done");
        if (button.dataset.copied) {
          var said = document.createElement("span");
          said.className = "pq-fine";
          said.setAttribute("role", "status");
          said.textContent = button.dataset.copied;
          if (!button.nextElementSibling || button.nextElementSibling.textContent !== said.textContent) button.after(said);
        }
      });
    });
  });
  document.querySelectorAll("[data-print]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });

  document.querySelectorAll("form[data-forgets]").forEach(function (form) {
    form.addEventListener("submit", function () {
      try {
        var begin = "pianqu-kept-" + form.dataset.forgets;
        Object.keys(localStorage).forEach(function (name) { if (name.indexOf(begin) === 0) localStorage.removeItem(name); });
      } catch (e) { /* nothing was kept */ }
    });
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

  // Under a finger nothing moves: what is brought in while something is pressed waits until it is let go. Else the press ends
  // on whatever stands there now, and does nothing.
  var isPressed = false, waiting = [];
  function inherited(element, name) {
    var from = element.closest("[" + name + "]");
    return from && from.getAttribute(name);
  }
  function letGo() {
    setTimeout(function () {
      isPressed = false;
      waiting.splice(0).forEach(function (bring) { bring(); });
    }, 0);
  }
  document.addEventListener("pointerdown", function (event) {
    isPressed = !!event.target.closest("a, button, summary, label, input, select");
  });
  ["pointerup", "pointercancel", "dragend"].forEach(function (name) { document.addEventListener(name, letGo); });
  window.addEventListener("blur", letGo);
  document.body.addEventListener("htmx:beforeSwap", function (event) {
    var told = event.detail, asker = told.elt;
    if (!isPressed || !told.shouldSwap) return;
    told.shouldSwap = false;
    waiting.push(function () {
      if (!told.target.isConnected) return;
      htmx.swap(told.target, told.serverResponse, { swapStyle: inherited(asker, "hx-swap") || "innerHTML" }, {
        select: inherited(asker, "hx-select"),
        contextElement: asker,
        eventInfo: { elt: asker, target: told.target, xhr: told.xhr }
      });
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
