// Asked inside a page by checks.py; answers a list of sentences, one for each thing that a careful eye would see.
(asked) => {
  const CASE_CODE = /[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}/g; // drawn by lot, so one in twenty is letters alone
  const found = [];
  const say = (kind, what) => { if (found.length < 40) found.push(kind + ": " + what); };
  const root = document.documentElement;
  const box = (e) => e.getBoundingClientRect();
  const hidden = (e) => {
    const b = box(e), s = getComputedStyle(e);
    return !b.width || !b.height || s.visibility === "hidden" || s.display === "none" || +s.opacity === 0 || b.right < 0
      || e.closest("[hidden], [inert], .visually-hidden, .skip, input.hidden") || (!e.checkVisibility());
  };
  const name = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (e.className && e.className.baseVal === undefined ? "." + String(e.className).trim().split(/\s+/)[0] : "") + " “" + (e.textContent || e.value || "").trim().slice(0, 30) + "”";
  const drawn = (e) => e.closest(".leaflet-container, .maplibregl-map, [data-chart], svg, canvas");

  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.body.querySelectorAll("*")].filter((e) => box(e).right > root.clientWidth + 1 && !hidden(e) && !e.closest(".pq-scroll, pre") && !drawn(e));
    say("horizontal scroll", root.scrollWidth + " > " + root.clientWidth + " " + wide.slice(-1).map(name));
  }

  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n = walker.nextNode(); n; n = walker.nextNode()) {
    const words = n.data.replace(/\s+/g, " ").trim(), e = n.parentElement;
    if (!words || e.closest("script, style, noscript, template, textarea") || !e.checkVisibility()) continue;
    texts.push([words, e]);
  }
  for (const e of new Set(texts.map((t) => t[1]))) {
    if (drawn(e) || hidden(e)) continue;
    for (let up = e; up && up !== document.body; up = up.parentElement) {
      const s = getComputedStyle(up), mayShorten = s.textOverflow === "ellipsis" || up.matches(".pq-scroll, textarea, pre");
      if (mayShorten) break;
      const cutX = /hidden|clip/.test(s.overflowX) && box(e).right > box(up).right + 2;
      const cutY = /hidden|clip/.test(s.overflowY) && box(e).bottom > box(up).bottom + 2;
      if (cutX || cutY) { say("clipped text", name(e)); break; }
    }
  }

  // Whoever never heard of a ledger reads the first screen of a public page without a term of the trade.
  const TERMS = /\b(hash(es)?|merkle|nodes?|checkpoints?)\b|哈希|默克尔|节点|检查点/i;
  if (root.dataset.face && root.dataset.face !== "desk")
    for (const [words, e] of texts) if (TERMS.test(words) && !hidden(e) && box(e).top + scrollY < innerHeight) say("a term on the first screen", words.slice(0, 60));

  const selector = "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button]";
  // Points of a plot lie where their figures are; the same links stand in its table (WCAG 2.5.8, equivalent control).
  const equal = (e) => { const part = e.closest("svg[data-equal]"); return part && document.getElementById(part.dataset.equal); };
  const controls = [...document.querySelectorAll(selector)].filter((e) => !hidden(e) && !equal(e));
  const target = (e) => (e.matches("input[type=radio], input[type=checkbox], input[type=file]") && e.closest("label")) || e;
  const floats = (e) => { for (let up = e; up && up !== document.body; up = up.parentElement) if (/sticky|fixed/.test(getComputedStyle(up).position)) return true; return false; };
  const inText = (e) => e.tagName === "A" && getComputedStyle(e).display === "inline" && [...e.parentElement.childNodes].some((n) => n.nodeType === 3 && n.data.trim().length > 1);
  for (const e of controls) {
    const b = box(target(e));
    if (!inText(e) && (b.width < 23.5 || b.height < 23.5)) say("small target", name(e) + " " + Math.round(b.width) + "×" + Math.round(b.height));
  }
  const seen = (e) => { // what a scrolling box leaves of it
    let { left, top, right, bottom } = box(e);
    for (let up = e.parentElement; up && up !== document.body; up = up.parentElement) {
      const s = getComputedStyle(up), u = box(up);
      if (s.overflowX !== "visible") { left = Math.max(left, u.left); right = Math.min(right, u.right); }
      if (s.overflowY !== "visible") { top = Math.max(top, u.top); bottom = Math.min(bottom, u.bottom); }
    }
    return { left, top, right, bottom };
  };
  const flat = controls.filter((e) => !floats(e)).map((e) => ({ e, whole: target(e), ...seen(e) })); // each is measured once
  for (let i = 0; i < flat.length; i++) for (let j = i + 1; j < flat.length; j++) {
    const p = flat[i], q = flat[j];
    const w = Math.min(p.right, q.right) - Math.max(p.left, q.left), h = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
    if (!(w > 2 && h > 2)) continue;
    if (p.e.contains(q.e) || q.e.contains(p.e) || p.whole === q.whole || p.whole.contains(q.whole) || q.whole.contains(p.whole)) continue;
    say("overlap", name(p.e) + " / " + name(q.e));
  }

  const spoken = texts.slice();
  for (const e of document.querySelectorAll("[aria-label], [title], [alt], [placeholder]"))
    for (const key of ["aria-label", "title", "alt", "placeholder"]) if (e.getAttribute(key)) spoken.push([e.getAttribute(key), e]);
  spoken.push([document.title, root]);
  for (const [words, e] of spoken) {
    if (!(e !== root && e.closest("mark, code")) && /\{\{|\{%|%\(\w+\)[sd]|\bmsgid\b/.test(words)) say("raw words", words.slice(0, 60));
    if (/\bNone\b|\bundefined\b|\bNaN\b/.test(words)) say("None", words.slice(0, 60));
    const own = e === root ? root : e.closest("[lang]");
    if (!asked.chinese || !own.lang.startsWith("zh") || e.closest("code, kbd, pre, .mono, .pq-code, [data-words], [dir=auto]")) continue;
    const said = words.replace(CASE_CODE, "");
    for (const word of said.match(/(?<![\w-])[A-Za-z]{2,}(?![\w-]*\d)/g) || []) if (!asked.allowed.includes(word)) say("English", word + " in “" + words.slice(0, 40) + "”");
  }
  return found;
}
