// Whose signatures count, and how many of them (C2SP tlog-policy): read from the page's own configuration, and judged.
import { sha256 } from "../../src/pianqu/foundation/static/vendor/noble-hashes/sha2.mjs";
import { Unreadable, fromBase64, hex, join, utf8 } from "./bytes.js";

// Kinds of keys by their first byte, with the length of a key.
const LOG = { 1: 32 }, WITNESS = { 4: 32, 6: 1312 };

// name+key id+base64(kind || key); the base64 may hold further plus signs.
function parseKey(vkey, lengths) {
  const [name, id, ...body] = vkey.trim().split("+");
  const raw = fromBase64(body.join("+"));
  const kind = raw[0], key = raw.slice(1);
  const keyId = sha256(join(utf8.encode(`${name}\n`), raw)).slice(0, 4);
  if (lengths[kind] !== key.length || hex(keyId) !== id) throw new Unreadable("key");
  return { name, kind, key, id: keyId };
}

export function parsePolicy(text) {
  const policy = { logs: [], witnesses: [], groups: [], quorum: null, english: new Map() };
  for (const line of text.split("\n")) {
    const [word, ...rest] = line.split(/[ \t]+/).filter(Boolean);
    if (word === "#" && rest[0] === "en" && rest.length > 2) policy.english.set(rest[1], rest.slice(2).join(" "));
    if (!word || word.startsWith("#")) continue;
    if (word === "log") policy.logs.push(parseKey(rest[0], LOG));
    else if (word === "witness") policy.witnesses.push({ label: rest[0], ...parseKey(rest[1], WITNESS) });
    else if (word === "group") policy.groups.push(group(rest));
    else if (word === "quorum") [policy.quorum] = rest;
    else throw new Unreadable("policy");
  }
  const names = [...policy.witnesses.map((one) => one.label), ...policy.groups.map((one) => one.name), "none"];
  if (!policy.logs.length || !names.includes(policy.quorum)) throw new Unreadable("policy");
  return policy;
}

function group([name, needed, ...members]) {
  const count = { all: members.length, any: 1 }[needed] ?? Number(needed);
  if (!(count >= 1 && count <= members.length)) throw new Unreadable("policy");
  return { name, needed: count, members };
}

// Every witness and group that has witnessed where these have; a group stands below its members.
export function reached(policy, labels) {
  const found = new Set(labels);
  for (const { name, needed, members } of policy.groups) {
    if (members.filter((member) => found.has(member)).length >= needed) found.add(name);
  }
  return found;
}

export function holds(policy, labels) { return policy.quorum === "none" || reached(policy, labels).has(policy.quorum); }

// How many witnesses these are: keys of one name are one witness, which signs with both.
export function parties(policy, labels) {
  const some = new Set(labels);
  return new Set(policy.witnesses.filter((one) => some.has(one.label)).map((one) => one.name)).size;
}

// Whether a group is the several keys of one witness.
export function isOneParty(policy, { members }) {
  const names = new Set(members.map((member) => policy.witnesses.find((one) => one.label === member)?.name ?? member));
  return members.length > 1 && names.size === 1;
}

// Whose signatures are too long for a QR code.
export function leftOutOfCode(policy) { return policy.witnesses.filter((one) => one.kind === 6).map((one) => one.label); }

// How many witnesses at least have signed twice where two histories both hold; 0: two sets of honest ones can be shown two.
// Each of a witness's keys is a part of it; a group of nobody else's keys shares it however many of them it needs.
export function overlap(policy) {
  if (policy.quorum === "none") return 0;
  const keys = (name) => policy.witnesses.filter((one) => one.name === name).length;
  const shared = new Map(policy.witnesses.map((one) => [one.label, 1 / keys(one.name)]));
  const whose = new Map(policy.witnesses.map((one) => [one.label, new Set([one.name])]));
  for (const { name, needed, members } of policy.groups) {
    const names = new Set(members.flatMap((member) => [...(whose.get(member) ?? [member])]));
    whose.set(name, names);
    const common = names.size === 1 ? members.length : Math.max(0, 2 * needed - members.length);
    const least = members.map((member) => shared.get(member) ?? 0).sort((a, b) => a - b).slice(0, common);
    shared.set(name, least.reduce((sum, n) => sum + n, 0));
  }
  return Math.ceil(shared.get(policy.quorum) - 1e-9);
}
