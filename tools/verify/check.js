// The check itself, the same as in the Python kernel: from the payload up to the signatures, trusting nothing on the way.
import * as ed from "../../src/pianqu/foundation/static/vendor/noble-ed25519/index.mjs";
import { sha512 } from "../../src/pianqu/foundation/static/vendor/noble-hashes/sha2.mjs";
import { ml_dsa44 } from "../../src/pianqu/foundation/static/vendor/noble-post-quantum/ml-dsa.mjs";
import { Unreadable, canonical, fromBase64, join, number, same, strict, toBase64url, utf8 } from "./bytes.js";
import { holds } from "./policy.js";
import { commitment } from "./read.js";
import { leafHash, rootFrom } from "./tree.js";

ed.hashes.sha512 = sha512;

const LATEST = 2n ** 63n - 1n;

// How a witness signs, by the first byte of its key: the length of a signature, what is signed, and the check (C2SP tlog-cosignature).
const KINDS = {
  4: { length: 64, message: (_name, { text }, time) => utf8.encode(`cosignature/v1\ntime ${time}\n${text}`), verified },
  6: { length: 2420, message: treeMessage, verified(signature, message, key) { try { return ml_dsa44.verify(signature, message, key); } catch { return false; } } },
};

function treeMessage(name, { origin, size, root }, time) {
  const parts = [utf8.encode("subtree/v1\n\0"), short(name), uint64(time), short(origin), uint64(0n), uint64(BigInt(size)), root];
  return join(...parts);
}

function short(text) {
  const raw = utf8.encode(text);
  if (!raw.length || raw.length > 255) throw new Unreadable("name");
  return join(Uint8Array.of(raw.length), raw);
}

function uint64(n) {
  const raw = new Uint8Array(8);
  new DataView(raw.buffer).setBigUint64(0, n);
  return raw;
}

export function check(receipt, policy) {
  let body;
  try { body = openNote(receipt.note); } catch { return { code: "checkpoint-broken" }; }
  const { origin, size } = body;
  const logs = policy.logs.filter((log) => log.name === origin);
  if (!logs.length) return { code: "log-unknown", origin };
  if (!signedBy(body, logs)) return { code: "signature-false", origin };
  const { times, party } = witnessed(body, policy.witnesses);
  if (party) return { code: "checkpoint-broken", origin, party };
  const root = rootFrom(leafHash(receipt.leaf), receipt.index, size, receipt.proof);
  if (!root || !same(root, body.root)) return { code: "not-included", origin };
  const found = content(receipt);
  if (!found) return { code: "content-altered", origin };
  const code = holds(policy, times.keys()) ? "genuine" : "not-witnessed";
  return { code, origin, index: receipt.index, size, times, root: toBase64url(body.root), ...found };
}

export function openNote(note) {
  const gap = note.lastIndexOf("\n\n");
  if (gap < 0 || !note.endsWith("\n")) throw new Unreadable("note");
  const text = note.slice(0, gap + 1);
  const [origin, size, root, ...rest] = text.slice(0, -1).split("\n");
  if (!origin || !root || rest.includes("")) throw new Unreadable("note");
  if (fromBase64(root).length !== 32) throw new Unreadable("note");
  const rows = note.slice(gap + 2, -1).split("\n");
  if (rows.length > 100) throw new Unreadable("note");
  return { text, origin, size: number(size), root: fromBase64(root), signatures: rows.map(signature) };
}

function signature(row) {
  const [dash, name, body, ...more] = row.split(" ");
  if (dash !== "—" || !name || !body || more.length) throw new Unreadable("note");
  const blob = fromBase64(body);
  if (blob.length < 5) throw new Unreadable("note");
  return { name, blob };
}

function isOf(party, { name, blob }) { return party.name === name && same(blob.slice(0, 4), party.id); }

function verified(signature, message, key) {
  try { return ed.verify(signature, message, key, { zip215: false }); } catch { return false; }
}

// At least one signature of a known key, and none of them false; those of unknown keys are passed over.
export function signedBy(body, logs, how = verified) {
  const message = utf8.encode(body.text);
  const results = body.signatures.flatMap((line) => logs.filter((log) => isOf(log, line)).map((log) => how(line.blob.slice(4), message, log.key)));
  return results.length > 0 && results.every(Boolean);
}

// Label → the latest time (seconds since 1970) that a witness stated, in the policy's order; or whose line is false.
function witnessed(body, witnesses) {
  const times = new Map();
  for (const witness of witnesses) {
    for (const line of body.signatures.filter((one) => isOf(witness, one))) {
      const time = stated(body, line.blob.slice(4), witness);
      if (time === null) return { times, party: witness.label };
      if (time) times.set(witness.label, Math.max(time, times.get(witness.label) ?? 0));
    }
  }
  return { times, party: "" };
}

// The stated time, 0 for a signature that states none, null where it is false.
function stated(body, blob, { name, kind, key }) {
  const how = KINDS[kind];
  if (blob.length !== 8 + how.length) return null;
  const time = new DataView(blob.buffer, blob.byteOffset).getBigUint64(0);
  if (time > LATEST) return null;
  try { return how.verified(blob.slice(8), how.message(name, body, time), key) ? Number(time) : null; } catch { return null; }
}

export function content(receipt) {
  try {
    const leafText = strict.decode(receipt.leaf), payloadText = strict.decode(receipt.payload);
    const leaf = JSON.parse(leafText), payload = JSON.parse(payloadText);
    const made = commitment(utf8.encode(canonical(payload)), receipt.salt);
    const whole = receipt.salt.length === 32 && canonical(leaf) === leafText && leaf.v === 1;
    return whole && made === leaf.c && payload.kind === leaf.k && payload.organisation === leaf.o ? { leaf, payload } : null;
  } catch { return null; }
}
