// Finding the QR code in a picture: it may fill a photo, or be small in a screenshot of a whole page.
import jsQR from "../../src/pianqu/foundation/static/vendor/jsqr/jsQR.js";

const WHOLE = [1200, 800, 1800, 2600];
const SIDES = [120, 170, 240, 340, 480, 680, 960];
const SCALES = [1.6, 1.9, 1.75, 1.35, 1.5, 1, 2.4, 1.65, 1.55, 1.7, 1.45, 1.8, 1.25]; // a code whose squares are one or two dots wide is read at some of them, and not at others
const PART = 1600, EACH = 3, LONGEST = 16000, LARGEST = 12e6, CELL = 10, FEW = 0.3, SAME = 0.7, PATIENCE = 12000;

// The code's text. First the picture as a whole, smaller and larger; then parts of it, those first where black and white change most.
export function found(picture) {
  const { width, height } = picture;
  const longest = Math.max(width, height);
  for (const scale of new Set(WHOLE.map((wanted) => Math.min(1, wanted / longest)))) {
    const text = scanned(picture, [0, 0, width, height], scale);
    if (text) return text;
  }
  const busiest = parts(picture), until = performance.now() + PATIENCE;
  for (const scale of SCALES) {
    for (const part of busiest) {
      if (performance.now() > until) return null;
      const text = part[2] * scale <= PART && scanned(picture, part, scale);
      if (text) return text;
    }
  }
  return null;
}

function scanned(picture, part, scale) {
  const pixels = drawn(picture, part, scale);
  return jsQR(pixels.data, pixels.width, pixels.height)?.data;
}

function drawn(picture, [x, y, wide, high], scale) {
  const canvas = document.createElement("canvas");
  const width = (canvas.width = Math.max(1, Math.round(wide * scale)));
  const height = (canvas.height = Math.max(1, Math.round(high * scale)));
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, width, height);
  pen.drawImage(picture, x, y, wide, high, 0, 0, width, height);
  return pen.getImageData(0, 0, width, height);
}

// Squares of several sizes where a code may be, the busiest first: [x, y, side, side]. One that is as busy a little further out is
// only a part of something larger, and one that is far less busy than the busiest holds much else. O(pixels) and a few thousand sums.
function parts(picture) {
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height), Math.sqrt(LARGEST / (picture.width * picture.height)));
  const { sums, busiest, wide, high } = changes(drawn(picture, [0, 0, picture.width, picture.height], scale));
  const at = (x, y) => sums[Math.min(Math.max(y, 0), high) * (wide + 1) + Math.min(Math.max(x, 0), wide)];
  const busy = (x, y, n) => (at(x + n, y + n) - at(x, y + n) - at(x + n, y) + at(x, y)) / (n * n);
  const middle = (x, y, n) => {
    for (let times = 0; times < 3; times++) [x, y] = weighed(busiest, wide, high, x, y, n);
    return [x, y];
  };
  const all = SIDES.flatMap((side) => {
    const n = Math.round(side / CELL), step = Math.max(1, n >> 3), squares = [];
    for (let y = 0; y + n <= high; y += step) for (let x = 0; x + n <= wide; x += step) squares.push([busy(x, y, n), x, y, n]);
    return apart(squares.sort((a, b) => b[0] - a[0]), n / 2).map(([, x, y]) => middle(x, y, n)).map(([x, y]) => [busy(x, y, n), x, y, n]);
  });
  const most = Math.max(...all.map(([much]) => much));
  const whole = all.filter(([much, x, y, n]) => much > FEW * most && busy(x - (n >> 2), y - (n >> 2), n + 2 * (n >> 2)) < SAME * much);
  return whole.sort((a, b) => b[0] - a[0]).map(([, x, y, n]) => [x, y, n, n].map((cells) => (cells * CELL) / scale));
}

// Where a square has to stand so that what is busy in it lies in its middle; it may reach over the edge.
function weighed(cells, wide, high, left, top, n) {
  let sum = 0, across = 0, down = 0;
  for (let y = Math.max(0, top); y < Math.min(high, top + n); y++) {
    for (let x = Math.max(0, left); x < Math.min(wide, left + n); x++) {
      const much = cells[y * wide + x];
      sum += much; across += much * x; down += much * y;
    }
  }
  return sum ? [Math.round(across / sum - n / 2 + 0.5), Math.round(down / sum - n / 2 + 0.5)] : [left, top];
}

function apart(all, far) {
  const kept = [];
  for (const one of all) {
    if (kept.length === EACH) break;
    if (kept.every(([, x, y]) => Math.max(Math.abs(x - one[1]), Math.abs(y - one[2])) >= far)) kept.push(one);
  }
  return kept;
}

// For each cell how often it changes from dark to light, across and down, whichever is less: text and lines change one way only.
// The cells, and their sums over everything above and left of a corner.
function changes({ data, width, height }) {
  const wide = Math.ceil(width / CELL), high = Math.ceil(height / CELL);
  const across = new Float64Array(wide * high), down = new Float64Array(wide * high);
  const dark = (at) => data[at] + data[at + 1] + data[at + 2] < 384;
  for (let y = 1; y < height; y++) {
    for (let x = 1; x < width; x++) {
      const at = 4 * (y * width + x), cell = Math.floor(y / CELL) * wide + Math.floor(x / CELL), is = dark(at);
      if (is !== dark(at - 4)) across[cell]++;
      if (is !== dark(at - 4 * width)) down[cell]++;
    }
  }
  const busiest = across.map((much, cell) => Math.min(much, down[cell]));
  const sums = new Float64Array((wide + 1) * (high + 1));
  for (let y = 0; y < high; y++) {
    for (let x = 0; x < wide; x++) {
      const cell = y * wide + x, corner = (y + 1) * (wide + 1) + x + 1;
      sums[corner] = busiest[cell] + sums[corner - 1] + sums[corner - wide - 1] - sums[corner - wide - 2];
    }
  }
  return { sums, busiest, wide, high };
}
