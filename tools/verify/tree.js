// The path from a leaf to the root (RFC 6962), by SHA-256 or another hash.
import { sha256 } from "../../src/pianqu/foundation/static/vendor/noble-hashes/sha2.mjs";
import { join } from "./bytes.js";

export function leafHash(leaf, hash = sha256) { return hash(join(Uint8Array.of(0), leaf)); }

export function rootFrom(leaf, index, size, proof, hash = sha256) {
  if (index < 0 || index >= size) return null;
  let found = leaf, fn = BigInt(index), sn = BigInt(size) - 1n;
  for (const item of proof) {
    if (item.length !== 32 || sn === 0n) return null;
    if (fn & 1n || fn === sn) {
      found = hash(join(Uint8Array.of(1), item, found));
      while (!(fn & 1n) && fn !== 0n) { fn >>= 1n; sn >>= 1n; }
    } else {
      found = hash(join(Uint8Array.of(1), found, item));
    }
    fn >>= 1n; sn >>= 1n;
  }
  return sn === 0n ? found : null;
}
