// Before the first paint: the reader's theme and text size, kept on this device only.
(function () {
  var root = document.documentElement, kept = {};
  try { kept = JSON.parse(localStorage.getItem("pianqu-look") || "{}"); } catch (e) { kept = {}; }
  var dark = kept.theme ? kept.theme === "dark" : window.matchMedia && matchMedia("(prefers-color-scheme: dark)").matches;
  root.setAttribute("data-bs-theme", dark ? "dark" : "light");
  if (kept.larger) root.setAttribute("data-larger", "");
})();
