// What others change is heard without a reload: a page that is looked at asks every few seconds, says in a bar what it heard,
// and shows it when told to. It never moves a row or a form by itself.
(function () {
  "use strict";
  var bar = document.querySelector("[data-live]");
  if (!bar || !window.fetch) return;
  var EVERY = 12000, SLOWEST = 300000, SIGNED_OUT = 60000;
  var says = bar.querySelector("[data-live-says]"), show = bar.querySelector("[data-live-show]");
  var isCase = !!document.querySelector("[data-live-kept]"), timer = 0, isAsking = false, failed = 0, tag = "";
  var heard = "", changed = [];

  function tell(words, canShow) {
    if (says.textContent !== words) says.textContent = words;
    if (!canShow && document.activeElement === show) document.getElementById("main").focus();
    show.hidden = !canShow;
    bar.classList.toggle("pq-on", !!words);
    keepClear();
  }

  // The bar never lies over what somebody is using: then it stands above, until that is left or scrolled away.
  function keepClear() {
    var at = document.activeElement;
    if (!bar.classList.contains("pq-on") || bar.contains(at)) return;
    bar.classList.remove("pq-high");
    var own = bar.getBoundingClientRect(), its = at.getBoundingClientRect();
    var isField = at !== document.body && at.id !== "main";
    bar.classList.toggle("pq-high", isField && its.bottom > own.top && its.top < own.bottom && its.right > own.left && its.left < own.right);
  }
  document.addEventListener("focusin", keepClear);
  window.addEventListener("scroll", keepClear, { passive: true });
  window.addEventListener("resize", keepClear);

  function later(wait) {
    clearTimeout(timer);
    // a little apart, so that a thousand desks do not ask at the same moment
    if (!document.hidden) timer = setTimeout(ask, wait * (0.85 + Math.random() * 0.3));
  }

  function rows() {
    return Array.prototype.map.call(document.querySelectorAll("[data-live-part=list] tbody a.mono"), function (link) {
      return (link.getAttribute("href").match(/[0-9a-f-]{36}/) || [""])[0];
    });
  }

  function hear(told) {
    if (isCase) { heard = told.sentence; return; }
    var there = rows();
    changed = told.here.concat(told.elsewhere.filter(function (id) { return there.indexOf(id) >= 0; }));
    heard = !changed.length ? "" : changed.length === 1 ? bar.dataset.one : bar.dataset.many.replace("{n}", changed.length);
  }

  function ask() {
    if (isAsking) return;
    isAsking = true;
    var url = new URL(bar.dataset.live, location.href);
    url.searchParams.set("after", bar.dataset.after);
    fetch(url, { headers: tag ? { "If-None-Match": tag } : {}, redirect: "manual", cache: "no-store" }).then(function (answer) {
      if (answer.type === "opaqueredirect" || answer.status === 401) { tell(bar.dataset.signedOut, false); return SIGNED_OUT; }
      if (answer.status === 403 || answer.status === 404) { tell(bar.dataset.gone, false); return 0; }
      if (answer.status !== 304 && !answer.ok) throw new Error("status " + answer.status);
      failed = 0;
      if (answer.status === 304) { tell(heard, !!heard); return EVERY; }
      return answer.json().then(function (told) {
        tag = answer.headers.get("ETag") || "";
        hear(told);
        tell(heard, !!heard);
        return EVERY;
      });
    }).catch(function () {
      failed += 1;
      if (failed > 1) tell(bar.dataset.offline, false);
      return Math.min(EVERY * Math.pow(2, failed - 1), SLOWEST);
    }).then(function (wait) {
      isAsking = false;
      if (wait) later(wait);
    });
  }

  // A list: its parts are drawn anew; the chosen stay chosen, and the focus stays on its row.
  function showList() {
    fetch(location.href, { redirect: "manual", cache: "no-store" }).then(function (answer) {
      if (!answer.ok) throw new Error("status " + answer.status);
      return answer.text();
    }).then(function (text) {
      var fresh = new DOMParser().parseFromString(text, "text/html"), next = fresh.querySelector("[data-live]");
      if (!next) throw new Error("another page");
      var chosen = Array.prototype.map.call(document.querySelectorAll("input[name=case]:checked"), function (box) { return box.value; });
      var at = document.activeElement, place = at.closest("[data-live-part]"), href = at.getAttribute("href");
      document.querySelectorAll("[data-live-part]").forEach(function (part) {
        var one = fresh.querySelector('[data-live-part="' + part.dataset.livePart + '"]');
        if (!one) return;
        part.replaceChildren.apply(part, Array.prototype.map.call(one.childNodes, function (node) { return document.importNode(node, true); }));
      });
      document.querySelectorAll("input[name=case]").forEach(function (box) { box.checked = chosen.indexOf(box.value) >= 0; });
      document.querySelectorAll("[data-live-part=list] tbody tr").forEach(function (row) {
        var link = row.querySelector("a.mono");
        row.classList.toggle("pq-fresh", !!link && changed.some(function (id) { return link.getAttribute("href").indexOf(id) >= 0; }));
      });
      bar.dataset.after = next.dataset.after;
      tag = heard = "";
      changed = [];
      if (place) {
        var back = Array.prototype.find.call(place.querySelectorAll("a[href]"), function (link) { return link.getAttribute("href") === href; });
        (back || document.getElementById("main")).focus({ preventScroll: true });
      }
      tell(bar.dataset.shown, false);
      setTimeout(function () { if (says.textContent === bar.dataset.shown) tell("", false); }, 4000);
      document.dispatchEvent(new CustomEvent("pianqu:shown"));
    }).catch(function () { location.reload(); });
  }

  // A matter: its page is loaded again, and what was typed is put back; what has no place any more is shown to be copied.
  var KEPT = "pianqu-typed-" + location.pathname;
  function fields() {
    return Array.prototype.filter.call(document.querySelectorAll("main form [name]"), function (field) {
      return !/^(hidden|file|submit|button|password)$/.test(field.type) && field.tagName !== "BUTTON";
    });
  }
  function differs(field) {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
    return Array.prototype.some.call(field.options, function (one) { return one.selected !== one.defaultSelected; });
  }
  function isBox(field) { return field.type === "checkbox" || field.type === "radio"; }
  function valueOf(field) {
    if (isBox(field)) return field.checked;
    return field.multiple ? Array.prototype.map.call(field.selectedOptions, function (one) { return one.value; }) : field.value;
  }
  function nameOf(field) { return field.form.getAttribute("action") + " " + field.name + (isBox(field) ? " " + field.value : ""); }
  function showCase() {
    var typed = fields().filter(differs).map(function (field) {
      return { name: nameOf(field), value: valueOf(field), isWords: field.tagName === "TEXTAREA" || field.type === "text" };
    });
    try { sessionStorage.setItem(KEPT, JSON.stringify(typed)); } catch (e) {
      if (typed.length) { tell(bar.dataset.offline, false); return; }
    }
    location.reload();
  }
  function putBack() {
    var typed = [], open = {};
    try {
      typed = JSON.parse(sessionStorage.getItem(KEPT) || "[]");
      sessionStorage.removeItem(KEPT);
    } catch (e) { return; }
    fields().forEach(function (field) { (open[nameOf(field)] = open[nameOf(field)] || []).push(field); });
    typed.forEach(function (one) {
      var field = (open[one.name] || [])[0];
      if (field) {
        if (isBox(field)) field.checked = one.value;
        else if (field.multiple) Array.prototype.forEach.call(field.options, function (o) { o.selected = one.value.indexOf(o.value) >= 0; });
        else field.value = one.value;
        for (var fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
      if (one.isWords && one.value && (!field || field.value !== one.value)) keep(one.value);
    });
  }
  function keep(words) {
    var box = document.querySelector("[data-live-kept]"), quote = document.createElement("p");
    quote.className = "pq-quote pq-words mb-0";
    quote.dir = "auto";
    quote.textContent = words;
    box.append(quote);
    box.hidden = false;
  }

  show.addEventListener("click", function () { if (isCase) showCase(); else showList(); });
  document.addEventListener("visibilitychange", function () { if (document.hidden) clearTimeout(timer); else later(1000); });
  window.addEventListener("online", function () { failed = 0; later(500); });
  if (isCase) putBack();
  later(EVERY);
})();
