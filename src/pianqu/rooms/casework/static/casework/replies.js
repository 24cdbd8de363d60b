// A template's words come into the form without a new page; nothing that was typed is lost. Without JavaScript the button sends the form.
(function () {
  "use strict";
  var NONE = "00000000-0000-0000-0000-000000000000";
  document.querySelectorAll("[data-reply-template]").forEach(function (row) {
    var select = row.querySelector("select"), button = row.querySelector("[data-put-in]"), says = row.querySelector("[role=status]");
    var field = document.getElementById(row.dataset.wordsOf), asked = 0;
    if (!select || !button || !field) return;
    function put(words) {
      var typed = field.value.replace(/\s+$/, "");
      if (typed.indexOf(words) < 0) field.value = typed ? typed + "\n\n" + words : words;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      says.textContent = says.dataset.putInSays;
      field.focus();
      var open = field.value.search(/\{\{|｛｛/), end = field.value.slice(open).search(/\}\}|｝｝/);
      if (open >= 0 && end > 0) field.setSelectionRange(open, open + end + 2);
      else field.setSelectionRange(field.value.length, field.value.length);
    }
    button.addEventListener("click", function (event) {
      var chosen = select.value.split("."), turn = ++asked;
      if (!window.fetch || chosen.length !== 2) return;
      event.preventDefault();
      fetch(row.dataset.wordsAt.replace(NONE, chosen[0]) + "?language=" + chosen[1], { headers: { Accept: "application/json" }, credentials: "same-origin" })
        .then(function (answer) { if (!answer.ok) throw new Error(answer.status); return answer.json(); })
        .then(function (told) { if (turn === asked) put(told.words); })
        .catch(function () { if (turn === asked) { button.form.setAttribute("action", button.getAttribute("formaction")); button.form.submit(); } });
    });
  });
})();
