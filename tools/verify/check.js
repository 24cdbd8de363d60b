// The check itself, the same as in the Python kernel: from the payload up to the signature, trusting nothing on the way.
import * as ed from "../../src/pianqu/foundation/static/vendor/noble-ed25519/index.mjs";
import { sha256, sha512 } from "../../src/pianqu/foundation/static/vendor/noble-hashes/sha2.mjs";
import { unzlibSync } from "../../src/pianqu/foundation/static/vendor/fflate/fflate.js";

ed.hashes.sha512 = sha512;

const HEADER = "c2sp.org/tlog-proof@v1";
const PREFIX = "PIANQU1:";
const LONGEST = 200000;
const UNPACKED = 65536;
const utf8 = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true });

export class Unreadable extends Error {}

function join(...parts) {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) { all.set(part, at); at += part.length; }
  return all;
}

function same(a, b) { return a.length === b.length && a.every((byte, i) => byte === b[i]); }

function fromBase64(text) {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4) throw new Unreadable("base64");
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

function fromBase64url(text) {
  const plain = text.replace(/-/g, "+").replace(/_/g, "/");
  return fromBase64(plain + "=".repeat((4 - (plain.length % 4)) % 4));
}

function toBase64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

// RFC 8785 for what facts hold: JavaScript's own escaping and key order are the standard's.
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value && typeof value === "object") {
    return `{${Object.keys(value).sort().map((k) => `${JSON.stringify(k)}:${canonical(value[k])}`).join(",")}}`;
  }
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new Unreadable("number");
  return JSON.stringify(value);
}

// Reading ------------------------------------------------------------------------------------------------------------

export function read(given) {
  if (given.length > LONGEST) throw new Unreadable("long");
  const text = given.trim();
  try {
    return text.toUpperCase().startsWith(PREFIX) ? readCompact(text.slice(PREFIX.length)) : readText(given);
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

function number(text) {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) throw new Unreadable("number");
  return Number(text);
}

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

function fromBase45(text) {
  const out = [];
  for (let i = 0; i < text.length; i += 3) {
    const digits = [...text.slice(i, i + 3)].map((c) => ALPHABET.indexOf(c));
    if (digits.length < 2 || digits.includes(-1)) throw new Unreadable("base45");
    const value = digits.reduce((sum, d, k) => sum + d * 45 ** k, 0);
    if (value > (digits.length === 3 ? 0xffff : 0xff)) throw new Unreadable("base45");
    if (digits.length === 3) out.push(value >> 8);
    out.push(value & 255);
  }
  return Uint8Array.from(out);
}

function readCompact(body) {
  const room = new Uint8Array(UNPACKED);
  const items = cbor(unzlibSync(fromBase45(body), { out: room }));
  if (!Array.isArray(items) || items.length !== 10 || items[0] !== 1) throw new Unreadable("kind");
  const [, origin, leaf, payload, salt, index, size, proof, root, blob] = items;
  const bytes = [leaf, payload, salt, root, blob].concat(proof).every((part) => part instanceof Uint8Array);
  if (!bytes || typeof origin !== "string" || !Number.isSafeInteger(index) || !Number.isSafeInteger(size)) throw new Unreadable("kind");
  const b64 = (raw) => btoa(String.fromCharCode(...raw));
  return { leaf, payload, salt, index, proof, note: `${origin}\n${size}\n${b64(root)}\n\n— ${origin} ${b64(blob)}\n` };
}

function cbor(bytes) {
  let at = 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  function length(info) {
    if (info < 24) return info;
    const width = { 24: 1, 25: 2, 26: 4, 27: 8 }[info];
    if (!width) throw new Unreadable("cbor");
    const value = width === 1 ? view.getUint8(at) : width === 2 ? view.getUint16(at) : width === 4 ? view.getUint32(at) : Number(view.getBigUint64(at));
    at += width;
    if (!Number.isSafeInteger(value)) throw new Unreadable("cbor");
    return value;
  }
  function item(depth) {
    const head = view.getUint8(at++);
    const kind = head >> 5, n = length(head & 31);
    if (kind === 0) return n;
    if (kind === 2 || kind === 3) {
      if (at + n > bytes.length) throw new Unreadable("cbor");
      const raw = bytes.slice(at, (at += n));
      return kind === 2 ? raw : strict.decode(raw);
    }
    if (kind === 4 && depth < 4 && n <= 256) return Array.from({ length: n }, () => item(depth + 1));
    throw new Unreadable("cbor");
  }
  return item(0);
}

// Checking -----------------------------------------------------------------------------------------------------------

// name+key id+base64(0x01 || key); the base64 may hold further plus signs.
function parseKey(vkey) {
  const [name, id, ...body] = vkey.trim().split("+");
  const raw = fromBase64(body.join("+"));
  const hex = [...keyId(name, raw.slice(1))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (raw.length !== 33 || raw[0] !== 1 || hex !== id) throw new Unreadable("key");
  return { name, key: raw.slice(1) };
}

function keyId(name, key) { return sha256(join(utf8.encode(`${name}\n`), Uint8Array.of(1), key)).slice(0, 4); }

function openNote(note) {
  const gap = note.lastIndexOf("\n\n");
  if (gap < 0) throw new Unreadable("note");
  const text = note.slice(0, gap + 1);
  const [origin, size, root, ...rest] = text.slice(0, -1).split("\n");
  if (!origin || !root || rest.includes("")) throw new Unreadable("note");
  if (fromBase64(root).length !== 32) throw new Unreadable("note");
  const signatures = note.slice(gap + 2, -1).split("\n").map((line) => {
    const [dash, name, body] = line.split(" ");
    if (dash !== "—" || !body) throw new Unreadable("note");
    return { name, blob: fromBase64(body) };
  });
  return { text, origin, size: number(size), root: fromBase64(root), signatures };
}

function rootFrom(leafHash, index, size, proof) {
  if (index < 0 || index >= size) return null;
  let found = leafHash, fn = BigInt(index), sn = BigInt(size) - 1n;
  for (const item of proof) {
    if (item.length !== 32 || sn === 0n) return null;
    if (fn & 1n || fn === sn) {
      found = sha256(join(Uint8Array.of(1), item, found));
      while (!(fn & 1n) && fn !== 0n) { fn >>= 1n; sn >>= 1n; }
    } else {
      found = sha256(join(Uint8Array.of(1), found, item));
    }
    fn >>= 1n; sn >>= 1n;
  }
  return sn === 0n ? found : null;
}

export function check(receipt, vkeys) {
  let body;
  try { body = openNote(receipt.note); } catch { return { code: "checkpoint-broken" }; }
  const known = vkeys.map(parseKey).filter((k) => k.name === body.origin);
  if (!known.length) return { code: "log-unknown", origin: body.origin };
  if (!signedBy(body, known)) return { code: "signature-false", origin: body.origin };
  const root = rootFrom(sha256(join(Uint8Array.of(0), receipt.leaf)), receipt.index, body.size, receipt.proof);
  if (!root || !same(root, body.root)) return { code: "not-included", origin: body.origin };
  return checkContent(receipt, body);
}

// At least one signature of a known key, and none of them false; those of unknown keys are passed over.
function signedBy(body, known) {
  const message = utf8.encode(body.text);
  const results = body.signatures.flatMap(({ name, blob }) => known
    .filter((k) => k.name === name && same(blob.slice(0, 4), keyId(k.name, k.key)))
    .map((k) => verified(blob.slice(4), message, k.key)));
  return results.length > 0 && results.every(Boolean);
}

function verified(signature, message, key) {
  try { return ed.verify(signature, message, key, { zip215: false }); } catch { return false; }
}

function checkContent(receipt, body) {
  try {
    const leafText = strict.decode(receipt.leaf), payloadText = strict.decode(receipt.payload);
    const leaf = JSON.parse(leafText), payload = JSON.parse(payloadText);
    const made = toBase64url(sha256(join(utf8.encode("pianqu/commit/v1"), Uint8Array.of(0), receipt.salt, utf8.encode(canonical(payload)))));
    const whole = receipt.salt.length === 32 && canonical(leaf) === leafText && leaf.v === 1;
    if (whole && made === leaf.c && payload.kind === leaf.k && payload.organisation === leaf.o) {
      return { code: "genuine", origin: body.origin, index: receipt.index, size: body.size, leaf, payload, root: toBase64url(body.root) };
    }
  } catch { /* falls through to the verdict */ }
  return { code: "content-altered", origin: body.origin };
}
