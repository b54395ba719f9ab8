// report.html: the sections on a run.

const summary = DATA.summary;
const completed = summary.outcome === 'completed';
const WAITING = DATA.states.filter((state) => !['active', 'finished', 'unused'].includes(state));

function heading() {
  const name = `${summary.network.name} on ${summary.architecture}`;
  return [element('h1', {}, name), element('p', {class: 'muted'}, `Crossweave ${summary.version}, configuration ${summary.config_hash}`)];
}

function card(value, what) {
  return element('div', {class: 'card'}, element('b', {}, value), element('span', {}, what));
}

function summarySection() {
  const cards = element('div', {class: 'cards'});
  if (completed) {
    cards.append(
      card(plain(summary.latency_cycles), `cycles: the latency, ${picoseconds(summary.latency_ps)}`),
      card(`${summary.speedup.toFixed(2)}\u00d7`, `faster than layer by layer (${plain(summary.layer_by_layer_cycles)} cycles)`),
      card(percent(summary.utilization, 2), `utilization of ${plain(summary.pes)} PEs`),
      card(plain(summary.scheduled_latency_cycles), 'cycles scheduled'),
      card(plain(summary.lower_bound_cycles), 'cycles: no schedule of this mapping is faster'));
    if (DATA.images > 1) {
      cards.append(
        card(plain(summary.inference.images), `images, ${plain(summary.inference.images_per_second)} a second`),
        card(plain(summary.inference.initiation_interval_cycles), `cycles from image to image, at least ${plain(summary.inference.initiation_interval_bound_cycles)}`));
    }
  } else {
    cards.append(card(summary.outcome, `after ${picoseconds(DATA.end * DATA.unit_ps)}`));
  }
  cards.append(
    card(plain(summary.network.base_layers), `base layers, at least ${plain(summary.network.min_pes)} PEs`),
    card(plain(summary.sets * DATA.images), `sets, ${plain(summary.dependencies)} dependencies`),
    card(plain(summary.tiles), `tiles, in a mesh of ${DATA.mesh.join(' \u00d7 ')}`));
  const rest = completed
    ? [element('p', {}, element('b', {}, 'Limited by: '), DATA.limits)]
    : [element('p', {}, 'The run did not complete. Who waits for what:'), element('ul', {class: 'waiting'}, ...summary.waiting.map((line) => element('li', {}, line)))];
  return section('summary', 'Summary', cards, ...rest);
}

// --- timeline ---

let history = null;
const gantt = new Gantt((range) => history?.show(range));

function timelineSection() {
  const button = (text, act, label) => element('button', {type: 'button', onclick: act, 'aria-label': label ?? text}, text);
  const check = (text, checked, act) => element('label', {}, element('input', {type: 'checkbox', checked, onchange: (event) => act(event.target.checked)}), text);
  const rows = element('select', {'aria-label': 'Rows', id: 'rows', onchange: (event) => gantt.openAll(event.target.value)},
    ...[['layers', 'layers'], ['duplicates', 'layers and duplicates'], ...(DATA.detail === 'sets' ? [['pes', 'down to PEs']] : [])]
      .map(([value, text]) => element('option', {value}, text)));
  const note = DATA.detail === 'activity'
    ? element('p', {class: 'muted'}, `${plain(DATA.runs)} sets: shown by how busy each duplicate was in spans of ${picoseconds(DATA.activity_width_ps)}, with the critical path in full.`) : null;
  return section('timeline', 'Timeline',
    element('p', {class: 'hint muted'}, 'Drag to move, Ctrl and wheel or double click to zoom, click a set for what it waited for, a name to open it.'),
    note,
    element('div', {class: 'bar'}, rows, button('+', () => gantt.zoom(2), 'Zoom in'), button('\u2212', () => gantt.zoom(0.5), 'Zoom out'), button('All', () => gantt.show(0, DATA.end), 'Show all'),
      gantt.critical.length ? check('critical path', true, (on) => { gantt.showCritical = on; gantt.draw(); }) : null,
      check('waits', true, (on) => { gantt.showWaits = on; gantt.draw(); })),
    gantt.frame, gantt.details, legendBox());
}

/** Of the states that occur. */
function legendBox() {
  const box = element('div');
  const seen = usedStates();
  keepDrawn(() => box.replaceChildren(legend(seen.map((state) => [state, stateColor(DATA.states.indexOf(state))]))));
  return box;
}

function usedStates() {
  return completed ? DATA.states.filter((state) => (summary.pe_states[state] ?? 0) > 0) : WAITING;
}

// --- utilization over time ---

function historySection() {
  const box = element('div', {class: 'frame'});
  const spans = DATA.history.shares[0].length;
  const cycles = DATA.t_mvm_ps;
  const xs = Array.from({length: spans + 1}, (_, i) => Math.min(i * DATA.history.width_ps, DATA.end * DATA.unit_ps) / cycles);
  // Stacked: each series is drawn from 0 over those that reach higher, which come before it.
  const shown = DATA.states.map((name, state) => state).filter((state) => DATA.history.shares[state].some((share) => share > 0));
  const sums = new Map();
  let below = new Array(spans).fill(0);
  for (const state of shown) {
    below = below.map((sum, i) => sum + DATA.history.shares[state][i]);
    sums.set(state, [...below, below[spans - 1]]);
  }
  const order = [...shown].reverse();
  let chart = null;
  const build = () => {
    chart?.destroy();
    const axis = {stroke: color('muted'), grid: {stroke: color('line'), width: 1}, ticks: {stroke: color('line')}};
    const share = (state) => (u, value, series, index) => index === null ? '' : percent(DATA.history.shares[state][Math.min(index, spans - 1)]);
    chart = new uPlot({
      width: Math.max(260, (box.clientWidth || 900) - 2), height: 260, padding: [10, 16, 0, 0],
      scales: {x: {time: false}, y: {range: [0, 1]}},
      axes: [{...axis, label: 'cycle', labelSize: 20, values: (u, values) => values.map(plain)}, {...axis, values: (u, values) => values.map((value) => percent(value, 0)), size: 56}],
      series: [{label: 'cycle', value: (u, value) => value === null ? '' : plain(Math.round(value))},
        ...order.map((state) => ({label: DATA.states[state], fill: stateColor(state), stroke: stateColor(state), width: 0, points: {show: false},
          paths: uPlot.paths.stepped({align: 1}), value: share(state)}))],
      cursor: {points: {show: false}, drag: {x: true, y: false}},
      hooks: {setScale: [(u, key) => {
        const range = [u.scales.x.min, u.scales.x.max].map((at) => at * cycles / DATA.unit_ps);
        if (key === 'x' && range.some((at, i) => Math.abs(at - gantt.range[i]) > 1)) {
          gantt.show(...range, true);
        }
      }]},
    }, [xs, ...order.map((state) => sums.get(state))], box);
    history.show(gantt.range);
  };
  history = {
    show(range) {
      chart.setScale('x', {min: range[0] * DATA.unit_ps / cycles, max: range[1] * DATA.unit_ps / cycles});
    },
    get chart() { return chart; },
  };
  requestAnimationFrame(() => keepDrawn(build));
  return section('utilization', 'Utilization over time',
    element('p', {class: 'muted'}, `What the ${plain(summary.pes)} PEs do; \u201cactive\u201d is the utilization, on average ${percent(summary.utilization, 2)}. Drag to zoom, here and in the timeline; double click shows all.`), box);
}

// --- maps of the chip ---

/**
 * A map of the mesh: `draw(context, tile, x, y, size)` fills a tile's square, `read(tile)` says what it shows. With
 * `links(context, pitch, margin)`, which draws between routers, they are draw(context, column, row, x, y, size) and
 * read(column, row).
 * Arrow keys go from tile to tile.
 */
class MeshMap {
  constructor(title, ends, draw, read, links = null) {
    this.tiles = new Map();  // those at a router, which are several in a concentrated mesh
    DATA.tiles.forEach((tile, index) => this.tiles.set(`${tile.x},${tile.y}`, [...this.tilesAt(tile.x, tile.y), {...tile, index}]));
    this.columns = Math.max(DATA.mesh[0], ...DATA.tiles.map((tile) => tile.x + 1));
    this.rows = Math.max(DATA.mesh[1], ...DATA.tiles.map((tile) => tile.y + 1));
    Object.assign(this, {drawTile: draw, read, links, at: null});
    this.canvas = element('canvas', {tabindex: 0, role: 'img', 'aria-label': `${title}, tile by tile; arrow keys go from tile to tile`});
    this.readout = element('div', {class: 'readout', 'aria-live': 'polite'});
    this.figure = element('figure', {}, element('figcaption', {}, title), this.canvas, element('div', {class: 'ramp'}),
      element('div', {class: 'ends'}, element('span', {}, ends[0]), element('span', {}, ends[1])), this.readout);
    this.canvas.addEventListener('pointermove', (event) => {
      const box = this.canvas.getBoundingClientRect();
      this.choose(Math.floor((event.clientX - box.left) / this.pitch), Math.floor((event.clientY - box.top) / this.pitch));
    });
    this.canvas.addEventListener('keydown', (event) => {
      const step = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
      if (step) {
        event.preventDefault();
        const [x, y] = this.at ?? [0, 0];
        this.choose(Math.max(0, Math.min(this.columns - 1, x + (this.at ? step[0] : 0))), Math.max(0, Math.min(this.rows - 1, y + (this.at ? step[1] : 0))));
      }
    });
    requestAnimationFrame(() => keepDrawn(() => this.draw()));
  }

  tilesAt(x, y) {
    return this.tiles.get(`${x},${y}`) ?? [];
  }

  choose(x, y) {
    if (this.at && this.at[0] === x && this.at[1] === y) {
      return;
    }
    this.at = [x, y];
    const tiles = this.tilesAt(x, y);
    if (x >= this.columns || y >= this.rows) {
      this.readout.textContent = '';
    } else if (this.links) {
      this.readout.textContent = `router (${x}, ${y}): ${this.read(x, y)}`;
    } else {
      this.readout.textContent = tiles.map((tile) => `tile ${tile.index} (${x}, ${y}): ${this.read(tile)}`).join('; ') || `(${x}, ${y}): no tile`;
    }
    this.draw();
  }

  draw() {
    const width = Math.min(this.figure.clientWidth || 300, 460);
    this.pitch = Math.max(4, Math.min(width / this.columns, 420 / this.rows));
    const c = contextOf(this.canvas, this.pitch * this.columns, this.pitch * this.rows);
    const size = this.pitch * (this.links ? 0.5 : 0.92);
    const margin = (this.pitch - size) / 2;
    for (let y = 0; y < this.rows; ++y) {
      for (let x = 0; x < this.columns; ++x) {
        const [left, top] = [x * this.pitch + margin, y * this.pitch + margin];
        c.fillStyle = color('panel');
        c.fillRect(left, top, size, size);
        const tiles = this.tilesAt(x, y);
        if (this.links) {
          this.drawTile(c, x, y, left, top, size);
        } else {
          const across = Math.ceil(Math.sqrt(tiles.length));
          const part = size / across;
          tiles.forEach((tile, i) => this.drawTile(c, tile, left + (i % across) * part, top + Math.floor(i / across) * part, part - (across > 1 ? 1 : 0)));
        }
        if (this.at && this.at[0] === x && this.at[1] === y) {
          c.strokeStyle = color('accent');
          c.lineWidth = 2;
          c.strokeRect(left, top, size, size);
        }
      }
    }
    this.links?.(c, this.pitch, margin);
  }
}

function mapsSection() {
  const average = (values) => values.length ? values.reduce((a, b) => a + b, 0) / values.length : 0;
  const busiest = Math.max(0.0001, ...DATA.tiles.flatMap((tile) => tile.pes));
  const maps = [new MeshMap('PE utilization', ['0 %', percent(busiest)], (c, tile, x, y, size) => {
    const columns = Math.ceil(Math.sqrt(tile.pes.length));
    const rows = Math.ceil(tile.pes.length / columns);
    tile.pes.forEach((share, pe) => {
      c.fillStyle = ramp(share / busiest);
      const gap = size > 24 ? 1 : 0;
      c.fillRect(x + (pe % columns) * size / columns, y + Math.floor(pe / columns) * size / rows, size / columns - gap, size / rows - gap);
    });
  }, (tile) => `${percent(average(tile.pes))} on average of ${tile.pes.length} PEs: ${tile.pes.map((share) => percent(share, 0)).join(', ')}`)];

  if (DATA.links.length) {
    const timed = DATA.links.some((link) => link[4] > 0);
    const load = (link) => timed ? link[4] : link[3];
    const most = Math.max(...DATA.links.map(load)) || 1;
    const say = (link) => timed ? `${percent(link[4])} busy, ${bytes(link[3])}` : bytes(link[3]);
    const at = new Map();
    DATA.links.forEach((link) => at.set(`${link[0]},${link[1]}`, [...(at.get(`${link[0]},${link[1]}`) ?? []), link]));
    const local = (x, y) => (at.get(`${x},${y}`) ?? []).filter((link) => link[2].startsWith('local'));
    const paint = (c, column, row, x, y, size) => {
      c.fillStyle = ramp(Math.max(0, ...local(column, row).map(load)) / most);
      c.fillRect(x, y, size, size);
    };
    const draw = (c, pitch, margin) => {
      for (const link of DATA.links) {
        const [x, y] = [link[0] * pitch + pitch / 2, link[1] * pitch + pitch / 2];
        const reach = {east: [1, 0], west: [-1, 0], south: [0, 1], north: [0, -1]}[link[2]];
        if (!reach) {
          continue;
        }
        // Both ways between two routers lie side by side, right of their direction.
        const thick = Math.max(1.5, margin * 0.42);
        const [dx, dy] = reach;
        const [length, from] = [2 * margin - 2, pitch / 2 - margin + 1];
        const [cx, cy] = [x + dx * (from + length / 2) - dy * thick * 0.62, y + dy * (from + length / 2) + dx * thick * 0.62];
        c.fillStyle = ramp(load(link) / most);
        c.beginPath();
        const tipAt = [cx + dx * length / 2, cy + dy * length / 2];
        const [bx, by] = [cx - dx * length / 2, cy - dy * length / 2];
        const notch = Math.min(thick * 0.8, length / 2);
        c.moveTo(bx - dy * thick / 2, by + dx * thick / 2);
        c.lineTo(tipAt[0] - dx * notch - dy * thick / 2, tipAt[1] - dy * notch + dx * thick / 2);
        c.lineTo(tipAt[0], tipAt[1]);
        c.lineTo(tipAt[0] - dx * notch + dy * thick / 2, tipAt[1] - dy * notch - dx * thick / 2);
        c.lineTo(bx + dy * thick / 2, by - dx * thick / 2);
        c.closePath();
        c.fill();
        c.strokeStyle = color('line');
        c.lineWidth = 0.5;
        c.stroke();
      }
    };
    maps.push(new MeshMap('Link load', ['0', timed ? percent(most) : bytes(most)], paint,
      (x, y) => (at.get(`${x},${y}`) ?? []).map((link) => `${link[2]} ${say(link)}`).join('; ') || 'nothing sent', draw));
  }

  const peak = Math.max(1, ...DATA.tiles.map((tile) => Math.max(tile.input_peak, tile.output_peak)));
  maps.push(new MeshMap('Buffer peak (input left, output right)', ['0', bytes(peak)], (c, tile, x, y, size) => {
    c.fillStyle = ramp(tile.input_peak / peak);
    c.fillRect(x, y, size / 2 - 0.5, size);
    c.fillStyle = ramp(tile.output_peak / peak);
    c.fillRect(x + size / 2 + 0.5, y, size / 2 - 0.5, size);
  }, (tile) => `input ${bytes(tile.input_peak)}, output ${bytes(tile.output_peak)}`));

  if (DATA.tiles.some((tile) => tile.gpeu > 0)) {
    const most = Math.max(...DATA.tiles.map((tile) => tile.gpeu));
    maps.push(new MeshMap('GPEU utilization', ['0 %', percent(most)], (c, tile, x, y, size) => {
      c.fillStyle = ramp(tile.gpeu / most);
      c.fillRect(x, y, size, size);
    }, (tile) => percent(tile.gpeu)));
  }
  return section('maps', 'Maps of the chip', element('div', {class: 'maps'}, ...maps.map((map) => map.figure)));
}

// --- stalls ---

/** A bar of [state, share], with what each part is for those who point at it. */
function stack(parts, label, tall = false) {
  return element('div', {class: tall ? 'stack tall' : 'stack', role: 'img', 'aria-label': `${label}: ${parts.map(([state, share]) => `${state} ${percent(share)}`).join(', ')}`},
    ...parts.map(([state, share]) => {
      const part = element('i', {style: `width:${100 * share}%;background:var(--s-${state})`});
      part.addEventListener('pointermove', (event) => showTip(event.clientX, event.clientY, ...lines(label, `${state} ${percent(share)}`)));
      part.addEventListener('pointerleave', hideTip);
      return part;
    }));
}

function stallSection() {
  const rows = summary.layers.flatMap((layer) => {
    const parts = [['active', layer.utilization], ...WAITING.map((state) => [state, layer.stalls[state] ?? 0])].filter(([, share]) => share > 0);
    return [element('div', {class: 'name', title: layer.name}, layer.name), stack(parts, layer.name)];
  });
  return section('stalls', 'Where each layer\u2019s time went',
    element('p', {class: 'muted'}, 'Of the latency, on the PEs of each layer; the rest of a bar is after their last set.'),
    legendBox(), element('div', {class: 'stalls'}, ...rows));
}

function criticalSection() {
  const path = summary.critical_path;
  const states = DATA.states.filter((state) => path.states[state]);
  const columns = [{title: 'layer or operation', value: (station) => station.name}, {title: 'of the latency', value: (station) => station.share, text: (station) => percent(station.share, 2), numeric: true},
    ...states.map((state) => ({title: state === 'active' ? 'computing' : state, value: (station) => station[state] ?? 0, text: (station) => station[state] ? percent(station[state], 2) : '', numeric: true}))];
  return section('critical', 'Critical path',
    element('p', {class: 'muted'}, `The chain of sets, transfers and operations that made the latency: ${plain(DATA.critical.length)} pieces, in the first row of the timeline too.`),
    stack(states.map((state) => [state, path.states[state]]), 'critical path', true),
    legend(states.map((state) => [`${state} ${percent(path.states[state])}`, `var(--s-${state})`])),
    sortableTable('Critical path by layer and operation', columns, [...path.stations].sort((a, b) => b.share - a.share)));
}

function layerSection() {
  const shape = (values) => values.join(' \u00d7 ');
  const number = (title, key, text) => ({title, value: (layer) => layer[key], text: (layer) => (text ?? plain)(layer[key]), numeric: true});
  const worst = (layer) => Object.entries(layer.stalls ?? {}).reduce((a, b) => b[1] > a[1] ? b : a, ['', 0]);
  const columns = [{title: 'layer', value: (layer) => layer.name}, {title: 'operation', value: (layer) => layer.operation},
    {title: 'OFM', value: (layer) => layer.ofm[0] * layer.ofm[1] * layer.ofm[2], text: (layer) => shape(layer.ofm), numeric: true},
    {title: 'kernel', value: (layer) => layer.kernel[0] * layer.kernel[1], text: (layer) => shape(layer.kernel), numeric: true},
    number('PEs', 'pes'), number('duplicates', 'duplicates'), number('cycles', 'cycles'), number('utilization', 'utilization', (share) => percent(share)),
    number('start', 'start_cycle'), number('finish', 'finish_cycle'),
    {title: 'waits most for', value: (layer) => worst(layer)[1], text: (layer) => worst(layer)[1] > 0 ? `${worst(layer)[0]} ${percent(worst(layer)[1])}` : ''}];
  return section('layers', 'Layers', sortableTable('Layers', columns, summary.layers));
}

function configSection() {
  return section('config', 'Configuration', element('details', {open: true}, element('summary', {}, 'resolved.yaml'), element('pre', {}, DATA.resolved)));
}

const sections = completed
  ? [['summary', 'Summary', summarySection], ['timeline', 'Timeline', timelineSection], ['utilization', 'Utilization', historySection], ['maps', 'Maps', mapsSection],
    ['stalls', 'Stalls', stallSection], ['critical', 'Critical path', criticalSection], ['layers', 'Layers', layerSection], ['config', 'Configuration', configSection]]
  : [['summary', 'Summary', summarySection], ['timeline', 'Timeline', timelineSection], ['maps', 'Maps', mapsSection], ['config', 'Configuration', configSection]];
document.querySelector('main').append(...heading(), navigation(sections), ...sections.map(([, , build]) => build()));
keepDrawn(() => gantt.draw());
