// Bytes and their spellings, shared by everything that reads or checks.
export class Unreadable extends Error {}

export const utf8 = new TextEncoder();
export const strict = new TextDecoder("utf-8", { fatal: true });

export function join(...parts) {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) { all.set(part, at); at += part.length; }
  return all;
}

export function same(a, b) { return a.length === b.length && a.every((byte, i) => byte === b[i]); }

export function hex(bytes) { return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(""); }

export function toBase64(bytes) { return btoa(String.fromCharCode(...bytes)); }

export function fromBase64(text) {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4) throw new Unreadable("base64");
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

export function fromBase64url(text) {
  const plain = text.replace(/-/g, "+").replace(/_/g, "/");
  return fromBase64(plain + "=".repeat((4 - (plain.length % 4)) % 4));
}

export function toBase64url(bytes) { return toBase64(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, ""); }

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

export function fromBase45(text) {
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

// RFC 8785 for what facts hold: JavaScript's own escaping and key order are the standard's.
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value && typeof value === "object") {
    return `{${Object.keys(value).sort().map((k) => `${JSON.stringify(k)}:${canonical(value[k])}`).join(",")}}`;
  }
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new Unreadable("number");
  return JSON.stringify(value);
}

export function number(text) {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) throw new Unreadable("number");
  return Number(text);
}

// RFC 8949 as far as receipts go: whole numbers, bytes, text, short lists.
export function cbor(bytes) {
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
