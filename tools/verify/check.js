// The check itself, the same as in the Python kernel: from the payload up to the signatures, trusting nothing on the way.
import * as ed from "../../src/pianqu/foundation/static/vendor/noble-ed25519/index.mjs";
import { sha512 } from "../../src/pianqu/foundation/static/vendor/noble-hashes/sha2.mjs";
import { Unreadable, canonical, fromBase64, number, same, strict, toBase64url, utf8 } from "./bytes.js";
import { holds } from "./policy.js";
import { commitment } from "./read.js";
import { leafHash, rootFrom } from "./tree.js";

ed.hashes.sha512 = sha512;

const LATEST = 2n ** 63n - 1n;

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

function openNote(note) {
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
function signedBy(body, logs) {
  const message = utf8.encode(body.text);
  const results = body.signatures.flatMap((line) => logs.filter((log) => isOf(log, line)).map((log) => verified(line.blob.slice(4), message, log.key)));
  return results.length > 0 && results.every(Boolean);
}

// Label → the latest time (seconds since 1970) that a witness stated, in the policy's order; or whose line is false.
function witnessed(body, witnesses) {
  const times = new Map();
  for (const witness of witnesses) {
    for (const line of body.signatures.filter((one) => isOf(witness, one))) {
      const time = stated(body.text, line.blob.slice(4), witness.key);
      if (time === null) return { times, party: witness.label };
      times.set(witness.label, Math.max(time, times.get(witness.label) ?? 0));
    }
  }
  return { times, party: "" };
}

function stated(text, blob, key) {
  if (blob.length !== 72) return null;
  const time = new DataView(blob.buffer, blob.byteOffset).getBigUint64(0);
  if (time <= 0n || time > LATEST) return null;
  return verified(blob.slice(8), utf8.encode(`cosignature/v1\ntime ${time}\n${text}`), key) ? Number(time) : null;
}

function content(receipt) {
  try {
    const leafText = strict.decode(receipt.leaf), payloadText = strict.decode(receipt.payload);
    const leaf = JSON.parse(leafText), payload = JSON.parse(payloadText);
    const made = commitment(utf8.encode(canonical(payload)), receipt.salt);
    const whole = receipt.salt.length === 32 && canonical(leaf) === leafText && leaf.v === 1;
    return whole && made === leaf.c && payload.kind === leaf.k && payload.organisation === leaf.o ? { leaf, payload } : null;
  } catch { return null; }
}
