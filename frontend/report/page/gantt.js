// The schedule as it was measured: layers, their duplicates, and the PEs of these, over time.

/** Ids of layers are positions in DATA.layers; a hue for each, neighbours far apart. */
function layerColor(layer) {
  return `hsl(${(layer * 137 + 210) % 360} ${color('layer-saturation')} ${color('layer-lightness')})`;
}

/** The sets, or the activity, of DATA.duplicates, in typed arrays. */
function readDuplicates() {
  const decode = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const waitsOf = (flat) => {
    const waits = new Map();
    for (let at = 0; at < flat.length;) {
      const [position, count] = [flat[at], flat[at + 1]];
      waits.set(position, flat.slice(at + 2, at + 2 + 2 * count));
      at += 2 + 2 * count;
    }
    return waits;
  };
  let first = 0;
  return DATA.duplicates.map((from, index) => {
    const duplicate = {index, layer: from.layer, number: from.number, tiles: from.tiles, pes: from.tiles.reduce((sum, tile) => sum + tile[1].length, 0)};
    if (DATA.detail === 'activity') {
      return {...duplicate, activity: decode(from.activity), waiting: decode(from.waiting), count: from.sets_run};
    }
    const sets = from.sets;
    const count = sets.set.length;
    const start = new Float64Array(count);
    const finish = new Float64Array(count);
    for (let i = 0, now = 0; i < count; ++i) {
      start[i] = now + sets.gap[i];
      now = finish[i] = start[i] + sets.length[i];
    }
    const read = {...duplicate, first, count, start, finish, set: sets.set, image: sets.image, maker: sets.maker, last: sets.last,
      waits: waitsOf(sets.waits), ownWaits: sets.own_waits.map(waitsOf)};
    first += count;
    return read;
  });
}

/** The first index whose value is beyond `value`. */
function firstAfter(values, value) {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] > value) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

class Gantt {
  static axisHeight = 24;
  static heights = {critical: 22, layer: 17, duplicate: 14, pe: 12};

  constructor(onRange) {
    this.duplicates = readDuplicates();
    this.ofLayer = DATA.layers.map(() => []);
    this.duplicates.forEach((duplicate) => this.ofLayer[duplicate.layer].push(duplicate));
    this.critical = DATA.critical ?? [];
    this.criticalStarts = this.critical.map((segment) => segment[0]);
    this.layerOf = new Map(DATA.layers.map((layer, index) => [layer.station, index]));
    this.criticalOf = this.duplicates.map(() => []);
    for (const segment of this.critical) {
      if (segment[4] >= 0) {
        this.criticalOf[segment[4]].push(segment);
      }
    }
    this.open = new Set();  // of 'l3' and 'd7'
    this.showCritical = this.critical.length > 0;
    this.showWaits = true;
    this.range = [0, Math.max(1, DATA.end)];
    this.onRange = onRange;
    this.cursor = 0;
    this.selected = null;
    this.canvas = element('canvas', {tabindex: 0, role: 'img', 'aria-label': 'Layers, duplicates and PEs over time. ' +
      'Arrow keys move, plus and minus zoom, Home shows all, up and down choose a row, Enter opens it, N and P go from set to set, W to what a set waited for.'});
    this.spacer = element('div', {class: 'spacer'});
    this.frame = element('div', {class: 'frame gantt'}, this.canvas, this.spacer);
    this.details = element('div', {class: 'details', 'aria-live': 'polite'});
    this.listen();
    this.buildRows();
  }

  // --- rows ---

  buildRows() {
    this.rows = this.critical.length > 0 ? [{kind: 'critical', name: 'critical path'}] : [];
    DATA.layers.forEach((layer, index) => {
      const duplicates = this.ofLayer[index];
      this.rows.push({kind: 'layer', key: 'l' + index, layer: index, name: layer.name, duplicates});
      if (!this.open.has('l' + index)) {
        return;
      }
      for (const duplicate of duplicates) {
        this.rows.push({kind: 'duplicate', key: 'd' + duplicate.index, layer: index, name: 'duplicate ' + duplicate.number, duplicates: [duplicate]});
        if (this.open.has('d' + duplicate.index)) {
          duplicate.tiles.forEach(([tile, pes], part) => pes.forEach((pe) =>
            this.rows.push({kind: 'pe', layer: index, name: `tile ${tile} PE ${pe}`, duplicates: [duplicate], part})));
        }
      }
    });
    let y = 0;
    for (const row of this.rows) {
      row.y = y;
      row.height = Gantt.heights[row.kind];
      y += row.height;
    }
    this.total = y;
    this.cursor = Math.min(this.cursor, this.rows.length - 1);
  }

  canOpen(row) {
    return row.kind === 'layer' || (row.kind === 'duplicate' && DATA.detail === 'sets');
  }

  toggle(row) {
    if (!this.canOpen(row)) {
      return;
    }
    if (!this.open.delete(row.key)) {
      this.open.add(row.key);
    }
    this.buildRows();
    this.draw();
  }

  openAll(what) {
    this.open.clear();
    if (what !== 'layers') {
      DATA.layers.forEach((layer, index) => this.open.add('l' + index));
    }
    if (what === 'pes') {
      this.duplicates.forEach((duplicate) => this.open.add('d' + duplicate.index));
    }
    this.buildRows();
    this.draw();
  }

  // --- what is seen ---

  get plotWidth() {
    return Math.max(40, this.width - this.gutter);
  }

  x(time) {
    return this.gutter + (time - this.range[0]) / (this.range[1] - this.range[0]) * this.plotWidth;
  }

  time(x) {
    return this.range[0] + (x - this.gutter) / this.plotWidth * (this.range[1] - this.range[0]);
  }

  /** Shows from `begin` to `end`, within the run; no closer than a few units of time. */
  show(begin, end, quietly = false) {
    const least = Math.min(DATA.end, 8);
    const span = Math.min(DATA.end, Math.max(least, end - begin));
    const from = Math.max(0, Math.min(begin + (end - begin - span) / 2, DATA.end - span));
    this.range = [from, from + Math.max(1, span)];
    this.draw();
    if (!quietly) {
      this.onRange(this.range);
    }
  }

  zoom(factor, around = (this.range[0] + this.range[1]) / 2) {
    const [begin, end] = this.range;
    this.show(around - (around - begin) / factor, around + (end - around) / factor);
  }

  pan(part) {
    const step = part * (this.range[1] - this.range[0]);
    this.show(this.range[0] + step, this.range[1] + step);
  }

  // --- drawing ---

  draw() {
    this.gutter = this.frame.clientWidth < 560 ? 92 : 150;
    this.width = this.frame.clientWidth || 900;
    const printed = document.documentElement.dataset.theme === 'light';
    const all = this.total + Gantt.axisHeight + 8;
    this.height = printed ? Math.min(all, 1400) : Math.min(this.frame.clientHeight || 520, all);
    this.frame.style.maxHeight = printed ? 'none' : all + 2 + 'px';
    this.spacer.style.height = Math.max(0, all - this.height) + 'px';
    const c = contextOf(this.canvas, this.width, this.height);
    this.ink = {ground: color('ground'), line: color('line'), text: color('text'), muted: color('muted'), accent: color('accent'), panel: color('panel'),
      states: DATA.states.map((name, state) => stateColor(state)), layers: DATA.layers.map((layer, index) => layerColor(index))};
    c.fillStyle = this.ink.ground;
    c.fillRect(0, 0, this.width, this.height);
    this.drawAxis(c);
    c.save();
    c.beginPath();
    c.rect(0, Gantt.axisHeight, this.width, this.height - Gantt.axisHeight);
    c.clip();
    const scroll = this.frame.scrollTop;
    this.rows.forEach((row, index) => {
      const y = row.y - scroll + Gantt.axisHeight;
      if (y + row.height >= Gantt.axisHeight && y <= this.height) {
        this.drawRow(c, row, y, index);
      }
    });
    this.drawSelection(c, scroll);
    c.restore();
  }

  drawAxis(c) {
    const cycle = DATA.t_mvm_ps / DATA.unit_ps;
    c.textAlign = 'center';
    for (const cycles of ticks(this.range[0] / cycle, this.range[1] / cycle, Math.max(3, this.plotWidth / 110))) {
      const x = this.x(cycles * cycle);
      c.fillStyle = this.ink.line;
      c.fillRect(Math.round(x), Gantt.axisHeight - 4, 1, this.height);
      c.fillStyle = this.ink.muted;
      const half = c.measureText(plain(cycles)).width / 2 + 2;
      c.fillText(plain(cycles), Math.max(this.gutter + half, Math.min(x, this.width - half)), 11);
    }
    c.textAlign = 'right';
    c.fillStyle = this.ink.muted;
    c.fillText('cycle', this.gutter - 8, 11);
  }

  drawRow(c, row, y, index) {
    const focused = index === this.cursor && document.activeElement === this.canvas;
    if (row.kind === 'layer') {
      c.fillStyle = this.ink.line;
      c.globalAlpha = 0.45;
      c.fillRect(0, y, this.width, 1);
      c.globalAlpha = 1;
    }
    if (focused) {
      c.fillStyle = this.ink.accent;
      c.globalAlpha = 0.14;
      c.fillRect(0, y, this.width, row.height);
      c.globalAlpha = 1;
    }
    c.textAlign = 'right';
    c.fillStyle = row.kind === 'layer' || row.kind === 'critical' ? this.ink.text : this.ink.muted;
    const mark = this.canOpen(row) ? (this.open.has(row.key) ? '\u25be ' : '\u25b8 ') : '';
    let name = row.name;
    while (name.length > 4 && c.measureText(mark + name).width > this.gutter - 12) {
      name = '\u2026' + name.slice(2);
    }
    c.fillText(mark + name, this.gutter - 8, y + row.height / 2 + 0.5);
    c.save();
    c.beginPath();
    c.rect(this.gutter, y, this.plotWidth, row.height);
    c.clip();
    if (row.kind === 'critical') {
      this.drawCritical(c, y + 3, row.height - 6);
    } else {
      this.drawWork(c, row, y + 1.5, row.height - 3);
    }
    c.restore();
  }

  drawCritical(c, y, height) {
    for (let i = Math.max(0, firstAfter(this.criticalStarts, this.range[0]) - 1); i < this.critical.length && this.critical[i][0] < this.range[1]; ++i) {
      const [begin, end, state, station] = this.critical[i];
      // Whole pixels, so that pieces of one colour show no seams.
      const x = Math.round(this.x(begin));
      c.fillStyle = state === 0 ? this.ink.layers[this.layerOf.get(station)] : this.ink.states[state];
      c.fillRect(x, y, Math.round(this.x(end)) - x, height);
    }
    // One text for each stretch of one station.
    c.fillStyle = this.ink.text;
    c.textAlign = 'center';
    for (let i = Math.max(0, firstAfter(this.criticalStarts, this.range[0]) - 1); i < this.critical.length && this.critical[i][0] < this.range[1];) {
      let j = i;
      while (j + 1 < this.critical.length && this.critical[j + 1][3] === this.critical[i][3]) {
        ++j;
      }
      const from = Math.max(this.gutter, this.x(this.critical[i][0]));
      const to = Math.min(this.width, this.x(this.critical[j][1]));
      const name = DATA.stations[this.critical[i][3]];
      const width = c.measureText(name).width + 8;
      if (to - from > width) {
        c.globalAlpha = 0.82;
        c.fillStyle = this.ink.ground;
        c.fillRect((from + to - width) / 2, y + 1, width, height - 2);
        c.globalAlpha = 1;
        c.fillStyle = this.ink.text;
        c.fillText(name, (from + to) / 2, y + height / 2 + 0.5);
      }
      i = j + 1;
    }
  }

  drawWork(c, row, y, height) {
    const pixels = Math.ceil(this.plotWidth);
    const cover = new Float32Array(pixels);
    const perUnit = this.plotWidth / (this.range[1] - this.range[0]);
    const add = (begin, end, weight) => {
      const from = Math.max(0, (begin - this.range[0]) * perUnit);
      const to = Math.min(pixels, (end - this.range[0]) * perUnit);
      for (let pixel = Math.floor(from); pixel < to; ++pixel) {
        cover[pixel] += weight * (Math.min(pixel + 1, to) - Math.max(pixel, from));
      }
    };
    let separate = false;
    for (const duplicate of row.duplicates) {
      if (DATA.detail === 'activity') {
        this.addActivity(duplicate, cover, 1 / row.duplicates.length);
        continue;
      }
      const from = firstAfter(duplicate.finish, this.range[0]);
      const to = firstAfter(duplicate.start, this.range[1]);
      separate = row.duplicates.length === 1 && this.plotWidth / (to - from + 1) > 3;
      for (let i = from; i < to; ++i) {
        add(duplicate.start[i], duplicate.finish[i], 1 / row.duplicates.length);
      }
    }
    if (this.showWaits && row.duplicates.length === 1) {
      this.drawWaits(c, row, y + height * 0.3, height * 0.4);
    }
    c.fillStyle = this.ink.layers[row.layer];
    for (let pixel = 0; pixel < pixels;) {
      const level = Math.round(20 * cover[pixel]);
      const from = pixel;
      while (pixel < pixels && Math.round(20 * cover[pixel]) === level) {
        ++pixel;
      }
      if (level > 0) {
        c.globalAlpha = Math.min(1, 0.12 + 0.88 * level / 20);
        c.fillRect(this.gutter + from, y, pixel - from, height);
      }
    }
    c.globalAlpha = 1;
    if (separate && row.kind !== 'pe') {
      this.drawSets(c, row.duplicates[0], y, height);
    }
    if (this.showCritical) {
      c.fillStyle = this.ink.accent;
      for (const duplicate of row.duplicates) {
        for (const [begin, end] of this.criticalOf[duplicate.index]) {
          if (end > this.range[0] && begin < this.range[1]) {
            c.fillRect(this.x(begin), y + height - 2, Math.max(0.5, this.x(end) - this.x(begin)), 2.5);
          }
        }
      }
    }
  }

  /** Where sets are wide enough: the bounds between them, and their numbers. */
  drawSets(c, duplicate, y, height) {
    const to = firstAfter(duplicate.start, this.range[1]);
    c.textAlign = 'center';
    for (let i = firstAfter(duplicate.finish, this.range[0]); i < to; ++i) {
      const [from, until] = [this.x(duplicate.start[i]), this.x(duplicate.finish[i])];
      c.fillStyle = this.ink.ground;
      c.fillRect(until - 0.5, y, 1, height);
      if (until - from > 30) {
        c.fillText(String(duplicate.set[i]), (Math.max(from, this.gutter) + Math.min(until, this.width)) / 2, y + height / 2 + 0.5);
      }
    }
  }

  addActivity(duplicate, cover, weight) {
    const width = DATA.activity_width_ps / DATA.unit_ps;
    const perPixel = (this.range[1] - this.range[0]) / this.plotWidth;
    for (let pixel = 0; pixel < cover.length; ++pixel) {
      const begin = this.range[0] + pixel * perPixel;
      const first = Math.floor(begin / width);
      const last = Math.min(duplicate.activity.length - 1, Math.max(first, Math.ceil((begin + perPixel) / width) - 1));
      let sum = 0;
      for (let span = first; span <= last; ++span) {
        sum += duplicate.activity[span];
      }
      cover[pixel] += weight * sum / (255 * Math.max(1, last - first + 1));
    }
  }

  waitsOf(row, position) {
    const duplicate = row.duplicates[0];
    return (row.part !== undefined && duplicate.ownWaits[row.part].get(position)) || duplicate.waits.get(position);
  }

  drawWaits(c, row, y, height) {
    const duplicate = row.duplicates[0];
    if (DATA.detail === 'activity') {
      const width = DATA.activity_width_ps / DATA.unit_ps;
      const step = (this.range[1] - this.range[0]) / this.plotWidth;
      for (let pixel = 0; pixel < this.plotWidth; ++pixel) {
        const state = duplicate.waiting[Math.floor((this.range[0] + (pixel + 0.5) * step) / width)];
        if (state > 0) {
          c.fillStyle = this.ink.states[state - 1];
          c.fillRect(this.gutter + pixel, y, 1, height);
        }
      }
      return;
    }
    const to = Math.min(duplicate.count, firstAfter(duplicate.start, this.range[1]) + 1);
    for (let i = firstAfter(duplicate.finish, this.range[0]); i < to; ++i) {
      const waits = this.waitsOf(row, i);
      if (!waits) {
        continue;
      }
      let begin = i > 0 ? duplicate.finish[i - 1] : 0;
      for (let k = 0; k < waits.length; k += 2) {
        const end = begin + waits[k + 1];
        if (this.x(end) - this.x(begin) > 0.3) {
          c.fillStyle = this.ink.states[waits[k]];
          c.fillRect(this.x(begin), y, this.x(end) - this.x(begin), height);
        }
        begin = end;
      }
    }
  }

  /** The row that shows a duplicate: its own, or that of its layer. */
  rowOf(duplicate) {
    return this.rows.find((row) => row.key === 'd' + duplicate.index) ?? this.rows.find((row) => row.key === 'l' + duplicate.layer);
  }

  drawSelection(c, scroll) {
    if (!this.selected) {
      return;
    }
    const {duplicate, position} = this.selected;
    const middle = (row) => row.y - scroll + Gantt.axisHeight + row.height / 2;
    const row = this.rowOf(duplicate);
    const [from, to] = [this.x(duplicate.start[position]), this.x(duplicate.finish[position])];
    c.strokeStyle = this.ink.text;
    c.lineWidth = 2;
    c.strokeRect(from, middle(row) - row.height / 2 + 1, Math.max(2, to - from), row.height - 2);
    const maker = this.place(duplicate.maker[position]);
    if (maker) {
      const x = this.x(maker.duplicate.finish[maker.position]);
      const y = middle(this.rowOf(maker.duplicate));
      c.strokeStyle = c.fillStyle = this.ink.accent;
      c.lineWidth = 1.5;
      c.beginPath();
      c.moveTo(x, y);
      c.bezierCurveTo(x + 20, y, from - 20, middle(row), from, middle(row));
      c.stroke();
      c.beginPath();
      c.moveTo(from, middle(row));
      c.lineTo(from - 6, middle(row) - 4);
      c.lineTo(from - 6, middle(row) + 4);
      c.fill();
    }
    c.lineWidth = 1;
  }

  // --- sets ---

  /** The set with that number over all duplicates. */
  place(number) {
    if (number < 0) {
      return null;
    }
    const duplicate = this.duplicates.findLast((one) => one.first <= number);
    return {duplicate, position: number - duplicate.first};
  }

  setName(duplicate, position) {
    const image = duplicate.image && DATA.images > 1 ? `, image ${duplicate.image[position]}` : '';
    return `${DATA.layers[duplicate.layer].name}, set ${duplicate.set[position]}${image}`;
  }

  /** What can be said of a set, in lines. */
  describe(duplicate, position, row = {duplicates: [duplicate]}) {
    const layer = DATA.layers[duplicate.layer];
    const set = duplicate.set[position];
    const columns = layer.columns.length - 1;
    const [r, q] = [Math.floor(set / columns), set % columns];
    const cycles = (time) => plain(time * DATA.unit_ps / DATA.t_mvm_ps);
    const [start, finish] = [duplicate.start[position], duplicate.finish[position]];
    const waits = this.waitsOf(row, position);
    let waited = 'did not wait';
    if (waits) {
      const parts = [];
      for (let k = 0; k < waits.length; k += 2) {
        parts.push(`${DATA.states[waits[k]]} ${cycles(waits[k + 1])}`);
      }
      waited = `waited ${cycles(start - (position > 0 ? duplicate.finish[position - 1] : 0))} cycles: ${parts.join(', ')}`;
    }
    const maker = this.place(duplicate.maker[position]);
    const last = duplicate.last[position];
    let came = '';
    if (last >= 0) {
      const on = maker && last !== DATA.layers[maker.duplicate.layer].station && last !== layer.station;
      came = 'needed last: ' + (maker ? `the result of ${this.setName(maker.duplicate, maker.position)}` : 'the network\u2019s input') +
        (on ? `, by way of ${DATA.stations[last]}` : '') + (maker && last === layer.station ? ', and room for its own' : '');
    }
    return [this.setName(duplicate, position),
      `duplicate ${duplicate.number} on ${duplicate.pes} PEs; rows ${layer.rows[r]}\u2013${layer.rows[r + 1] - 1}, columns ${layer.columns[q]}\u2013${layer.columns[q + 1] - 1}`,
      `cycles ${cycles(start)} to ${cycles(finish)} (${picoseconds(start * DATA.unit_ps)}, for ${picoseconds((finish - start) * DATA.unit_ps)})`, waited, came];
  }

  select(duplicate, position) {
    this.selected = {duplicate, position};
    const maker = this.place(duplicate.maker[position]);
    this.details.replaceChildren(...lines(...this.describe(duplicate, position)), ...(maker ?
      [element('button', {type: 'button', onclick: () => this.goTo(maker)}, 'Go to what it waited for')] : []));
    this.draw();
  }

  goTo({duplicate, position}) {
    const span = this.range[1] - this.range[0];
    const [start, finish] = [duplicate.start[position], duplicate.finish[position]];
    if (start < this.range[0] || finish > this.range[1]) {
      this.show((start + finish - span) / 2, (start + finish + span) / 2);
    }
    const row = this.rowOf(duplicate);
    this.cursor = this.rows.indexOf(row);
    this.reveal(row);
    this.select(duplicate, position);
  }

  reveal(row) {
    const visible = this.height - Gantt.axisHeight;
    if (row.y < this.frame.scrollTop) {
      this.frame.scrollTop = row.y;
    } else if (row.y + row.height > this.frame.scrollTop + visible) {
      this.frame.scrollTop = row.y + row.height - visible;
    }
  }

  /** The row at a height on the canvas. */
  rowAt(y) {
    const at = y - Gantt.axisHeight + this.frame.scrollTop;
    return y < Gantt.axisHeight ? undefined : this.rows.find((row) => at >= row.y && at < row.y + row.height);
  }

  /** The sets of a row's duplicates that run at a time, or that they then wait for. */
  setsAt(row, time) {
    return row.duplicates.map((duplicate) => ({duplicate, position: firstAfter(duplicate.finish, time)}))
      .filter(({duplicate, position}) => position < duplicate.count);
  }

  linesAt(row, time) {
    const at = `cycle ${plain(Math.floor(time * DATA.unit_ps / DATA.t_mvm_ps))}`;
    if (row.kind === 'critical') {
      const segment = this.critical[Math.max(0, firstAfter(this.criticalStarts, time) - 1)];
      return [`${DATA.stations[segment[3]]}: ${DATA.states[segment[2]]}`, `critical path, for ${picoseconds((segment[1] - segment[0]) * DATA.unit_ps)}`];
    }
    if (DATA.detail === 'activity') {
      const span = Math.floor(time * DATA.unit_ps / DATA.activity_width_ps);
      const share = row.duplicates.reduce((sum, duplicate) => sum + duplicate.activity[span], 0) / row.duplicates.length / 255;
      const state = row.duplicates[0].waiting[span];
      return [`${DATA.layers[row.layer].name}${row.kind === 'duplicate' ? ', ' + row.name : ''}`, `${at}: ${percent(share)} active`,
        state > 0 ? `waits mostly: ${DATA.states[state - 1]}` : ''];
    }
    const sets = this.setsAt(row, time);
    if (sets.length === 1) {
      return this.describe(sets[0].duplicate, sets[0].position, row);
    }
    if (sets.length === 0) {
      return [DATA.layers[row.layer].name, `${at}: finished`];
    }
    const running = sets.filter(({duplicate, position}) => duplicate.start[position] <= time);
    return [DATA.layers[row.layer].name, `${at}: ${running.length} of ${row.duplicates.length} duplicates compute`,
      ...running.slice(0, 6).map(({duplicate, position}) => `duplicate ${duplicate.number}: set ${duplicate.set[position]}`),
      running.length > 6 ? '\u2026' : ''];
  }

  // --- pointer and keys ---

  listen() {
    const at = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    let drag = null;
    this.frame.addEventListener('scroll', () => this.draw());
    this.canvas.addEventListener('wheel', (event) => {
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        this.zoom(2 ** (-event.deltaY / 240), this.time(at(event)[0]));
      } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault();
        this.pan((event.deltaX || event.deltaY) / 1000);
      }
    }, {passive: false});
    this.canvas.addEventListener('pointerdown', (event) => {
      drag = {x: event.clientX, range: [...this.range], moved: false};
      this.canvas.setPointerCapture(event.pointerId);
    });
    this.canvas.addEventListener('pointermove', (event) => {
      const [x, y] = at(event);
      if (drag && Math.abs(event.clientX - drag.x) > 3) {
        drag.moved = true;
        this.canvas.classList.add('dragging');
        const step = (drag.x - event.clientX) / this.plotWidth * (drag.range[1] - drag.range[0]);
        this.show(drag.range[0] + step, drag.range[1] + step);
        hideTip();
        return;
      }
      const row = this.rowAt(y);
      if (row && x > this.gutter) {
        showTip(event.clientX, event.clientY, ...lines(...this.linesAt(row, this.time(x))));
      } else {
        hideTip();
      }
    });
    this.canvas.addEventListener('pointerup', (event) => {
      const [x, y] = at(event);
      const clicked = drag && !drag.moved;
      drag = null;
      this.canvas.classList.remove('dragging');
      if (clicked) {
        this.press(x, y);
      }
    });
    this.canvas.addEventListener('pointerleave', hideTip);
    this.canvas.addEventListener('dblclick', (event) => {
      if (at(event)[0] > this.gutter) {
        this.zoom(4, this.time(at(event)[0]));
      }
    });
    this.canvas.addEventListener('keydown', (event) => this.key(event));
    this.canvas.addEventListener('focus', () => this.draw());
    this.canvas.addEventListener('blur', () => this.draw());
  }

  press(x, y) {
    const row = this.rowAt(y);
    if (!row) {
      return;
    }
    this.cursor = this.rows.indexOf(row);
    if (x <= this.gutter) {
      this.toggle(row);
      return;
    }
    const time = this.time(x);
    if (row.kind === 'critical') {
      const segment = this.critical[Math.max(0, firstAfter(this.criticalStarts, time) - 1)];
      if (segment[4] >= 0 && DATA.detail === 'sets') {
        this.goTo({duplicate: this.duplicates[segment[4]], position: segment[5]});
        return;
      }
    } else if (DATA.detail === 'sets') {
      const sets = this.setsAt(row, time);
      const running = sets.find(({duplicate, position}) => duplicate.start[position] <= time) ?? sets[0];
      if (running) {
        this.select(running.duplicate, running.position);
        return;
      }
    }
    this.details.replaceChildren(...lines(...this.linesAt(row, time)));
    this.draw();
  }

  key(event) {
    const row = this.rows[this.cursor];
    const step = (by) => {
      this.cursor = Math.max(0, Math.min(this.rows.length - 1, this.cursor + by));
      this.reveal(this.rows[this.cursor]);
      this.details.replaceChildren(...lines(this.rows[this.cursor].name));
    };
    const next = (by) => {
      if (DATA.detail !== 'sets' || !row.duplicates) {
        return;
      }
      const duplicate = this.selected && row.duplicates.includes(this.selected.duplicate) ? this.selected.duplicate : row.duplicates[0];
      const position = this.selected && this.selected.duplicate === duplicate ? this.selected.position + by : firstAfter(duplicate.finish, this.range[0]);
      if (position >= 0 && position < duplicate.count) {
        this.goTo({duplicate, position});
      }
    };
    const actions = {
      ArrowLeft: () => this.pan(-0.2), ArrowRight: () => this.pan(0.2), ArrowUp: () => step(-1), ArrowDown: () => step(1),
      PageUp: () => step(-10), PageDown: () => step(10), Home: () => this.show(0, DATA.end), Enter: () => this.toggle(row), ' ': () => this.toggle(row),
      '+': () => this.zoom(2), '=': () => this.zoom(2), '-': () => this.zoom(0.5), n: () => next(1), p: () => next(-1),
      w: () => {
        const maker = this.selected && this.place(this.selected.duplicate.maker[this.selected.position]);
        if (maker) {
          this.goTo(maker);
        }
      },
    };
    const action = actions[event.key];
    if (action && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      action();
      this.draw();
    }
  }
}
