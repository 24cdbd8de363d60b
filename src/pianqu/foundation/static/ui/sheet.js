// A piece of Alpine in the form that a strict policy allows: named data, no expressions in markup.
document.addEventListener("alpine:init", function () {
  Alpine.data("counter", function () { return { count: 0, add: function () { this.count += 1; } }; });
});
