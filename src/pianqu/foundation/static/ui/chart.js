// ECharts with the house's defaults: our colours, words for screen readers, tooltips that a strict policy allows.
// A page gives {labels: […], series: [{name, type: "bar"|"line", data, dashed, band: [low…, high…]}], unit} as json_script.
(function () {
  "use strict";
  function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }
  function rem(size) { return size * parseFloat(getComputedStyle(document.documentElement).fontSize); }

  function line(s, index, text, last) {
    var shade = colour("--pq-cat-" + (index + 1));
    var end = s.data.reduce(function (found, value, i) { return value === null ? found : i; }, 0);
    var atEnd = end === s.data.length - 1; // a series that stops early has its name above its last point
    return { markPoint: atEnd || !last ? undefined : { symbol: "circle", symbolSize: 1, silent: true, data: [{ coord: [end, s.data[end]] }],
      label: { formatter: s.name, position: "top", distance: 10, color: colour("--tblr-body-color"), fontSize: text.fontSize } }, type: "line", name: s.name, data: s.data, symbol: "circle", symbolSize: 6, showSymbol: s.data.length < 16,
      lineStyle: { width: 2.5, type: s.dashed ? "dashed" : "solid", color: shade }, itemStyle: { color: shade },
      endLabel: { show: last && atEnd, formatter: "{a}", color: colour("--tblr-body-color"), fontSize: text.fontSize, distance: 6 } };
  }
  function bar(s, index, text, few) {
    return { type: "bar", name: s.name, data: s.data, barMaxWidth: rem(2.25), itemStyle: { color: colour("--pq-cat-" + (index + 1)) },
      label: { show: few, position: "top", color: colour("--tblr-body-color"), fontSize: text.fontSize } };
  }
  function band(s) {
    var hidden = { type: "line", stack: "band-" + s.name, symbol: "none", lineStyle: { opacity: 0 }, silent: true, tooltip: { show: false } };
    return [
      Object.assign({}, hidden, { name: s.name + " ↓", data: s.low }),
      Object.assign({}, hidden, { name: s.name, data: s.low.map(function (v, i) { return v === null ? null : s.high[i] - v; }),
        areaStyle: { color: colour("--pq-cat-2"), opacity: 0.24 } }),
    ];
  }

  function options(given) {
    var text = { color: colour("--tblr-secondary-color"), fontFamily: colour("--pq-sans"), fontSize: Math.round(rem(0.8125)) };
    var axis = { axisLine: { lineStyle: { color: colour("--tblr-border-dark-color") } }, axisTick: { show: false }, axisLabel: text,
      nameTextStyle: text, splitLine: { lineStyle: { color: colour("--tblr-border-color") } } };
    var lines = given.series.some(function (s) { return s.type === "line"; });
    var series = [];
    given.series.forEach(function (s, i) {
      if (s.type === "band") series = band(s).concat(series);
      else series.push(s.type === "line" ? line(s, i, text, given.series.length < 5) : bar(s, i, text, given.labels.length < 16 && given.series.length === 1));
    });
    return {
      animation: false,
      aria: { enabled: true },
      textStyle: text,
      legend: { show: !lines && given.series.length > 1, top: 0, right: 0, textStyle: text, itemWidth: 14, itemHeight: 8 },
      grid: { left: 4, right: lines ? rem(4.5) : 12, top: rem(2), bottom: 4, containLabel: true },
      tooltip: { trigger: "axis", renderMode: "richText", backgroundColor: colour("--tblr-bg-surface"), borderColor: colour("--tblr-border-dark-color"),
        textStyle: Object.assign({}, text, { color: colour("--tblr-body-color") }) },
      xAxis: Object.assign({ type: "category", data: given.labels }, axis, { splitLine: { show: false } }),
      yAxis: Object.assign({ type: "value", name: given.unit || "", nameGap: rem(0.75), min: lines ? given.min : 0, minInterval: 1 }, axis,
        { axisLine: { show: false }, nameTextStyle: Object.assign({ align: "left" }, text) }),
      series: series
    };
  }

  function start(box) {
    if (box.dataset.drawn) return;
    var source = document.getElementById(box.dataset.chart);
    var chart = echarts.init(box, null, { renderer: "canvas" });
    var words = box.getAttribute("aria-label"); // ECharts would put its own English sentence in its place.
    var draw = function () {
      var option = options(JSON.parse(source.textContent));
      option.aria = { enabled: true, label: { enabled: true, description: words } };
      chart.setOption(option, true);
      box.dataset.drawn = "1";
    };
    draw();
    document.addEventListener("pianqu:look", draw);
    new ResizeObserver(function () { chart.resize(); }).observe(box);
  }

  function scan(part) { part.querySelectorAll("[data-chart]").forEach(start); }
  scan(document);
  document.addEventListener("htmx:load", function (event) { scan(event.detail.elt.parentNode || document); });
})();
