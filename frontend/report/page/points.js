// The points of a sweep: what they have on axes and as figures, which are chosen and kept, how they look. A point is a
// number from 0 on; pictures show those that completed, and what is chosen or kept in one view is so in all.

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

const followers = [];  // tables, which show anew what is kept

/** When what is kept is another; `all` is false while it goes on changing. */
function keptChanged(all = true) {
  if (all || DATA.detailed) {
    drawAll();
  }
  if (all) {
    followers.forEach((show) => show());
  }
}

function outcomeOf(point) {
  return figure('outcome', point) ?? (figure('error', point) === null ? 'not run yet' : 'failed');
}

function select(point) {
  selected = point;
  showChosen();
  document.querySelectorAll('tr[data-point]').forEach((row) => row.classList.toggle('best', Number(row.dataset.point) === point));
  drawAll();
}

// --- colours and marks of points ---

function seriesColor(index) {
  return index < 8 ? color('c' + (index + 1)) : `hsl(${otherHue(index)} ${color('layer-saturation')} ${color('layer-lightness')})`;
}

/** The same for elements, which follow the theme by themselves. */
function seriesSwatch(index) {
  return swatch(index < 8 ? `var(--c${index + 1})` : `hsl(${otherHue(index)} var(--layer-saturation) var(--layer-lightness))`);
}

function otherHue(index) {
  return (index * 137 + 30) % 360;
}

const MARKS = ['circle', 'square', 'diamond', 'triangle', 'down', 'ring'];
const MARK_TEXTS = ['\u25cf', '\u25a0', '\u25c6', '\u25b2', '\u25bc', '\u25cb'];

function drawMark(c, mark, x, y) {
  const size = 4;
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

/** A text that ends in dots after `length` characters; of paths the end is kept. */
function cut(text, length = 22) {
  return text.length <= length ? text : text.includes('/') ? '\u2026' + text.slice(1 - length) : text.slice(0, length - 1) + '\u2026';
}
