// What was given becomes a receipt, the same as in the Python kernel: the file, and both forms of the code.
import { sha256 } from "../../src/pianqu/foundation/static/vendor/noble-hashes/sha2.mjs";
import { inflateSync, unzlibSync } from "../../src/pianqu/foundation/static/vendor/fflate/fflate.js";
import {
  Unreadable, canonical, cbor, fromBase45, fromBase64, fromBase64url, hex, join, number, strict, toBase64, toBase64url, utf8,
} from "./bytes.js";
import { leafHash, rootFrom } from "./tree.js";

const HEADER = "c2sp.org/tlog-proof@v1";
const LONGEST = 200000;
const UNPACKED = 65536;
const dictionary = Uint8Array.from(DICTIONARY, (c) => c.charCodeAt(0)); // the kernel's, put in when this file is built

export function read(given) {
  if (given.length > LONGEST) throw new Unreadable("long");
  const text = given.trim();
  try {
    const code = /^PIANQU(\d{1,4}):/i.exec(text);
    if (!code) return readText(given);
    const reader = { 1: readFirstForm, 2: readShort }[code[1]];
    if (!reader) throw new Unreadable("newer");
    return reader(fromBase45(text.slice(code[0].length)));
  } catch (error) {
    throw error instanceof Unreadable ? error : new Unreadable(String(error));
  }
}

function readText(given) {
  const text = given.replace(/\r\n/g, "\n").replace(/^[\ufeff \n]+/, "");
  const gap = text.indexOf("\n\n");
  const lines = text.slice(0, gap).split("\n");
  if (gap < 0 || lines[0] !== HEADER || lines.length < 3) throw new Unreadable("header");
  if (!lines[1].startsWith("extra ") || !lines[2].startsWith("index ")) throw new Unreadable("lines");
  const extra = JSON.parse(strict.decode(fromBase64(lines[1].slice(6))));
  const note = text.slice(gap + 2);
  return {
    leaf: utf8.encode(extra.leaf), payload: utf8.encode(canonical(extra.payload)), salt: fromBase64url(extra.salt),
    index: number(lines[2].slice(6)), proof: lines.slice(3).map(fromBase64), note: note.endsWith("\n") ? note : `${note}\n`,
  };
}

function unpacked(bytes) {
  if (bytes.length >= UNPACKED) throw new Unreadable("long");
  return bytes;
}

function items(raw, count, version) {
  const found = cbor(raw);
  if (!Array.isArray(found) || found.length !== count || found[0] !== version) throw new Unreadable("kind");
  return found;
}

function demand(list, parts, numbers) {
  const right = Array.isArray(list) && [...list, ...parts].every((part) => part instanceof Uint8Array) && numbers.every((n) => Number.isSafeInteger(n));
  if (!right) throw new Unreadable("kind");
}

function readFirstForm(packed) {
  const raw = unpacked(unzlibSync(packed, { out: new Uint8Array(UNPACKED) }));
  const [, origin, leaf, payload, salt, index, size, proof, root, blob] = items(raw, 10, 1);
  demand(proof, [leaf, payload, salt, root, blob], [index, size]);
  if (typeof origin !== "string") throw new Unreadable("kind");
  return { leaf, payload, salt, index, proof, note: `${origin}\n${size}\n${toBase64(root)}\n\n— ${origin} ${toBase64(blob)}\n` };
}

// What a check computes anyway is left out here: the root, and of the leaf all but counter and predecessor.
function readShort(packed) {
  const [, told, raw, head, index, size, length, blobs] = items(packed, 8, 2);
  const isTold = typeof head === "number";
  demand(blobs, isTold ? [told, raw] : [told, raw, head], [index, size, length]);
  const text = strict.decode(unpacked(inflateSync(told, { out: new Uint8Array(UNPACKED), dictionary })));
  const [origin, ...names] = text.split("\n");
  const words = names.pop();
  if (words === undefined || names.length !== blobs.length) throw new Unreadable("kind");
  const count = 1 + (isTold && head > 1 ? 1 : 0) + length;
  if (raw.length < 32 * count) throw new Unreadable("short");
  const [salt, ...proof] = Array.from({ length: count }, (_, n) => raw.slice(32 * n, 32 * n + 32));
  const payload = utf8.encode(lengthened(words, raw.slice(32 * count)));
  const leaf = isTold ? leafOf(payload, salt, head, head > 1 ? proof.shift() : new Uint8Array()) : head;
  const root = rootFrom(leafHash(leaf), index, size, proof);
  if (!root) throw new Unreadable("path");
  const lines = blobs.map((blob, n) => `— ${names[n] || origin} ${toBase64(blob)}\n`);
  return { leaf, payload, salt, index, proof, note: `${origin}\n${size}\n${toBase64(root)}\n\n${lines.join("")}` };
}

function lengthened(words, raw) {
  const seen = [];
  let at = 0;
  const full = words.replace(/[\x01-\x1f]/g, (mark) => {
    const kind = mark.charCodeAt(0);
    const width = { 1: 16, 2: 32, 3: 32 }[kind];
    if (!width) {
      if (kind < 5 || kind - 5 >= seen.length) throw new Unreadable("mark");
      return seen[kind - 5];
    }
    const content = raw.slice(at, at + width);
    at += width;
    if (content.length !== width) throw new Unreadable("mark");
    seen.push(kind === 2 ? toBase64url(content) : kind === 1 ? uuid(hex(content)) : hex(content));
    return seen.at(-1);
  });
  if (at !== raw.length) throw new Unreadable("mark");
  return full;
}

function uuid(plain) { return [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]].map(([a, b]) => plain.slice(a, b)).join("-"); }

export function commitment(payload, salt) { return toBase64url(sha256(join(utf8.encode("pianqu/commit/v1"), Uint8Array.of(0), salt, payload))); }

function leafOf(payload, salt, counter, previous) {
  const { kind, organisation, at } = JSON.parse(strict.decode(payload));
  const right = [kind, organisation, at].every((part) => typeof part === "string") && counter > 0 && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$/.test(at);
  if (!right) throw new Unreadable("leaf");
  const day = new Date(Date.parse(at) + 8 * 3600000).toISOString().slice(0, 10);
  const leaf = utf8.encode(canonical({ c: commitment(payload, salt), d: day, k: kind, n: counter, o: organisation, p: toBase64url(previous), v: 1 }));
  if (leaf.length > 260) throw new Unreadable("leaf");
  return leaf;
}
