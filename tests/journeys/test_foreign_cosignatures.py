"""ML-DSA-44 cosignatures and another implementation of the method (@noble/post-quantum in node): each accepts the other's.

The script lays out the specification's message by itself, so that a slip in ours would show.
"""

import json
from base64 import b64decode, b64encode
from pathlib import Path

import pytest

from pianqu.kernels import tests as kernel_tests
from pianqu.kernels.cosignature import ML_DSA_44, Cosigner, Witness, cosigned
from pianqu.kernels.note import CheckpointBody, Signer, signature_line, split
from tests import npm

PACKAGES = {
    "@noble/post-quantum@0.7.1": (
        "sha512-+P9981IiAnVh+rmcubozzVwrEy3XsN/tMhTnvsjV9VDaYpOnNCqWqKo2FLWxbu92YHfjGIlE5XnW175UK+ln+Q=="
    ),
    "@noble/ciphers@2.4.0": (
        "sha512-AnjFn0Jv92laAkvMrghlFZq4qQCIN/4DxFV/eooqtC2YTjB7kBeLMS2T9KJX4Dn+ZVXLOwK0lSgqDtx9gvxtiw=="
    ),
    "@noble/curves@2.4.0": (
        "sha512-P4/62zrgfH33CneE3Dn4WhJVA22YUU0eR51wKIan4NVRvwsA0YnPTwWGpNbpuacSujmSFLvyzpyuR30+fbq2Ew=="
    ),
    "@noble/hashes@2.4.0": (
        "sha512-X5XaVWZIBCT7HHZGm5I7ZQXDwLG+bGXuSrMQAW+7Zvl87h1kmc1ZB1VSRJcpUfoUrGQp4Fkoxm5kZ+Ms+aW+eA=="
    ),
}
SCRIPT = """
const bytes = (text) => new Uint8Array(Buffer.from(text, "base64")), base64 = (raw) => Buffer.from(raw).toString("base64");
const counted = (text) => { const raw = Buffer.from(text); return Buffer.concat([Buffer.from([raw.length]), raw]); };
function long(n) { const raw = Buffer.alloc(8); raw.writeBigUInt64BE(BigInt(n)); return raw; }
function message({ name, time, origin, size, root }) {
  const label = Buffer.from("subtree/v1\\n\\0", "latin1");
  return new Uint8Array(Buffer.concat([label, counted(name), long(time), counted(origin), long(0), long(size), bytes(root)]));
}
const given = JSON.parse(require("fs").readFileSync(0, "utf8"));
import("@noble/post-quantum/ml-dsa.js").then(({ ml_dsa44 }) => {
  for (const one of given.ours) console.log(ml_dsa44.verify(bytes(one.signature), message(one), bytes(one.key)));
  for (const one of given.vectors) {
    console.log(ml_dsa44.verify(bytes(one.signature), bytes(one.message), bytes(one.public), { context: bytes(one.context) }));
  }
  for (const one of given.theirs) {
    const { publicKey, secretKey } = ml_dsa44.keygen(bytes(one.seed));
    console.log(JSON.stringify({ key: base64(publicKey), signature: base64(ml_dsa44.sign(message(one), secretKey)) }));
  }
});
"""
LOG = Signer.from_seed("pianqu.invalid/片区/test", bytes(32))
TREES = [(1, 1_795_910_400), (20_852_163, 1), (9_007_199_254_740_991, 2**53 + 1)]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return npm.installed(PACKAGES, tmp_path_factory.mktemp("noble"))


def test_each_accepts_what_the_other_signed(node: Path) -> None:
    key, stranger = (Cosigner.from_seed("见证.example/w1", bytes([n] * 32), ML_DSA_44) for n in (5, 6))
    told, bodies = [], []
    for size, time in TREES:
        body = CheckpointBody(origin=LOG.name, size=size, root=bytes([size % 251] * 32)).encode()
        (line,) = split(f"{body}\n{key.cosign(body, time)}")[1]
        parts = {"name": key.name, "time": str(time), "origin": LOG.name, "size": str(size)}
        parts |= {"root": body.splitlines()[2], "key": b64encode(key.witness.public).decode()}
        told.append(parts | {"signature": b64encode(line.blob[12:]).decode(), "seed": b64encode(key.seed).decode()})
        bodies.append((body, time))
    wrong = [
        told[0] | {"time": "5"},
        told[0] | {"name": "w"},
        told[0] | {"key": b64encode(stranger.witness.public).decode()},
    ]
    said = npm.run(node, SCRIPT, {"ours": [*told, *wrong], "vectors": vectors(), "theirs": told})
    assert said[:6] == ["true"] * 3 + ["false"] * 3
    assert said[6:9] == ["true"] * 3
    for line, (body, time) in zip(said[9:], bodies, strict=True):
        theirs = json.loads(line)
        witness = Witness(key.name, b64decode(theirs["key"]), ML_DSA_44)
        assert witness == key.witness, "the same seed has the same key"
        blob = witness.key_id + time.to_bytes(8, "big") + b64decode(theirs["signature"])
        assert cosigned(LOG.sign(body) + signature_line(key.name, blob), [witness]) == {witness: time}


def vectors() -> list[dict[str, str]]:
    """The published ones, in base64."""
    text = (Path(kernel_tests.__file__).parent / "vectors" / "ml_dsa_44.json").read_text()
    return [
        {name: b64encode(bytes.fromhex(value)).decode() for name, value in case.items()}
        for case in json.loads(text)["cases"]
    ]
