// The twin by the national standards: the same record in a tree by SM3 under an SM2 signature, the same as in the Python kernel.
import { sha256 } from "../../src/pianqu/foundation/static/vendor/noble-hashes/sha2.mjs";
import sm2 from "../../src/pianqu/foundation/static/vendor/sm-crypto/sm2.js";
import sm3 from "../../src/pianqu/foundation/static/vendor/sm-crypto/sm3.js";
import { Unreadable, fromBase64, hex, join, same, toBase64, toBase64url, utf8 } from "./bytes.js";
import { content, openNote, signedBy } from "./check.js";
import { leafHash, rootFrom } from "./tree.js";

const KIND = join(Uint8Array.of(255), utf8.encode("pianqu/sm2-sm3/v1"));
const SIGNER = "1234567812345678", SUFFIX = "/gm", PUBLIC = 65, SIGNATURE = 64;

export function isTwin(note) { return note.split("\n", 1)[0].endsWith(SUFFIX); }

// name+key id+base64(kind || 04 || x || y)
export function parseTwinKey(vkey) {
  const [name, id, ...body] = vkey.trim().split("+");
  const raw = fromBase64(body.join("+")), key = raw.slice(KIND.length);
  const keyId = sha256(join(utf8.encode(`${name}\n`), raw)).slice(0, 4);
  if (!same(raw.slice(0, KIND.length), KIND) || key.length !== PUBLIC || key[0] !== 4 || hex(keyId) !== id) throw new Unreadable("key");
  return { name, key, id: keyId };
}

export function checkTwin(receipt, keys) {
  let body;
  try { body = opened(receipt.note); } catch { return { code: "checkpoint-broken", twin: true }; }
  const { origin, size } = body, about = { origin, twin: true };
  if (!keys.length) return { code: "twin-unknown", ...about };
  const mine = keys.filter((one) => one.name === origin);
  if (!mine.length) return { code: "log-unknown", ...about };
  if (!signedBy(body, mine, verified)) return { code: "signature-false", ...about };
  const root = rootFrom(leafHash(receipt.leaf, hashed), receipt.index, size, receipt.proof, hashed);
  if (!root || !same(root, body.root)) return { code: "not-included", ...about };
  const held = content(receipt);
  if (!held) return { code: "content-altered", ...about };
  return { code: "genuine", ...about, index: receipt.index, size, times: new Map(), root: toBase64url(root), ...held };
}

// A twin's text names its ledger and the root that the ledger signed at the same size; nothing else stands there.
function opened(note) {
  const body = openNote(note);
  const ledger = body.origin.slice(0, -SUFFIX.length), [mark, whose, root] = body.text.split("\n")[3].split(" ");
  const whole = `${body.origin}\n${body.size}\n${toBase64(body.root)}\n${mark} ${whose} ${root}\n`;
  if (whole !== body.text || mark !== "twin-of" || whose !== ledger || fromBase64(root).length !== 32) throw new Unreadable("note");
  return body;
}

function hashed(bytes) { return Uint8Array.from(sm3([...bytes]).match(/../g), (pair) => parseInt(pair, 16)); }

function verified(signature, message, key) {
  if (signature.length !== SIGNATURE) return false;
  try { return sm2.doVerifySignature([...message], hex(signature), hex(key), { userId: SIGNER }); } catch { return false; }
}
