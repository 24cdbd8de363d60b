// Lines of a plan out of the units' own shapes: between clusters, around one of them, around some units. Units of a coverage
// share their corners, so a stretch that two units have is the same two points in both. Pure.
const flat = (geometry) => (geometry.type === "Polygon" ? geometry.coordinates : geometry.coordinates.flat());
const spot = ([lon, lat]) => `${lon.toFixed(6)},${lat.toFixed(6)}`;

// Every stretch with the units on its two sides; −1 where there is none. Its ends are corners by number.
export function stretches(features) {
  const corners = new Map(), known = new Map();
  const corner = (point) => {
    const key = spot(point), there = corners.get(key);
    if (there !== undefined) return there;
    corners.set(key, corners.size);
    return corners.size - 1;
  };
  features.forEach((feature, unit) => {
    for (const ring of flat(feature.geometry)) {
      const ends = ring.map(corner);
      for (let at = 1; at < ring.length; at += 1) {
        const one = ends[at - 1], other = ends[at];
        if (one === other) continue;
        const key = Math.min(one, other) * 2 ** 26 + Math.max(one, other), there = known.get(key);
        if (there) there.sides[1] = there.sides[0] === unit ? there.sides[1] : unit;
        else known.set(key, { line: [ring[at - 1], ring[at]], ends: [one, other], sides: [unit, -1] });
      }
    }
  });
  return [...known.values()];
}

// Stretches put end to end, so that corners are drawn as corners.
export function joined(some) {
  const at = new Map(), made = [], rest = new Set(some);
  for (const one of some) for (const end of one.ends) if (at.has(end)) at.get(end).push(one); else at.set(end, [one]);
  const next = (end) => {
    const there = at.get(end);
    while (there.length && !rest.has(there[there.length - 1])) there.pop();
    return there.pop();
  };
  for (const first of rest) {
    rest.delete(first);
    const chain = first.line.slice();
    for (const forward of [true, false]) {
      let end = first.ends[forward ? 1 : 0];
      for (let one = next(end); one; one = next(end)) {
        rest.delete(one);
        const isOn = one.ends[0] === end;
        end = one.ends[isOn ? 1 : 0];
        if (forward) chain.push(one.line[isOn ? 1 : 0]); else chain.unshift(one.line[isOn ? 1 : 0]);
      }
    }
    made.push(chain);
  }
  return made;
}

const drawn = (some) => ({ type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: joined(some) } });

export function borders(all, part) {
  return drawn(all.filter(({ sides: [one, other] }) => other < 0 || part[one] !== part[other]));
}

export function around(all, isInside) {
  return drawn(all.filter(({ sides: [one, other] }) => isInside(one) !== (other >= 0 && isInside(other))));
}

function ringMiddle(ring) {
  let area = 0, x = 0, y = 0;
  for (let at = 1; at < ring.length; at += 1) {
    const by = (ring[at - 1][0] - ring[0][0]) * (ring[at][1] - ring[0][1]) - (ring[at][0] - ring[0][0]) * (ring[at - 1][1] - ring[0][1]);
    area += by;
    x += by * (ring[at - 1][0] + ring[at][0] + ring[0][0]) / 3;
    y += by * (ring[at - 1][1] + ring[at][1] + ring[0][1]) / 3;
  }
  return area ? { area: Math.abs(area), at: [x / area, y / area] } : { area: 0, at: ring[0] };
}

// The middle of a unit's largest piece, and how large it is.
export function middle(geometry) {
  const outer = geometry.type === "Polygon" ? [geometry.coordinates[0]] : geometry.coordinates.map((rings) => rings[0]);
  return outer.map(ringMiddle).reduce((best, one) => (one.area > best.area ? one : best));
}

// Where a cluster's name stands: on that of its units which lies nearest to its middle.
export function labels(middles, part, count) {
  const sums = Array.from({ length: count }, () => [0, 0, 0]);
  part.forEach((cluster, unit) => {
    if (cluster < 0) return;
    const { area, at } = middles[unit];
    sums[cluster][0] += area;
    sums[cluster][1] += area * at[0];
    sums[cluster][2] += area * at[1];
  });
  const found = sums.map(() => null), far = sums.map(() => Infinity);
  part.forEach((cluster, unit) => {
    if (cluster < 0 || !sums[cluster][0]) return;
    const [area, x, y] = sums[cluster], { at, area: own } = middles[unit];
    const away = (at[0] - x / area) ** 2 + (at[1] - y / area) ** 2 - own * 0.25;
    if (away < far[cluster]) { far[cluster] = away; found[cluster] = at; }
  });
  return found;
}

export function isWithin([x, y], ring) {
  let inside = false;
  for (let at = 0, before = ring.length - 1; at < ring.length; before = at, at += 1) {
    const [ax, ay] = ring[at], [bx, by] = ring[before];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

export function box(features) {
  const all = features.flatMap((feature) => flat(feature.geometry).flat());
  const lons = all.map((point) => point[0]), lats = all.map((point) => point[1]);
  return [[lons.reduce((a, b) => Math.min(a, b)), lats.reduce((a, b) => Math.min(a, b))], [lons.reduce((a, b) => Math.max(a, b)), lats.reduce((a, b) => Math.max(a, b))]];
}
