// ECharts with the house's defaults: our colours, words for screen readers, tooltips that a strict policy allows.
(function () {
  "use strict";
  function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

  function options(series) {
    var text = { color: colour("--tblr-secondary-color"), fontFamily: colour("--pq-sans") };
    var axis = { axisLine: { lineStyle: { color: colour("--tblr-border-dark-color") } }, axisTick: { show: false }, axisLabel: text,
      splitLine: { lineStyle: { color: colour("--tblr-border-color") } } };
    return {
      animation: false,
      aria: { enabled: true },
      textStyle: text,
      color: [1, 2, 3, 4, 5, 6, 7, 8].map(function (n) { return colour("--pq-cat-" + n); }),
      grid: { left: 8, right: 16, top: 24, bottom: 8, containLabel: true },
      tooltip: { trigger: "axis", renderMode: "richText" },
      xAxis: Object.assign({ type: "category", data: series.labels }, axis),
      yAxis: Object.assign({ type: "value", min: 0 }, axis),
      series: series.series.map(function (s) { return { type: s.type || "bar", name: s.name, data: s.data, label: { show: series.labels.length < 16, position: "top", color: text.color } }; })
    };
  }

  document.querySelectorAll("[data-chart]").forEach(function (box) {
    var source = document.getElementById(box.dataset.chart);
    var chart = echarts.init(box, null, { renderer: "canvas" });
    var draw = function () { chart.setOption(options(JSON.parse(source.textContent)), true); box.dataset.drawn = "1"; };
    draw();
    document.addEventListener("pianqu:look", draw);
    new ResizeObserver(function () { chart.resize(); }).observe(box);
  });
})();
