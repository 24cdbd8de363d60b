// The page around the check: takes a receipt by file, photo or paste, says the verdict in plain words.
import { unzipSync } from "../../src/pianqu/foundation/static/vendor/fflate/fflate.js";
import { Unreadable, same } from "./bytes.js";
import { check } from "./check.js";
import { found } from "./look.js";
import { holds, isOneParty, leftOutOfCode, overlap, parsePolicy, parties, reached } from "./policy.js";
import { read } from "./read.js";
import { checkTwin, isTwin, parseTwinKey } from "./twin.js";
import { KINDS, VERDICTS, WORDS, count } from "./words.js";

const byId = (id) => document.getElementById(id);
const config = configuration();
const policy = understood(config.policy);
const twinKeys = (config.twin ?? []).map(parseTwinKey);
const PROOFS = /(?:^|\/)(receipt(?:-gm)?\.tlog-proof)$/, LARGEST_BUNDLE = 8e6, LONGEST_PROOF = 200000;
const state = { language: config.language === "en" ? 1 : 0, verdict: null };

function configuration() {
  try { return JSON.parse(byId("configuration").textContent); } catch { return { policy: "", district: ["", ""], names: {} }; }
}

// Without a policy that can be read the page knows nobody's stamp, and says so.
function understood(text) { try { return parsePolicy(text); } catch { return null; } }

function t(pair, values = {}) {
  return pair[state.language].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function figure(n) { return String(n).replace(/\B(?=(\d{3})+$)/g, "\u2009"); }

// Elements by text content only: nothing of a receipt is ever read as markup.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function icon(name) { return document.querySelector(`template[data-icon="${name}"]`).content.cloneNode(true); }

// Names --------------------------------------------------------------------------------------------------------------

function known(kind, code) {
  const pair = config.names[`${kind}:${code}`] ?? (kind === "kind" && Object.hasOwn(KINDS, code) ? KINDS[code] : null);
  return pair ? pair[state.language] : null;
}

// What a witness or a group of the policy is called: its name there, unless the installation knows a better one.
function named(label) {
  const pair = config.names[`witness:${label}`];
  const text = (state.language && policy.english.get(label)) || (pair ? pair[state.language] : label);
  return make("span", state.language && /[\u3400-\u9fff]/.test(text) ? { lang: "zh-CN" } : {}, text);
}

function several(nodes) { return nodes.flatMap((node, n) => (n ? [t(WORDS.comma), node] : [node])); }

// With numbers in words, the way people say them.
function numbers(values) { return Object.fromEntries(Object.entries(values).map(([name, n]) => [name, count(n, state.language)])); }

function moment(iso) {
  const date = new Date(iso);
  if (Number.isNaN(date.valueOf())) return String(iso);
  const options = { timeZone: "Asia/Shanghai", dateStyle: "long", timeStyle: "medium", hour12: false };
  const text = new Intl.DateTimeFormat(state.language ? "en-GB" : "zh-CN", options).format(date);
  return state.language ? text : text.replace(/(\d+)(年|月|日)/g, "$1 $2 ").replace(/ +/g, " ").trim();
}

function codeAsRead(code) { return /^\w{8}$/.test(code) ? `${code.slice(0, 4)}-${code.slice(4)}` : code; }

// Verdict ------------------------------------------------------------------------------------------------------------

function show(verdict) {
  state.verdict = verdict;
  render();
  byId("verdict").focus();
  byId("verdict").scrollIntoView({ block: "nearest" });
}

function render() {
  document.documentElement.lang = state.language ? "en" : "zh-CN";
  document.title = t(WORDS.title) + (config.district[state.language] ? ` · ${config.district[state.language]}` : "");
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(WORDS[element.dataset.t]);
  byId("district").textContent = config.district[state.language];
  if (location.protocol.startsWith("http")) byId("home").href = "/"; // saved to disk it has no home to go to
  byId("known").hidden = !policy?.witnesses.length;
  if (policy) byId("names").replaceChildren(t(WORDS.known), ...several(policy.witnesses.map((one) => named(one.label))), t(WORDS.stop));
  byId("language").textContent = t(WORDS.other);
  byId("language").lang = state.language ? "zh-CN" : "en";
  const done = state.verdict !== null;
  byId("main").classList.toggle("done", done);
  byId("intro").hidden = byId("ask").hidden = done;
  byId("result").hidden = !done;
  byId("result").replaceChildren(...(done ? sheets(state.verdict) : []));
}

function sheets(verdict) {
  const words = VERDICTS[verdict.party ? "witness-false" : verdict.twin && verdict.code === "genuine" ? "twin" : verdict.code];
  const recorded = verdict.code === "genuine" || verdict.code === "not-witnessed";
  const values = { district: config.district[state.language], party: verdict.party ?? "" };
  const seal = make("div", { class: "seal" }, icon(words.icon), make("h1", { id: "verdict", tabindex: "-1" }, t(words.head)),
    make("p", {}, t(words.say, values), ...(recorded && !verdict.twin ? [state.language ? " " : "", seen(verdict)] : [])));
  const paper = make("div", { class: `paper ${words.tone}` }, seal);
  const missing = recorded ? leftOut(verdict) : [];
  if (missing.length) {
    const todo = make("ul", { class: "todo" }, make("li", {}, t(WORDS.leftOut), ...several(missing.map(named)), t(WORDS.stop)), make("li", {}, t(WORDS.useFile)));
    paper.append(make("div", { class: "body" }, make("h2", {}, t(WORDS.todo)), todo));
  } else if (words.todo.length) paper.append(make("div", { class: "body" }, make("h2", {}, t(WORDS.todo)), list("todo", words.todo)));
  if (verdict.bundle) paper.append(make("div", { class: "body" }, make("h2", {}, t(WORDS.inBundle)), list("todo", verdict.bundle)));
  if (recorded) paper.append(make("div", { class: "body" }, make("h2", {}, t(WORDS.recorded)), facts(verdict)));
  return [paper, ...(recorded ? [...witnesses(verdict), limits(verdict)] : []), actions(recorded), technical(verdict)];
}

function seen({ times }) {
  const all = parties(policy, policy.witnesses.map((one) => one.label));
  const some = parties(policy, times.keys());
  return all ? t(seenBy(some, all), numbers({ some, all })) : "";
}

function seenBy(some, all) {
  if (all === 1) return some ? WORDS.seenAlone : WORDS.seenNobody;
  if (some === all) return all === 2 ? WORDS.seenBoth : WORDS.seenAll;
  return { 0: WORDS.seenNone, 1: WORDS.seenOne }[some] ?? WORDS.seen;
}

// Whose signatures a QR code leaves out, where they alone are missing.
function leftOut({ code, times }) {
  const missing = code === "not-witnessed" ? leftOutOfCode(policy).filter((label) => !times.has(label)) : [];
  return holds(policy, [...times.keys(), ...missing]) ? missing : [];
}

function list(name, pairs) { return make("ul", { class: name }, ...pairs.map((pair) => make("li", {}, t(pair)))); }

function facts(verdict) {
  const { payload, leaf } = verdict;
  const fact = payload.fact && typeof payload.fact === "object" ? payload.fact : {};
  const rows = [
    [WORDS.what, known("kind", leaf.k) ?? t(WORDS.unknownKind)],
    [WORDS.category, fact.category && (known("category", fact.category) ?? fact.category)],
    [WORDS.code, fact.case_code && make("span", { class: "number" }, codeAsRead(String(fact.case_code)))],
    [WORDS.where, fact.place_code && (known("place", fact.place_code) ?? fact.place_code)],
    [WORDS.photos, fact.photo_commitments?.length && t(WORDS.photoCount, { n: fact.photo_commitments.length })],
    [WORDS.who, known("organisation", leaf.o) ?? leaf.o, t(WORDS.counted, { n: figure(leaf.n) })],
    [WORDS.happened, fact.happened_at && moment(fact.happened_at), t(WORDS.claimed)],
    [WORDS.when, payload.at ? moment(payload.at) : leaf.d, t(WORDS.beijing)],
    [WORDS.position, t(WORDS.nth, { n: figure(verdict.index + 1), size: figure(verdict.size) })],
  ];
  return make("dl", { class: "facts" }, ...rows.filter(([, value]) => value).flatMap(([label, value, note]) => [
    make("dt", {}, t(label)), make("dd", {}, value instanceof Node ? value : String(value), ...(note ? [make("small", {}, note)] : [])),
  ]));
}

// Who has signed and when, in the groups of the policy; whom the rule does not count stands below.
function witnesses({ times, twin }) {
  if (twin || !policy.witnesses.length) return [];
  const found = reached(policy, times.keys());
  const counted = new Set();
  const lines = policy.quorum === "none" ? [] : [standing(policy.quorum, times, found, counted)];
  const others = policy.witnesses.filter((one) => !counted.has(one.label)).map((one) => standing(one.label, times, found, counted));
  const rest = others.length && lines.length ? [make("p", { class: "fine" }, t(WORDS.notCounted))] : [];
  const part = (rows) => (rows.length ? [make("ul", { class: "witnesses" }, ...rows)] : []);
  return [make("div", { class: "card" }, make("h2", {}, t(WORDS.witnesses)), ...part(lines), ...rest, ...part(others), make("p", { class: "fine" }, t(WORDS.clock)))];
}

function asked(group) {
  const { needed, members: { length: all } } = group;
  if (isOneParty(policy, group)) return needed === all ? WORDS.allKeys : WORDS.someKeys;
  if (all === 1) return WORDS.onlyOne;
  if (needed === all) return all === 2 ? WORDS.bothOf : WORDS.allOf;
  return needed === 1 ? WORDS.anyOf : WORDS.someOf;
}

function standing(label, times, found, counted) {
  const group = policy.groups.find((one) => one.name === label);
  const mark = make("span", { class: found.has(label) ? "yes" : "not" }, icon(found.has(label) ? "circle-check" : "hourglass"));
  if (group) {
    const { needed, members: { length: all } } = group;
    const rule = t(asked(group), numbers({ needed, all }));
    const members = group.members.map((member) => standing(member, times, found, counted));
    return make("li", {}, mark, make("div", {}, make("b", {}, named(label)), make("small", {}, rule), make("ul", {}, ...members)));
  }
  counted.add(label);
  const said = times.has(label) ? t(WORDS.signedAt, { at: moment(times.get(label) * 1000) }) : t(WORDS.notSigned);
  return make("li", {}, mark, make("div", {}, make("b", {}, named(label)), make("small", {}, said)));
}

// What outsiders do not rule out, from nobody watching to all of them in one boat with the district.
function doubt({ times, twin }) {
  if (twin) return t(WORDS.limitTwin);
  if (!policy.witnesses.length) return t(WORDS.limitWitness);
  if (policy.quorum === "none") return t(WORDS.limitNotAsked);
  if (!holds(policy, times.keys())) return t(WORDS.limitNotYet);
  const liars = overlap(policy);
  return t(liars ? WORDS.limitTogether : WORDS.limitApart, numbers({ liars }));
}

function limits(verdict) {
  const fact = verdict.payload.fact ?? {};
  const words = fact.words_commitment || fact.photo_commitments?.length || fact.reply_commitment;
  const points = [doubt(verdict), t(WORDS.limitDone), ...(words ? [t(WORDS.limitWords)] : [])];
  return make("div", { class: "limits" }, make("h2", {}, icon("hourglass"), t(WORDS.limits)), make("ul", {}, ...points.map((point) => make("li", {}, point))));
}

function actions(recorded) {
  const again = make("button", { type: "button", class: "btn primary" }, icon("refresh"), t(WORDS.again));
  again.addEventListener("click", restart);
  if (!recorded) return make("div", { class: "actions" }, again);
  const print = make("button", { type: "button", class: "btn" }, icon("printer"), t(WORDS.print));
  print.addEventListener("click", () => window.print());
  return make("div", { class: "actions" }, again, print);
}

function technical(verdict) {
  const rows = [
    [WORDS.tCode, verdict.detail ? `${verdict.code} (${verdict.detail})` : verdict.code], [WORDS.tOrigin, verdict.origin], [WORDS.tIndex, verdict.index],
    [WORDS.tSize, verdict.size], [verdict.twin ? WORDS.tGmRoot : WORDS.tRoot, verdict.root], [WORDS.tLeaf, verdict.leaf && JSON.stringify(verdict.leaf)],
    [WORDS.tPayload, verdict.payload && JSON.stringify(verdict.payload, null, 1)], [WORDS.tTimes, verdict.times && [...verdict.times].map(([label, time]) => `${label}: ${time}`).join("\n")],
    [WORDS.tKeys, config.policy],
  ];
  const body = make("dl", {}, ...rows.filter(([, value]) => value !== undefined && value !== "").flatMap(([label, value]) => [
    make("dt", {}, t(label)), make("dd", {}, String(value))]));
  const how = verdict.times ? [make("p", { class: "fine" }, t(verdict.twin ? WORDS.tGm : WORDS.tHow))] : [];
  return make("details", { class: "technical" }, make("summary", {}, icon("chevron-right"), t(WORDS.technical)), body, ...how);
}

function restart() {
  state.verdict = null;
  for (const id of ["file", "camera", "text"]) byId(id).value = "";
  render();
  byId("main").focus();
}

// Ways in ------------------------------------------------------------------------------------------------------------

function judge(text) {
  if (!policy) return { code: "no-key" };
  try { return checked(read(text)); } catch (error) {
    if (error.message === "newer") return { code: "newer" };
    return { code: "unreadable", detail: error instanceof Unreadable ? error.message : String(error) };
  }
}

function checked(receipt) { return isTwin(receipt.note) ? checkTwin(receipt, twinKeys) : check(receipt, policy); }

async function take(file) {
  if (!file) return;
  byId("busy").textContent = t(WORDS.busy);
  await new Promise((paint) => setTimeout(paint, 30));
  const verdict = file.type.startsWith("image/") ? await fromPhoto(file) : await fromFile(file);
  byId("busy").textContent = "";
  show(verdict);
}

async function fromFile(file) {
  if (/\.zip$/i.test(file.name)) return fromBundle(file);
  if (file.size > 400000) return { code: "unreadable", detail: "long" };
  return judge(await file.text());
}

// A bundle for a court: its receipt, and the twin's proof of the same record where it is there. Nothing else of it is unpacked.
async function fromBundle(file) {
  if (file.size > LARGEST_BUNDLE) return { code: "unreadable", detail: "long" };
  const texts = {};
  try {
    const wanted = ({ name, originalSize }) => PROOFS.test(name) && originalSize < LONGEST_PROOF;
    const files = unzipSync(new Uint8Array(await file.arrayBuffer()), { filter: wanted });
    for (const [name, content] of Object.entries(files)) texts[PROOFS.exec(name)[1]] = new TextDecoder().decode(content);
  } catch (error) { return { code: "unreadable", detail: String(error) }; }
  const verdict = judge(texts["receipt.tlog-proof"] ?? "");
  const recorded = verdict.code === "genuine" || verdict.code === "not-witnessed";
  const twin = texts["receipt-gm.tlog-proof"];
  return recorded && !verdict.twin ? { ...verdict, bundle: [...(twin ? [beside(verdict, texts["receipt.tlog-proof"], twin)] : []), WORDS.notHere] } : verdict;
}

// Whether the twin's proof in a bundle is genuine and of the same record in the same books.
function beside({ origin }, ours, text) {
  const twin = judge(text);
  if (twin.code === "twin-unknown") return WORDS.twinOpen;
  const [one, other] = twin.code === "genuine" ? [read(ours), read(text)] : [];
  const fits = one && twin.twin && twin.origin === `${origin}/gm` && same(one.leaf, other.leaf) && same(one.payload, other.payload) && one.index === other.index;
  return fits ? WORDS.alsoTwin : WORDS.twinFalse;
}

async function fromPhoto(file) {
  let picture;
  try { picture = await createImageBitmap(file); } catch { return { code: "no-qr" }; }
  const text = found(picture);
  return text ? judge(text) : { code: "no-qr" };
}

for (const id of ["file", "camera"]) byId(id).addEventListener("change", (event) => take(event.target.files[0]));
byId("form").addEventListener("submit", (event) => { event.preventDefault(); show(judge(byId("text").value)); });
byId("language").addEventListener("click", () => { state.language = 1 - state.language; render(); });
document.addEventListener("dragover", (event) => { event.preventDefault(); byId("drop").classList.add("over"); });
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) byId("drop").classList.remove("over"); });
document.addEventListener("drop", (event) => {
  event.preventDefault();
  byId("drop").classList.remove("over");
  take(event.dataTransfer.files[0]);
});
document.addEventListener("paste", (event) => {
  const file = event.clipboardData?.files[0];
  if (file && event.target.id !== "text") take(file);
});
render();
document.documentElement.dataset.ready = "1";
