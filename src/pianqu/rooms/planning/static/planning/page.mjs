// The page of a draft. The server writes the page and decides; here one tries moves out, sees at once what they cost, and
// confirms them. Everything done here can be done by the page's forms too.
import { Live } from "./live.mjs";
import { Canvas, cannotDraw } from "./canvas.mjs";

const root = document.querySelector("[data-plan]");
const told = JSON.parse(document.getElementById("plan-told").textContent);
const words = told.words;
const one = (what, within = document) => within.querySelector(what);
const every = (what, within = document) => [...within.querySelectorAll(what)];
const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const thin = (count) => String(count).replace(/\B(?=(\d{3})+(?!\d))/g, "\u2009").replace("-", "\u2212");
const percent = (fine) => { const tenths = Math.floor((Math.abs(fine) + 5) / 10); return `${Math.floor(tenths / 10)}.${tenths % 10}%`; };
const signed = (fine) => `${fine > 0 ? "+" : fine < 0 ? "\u2212" : "±"}${percent(fine)}`;

let state, units, base, now, canvas = null;
let moves = new Map();
let preview = null;
let picked = new Set();
let lately = [];
let selected = told.selected;
let tool = "choose";
let busy = false;
let tones = told.tones.slice();

// The units with each one's present cluster by the number that it has in the plan: numbers change, codes stay.
function homed() {
  const own = new Map(state.names.flatMap(({ code }, number) => (code ? [[code, number]] : [])));
  const now = units.now.map(({ code }) => own.get(code) ?? 1e6);
  return { ...units, home: units.home.map((home) => (home < 0 ? -1 : now[home])) };
}

// talking to the server ------------------------------------------------------------------------------------------------

async function ask(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function send(url, given) {
  if (busy) return null;
  busy = true;
  root.setAttribute("aria-busy", "true");
  const isForm = given instanceof FormData;
  const headers = { Accept: "application/json", "X-CSRFToken": one("[name=csrfmiddlewaretoken]").value };
  if (!isForm) headers["Content-Type"] = "application/json";
  try {
    const answer = await fetch(url, { method: "POST", headers, body: isForm ? new URLSearchParams(given) : JSON.stringify(given) });
    const body = await answer.json();
    return { ok: answer.ok, status: answer.status, body };
  } catch (error) {
    return { ok: false, status: 0, body: { detail: words.offline } };
  } finally {
    busy = false;
    root.removeAttribute("aria-busy");
  }
}

function said(tone, title, sentence) {
  const place = one("[data-said]");
  place.replaceChildren();
  if (!sentence && !title) return;
  const box = one(`template[data-alert=${tone}]`).content.cloneNode(true);
  one("[data-title]", box).textContent = title;
  one("[data-sentence]", box).textContent = sentence;
  place.append(box);
}

// An act: what was done is shown; refused, what was tried is kept, on top of what others did meanwhile.
async function act(url, given, { done = "", keep = false } = {}) {
  const answer = await send(url, given);
  if (!answer) return false;
  if (answer.ok) {
    if (!keep) drop();
    await take(answer.body);
    said("success", done, "");
    if (!done) said("success", "", "");
    return true;
  }
  if (answer.status === 409 && answer.body.state) {
    await take(answer.body.state);
    said("warning", words.changed, fill(moves.size ? words.kept : words.again, { detail: answer.body.detail, count: moves.size }));
  } else said("danger", words.refused, answer.body.detail || words.offline);
  return false;
}

async function take(fresh) {
  const before = state.names.length;
  state = fresh;
  if (state.units_digest !== told.digest) { window.location.reload(); return; }
  while (tones.length < state.names.length) tones.push(freeTone());
  if (state.names.length < before) tones = tones.slice(0, state.names.length);
  if (selected >= state.names.length) selected = -1;
  for (const [unit, cluster] of [...moves]) if (cluster >= state.names.length || state.part[unit] === cluster) moves.delete(unit);
  base = new Live(homed(), state.settings, state.part, state.names.length);
  await refresh();
  tried();
}

function freeTone() {
  const counts = [1, 2, 3, 4, 5, 6, 7, 8].map((tone) => tones.filter((used) => used === tone).length);
  return counts.indexOf(Math.min(...counts)) + 1;
}

// The parts of the page that the server writes, put in place of the old ones; what somebody is in the middle of stays.
async function refresh() {
  const address = new URL(window.location.href);
  address.searchParams.set("cluster", selected);
  const text = await (await fetch(address, { headers: { "X-Part": "1" } })).text();
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const focus = document.activeElement && document.activeElement.id;
  for (const part of every("[data-part]")) {
    const next = one(`[data-part="${part.dataset.part}"]`, fresh);
    if (!next || part.dataset.dirty) continue;
    const at = part.scrollTop, open = every("details[open][id]", part).map((fold) => fold.id);
    part.replaceChildren(...next.childNodes);
    open.forEach((id) => { const fold = document.getElementById(id); if (fold) fold.open = true; });
    part.scrollTop = at;
  }
  if (focus && document.getElementById(focus)) document.getElementById(focus).focus({ preventScroll: true });
  ready();
}

// What the server wrote for pages without a script gives way to what is done here.
function ready() {
  every("[data-needs-script]").forEach((part) => { part.hidden = false; });
  every("output[for]").forEach((shown) => show(document.getElementById(shown.htmlFor)));
  every("input[name=unit]").forEach((box) => { box.checked = picked.has(+box.value); });
}

// trying ---------------------------------------------------------------------------------------------------------------

function part() { return now ? now.part : state.part; }

function tried() {
  if (preview) now = new Live(homed(), state.settings, preview.part, state.names.length);
  else {
    if (!now || now.of !== state) now = Object.assign(new Live(homed(), state.settings, state.part, state.names.length), { of: state, laid: new Set() });
    for (const unit of now.laid) if (!moves.has(unit)) now.move(unit, state.part[unit]);
    for (const [unit, cluster] of moves) now.move(unit, cluster);
    now.laid = new Set(moves.keys());
  }
  figures();
  card();
  draw();
}

function put(unit, cluster) {
  if (!state.may.edit || preview) return;
  if (state.locks.includes(unit)) { refuse(fill(words.isLocked, { unit: units.names[unit] })); return; }
  if (isElsewhere(unit, cluster)) { refuse(fill(words.isElsewhere, { unit: units.names[unit], name: state.names[cluster].name })); return; }
  if (state.part[unit] === cluster) moves.delete(unit); else moves.set(unit, cluster);
}

// What cannot be done is said where one looks, beside the map, for some seconds.
let refused = "", fading = 0;
function refuse(sentence) {
  clearTimeout(fading);
  refused = sentence;
  fading = setTimeout(() => { refused = ""; tell(); }, 6000);
  tell();
  hint(sentence);
}

function tell() {
  const box = one("[data-hint]");
  box.toggleAttribute("data-refused", !!refused);
  one("[data-hint-words]").textContent = refused || (state.may.edit ? words.tools[tool] : "");
}

// A cell lies within one community.
function isElsewhere(unit, cluster) {
  if (state.level !== "cells") return false;
  const other = state.part.findIndex((its) => its === cluster);
  return other >= 0 && units.groups[other] !== units.groups[unit];
}

function drop() {
  moves = new Map();
  preview = null;
}

function figures() {
  const differs = !!moves.size || !!preview;
  const totals = { deviation: percent(now.deviation), cut: thin(now.cut), splits: thin(now.splits), moved: thin(now.moved) };
  for (const [name, value] of Object.entries(totals)) every(`[data-figure=${name}]`).forEach((place) => { place.textContent = value; place.classList.toggle("pq-pl-new", differs && value !== was(name)); });
  every("tr[data-cluster]").forEach((row) => {
    const cluster = +row.dataset.cluster, load = now.loads[cluster];
    if (load === undefined) return;
    one("[data-load]", row).textContent = thin(load);
    one("[data-size]", row).textContent = thin(now.sizes[cluster]);
    const badge = one("[data-off]", row), over = now.isOver(cluster);
    one("[data-value]", badge).textContent = signed(now.off(cluster));
    badge.className = `badge bg-${over ? "yellow" : "green"}-lt`;
    one("[data-ok]", badge).toggleAttribute("hidden", over);
    one("[data-warn]", badge).toggleAttribute("hidden", !over);
    row.classList.toggle("pq-fresh", now.loads[cluster] !== base.loads[cluster]);
  });
}

function was(name) { return name === "deviation" ? percent(base.deviation) : thin(base[name]); }

let later = 0;
function hint(sentence) {
  clearTimeout(later);
  later = setTimeout(() => { one("[data-told]").textContent = sentence; }, 500);
}

function lines() {
  const touched = new Set();
  for (const [unit, cluster] of moves) { touched.add(state.part[unit]); touched.add(cluster); }
  const name = (cluster) => state.names[cluster].name;
  const sides = [...touched].filter((cluster) => cluster >= 0).slice(0, 4).map((cluster) => fill(words.side, { name: name(cluster), before: signed(base.off(cluster)), after: signed(now.off(cluster)) }));
  const costs = [];
  if (now.cut !== base.cut) costs.push(fill(words.cut, { before: thin(base.cut), after: thin(now.cut) }));
  if (now.splits !== base.splits) costs.push(fill(words.splits, { before: thin(base.splits), after: thin(now.splits) }));
  if (now.deviation !== base.deviation) costs.push(fill(words.deviation, { before: percent(base.deviation), after: percent(now.deviation) }));
  if (now.moved !== base.moved) costs.push(fill(words.moved, { before: thin(base.moved), after: thin(now.moved) }));
  const before = new Set(base.loose());
  const loose = now.loose().filter((cluster) => !before.has(cluster)).map((cluster) => fill(words.loose, { name: name(cluster) }));
  return { sides, costs, loose };
}

function title() {
  if (preview) return fill(words.option, { number: preview.number + 1 });
  const targets = new Set(moves.values());
  const what = moves.size === 1 ? units.names[[...moves.keys()][0]] : fill(words.many, { count: moves.size });
  return fill(words.trial, { what, to: [...targets].slice(0, 2).map((cluster) => state.names[cluster].name).join(words.comma) });
}

function card() {
  const place = one("[data-trial]");
  const shown = !!moves.size || !!preview;
  place.hidden = !shown;
  if (!shown) return;
  const { sides, costs, loose } = lines();
  one("[data-trial-title]", place).textContent = title();
  one("[data-trial-sides]", place).textContent = (preview ? costs : sides).join(words.comma);
  one("[data-trial-costs]", place).textContent = preview ? "" : costs.join(words.comma);
  one("[data-trial-loose]", place).hidden = !loose.length;
  one("[data-trial-loose-words]", place).textContent = loose.join(words.comma);
  one("[data-confirm-words]", place).textContent = preview ? words.take : words.confirm;
  one("[data-confirm-mend]", place).hidden = !!preview;
  hint([title(), ...(preview ? [] : sides), ...costs, ...loose].join(words.stop));
}

// drawing --------------------------------------------------------------------------------------------------------------

function draw() {
  if (!canvas) return;
  const plan = part();
  canvas.show({
    part: plan, tones, selected, picked, locks: state.locks, centres: state.centres,
    tried: new Set(preview ? [] : moves.keys()),
    before: preview ? state.part : null,
    names: state.names.map(({ name }, cluster) => ({ name, told: signed(now.off(cluster)) })),
  });
  const box = one("[data-hint]");
  box.hidden = !told.mayEdit && selected < 0;
  one("[data-hint-title]").textContent = selected < 0 ? words.noneSelected : fill(words.selected, { name: state.names[selected].name });
  tell();
}

async function select(cluster) {
  if (cluster === selected) return;
  selected = cluster;
  picked = new Set();
  every("tr[data-cluster]").forEach((row) => row.setAttribute("aria-selected", String(+row.dataset.cluster === cluster)));
  const address = new URL(window.location.href);
  address.searchParams.set("cluster", cluster);
  address.searchParams.delete("rows");
  window.history.replaceState(null, "", address);
  draw();
  await refresh();
  figures();
  const row = one(`tr[data-cluster="${selected}"]`);
  if (row) row.scrollIntoView({ block: "nearest" });
}

function heard(what, given) {
  if (what === "unit" && tool === "lock" && state.may.edit) { lock([given], !state.locks.includes(given)); return; }
  if (what === "unit") { select(part()[given]); return; }
  if (!state.may.edit) return;
  if (what === "drop") put(given.unit, given.cluster);
  if (what === "paint" && selected >= 0 && part()[given] !== selected) put(given, selected);
  if (what === "paint" && selected < 0) { refuse(words.selectFirst); return; }
  if (what === "lasso") { picked = new Set(given.filter((unit) => selected < 0 || part()[unit] === selected)); ready(); hint(fill(words.picked, { count: picked.size })); draw(); return; }
  if (what === "drop" || what === "paint") tried();
}

function lock(which, isOn) { return act(told.urls.change, { revision: state.revision, kind: isOn ? "lock" : "unlock", units: which }, { keep: true }); }

// pressing -------------------------------------------------------------------------------------------------------------

async function confirm({ mend = false } = {}) {
  if (preview) {
    await act(told.urls.choose, { revision: state.revision, option: preview.id }, { done: words.taken });
    return;
  }
  const sent = [...moves];
  const isDone = await act(told.urls.change, { revision: state.revision, kind: "paint", moves: sent }, { done: words.confirmed });
  if (!isDone) return;
  lately = sent.map(([unit]) => unit);
  if (mend) await repair();
}

async function repair() {
  const near = picked.size ? [...picked] : lately.length ? lately : part().flatMap((cluster, unit) => (cluster === selected ? [unit] : []));
  if (!near.length) { said("info", "", words.repairWhere); return; }
  await act(told.urls.repair, { revision: state.revision, near, reach: 3 }, { done: words.repaired });
}

async function open(option) {
  moves = new Map();
  try {
    preview = await ask(told.urls.option.replace("00000000-0000-0000-0000-000000000000", option));
    tried();
    one("[data-trial] [data-confirm]").focus();
  } catch (error) {
    preview = null;
    said("danger", words.refused, words.offline);
  }
}

function use(next) {
  tool = next;
  refused = "";
  if (canvas) canvas.tool = next;
  every("[data-tool]").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.tool === next)));
  draw();
}

document.addEventListener("click", (event) => {
  const hit = (what) => event.target.closest(what);
  const link = hit("a[data-select]"), option = hit("a[data-option]"), button = hit("button[data-tool]");
  if (link) { event.preventDefault(); select(+link.dataset.select); }
  else if (option) { event.preventDefault(); open(option.dataset.option); }
  else if (button) use(button.dataset.tool);
  else if (hit("[data-confirm]")) { event.preventDefault(); confirm(); }
  else if (hit("[data-confirm-mend]")) confirm({ mend: true });
  else if (hit("[data-discard]")) { event.preventDefault(); drop(); tried(); hint(words.dropped); }
  else if (hit("[data-repair]")) { event.preventDefault(); repair(); }
});

document.addEventListener("change", (event) => {
  const box = event.target;
  if (box.matches("input[name=unit]")) {
    if (box.checked) picked.add(+box.value); else picked.delete(+box.value);
    draw();
  }
});

function show(range) {
  if (!range) return;
  const shown = one(`output[for="${range.id}"]`);
  shown.textContent = shown.dataset.percent ? `${(range.value / 100).toFixed(1).replace(/\.0$/, "")}%` : range.value;
}

document.addEventListener("input", (event) => {
  if (event.target.type === "range") show(event.target);
  const settings = event.target.closest("form[data-settings]");
  if (settings) { settings.closest("[data-part]").dataset.dirty = "1"; one("[data-unsaved]", settings).hidden = false; }
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-act]") || !state) return;
  event.preventDefault();
  const given = new FormData(form, event.submitter);
  if (given.get("kind") === "try") { tryMove(given); return; }
  if (given.has("revision")) given.set("revision", state.revision);
  const holder = form.closest("[data-part]");
  const dirty = holder && holder.dataset.dirty;
  if (holder) delete holder.dataset.dirty;
  const isDone = await act(event.submitter && event.submitter.hasAttribute("formaction") ? event.submitter.formAction : form.action, given, { done: form.dataset.done || "", keep: true });
  if (!isDone && dirty && holder) holder.dataset.dirty = dirty;
  if (isDone) picked = new Set();
  if (isDone) { ready(); draw(); }
});

function tryMove(given) {
  const to = +given.get("to");
  const which = given.getAll("unit").map(Number);
  if (!which.length) { said("info", "", words.chooseUnits); return; }
  which.forEach((unit) => put(unit, to));
  tried();
  if (moves.size) one("[data-trial] [data-confirm]").focus();
}

document.addEventListener("keydown", (event) => {
  const inUnits = event.target.closest("[data-units]");
  if (event.key === "Escape" && (moves.size || preview)) { drop(); tried(); hint(words.dropped); return; }
  if (!inUnits || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.matches("select, textarea, input:not([type=checkbox])")) return;
  if (event.key.toLowerCase() === "m") {
    event.preventDefault();
    const box = one("input[name=unit]", event.target.closest("tr") || inUnits);
    if (box && !picked.size) { box.checked = true; picked.add(+box.value); draw(); }
    one("select[name=to]", inUnits).focus();
  }
});

window.addEventListener("beforeunload", (event) => { if (moves.size) event.preventDefault(); });

// others, and the worker -----------------------------------------------------------------------------------------------

function isRunning() { return !!state.run && ["waits", "runs", "stopping"].includes(state.run.state); }

async function look() {
  let wait = isRunning() ? 2000 : 12000;
  try {
    if (!document.hidden && !busy) {
      const fresh = await ask(told.urls.state);
      const others = fresh.revision !== state.revision, was = JSON.stringify([state.run, state.options.length, state.state, state.comments]);
      if (others) { const by = fresh; await take(fresh); said("info", words.others, fill(moves.size ? words.othersKept : words.othersSeen, { who: by.changed_by, count: moves.size })); }
      else if (JSON.stringify([fresh.run, fresh.options.length, fresh.state, fresh.comments]) !== was) await take(fresh);
      wait = isRunning() ? 2000 : 12000;
    }
  } catch (error) { wait = 20000; }
  setTimeout(look, wait);
}

async function start() {
  const place = one("[data-canvas]");
  try {
    const [first, ground] = await Promise.all([ask(told.urls.state), ask(told.urls.units)]);
    state = first;
    units = ground.units;
    base = new Live(homed(), state.settings, state.part, state.names.length);
    now = Object.assign(new Live(homed(), state.settings, state.part, state.names.length), { of: state, laid: new Set() });
    ready();
    try {
      canvas = new Canvas(place, ground.shapes, heard, { label: words.map, closer: words.closer, wider: words.wider });
    } catch (error) { cannotDraw(place); }
    if (canvas) root.planCanvas = canvas;
    use("choose");
    figures();
    root.dataset.started = "1";
    setTimeout(look, isRunning() ? 2000 : 12000);
  } catch (error) {
    cannotDraw(place);
    said("danger", words.refused, words.offline);
  }
}

start();
