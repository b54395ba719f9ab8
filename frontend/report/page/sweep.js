// report.html of a sweep: its points against their axes and against one another. A point is a number from 0 on; pictures
// show those that completed, and what is chosen or kept in one view is so in all.

const MOST_LINES = 4000;  // of the parallel coordinates; more would hide one another
const ROWS = 50;          // of a table at first
const several = DATA.networks.length > 1;

// --- columns ---

function valuesOf(column) {
  if ('value' in column) {
    return new Array(DATA.points).fill(column.value);
  }
  return column.texts ? column.at.map((at) => at < 0 ? null : column.texts[at]) : column.values;
}

const figures = new Map(DATA.figures.map((figure) => [figure.name, valuesOf(figure)]));

function figure(name, point) {
  return figures.get(name)?.[point] ?? null;
}

const everyPoint = Array.from({length: DATA.points}, (_, point) => point);
const done = everyPoint.filter((point) => figure('outcome', point) === 'completed');
const failed = everyPoint.filter((point) => figure('error', point) !== null);
const unfinished = everyPoint.filter((point) => figure('outcome', point) !== null && figure('outcome', point) !== 'completed');
const onFront = new Set(DATA.fronts.flat());

function least(values) {
  return values.reduce((a, b) => b < a ? b : a, Infinity);
}

function most(values) {
  return values.reduce((a, b) => b > a ? b : a, -Infinity);
}

/**
 * What a scale may show: an axis of the sweep, the network, or a figure. `at(point)` is where the point lies, `text(point)`
 * what it has there, `stops` the places of an axis, each with its name; numbers have none where they are a figure's.
 */
function axisVariable(axis, index) {
  const names = axis.tells_network ? axis.texts.map((text, value) => networkName(axis.at.findIndex((at, point) => at === value && DATA.network_of[point] >= 0)) ?? text) : axis.texts;
  const places = axis.numbers ?? axis.texts.map((_, value) => value);
  const shown = [...new Set(done.map((point) => axis.at[point]))];
  const last = axis.name.split('.').at(-1);
  const short = DATA.axes.some((other) => other !== axis && other.name.split('.').at(-1) === last) ? axis.name : last;
  return {id: 'axis ' + index, name: axis.name, short, label: axis.name, axis, numeric: Boolean(axis.numbers), varies: shown.length > 1,
    at: (point) => places[axis.at[point]], text: (point) => names[axis.at[point]],
    stops: shown.map((value) => [places[value], names[value]]).sort((a, b) => a[0] - b[0])};
}

function networkName(point) {
  return DATA.networks[DATA.network_of[point]];
}

const LABELS = {speedup: 'speed-up', latency_ps: 'latency', latency_cycles: 'cycles', pes: 'PEs'};
const UNITS = {latency_cycles: 'of t_MVM', speedup: 'times layer by layer', 'traffic.bytes': 'bytes', 'traffic.byte_hops': 'bytes \u00d7 hops'};

function figureVariable(name) {
  const values = figures.get(name);
  let [unit, scale, show] = [UNITS[name], 1, (value) => plain(value)];
  if (name.endsWith('_ps')) {
    const longest = most(done.map((point) => values[point] ?? 0));
    [unit, scale] = [['s', 1e-12], ['ms', 1e-9], ['\u00b5s', 1e-6], ['ns', 1e-3]].find(([, size]) => longest * size >= 1) ?? ['ps', 1];
    show = picoseconds;
  } else if (name === 'utilization' || name.includes('states.')) {
    [unit, scale, show] = ['%', 100, (value) => percent(value, 2)];
  } else if (name === 'speedup') {
    show = (value) => value.toFixed(3) + '\u00d7';
  }
  const label = (LABELS[name] ?? name.replace(/_ps$/, '')) + (unit ? ` (${unit})` : '');
  const seen = new Set(done.map((point) => values[point]));
  return {id: name, name, short: LABELS[name] ?? name, label, numeric: true, varies: seen.size > 1, at: (point) => values[point] === null ? NaN : values[point] * scale,
    text: (point) => values[point] === null ? '' : show(values[point])};
}

const axes = DATA.axes.map(axisVariable);
const MAIN = ['speedup', 'utilization', 'latency_ps', 'latency_cycles', 'pes', 'tiles'].filter((name) => figures.has(name));
const figureVariables = [...MAIN, ...[...figures.keys()].filter((name) => !MAIN.includes(name))]
  .filter((name) => done.some((point) => typeof figures.get(name)[point] === 'number')).map(figureVariable)
  .filter((variable) => variable.varies || MAIN.includes(variable.name));
const networkVariable = several && !axes.some((variable) => variable.axis.tells_network)
  ? {id: 'network', name: 'network', short: 'network', label: 'network', numeric: false, varies: true, at: (point) => DATA.network_of[point], text: networkName, stops: DATA.networks.map((name, index) => [index, name])} : null;
const places = [...(networkVariable ? [networkVariable] : []), ...axes];  // what tells points apart
const variables = new Map([...places, ...figureVariables].map((variable) => [variable.id, variable]));

/** Axes that vary together, as variables. */
const dimensions = DATA.dimensions.map((dimension) => dimension.map((axis) => axes[axis]));

/** The place of a point on all dimensions but some, as a key. */
function placeWithout(point, left) {
  return DATA.network_of[point] + ' ' + dimensions.filter((dimension) => !left.includes(dimension)).map((dimension) => dimension.map((variable) => variable.axis.at[point])).join();
}

/** Whether an axis of numbers was made by factors. */
function geometric(variable) {
  const stops = variable.stops?.map(([at]) => at) ?? [];
  return variable.numeric && stops.length > 2 && stops[0] > 0 && stops.every((at, i) => i === 0 || Math.abs(at / stops[i - 1] / (stops[1] / stops[0]) - 1) < 0.02);
}

// --- what is chosen, and what is kept ---

let selected = -1;
let onlyNetwork = -1;
const brushes = new Map();  // by the id of a variable: from where to where points are kept

function isKept(point) {
  for (const [id, [from, to]] of brushes) {
    const at = variables.get(id).at(point);
    if (!(at >= from && at <= to)) {
      return false;
    }
  }
  return true;
}

function inView() {
  return onlyNetwork < 0 ? done : done.filter((point) => DATA.network_of[point] === onlyNetwork);
}

function select(point) {
  selected = point;
  showChosen();
  drawAll();
}

// --- colours and marks of points ---

function seriesColor(index) {
  return index < 8 ? color('c' + (index + 1)) : `hsl(${(index * 137 + 30) % 360} ${color('layer-saturation')} ${color('layer-lightness')})`;
}

const MARKS = ['circle', 'square', 'diamond', 'triangle', 'down', 'ring'];

function drawMark(c, mark, x, y, size = 4) {
  c.beginPath();
  if (mark === 'square') {
    c.rect(x - 0.9 * size, y - 0.9 * size, 1.8 * size, 1.8 * size);
  } else if (mark === 'diamond') {
    [[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]].forEach(([dx, dy], i) => i ? c.lineTo(x + dx * size, y + dy * size) : c.moveTo(x + dx * size, y + dy * size));
  } else if (mark === 'triangle' || mark === 'down') {
    const up = mark === 'triangle' ? 1 : -1;
    [[0, -1.2], [1.2, 1], [-1.2, 1]].forEach(([dx, dy], i) => i ? c.lineTo(x + dx * size, y + up * dy * size) : c.moveTo(x + dx * size, y + up * dy * size));
  } else {
    c.arc(x, y, mark === 'ring' ? size - 0.5 : size, 0, 2 * Math.PI);
  }
  c.closePath();
  if (mark === 'ring') {
    c.lineWidth = 1.8;
    c.stroke();
  } else {
    c.fill();
  }
}

function markSample(mark, paint) {
  const canvas = element('canvas', {'aria-hidden': 'true'});
  const c = contextOf(canvas, 14, 14);
  c.fillStyle = c.strokeStyle = paint;
  drawMark(c, mark, 7, 7);
  return canvas;
}

/** A text that ends in dots after `length` characters; of paths the end is kept. */
function cut(text, length = 22) {
  return text.length <= length ? text : text.includes('/') ? '\u2026' + text.slice(1 - length) : text.slice(0, length - 1) + '\u2026';
}

// --- scales ---

class Scale {
  constructor(variable, points, logarithmic = false) {
    this.variable = variable;
    const values = points.map(variable.at).filter((value) => !Number.isNaN(value));
    let [from, to] = values.length ? [least(values), most(values)] : [0, 1];
    this.logarithmic = logarithmic && from > 0;
    if (this.logarithmic) {
      const room = to > from ? (to / from) ** 0.05 : 2;
      [this.from, this.to] = [from / room, to * room];
    } else {
      const room = to > from ? 0.05 * (to - from) : Math.abs(to) / 2 || 0.5;
      // Where nought is not far, heights are to compare as they look.
      [this.from, this.to] = [!variable.stops && from >= 0 && from < to / 2 ? 0 : from - room, to + room];
    }
  }

  share(value) {
    return this.logarithmic ? Math.log(value / this.from) / Math.log(this.to / this.from) : (value - this.from) / (this.to - this.from);
  }

  value(share) {
    return this.logarithmic ? this.from * (this.to / this.from) ** share : this.from + share * (this.to - this.from);
  }

  /** [place, text], of which those in the scale's range. */
  ticks(count) {
    if (this.variable.stops) {
      return this.variable.stops.filter(([at]) => at >= this.from && at <= this.to);
    }
    const all = [];
    if (this.logarithmic) {
      for (let power = 10 ** Math.floor(Math.log10(this.from)); power < this.to; power *= 10) {
        all.push(...[1, 2, 5].map((factor) => Number((factor * power).toPrecision(3))));
      }
    }
    const within = all.filter((at) => at >= this.from && at <= this.to);
    return (within.length > 1 ? within : ticks(this.from, this.to, count)).map((at) => [at, tickText(at)]);
  }
}

function tickText(value) {
  return Math.abs(value) < 0.01 && value !== 0 ? value.toExponential(0) : plain(value);
}

// --- points over two scales ---

/**
 * `plan()` says what to draw: {x, y: variables, logX, logY, series: [{color, mark, pale, points, chains, staircase}]}, where
 * each of `chains` is joined. Click chooses a point, dragging zooms, a double click shows all; so do keys.
 */
class Scatter {
  constructor(label, plan) {
    Object.assign(this, {plan, range: null, dots: [], cursor: -1});
    this.canvas = element('canvas', {tabindex: 0, role: 'img', 'aria-label': `${label}. Left and right go along, up and down between points one above the other, Enter chooses one, plus and minus zoom, Home shows all.`});
    this.rubber = element('div', {class: 'rubber', hidden: true});
    this.frame = element('div', {class: 'frame scatter'}, this.canvas, this.rubber);
    this.readout = element('div', {class: 'readout', 'aria-live': 'polite'});
    this.listen();
    requestAnimationFrame(() => keepDrawn(() => this.draw()));
  }

  scale(axis) {
    const own = this.drawn[axis];
    const points = this.drawn.series.flatMap((series) => series.points);
    const scale = new Scale(own, points, this.drawn[axis === 'x' ? 'logX' : 'logY']);
    if (this.range) {
      [scale.from, scale.to] = this.range[axis];
    }
    return scale;
  }

  draw() {
    this.drawn = this.plan();
    const [x, y] = [this.x, this.y] = [this.scale('x'), this.scale('y')];
    const width = Math.max(300, (this.frame.clientWidth || 900) - 2);
    const names = x.ticks(Math.max(2, Math.floor(width / 110)));
    const c = contextOf(this.canvas, width, 400);
    const right = width - 18;
    const yTicks = y.ticks(7);
    const left = Math.min(190, 42 + most(yTicks.map(([, text]) => c.measureText(cut(text)).width)));
    const widest = most(names.map(([, text]) => c.measureText(cut(text)).width));
    // Names that do not fit side by side lean.
    const lean = Boolean(x.variable.stops) && !x.variable.numeric && widest + 10 > (right - left) / Math.max(1, names.length);
    const [top, bottom] = [12, 400 - (lean ? 40 + 0.5 * widest : 52)];
    Object.assign(this, {left, right, top, bottom});
    const px = (value) => left + x.share(value) * (right - left);
    const py = (value) => bottom - y.share(value) * (bottom - top);
    c.strokeStyle = color('line');
    c.fillStyle = color('muted');
    c.lineWidth = 1;
    let free = -Infinity;
    for (const [at, text] of names) {
      const place = px(at);
      c.beginPath();
      c.moveTo(place, top);
      c.lineTo(place, bottom + 4);
      c.stroke();
      if (lean) {
        c.save();
        c.translate(place + 4, bottom + 14);
        c.rotate(-Math.PI / 6);
        c.textAlign = 'right';
        c.fillText(cut(text), 0, 0);
        c.restore();
      } else if (place - c.measureText(text).width / 2 > free) {
        c.textAlign = 'center';
        c.fillText(text, Math.min(place, width - 4 - c.measureText(text).width / 2), bottom + 15);
        free = place + c.measureText(text).width / 2 + 8;
      }
    }
    free = Infinity;
    for (const [at, text] of yTicks) {
      const place = py(at);
      c.beginPath();
      c.moveTo(left - 4, place);
      c.lineTo(right, place);
      c.stroke();
      if (place + 7 < free) {
        c.textAlign = 'right';
        c.fillText(cut(text), left - 8, place);
        free = place - 7;
      }
    }
    c.fillStyle = color('text');
    c.textAlign = 'center';
    c.fillText(x.variable.label, (left + right) / 2, 400 - 12);
    c.save();
    c.translate(12, (top + bottom) / 2);
    c.rotate(-Math.PI / 2);
    c.fillText(y.variable.label, 0, 0);
    c.restore();
    c.save();
    c.beginPath();
    c.rect(left - 8, top - 8, right - left + 16, bottom - top + 16);
    c.clip();
    this.dots = [];
    c.lineWidth = 1.6;
    for (const series of this.drawn.series) {
      c.strokeStyle = series.color;
      for (const chain of series.chains ?? []) {
        c.globalAlpha = chain.some(isKept) ? 0.75 : 0.12;
        c.beginPath();
        chain.forEach((point, i) => {
          const [atX, atY] = [px(x.variable.at(point)), py(y.variable.at(point))];
          if (i && series.staircase) {
            c.lineTo(atX, py(y.variable.at(chain[i - 1])));
          }
          i ? c.lineTo(atX, atY) : c.moveTo(atX, atY);
        });
        c.stroke();
      }
    }
    const size = this.drawn.series.reduce((sum, series) => sum + series.points.length, 0) > 5000 ? 2 : 4;
    for (const series of this.drawn.series) {
      c.fillStyle = c.strokeStyle = series.color;
      for (const point of series.points) {
        const dot = {point, x: px(x.variable.at(point)), y: py(y.variable.at(point)), kept: isKept(point)};
        if (Number.isNaN(dot.x + dot.y)) {
          continue;
        }
        this.dots.push(dot);
        c.globalAlpha = dot.kept ? (series.pale ? 0.3 : 1) : 0.1;
        drawMark(c, series.mark ?? 'circle', dot.x, dot.y, size);
      }
    }
    c.globalAlpha = 1;
    for (const dot of this.dots) {
      if (dot.point === selected || dot.point === this.cursor) {
        c.strokeStyle = dot.point === selected ? color('accent') : color('text');
        c.lineWidth = 2;
        c.beginPath();
        c.arc(dot.x, dot.y, 8, 0, 2 * Math.PI);
        c.stroke();
      }
    }
    c.restore();
  }

  visible(dot) {
    return dot.kept && dot.x >= this.left - 1 && dot.x <= this.right + 1 && dot.y >= this.top - 1 && dot.y <= this.bottom + 1;
  }

  /** The dot that is best by `distance`, of those for which it is finite. */
  nearest(distance) {
    let best = null;
    let shortest = Infinity;
    for (const dot of this.dots) {
      const own = this.visible(dot) ? distance(dot) : Infinity;
      if (own < shortest) {
        [best, shortest] = [dot, own];
      }
    }
    return best;
  }

  dotAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    return this.nearest((dot) => {
      const apart = Math.hypot(dot.x - x, dot.y - y);
      return apart < 14 ? apart : Infinity;
    });
  }

  tell(dot) {
    const rows = [...places, this.x.variable, this.y.variable].filter((variable, i, all) => all.indexOf(variable) === i);
    return [`point ${dot.point}`, ...rows.map((variable) => `${variable.name}: ${variable.text(dot.point)}`)];
  }

  zoomTo(fromX, toX, fromY, toY) {
    this.range = {x: [this.x.value(fromX), this.x.value(toX)], y: [this.y.value(fromY), this.y.value(toY)]};
    this.draw();
  }

  showAll() {
    this.range = null;
    this.draw();
  }

  listen() {
    const canvas = this.canvas;
    let from = null;
    const where = (event) => {
      const box = canvas.getBoundingClientRect();
      return [Math.max(this.left, Math.min(this.right, event.clientX - box.left)), Math.max(this.top, Math.min(this.bottom, event.clientY - box.top))];
    };
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button === 0) {
        from = where(event);
        canvas.setPointerCapture(event.pointerId);
      }
    });
    canvas.addEventListener('pointermove', (event) => {
      const at = where(event);
      if (from && Math.hypot(at[0] - from[0], at[1] - from[1]) > 5) {
        hideTip();
        this.rubber.hidden = false;
        Object.assign(this.rubber.style, {left: Math.min(at[0], from[0]) + 'px', top: Math.min(at[1], from[1]) + 'px',
          width: Math.abs(at[0] - from[0]) + 'px', height: Math.abs(at[1] - from[1]) + 'px'});
        return;
      }
      const dot = this.dotAt(event);
      canvas.style.cursor = dot ? 'pointer' : 'crosshair';
      dot ? showTip(event.clientX, event.clientY, ...lines(...this.tell(dot))) : hideTip();
    });
    canvas.addEventListener('pointerleave', hideTip);
    canvas.addEventListener('pointercancel', () => { from = null; this.rubber.hidden = true; });
    canvas.addEventListener('pointerup', (event) => {
      const [at, begin] = [where(event), from];
      from = null;
      this.rubber.hidden = true;
      if (!begin) {
        return;
      }
      if (Math.abs(at[0] - begin[0]) > 5 && Math.abs(at[1] - begin[1]) > 5) {
        const [xs, ys] = [[begin[0], at[0]].sort((a, b) => a - b), [begin[1], at[1]].sort((a, b) => b - a)];
        this.zoomTo(...xs.map((x) => (x - this.left) / (this.right - this.left)), ...ys.map((y) => (this.bottom - y) / (this.bottom - this.top)));
        return;
      }
      const dot = this.dotAt(event);
      if (dot) {
        this.cursor = -1;
        select(dot.point);
      }
    });
    canvas.addEventListener('dblclick', (event) => {
      if (!this.dotAt(event)) {
        this.showAll();
      }
    });
    canvas.addEventListener('keydown', (event) => {
      if (this.key(event.key)) {
        event.preventDefault();
      }
    });
    canvas.addEventListener('blur', () => { this.cursor = -1; this.draw(); });
  }

  key(key) {
    if (key === '+' || key === '=' || key === '-') {
      const inner = key === '-' ? [-0.5, 1.5] : [0.25, 0.75];
      this.zoomTo(...inner, ...inner);
    } else if (key === 'Home') {
      this.showAll();
    } else if (key === 'Enter' && this.cursor >= 0) {
      select(this.cursor);
    } else if (key.startsWith('Arrow')) {
      this.step(key);
    } else {
      return false;
    }
    return true;
  }

  step(key) {
    const now = this.dots.find((dot) => dot.point === this.cursor && this.visible(dot)) ?? this.dots.find((dot) => dot.point === selected && this.visible(dot));
    const sideways = {ArrowLeft: -1, ArrowRight: 1}[key];
    const upwards = {ArrowUp: -1, ArrowDown: 1}[key];
    // Sideways: of the next column the dot that is nearest in height.
    const next = !now ? this.nearest((dot) => dot.x) : this.nearest((dot) => {
      const [dx, dy] = [dot.x - now.x, dot.y - now.y];
      if (sideways) {
        return sideways * dx > 0.5 ? 1e4 * sideways * dx + Math.abs(dy) : Infinity;
      }
      return Math.abs(dx) <= 0.5 && upwards * dy > 0.01 ? upwards * dy : Infinity;
    });
    if (next) {
      this.cursor = next.point;
      this.readout.textContent = this.tell(next).join(', ');
      this.draw();
    }
  }
}

// --- choices ---

function choice(label, options, chosen, act) {
  const list = element('select', {onchange: () => act(list.value)}, ...options.map(([value, name]) => element('option', {value, selected: value === chosen}, name)));
  return element('label', {}, label, list);
}

function check(text, checked, act) {
  return element('label', {}, element('input', {type: 'checkbox', checked, onchange: (event) => act(event.target.checked)}), text);
}

function button(text, act, label) {
  return element('button', {type: 'button', onclick: act, 'aria-label': label ?? text}, text);
}

function pointButton(point, text = String(point)) {
  return button(text, () => select(point), `Point ${point}`);
}

// --- sections ---

function card(value, what, point) {
  return element('div', {class: 'card'}, element('b', {}, value), element('span', {}, what), point === undefined ? null : element('span', {}, ' ', pointButton(point, `point ${point}`)));
}

/** Of points, the one for which a figure is the greatest, or with -1 the least; the first of equal ones. */
function best(points, name, sign) {
  return points.reduce((a, b) => sign * figure(name, b) > sign * figure(name, a) ? b : a);
}

function summarySection() {
  const missing = DATA.points - done.length - failed.length - unfinished.length;
  const cards = [card(plain(DATA.points), 'points'), card(plain(done.length), 'completed')];
  for (const [count, what] of [[failed.length, 'failed'], [unfinished.length, 'ended unfinished'], [missing, 'not run yet']]) {
    if (count) {
      cards.push(card(plain(count), what));
    }
  }
  const text = (name, point) => variables.get(name).text(point);
  if (done.length && !several) {
    const [fast, quick, busy] = [best(done, 'speedup', 1), best(done, 'latency_ps', -1), best(done, 'utilization', 1)];
    cards.push(card(text('speedup', fast), 'the greatest speed-up:', fast), card(text('latency_ps', quick), 'the least latency:', quick), card(text('utilization', busy), 'the greatest utilization:', busy));
  }
  const parts = [element('div', {class: 'cards'}, ...cards)];
  if (several) {
    const of = DATA.networks.map((name, network) => ({name, points: done.filter((point) => DATA.network_of[point] === network), front: DATA.fronts[network]}));
    const extreme = (title, figureName, sign) => {
      const point = (row) => best(row.points, figureName, sign);
      return {title, value: (row) => figure(figureName, point(row)), text: (row) => element('span', {}, text(figureName, point(row)) + ' ', pointButton(point(row), `point ${point(row)}`)), numeric: true};
    };
    parts.push(element('h3', {}, 'The best of each network'), sortableTable('The best of each network', [{title: 'network', value: (row) => row.name},
      {title: 'points', value: (row) => row.points.length, numeric: true}, {title: 'fewest PEs', value: (row) => least(row.points.map((point) => figure('pes', point))), numeric: true},
      extreme('greatest speed-up', 'speedup', 1), extreme('least latency', 'latency_ps', -1), extreme('greatest utilization', 'utilization', 1)], of));
  }
  if (!done.length) {
    parts.push(element('p', {}, 'No point has completed, so there is nothing to draw.'));
  }
  if (!DATA.detailed) {
    parts.push(element('p', {class: 'muted'}, 'Of so many points the page holds the main figures; all others, and the configurations, are in sweep.db and sweep.csv.'));
  }
  return section('summary', 'Summary', ...parts);
}

/** The dimension to go along when `x` is a figure: the only one that changes it within a network. */
function driverOf(x) {
  const changing = dimensions.filter((dimension) => {
    if (dimension.some((variable) => variable.axis.tells_network)) {
      return false;
    }
    const seen = new Map();
    return done.some((point) => {
      const key = placeWithout(point, [dimension]);
      const known = seen.get(key);
      seen.set(key, known ?? x.at(point));
      return known !== undefined && known !== x.at(point);
    });
  });
  return changing.length === 1 ? changing[0] : null;
}

function axisSection() {
  const varying = places.filter((variable) => variable.varies);
  const x = varying.find((variable) => variable.axis && variable.numeric) ?? varying[0] ?? axes[0];
  const rest = varying.filter((variable) => !dimensions.some((dimension) => dimension.includes(variable) && dimension.includes(x)));
  const byNetwork = rest.find((variable) => variable === networkVariable || variable.axis?.tells_network);
  const colour = byNetwork ?? rest[0];
  const state = {x: x.id, y: 'speedup', colour: colour?.id ?? '', mark: rest.find((variable) => variable !== colour && variable.stops.length <= MARKS.length)?.id ?? '', logX: geometric(x), logY: false};
  const wide = () => {
    const values = done.map(variables.get(state.y).at);
    return least(values) > 0 && most(values) > 20 * least(values);
  };
  state.logY = wide();
  const hidden = new Set();
  const plan = () => {
    const [along, y, colours, marks] = [state.x, state.y, state.colour, state.mark].map((id) => variables.get(id));
    const dimension = along.axis ? dimensions.find((one) => one.includes(along)) : driverOf(along);
    const series = new Map();
    for (const point of inView()) {
      const [c, m] = [colours, marks].map((variable) => variable ? variable.stops.findIndex(([at]) => at === variable.at(point)) : 0);
      if (hidden.has(c)) {
        continue;
      }
      const key = c + ' ' + m;
      if (!series.has(key)) {
        series.set(key, {color: seriesColor(c), mark: MARKS[m % MARKS.length], points: [], groups: new Map()});
      }
      const own = series.get(key);
      own.points.push(point);
      if (dimension) {
        // Points that differ along the axis alone belong together.
        const line = placeWithout(point, [dimension]);
        own.groups.has(line) ? own.groups.get(line).push(point) : own.groups.set(line, [point]);
      }
    }
    for (const own of series.values()) {
      own.chains = [...own.groups.values()].map((chain) => chain.sort((a, b) => along.at(a) - along.at(b)));
    }
    return {x: along, y, logX: state.logX, logY: state.logY, series: [...series.values()]};
  };
  const chart = new Scatter('Points against an axis', plan);
  const keys = element('div');
  const again = () => { chart.range = null; chart.draw(); showKeys(); };
  const showKeys = () => {
    const [colours, marks] = [state.colour, state.mark].map((id) => variables.get(id));
    const entry = (content, press, pressed) => element('li', {}, press ? element('button', {type: 'button', class: 'key', 'aria-pressed': String(pressed), onclick: press}, ...content) : element('span', {class: 'key'}, ...content));
    const lists = [];
    if (colours) {
      lists.push(element('ul', {class: 'legend', 'aria-label': colours.name}, element('li', {class: 'muted'}, colours.name + ':'), ...colours.stops.map(([, text], c) =>
        entry([swatch(seriesColor(c)), text], () => { hidden.has(c) ? hidden.delete(c) : hidden.add(c); again(); }, !hidden.has(c)))));
    }
    if (marks) {
      lists.push(element('ul', {class: 'legend', 'aria-label': marks.name}, element('li', {class: 'muted'}, marks.name + ':'), ...marks.stops.map(([, text], m) => entry([markSample(MARKS[m % MARKS.length], color('text')), text]))));
    }
    keys.replaceChildren(...lists);
  };
  const logX = check('logarithmic', state.logX, (on) => { state.logX = on; again(); });
  const logY = check('logarithmic', state.logY, (on) => { state.logY = on; again(); });
  const change = (key) => (value) => {
    state[key] = value;
    if (key === 'colour') {
      hidden.clear();
    }
    if (key === 'x') {
      logX.firstChild.checked = state.logX = geometric(variables.get(value));
    }
    if (key === 'y') {
      logY.firstChild.checked = state.logY = wide();
    }
    again();
  };
  const named = (list) => list.map((variable) => [variable.id, variable.label]);
  const others = [['', 'nothing'], ...varying.map((variable) => [variable.id, variable.name])];
  keepDrawn(showKeys);
  return section('axis', 'Against an axis',
    element('p', {class: 'hint muted'}, 'Lines join points that differ in nothing but the axis. Click a point for all about it, drag to zoom, double click for all; press a colour to hide it.'),
    element('div', {class: 'bar'}, choice('figure', named(figureVariables), state.y, change('y')), logY, choice('against', named([...axes, ...figureVariables]), state.x, change('x')), logX),
    element('div', {class: 'bar'}, choice('colours', others, state.colour, change('colour')), choice('marks', others.filter(([id]) => !id || variables.get(id).stops.length <= MARKS.length), state.mark, change('mark')), button('All', () => chart.showAll(), 'Show all')),
    chart.frame, chart.readout, keys);
}

function paretoSection() {
  const [pes, latency] = [variables.get('pes'), variables.get('latency_ps')];
  const wide = (variable) => most(done.map(variable.at)) > 20 * least(done.map(variable.at));
  const state = {logX: wide(pes), logY: wide(latency)};
  const plan = () => {
    const points = inView();
    const shown = DATA.networks.map((_, network) => network).filter((network) => onlyNetwork < 0 || network === onlyNetwork);
    const paint = (network, front) => several ? seriesColor(network) : color(front ? 'accent' : 'c1');
    return {x: pes, y: latency, ...state, series: [
      ...shown.map((network) => ({color: paint(network, false), pale: true, points: points.filter((point) => DATA.network_of[point] === network && !onFront.has(point))})),
      ...shown.map((network) => ({color: paint(network, true), points: DATA.fronts[network], chains: [DATA.fronts[network]], staircase: true}))]};
  };
  const chart = new Scatter('PEs against latency', plan);
  const keys = element('div');
  keepDrawn(() => keys.replaceChildren(legend(several ? DATA.networks.map((name, network) => [name, seriesColor(network)]) : [['Pareto front', color('accent')], ['other points', color('c1')]])));
  const table = pointTable('The Pareto front', [...onFront].filter((point) => onlyNetwork < 0 || DATA.network_of[point] === onlyNetwork));
  return section('pareto', 'Pareto front: PEs against latency',
    element('p', {class: 'muted'}, `${plain(onFront.size)} points are on the front${several ? ' of their network; networks are not compared with one another' : ''}: no other point is as fast with as few PEs. The staircase is the least latency that so many PEs give; pale points are off it.`),
    element('div', {class: 'bar'}, check('PEs logarithmic', state.logX, (on) => { state.logX = on; chart.showAll(); }), check('latency logarithmic', state.logY, (on) => { state.logY = on; chart.showAll(); }), button('All', () => chart.showAll(), 'Show all')),
    chart.frame, chart.readout, keys, element('h3', {}, 'Points on the front'), table);
}

/** A line a point over parallel scales; a brush on a scale keeps the points that lie there, in all views. */
class Parallel {
  constructor() {
    this.variables = [...places.filter((variable) => variable.varies), ...['pes', 'latency_ps', 'speedup', 'utilization'].map((name) => variables.get(name)).filter((variable) => variable?.varies)];
    this.current = 0;
    this.canvas = element('canvas', {tabindex: 0, role: 'img', 'aria-label': 'Parallel coordinates. Left and right choose a scale, up and down move the part of it that is kept, with Shift they widen and narrow it, Delete keeps all of it, Home all of everything.'});
    this.frame = element('div', {class: 'frame parallel'}, this.canvas);
    this.readout = element('div', {class: 'readout', 'aria-live': 'polite'});
    this.listen();
    requestAnimationFrame(() => keepDrawn(() => this.draw()));
  }

  placeOf(index) {
    const [left, right] = [Math.min(90, this.width / 8), Math.min(70, this.width / 8)];
    return left + index * (this.width - left - right) / Math.max(1, this.variables.length - 1);
  }

  y(scale, value) {
    return this.bottom - scale.share(value) * (this.bottom - this.top);
  }

  draw() {
    this.width = Math.max(300, (this.frame.clientWidth || 900) - 2);
    [this.top, this.bottom] = [52, 384];
    const c = contextOf(this.canvas, this.width, 400);
    const points = inView();
    this.scales = this.variables.map((variable) => new Scale(variable, points, variable.stops ? geometric(variable) : most(points.map(variable.at)) > 20 * least(points.map(variable.at))));
    const kept = points.filter(isKept);
    const strength = new Scale(variables.get('speedup'), points, true);
    const some = (all) => all.length <= MOST_LINES ? all : Array.from({length: MOST_LINES}, (_, i) => all[Math.floor(i * all.length / MOST_LINES)]);
    this.lines = some(kept);
    const path = (point) => {
      c.beginPath();
      this.scales.forEach((scale, i) => {
        const at = [this.placeOf(i), this.y(scale, scale.variable.at(point))];
        i ? c.lineTo(...at) : c.moveTo(...at);
      });
      c.stroke();
    };
    const crowd = Math.max(0.25, Math.min(0.85, 60 / Math.sqrt(this.lines.length * 60)));
    c.lineWidth = 1;
    c.strokeStyle = color('line');
    c.globalAlpha = 0.4;
    some(points.filter((point) => !isKept(point))).forEach(path);
    c.globalAlpha = this.lines.length > 60 ? crowd : 0.85;
    c.lineWidth = 1.4;
    // The fastest last, over the others.
    for (const point of [...this.lines].sort((a, b) => figure('speedup', a) - figure('speedup', b))) {
      c.strokeStyle = ramp(0.25 + 0.75 * Math.max(0, Math.min(1, strength.share(figure('speedup', point)))));
      path(point);
    }
    c.globalAlpha = 1;
    if (selected >= 0 && points.includes(selected)) {
      c.strokeStyle = color('accent');
      c.lineWidth = 2.5;
      path(selected);
    }
    this.scales.forEach((scale, i) => this.drawScale(c, scale, i));
    const drawn = kept.length > MOST_LINES ? `, of which ${plain(MOST_LINES)} are drawn` : '';
    this.readout.textContent = brushes.size ? `${plain(kept.length)} of ${plain(points.length)} points are kept${drawn}: ${[...brushes].map(([id, range]) => this.rangeText(id, range)).join('; ')}` : drawn ? `${plain(kept.length)} points${drawn}` : '';
  }

  rangeText(id, [from, to]) {
    const variable = variables.get(id);
    if (!variable.stops) {
      return `${variable.label} ${tickText(Number(from.toPrecision(4)))} to ${tickText(Number(to.toPrecision(4)))}`;
    }
    const inside = variable.stops.filter(([at]) => at >= from && at <= to).map(([, text]) => text);
    return `${variable.name} ${inside.length > 3 && variable.numeric ? `${inside[0]} to ${inside.at(-1)}` : inside.join(', ')}`;
  }

  drawScale(c, scale, i) {
    const x = this.placeOf(i);
    c.strokeStyle = color('muted');
    c.lineWidth = document.activeElement === this.canvas && i === this.current ? 3 : 1.2;
    c.beginPath();
    c.moveTo(x, this.top);
    c.lineTo(x, this.bottom);
    c.stroke();
    const brush = brushes.get(scale.variable.id);
    if (brush) {
      const [low, high] = brush.map((value) => this.y(scale, Math.max(scale.from, Math.min(scale.to, value))));
      c.fillStyle = color('accent');
      c.globalAlpha = 0.35;
      c.fillRect(x - 7, high - 3, 14, low - high + 6);
      c.globalAlpha = 1;
    }
    // Names stand at two heights, so that neighbours have room.
    const pitch = (this.width - 40) / this.variables.length;
    c.fillStyle = color('text');
    c.textAlign = 'center';
    const name = scale.variable.stops ? scale.variable.short : scale.variable.label;
    c.fillText(cut(name, Math.max(8, Math.floor(2 * pitch / 7))), Math.max(c.measureText(name).width / 2 + 2, Math.min(this.width - c.measureText(name).width / 2 - 2, x)), i % 2 ? 14 : 32);
    let free = Infinity;
    c.textAlign = 'left';
    for (const [at, text] of scale.ticks(6)) {
      const y = this.y(scale, at);
      if (y + 7 < free) {
        const words = cut(text, Math.max(5, Math.floor((pitch - 14) / 6.5)));
        c.fillStyle = color('ground');
        c.globalAlpha = 0.7;
        c.fillRect(x + 4, y - 7, c.measureText(words).width + 4, 14);
        c.globalAlpha = 1;
        c.fillStyle = color('text');
        c.fillText(words, x + 6, y);
        free = y - 7;
      }
    }
  }

  brush(variable, range) {
    range ? brushes.set(variable.id, range) : brushes.delete(variable.id);
    drawAll();
  }

  listen() {
    let from = null;
    const where = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    const valueAt = (y) => this.scales[from.index].value((this.bottom - Math.max(this.top, Math.min(this.bottom, y))) / (this.bottom - this.top));
    this.canvas.addEventListener('pointerdown', (event) => {
      const [x, y] = where(event);
      const index = this.variables.findIndex((_, i) => Math.abs(this.placeOf(i) - x) < 14);
      if (event.button === 0 && index >= 0) {
        from = {index, y, moved: false};
        this.current = index;
        this.canvas.setPointerCapture(event.pointerId);
      }
    });
    this.canvas.addEventListener('pointermove', (event) => {
      const [x, y] = where(event);
      if (from) {
        from.moved ||= Math.abs(y - from.y) > 4;
        if (from.moved) {
          this.brush(this.variables[from.index], [valueAt(Math.max(y, from.y)), valueAt(Math.min(y, from.y))]);
        }
        return;
      }
      const point = this.lineAt(x, y);
      this.canvas.style.cursor = this.variables.some((_, i) => Math.abs(this.placeOf(i) - x) < 14) ? 'ns-resize' : point >= 0 ? 'pointer' : 'default';
      point >= 0 ? showTip(event.clientX, event.clientY, ...lines(`point ${point}`, ...this.variables.map((variable) => `${variable.name}: ${variable.text(point)}`))) : hideTip();
    });
    this.canvas.addEventListener('pointerleave', hideTip);
    this.canvas.addEventListener('pointercancel', () => { from = null; });
    this.canvas.addEventListener('pointerup', (event) => {
      const [x, y] = where(event);
      const done = from;
      from = null;
      if (done && !done.moved) {
        this.brush(this.variables[done.index], null);
      } else if (!done && this.lineAt(x, y) >= 0) {
        select(this.lineAt(x, y));
      }
    });
    this.canvas.addEventListener('focus', () => this.draw());
    this.canvas.addEventListener('blur', () => this.draw());
    this.canvas.addEventListener('keydown', (event) => {
      if (this.key(event)) {
        event.preventDefault();
      }
    });
  }

  /** The point whose line passes nearest; -1: none is near. */
  lineAt(x, y) {
    const right = this.variables.findIndex((_, i) => this.placeOf(i) >= x);
    if (right < 1) {
      return -1;
    }
    const [a, b] = [this.placeOf(right - 1), this.placeOf(right)];
    const part = (x - a) / (b - a);
    let [nearest, distance] = [-1, 6];
    for (const point of this.lines) {
      const [ya, yb] = [right - 1, right].map((i) => this.y(this.scales[i], this.variables[i].at(point)));
      const away = Math.abs(ya + part * (yb - ya) - y);
      if (away < distance) {
        [nearest, distance] = [point, away];
      }
    }
    return nearest;
  }

  key(event) {
    const sideways = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    const upwards = {ArrowUp: 1, ArrowDown: -1}[event.key];
    const variable = this.variables[this.current];
    if (sideways) {
      this.current = Math.max(0, Math.min(this.variables.length - 1, this.current + sideways));
      this.draw();
      this.readout.textContent = this.variables[this.current].label;
    } else if (upwards) {
      const values = [...new Set(inView().map(variable.at))].sort((a, b) => a - b);
      const brush = brushes.get(variable.id);
      const last = values.length - 1;
      let [low, high] = brush ? [values.findIndex((value) => value >= brush[0]), values.findLastIndex((value) => value <= brush[1])] : upwards > 0 ? [-1, -1] : [last + 1, last + 1];
      high = Math.max(0, Math.min(last, high + upwards));
      low = event.shiftKey && brush ? low : Math.max(0, Math.min(last, low + upwards));
      this.brush(variable, [values[Math.min(low, high)], values[high]]);
    } else if (event.key === 'Delete' || event.key === 'Backspace') {
      this.brush(variable, null);
    } else if (event.key === 'Home') {
      brushes.clear();
      drawAll();
    } else {
      return false;
    }
    return true;
  }
}

function parallelSection() {
  const parallel = new Parallel();
  return section('parallel', 'Parallel coordinates',
    element('p', {class: 'muted'}, 'A line a point, stronger with its speed-up. ', element('span', {class: 'hint'}, 'Drag along a scale to keep the points that lie there, in all views; click it to keep all of it. Click a line to choose its point.')),
    element('div', {class: 'bar'}, button('Keep all', () => { brushes.clear(); drawAll(); })), parallel.frame, parallel.readout);
}

/** Of points; the rows follow what is kept. `filter` says which of them are wanted. */
function pointTable(caption, points, filter = () => true) {
  const column = (variable) => ({title: variable.short, value: variable.numeric ? variable.at : variable.text, text: variable.text, numeric: variable.numeric});
  const columns = [{title: 'point', value: (point) => point, text: (point) => pointButton(point), numeric: true}, ...places.map(column),
    ...['pes', 'latency_ps', 'latency_cycles', 'speedup', 'utilization'].filter((name) => variables.has(name)).map((name) => column(variables.get(name))),
    {title: 'outcome', value: (point) => figure('outcome', point) ?? (figure('error', point) === null ? 'not run yet' : 'failed')}];
  columns.forEach((one) => { const value = one.value; one.value = (point) => { const own = value(point); return Number.isNaN(own) ? null : own; }; });
  const wanted = () => points.filter((point) => (onlyNetwork < 0 || DATA.network_of[point] === onlyNetwork) && filter(point) && (!brushes.size || (figure('outcome', point) === 'completed' && isKept(point))));
  const table = sortableTable(caption, columns, wanted(), (point) => point === selected ? {class: 'best'} : {}, ROWS);
  keepDrawn(() => table.show(wanted()));
  return table;
}

function pointsSection() {
  let which = 'all';
  const filters = {all: () => true, front: (point) => onFront.has(point), bad: (point) => figure('outcome', point) !== 'completed'};
  const table = pointTable('Points', everyPoint, (point) => filters[which](point));
  return section('points', 'Points', element('p', {class: 'hint muted'}, 'Press a heading to sort. The table follows what the parallel coordinates keep.'),
    element('div', {class: 'bar'}, choice('show', [['all', 'all points'], ['front', 'those on a Pareto front'], ['bad', 'those without a result']], which, (value) => { which = value; drawAll(); })), table);
}

/** Points that failed, by their reasons. */
function failuresSection() {
  const reasons = new Map();
  for (const point of [...failed, ...unfinished]) {
    const reason = figure('error', point) ?? `${figure('outcome', point)}${figure('waiting', point) ? ': ' + figure('waiting', point) : ''}`;
    reasons.has(reason) ? reasons.get(reason).push(point) : reasons.set(reason, [point]);
  }
  const some = 12;
  const columns = [{title: 'points', value: (row) => row.points.length, numeric: true},
    {title: 'reason', value: (row) => row.reason, text: (row) => element('span', {class: 'reason'}, row.reason)},
    {title: 'which', value: (row) => row.points[0], text: (row) => element('span', {class: 'reason'}, ...row.points.slice(0, some).flatMap((point) => [pointButton(point), ' ']), row.points.length > some ? `and ${plain(row.points.length - some)} more` : '')}];
  return section('failures', 'Points without a result', sortableTable('Reasons', columns, [...reasons].map(([reason, points]) => ({reason, points})).sort((a, b) => b.points.length - a.points.length), () => ({}), ROWS));
}

// --- the chosen point ---

const chosen = element('aside', {id: 'chosen', 'aria-label': 'The chosen point', hidden: true});
document.body.append(chosen);
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !chosen.hidden) {
    select(-1);
  }
});

/** The folder that the page lies in, as far as a browser knows it; quoted for a shell where it must be. */
function folder() {
  const path = location.protocol === 'file:' ? decodeURIComponent(location.pathname).replace(/\/[^/]*$/, '') || '/' : `out/${DATA.name}`;
  return /^[\w./+:@%-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

function showChosen() {
  chosen.hidden = selected < 0;
  document.body.classList.toggle('docked', selected >= 0);
  if (selected < 0) {
    return;
  }
  const point = selected;
  const row = (name, value) => element('tr', {}, element('th', {scope: 'row'}, name), element('td', {}, value));
  const table = (rows) => element('table', {}, element('tbody', {}, ...rows));
  const shownFigures = DATA.figures.map((one) => one.name).filter((name) => !['error', 'config_hash', 'waiting'].includes(name) && figure(name, point) !== null);
  const show = (name) => variables.get(name)?.text(point) ?? (typeof figure(name, point) === 'number' ? plain(figure(name, point)) : String(figure(name, point)));
  const problem = figure('error', point) ?? figure('waiting', point);
  const state = figure('outcome', point) ?? (figure('error', point) === null ? 'not run yet' : 'failed');
  const hash = figure('config_hash', point);
  const ranges = DATA.configs?.of[hash];
  const config = ranges ? Array.from({length: ranges.length / 2}, (_, i) => DATA.configs.lines.slice(ranges[2 * i], ranges[2 * i + 1])).flat().join('\n') : null;
  const runnable = !DATA.detailed || hash !== null;
  chosen.replaceChildren(
    element('div', {class: 'bar'}, element('h3', {}, `Point ${point}: ${state}${onFront.has(point) ? ', on the Pareto front' : ''}`), button('Previous', () => select(Math.max(0, point - 1))), button('Next', () => select(Math.min(DATA.points - 1, point + 1))), button('Close', () => select(-1), 'Close the chosen point')),
    element('div', {class: 'parts'},
      element('div', {}, table([...(networkVariable ? [networkVariable] : []), ...axes].map((variable) => row(variable.name, variable.text(point) ?? ''))),
        problem ? element('pre', {class: 'waiting'}, problem) : null,
        runnable ? element('p', {}, 'To see all of its run:') : null,
        runnable ? element('pre', {class: 'command'}, `crossweave run ${folder()} --point ${point} --report`) : null,
        runnable ? element('p', {}, 'which writes ', element('a', {href: `runs/${point}/report.html`}, `runs/${point}/report.html`), ' beside this page.') : null),
      element('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Figures of the point'}, table(shownFigures.map((name) => row(name, show(name))))),
      config ? element('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Configuration of the point'}, element('pre', {class: 'config'}, config)) : null));
}

// --- the page ---

const pictures = done.length > 0;
const sections = [['summary', 'Summary', summarySection], ...(pictures ? [['axis', 'Against an axis', axisSection], ['pareto', 'Pareto front', paretoSection], ['parallel', 'Parallel coordinates', parallelSection]] : []),
  ['points', 'Points', pointsSection], ...(failed.length + unfinished.length ? [['failures', 'Without a result', failuresSection]] : [])];
const navigationBar = navigation(sections);
if (several) {
  navigationBar.append(choice('network', [['-1', 'all'], ...DATA.networks.map((name, index) => [String(index), name])], '-1', (value) => { onlyNetwork = Number(value); drawAll(); }));
}
document.querySelector('main').append(element('h1', {}, DATA.name), element('p', {class: 'muted'}, `A sweep over ${axes.map((variable) => variable.name).join(', ')}; Crossweave ${DATA.version}`), navigationBar, ...sections.map(([, , build]) => build()));
