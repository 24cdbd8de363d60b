// What a plan is worth while somebody moves units about: the counting of kernels/partition/figures.py, in whole numbers.
// Pure: no page, no map. A move costs as much as the unit has neighbours and systems.
export const FINE = 10000;

export function column(units, balance) {
  const counts = balance === "population" ? units.population.map((count) => count || 0) : units[balance];
  return counts && counts.length ? counts : units.keys.map(() => 0);
}

// The largest difference of a load from the mean, in ten-thousandths of the mean, rounded up.
export function deviation(loads) {
  const total = loads.reduce((sum, load) => sum + load, 0);
  return total ? Math.max(...loads.map((load) => Math.ceil((Math.abs(load * loads.length - total) * FINE) / total))) : 0;
}

// One cluster's difference from the mean, with its sign, rounded away from zero.
export function difference(load, total, count) {
  if (!total) return 0;
  const off = ((load * count - total) * FINE) / total;
  return off < 0 ? Math.floor(off) : Math.ceil(off);
}

// Least and greatest load of a cluster, never less than whole numbers allow.
export function bounds(settings, total, count) {
  if (settings.least && settings.most) return [settings.least, settings.most];
  const low = Math.ceil((total * (FINE - settings.tolerance)) / (FINE * count));
  const high = Math.floor((total * (FINE + settings.tolerance)) / (FINE * count));
  return [Math.max(0, Math.min(low, Math.floor(total / count))), Math.max(high, Math.ceil(total / count))];
}

export class Live {
  constructor(units, settings, part, count) {
    this.units = units;
    this.settings = settings;
    this.part = part.slice();
    this.count = count;
    this.amounts = column(units, settings.balance);
    this.who = units.households && units.households.length ? units.households : column(units, "population");
    this.home = units.home || [];
    this.loads = new Array(count).fill(0);
    this.sizes = new Array(count).fill(0);
    this.part.forEach((cluster, unit) => {
      if (cluster >= 0) { this.loads[cluster] += this.amounts[unit]; this.sizes[cluster] += 1; }
    });
    this._borders();
    this._areas();
    this.moved = this.part.reduce((sum, cluster, unit) => sum + this._away(unit, cluster), 0);
  }

  _borders() {
    const count = this.part.length;
    this.near = Array.from({ length: count }, () => []);
    this.bridged = Array.from({ length: count }, () => []);
    this.cut = this.length = 0;
    const seen = new Set();
    for (const [one, other, metres] of this.units.borders) {
      if (one === other) continue;
      this.near[one].push([other, metres]);
      this.near[other].push([one, metres]);
      const pair = Math.min(one, other) * count + Math.max(one, other), apart = this._isCut(one, this.part[other]);
      this.length += apart ? metres : 0;
      this.cut += apart && !seen.has(pair) ? 1 : 0;
      seen.add(pair);
    }
    for (const [one, other] of this.units.bridges || []) {
      this.bridged[one].push(other);
      this.bridged[other].push(one);
    }
  }

  // Units that are in no cluster yet count nowhere.
  _isCut(unit, cluster) { return cluster >= 0 && this.part[unit] >= 0 && this.part[unit] !== cluster; }

  _areas() {
    this.areas = this.units.systems.map((system) => system.areas);
    this.pieces = this.areas.map(() => new Map());
    this.splits = 0;
    this.areas.forEach((areas, system) => areas.forEach((area, unit) => this._piece(system, area, this.part[unit], 1)));
  }

  _piece(system, area, cluster, by) {
    if (!area || cluster < 0) return;
    const known = this.pieces[system], own = known.get(area) || new Map(), before = Math.max(0, own.size - 1);
    const left = (own.get(cluster) || 0) + by;
    if (left) own.set(cluster, left); else own.delete(cluster);
    known.set(area, own);
    this.splits += Math.max(0, own.size - 1) - before;
  }

  _away(unit, cluster) {
    const home = this.home.length ? this.home[unit] : -1;
    return home >= 0 && cluster >= 0 && home !== cluster ? this.who[unit] : 0;
  }

  get total() { return this.loads.reduce((sum, load) => sum + load, 0); }

  get deviation() { return deviation(this.loads); }

  off(cluster) { return difference(this.loads[cluster], this.total, this.count); }

  isOver(cluster) {
    const [low, high] = bounds(this.settings, this.total, this.count);
    return this.loads[cluster] < low || this.loads[cluster] > high;
  }

  // Put a unit into a cluster, connected or not.
  move(unit, cluster) {
    const old = this.part[unit];
    if (old === cluster) return;
    const others = new Set();
    for (const [other, metres] of this.near[unit]) {
      const by = this._isCut(other, cluster) - this._isCut(other, old);
      this.length += by * metres;
      if (!others.has(other)) this.cut += by;
      others.add(other);
    }
    for (const [where, by] of [[old, -1], [cluster, 1]]) {
      if (where >= 0) { this.loads[where] += by * this.amounts[unit]; this.sizes[where] += by; }
      this.areas.forEach((areas, system) => this._piece(system, areas[unit], where, by));
    }
    this.moved += this._away(unit, cluster) - this._away(unit, old);
    this.part[unit] = cluster;
  }

  // Clusters that are empty or in pieces.
  loose() {
    const met = new Array(this.part.length).fill(false), found = new Array(this.count).fill(0);
    for (let start = 0; start < met.length; start += 1) {
      if (met[start]) continue;
      const cluster = this.part[start], open = [start];
      met[start] = true;
      if (cluster < 0) continue;
      found[cluster] += 1;
      while (open.length) {
        const unit = open.pop();
        for (const other of [...this.near[unit].map((pair) => pair[0]), ...this.bridged[unit]]) {
          if (met[other] || this.part[other] !== cluster) continue;
          met[other] = true;
          open.push(other);
        }
      }
    }
    return found.flatMap((pieces, cluster) => (pieces === 1 ? [] : [cluster]));
  }

  // Areas worth keeping that lie in more than one cluster.
  broken() {
    return this.units.systems.flatMap((system) => {
      const found = new Map();
      system.areas.forEach((area, unit) => {
        if (area && this.part[unit] >= 0) found.set(area, (found.get(area) || new Set()).add(this.part[unit]));
      });
      return [...found].filter(([, clusters]) => clusters.size > 1).map(([area, clusters]) => ({ system: system.label, area, clusters: [...clusters].sort((a, b) => a - b) }));
    });
  }
}
