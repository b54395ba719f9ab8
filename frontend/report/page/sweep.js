// report.html of a sweep: its points against their axes and against one another.

const ROWS = 50;  // of a table at first
const LESS_IS_BETTER = /latency|interval|cycles|^pes$|tiles|traffic|_ps$/;
const charts = [];

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
  // So many lines would hide one another.
  state.lines = new Set(done.map((point) => placeWithout(point, dimensions.filter((dimension) => dimension.includes(x))))).size > 100 ? 'best' : 'all';
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
        series.set(key, {color: () => seriesColor(c), mark: MARKS[m % MARKS.length], points: [], groups: new Map()});
      }
      const own = series.get(key);
      own.points.push(point);
      if (dimension) {
        // Points that differ along the axis alone belong together.
        const line = placeWithout(point, [dimension]);
        own.groups.has(line) ? own.groups.get(line).push(point) : own.groups.set(line, [point]);
      }
    }
    const isPlaced = (point) => !Number.isNaN(along.at(point) + y.at(point));
    const inOrder = (chain) => chain.filter(isPlaced).sort((a, b) => along.at(a) - along.at(b));
    const drawn = [...series.values()];
    if (state.lines === 'best') {
      const better = LESS_IS_BETTER.test(y.name) ? (a, b) => a < b : (a, b) => a > b;
      for (const own of [...drawn]) {
        const top = new Map();
        for (const point of own.points.filter(isPlaced)) {
          const known = top.get(along.at(point));
          if (known === undefined || better(y.at(point), y.at(known))) {
            top.set(along.at(point), point);
          }
        }
        const bestPoints = new Set(top.values());
        drawn.push({color: own.color, mark: own.mark, points: [...bestPoints], chains: [inOrder([...bestPoints])]});
        own.points = own.points.filter((point) => !bestPoints.has(point));
        own.pale = true;
      }
    } else {
      drawn.forEach((own) => { own.chains = [...own.groups.values()].map(inOrder); });
    }
    return {x: along, y, logX: state.logX, logY: state.logY, series: drawn};
  };
  const chart = new Scatter('Points against an axis', plan);
  const keys = element('div');
  const again = () => chart.changed();
  charts.push(chart);
  const showKeys = () => {
    const [colours, marks] = [state.colour, state.mark].map((id) => variables.get(id));
    const list = (variable, entry) => element('ul', {class: 'legend', 'aria-label': variable.name}, element('li', {class: 'muted'}, variable.name + ':'), ...variable.stops.map(([, text], i) => element('li', {}, entry(text, i))));
    keys.replaceChildren(...(colours ? [list(colours, (text, i) => element('button', {type: 'button', class: 'key', 'aria-pressed': 'true', onclick: (event) => {
      hidden.has(i) ? hidden.delete(i) : hidden.add(i);
      event.currentTarget.setAttribute('aria-pressed', String(!hidden.has(i)));
      again();
    }}, seriesSwatch(i), text))] : []), ...(marks ? [list(marks, (text, i) => `${MARK_TEXTS[i]} ${text}`)] : []));
  };
  const logX = check('logarithmic', state.logX, (on) => { state.logX = on; again(); });
  const logY = check('logarithmic', state.logY, (on) => { state.logY = on; again(); });
  const change = (key) => (value) => {
    state[key] = value;
    if (key === 'colour' || key === 'mark') {
      hidden.clear();
      showKeys();
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
  showKeys();
  return section('axis', 'Against an axis',
    element('p', {class: 'hint muted'}, 'Lines join points that differ in nothing but the axis, or are the best of those that do not. Click a point for all about it, drag to zoom, double click for all; press a colour to hide it.'),
    element('div', {class: 'bar'}, choice('figure', named(figureVariables), state.y, change('y')), logY, choice('against', named([...axes, ...figureVariables]), state.x, change('x')), logX),
    element('div', {class: 'bar'}, choice('colours', others, state.colour, change('colour')), choice('marks', others.filter(([id]) => !id || variables.get(id).stops.length <= MARKS.length), state.mark, change('mark')), choice('lines', [['all', 'through all points'], ['best', 'through the best of a colour and mark']], state.lines, change('lines')), button('All', () => chart.showAll(), 'Show all')),
    chart.frame, chart.readout, keys);
}

function paretoSection() {
  const [pes, latency] = [variables.get('pes'), variables.get('latency_ps')];
  const wide = (variable) => most(done.map(variable.at)) > 20 * least(done.map(variable.at));
  const state = {logX: wide(pes), logY: wide(latency)};
  const plan = () => {
    const points = inView();
    const shown = DATA.networks.map((_, network) => network).filter((network) => onlyNetwork < 0 || network === onlyNetwork);
    const paint = (network, front) => () => several ? seriesColor(network) : color(front ? 'accent' : 'c1');
    return {x: pes, y: latency, ...state, series: [
      ...shown.map((network) => ({color: paint(network, false), pale: true, points: points.filter((point) => DATA.network_of[point] === network && !onFront.has(point))})),
      ...shown.map((network) => ({color: paint(network, true), points: DATA.fronts[network], chains: [DATA.fronts[network]], staircase: true}))]};
  };
  const chart = new Scatter('PEs against latency', plan);
  charts.push(chart);
  const keys = element('ul', {class: 'legend'}, ...(several ? DATA.networks.map((name, network) => element('li', {}, seriesSwatch(network), name))
    : [element('li', {}, swatch('var(--accent)'), 'Pareto front'), element('li', {}, seriesSwatch(0), 'other points')]));
  const table = pointTable('The Pareto front', DATA.fronts.flat());
  return section('pareto', 'Pareto front: PEs against latency',
    element('p', {class: 'muted'}, `${plain(onFront.size)} points are on the front${several ? ' of their network' : ''}: no other point${several ? ' of it' : ''} is as fast with as few PEs. The staircase is the least latency that so many PEs give; pale points are off it.`),
    element('div', {class: 'bar'}, check('PEs logarithmic', state.logX, (on) => { state.logX = on; chart.changed(); }), check('latency logarithmic', state.logY, (on) => { state.logY = on; chart.changed(); }), button('All', () => chart.showAll(), 'Show all')),
    chart.frame, chart.readout, keys, element('h3', {}, 'Points on the front'), table);
}

let parallel = null;

function parallelSection() {
  parallel = new Parallel();
  return section('parallel', 'Parallel coordinates',
    element('p', {class: 'muted'}, 'A line a point, stronger with its speed-up. ', element('span', {class: 'hint'}, 'Drag along a scale to keep the points that lie there, in all views; click it to keep all of it. Click a line to choose its point.')),
    element('div', {class: 'bar'}, button('Keep all', () => { brushes.clear(); keptChanged(); })), parallel.frame, parallel.readout);
}

/** Of points, of which `wanted` says whether they are shown now. */
function pointTable(caption, points, wanted = () => true, more = []) {
  const column = (variable) => ({title: variable.short, text: variable.text, numeric: variable.numeric, value: (point) => {
    const value = variable.numeric ? variable.at(point) : variable.text(point);
    return Number.isNaN(value) ? null : value;
  }});
  const columns = [{title: 'point', value: (point) => point, text: (point) => pointButton(point), numeric: true}, ...places.map(column),
    ...['pes', 'latency_ps', 'latency_cycles', 'speedup', 'utilization'].filter((name) => variables.has(name)).map((name) => column(variables.get(name))), ...more];
  const shown = () => points.filter((point) => (onlyNetwork < 0 || DATA.network_of[point] === onlyNetwork) && wanted(point));
  const table = sortableTable(caption, columns, shown(), (point) => ({'data-point': point, class: point === selected ? 'best' : ''}), ROWS);
  followers.push(() => table.show(shown()));
  return table;
}

function pointsSection() {
  let which = 'all';
  const filters = {all: () => true, front: (point) => onFront.has(point), bad: (point) => figure('outcome', point) !== 'completed'};
  const isShown = (point) => filters[which](point) && (!brushes.size || (figure('outcome', point) === 'completed' && isKept(point)));
  const table = pointTable('Points', everyPoint, isShown, [{title: 'outcome', value: outcomeOf}]);
  return section('points', 'Points', element('p', {class: 'hint muted'}, 'Press a heading to sort. The table has what the parallel coordinates keep.'),
    element('div', {class: 'bar'}, choice('show', [['all', 'all points'], ['front', 'those on a Pareto front'], ['bad', 'those without a result']], which, (value) => { which = value; followers.forEach((show) => show()); })), table);
}

/** Points that failed, by their reasons. */
function failuresSection() {
  const reasons = new Map();
  for (const point of [...failed, ...unfinished]) {
    const reason = figure('error', point) ?? `${figure('outcome', point)}: who waits for whom is with each point`;
    reasons.has(reason) ? reasons.get(reason).push(point) : reasons.set(reason, [point]);
  }
  const some = 12;
  const columns = [{title: 'points', value: (row) => row.points.length, numeric: true},
    {title: 'reason', value: (row) => row.reason, text: (row) => element('span', {class: 'reason'}, row.reason)},
    {title: 'which', value: (row) => row.points[0], text: (row) => element('span', {class: 'reason'}, ...row.points.slice(0, some).flatMap((point) => [pointButton(point), ' ']), row.points.length > some ? `and ${plain(row.points.length - some)} more` : '')}];
  return section('failures', 'Points without a result', sortableTable('Reasons', columns, [...reasons].map(([reason, points]) => ({reason, points})).sort((a, b) => b.points.length - a.points.length), () => ({}), ROWS));
}

// --- the chosen point ---

const chosenTitle = element('h3', {'aria-live': 'polite'});
const chosenParts = element('div', {class: 'parts'});
const chosen = element('aside', {id: 'chosen', 'aria-label': 'The chosen point', hidden: true},
  element('div', {class: 'bar'}, chosenTitle, button('Previous', () => select(Math.max(0, selected - 1))), button('Next', () => select(Math.min(DATA.points - 1, selected + 1))), button('Close', () => select(-1), 'Close the chosen point')), chosenParts);
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

/** The pages that a run of a point writes, as far as is known before: of a network in segments one a segment. */
function pagesOf(point) {
  const segments = figure('rewriting.segments', point);
  if (segments !== null) {
    return Array.from({length: segments}, (_, segment) => `runs/${point}/segment_${segment + 1}/report.html`);
  }
  const isWhole = figure('outcome', point) === null || figure('pes', point) >= figure('network.min_pes', point);
  return figure('error', point) === null && isWhole ? [`runs/${point}/report.html`] : [];
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
  const shownFigures = DATA.figures.map((one) => one.name).filter((name) => !['error', 'waiting'].includes(name) && figure(name, point) !== null);
  const show = (name) => variables.get(name)?.text(point) ?? (typeof figure(name, point) === 'number' ? plain(figure(name, point)) : String(figure(name, point)));
  const problem = figure('error', point) ?? figure('waiting', point);
  const ranges = DATA.configs?.ranges[DATA.configs.of[point]];
  const config = ranges ? Array.from({length: ranges.length / 2}, (_, i) => DATA.configs.lines.slice(ranges[2 * i], ranges[2 * i + 1])).flat().join('\n') : null;
  const runnable = !DATA.detailed || config !== null;
  const pages = pagesOf(point);
  chosenTitle.textContent = `Point ${point}: ${outcomeOf(point)}${onFront.has(point) ? ', on the Pareto front' : ''}`;
  chosenParts.replaceChildren(...[
    element('div', {}, table(places.map((variable) => row(variable.name, variable.axis?.texts[variable.axis.at[point]] ?? variable.text(point) ?? ''))),
      problem ? element('pre', {class: 'waiting'}, problem) : null,
      runnable ? element('p', {}, 'To run it alone:') : null,
      runnable ? element('pre', {class: 'command'}, `crossweave run ${folder()} --point ${point} --report`) : null,
      runnable && pages.length ? element('p', {}, 'which writes ', ...pages.flatMap((page, i) => [i ? ', ' : '', element('a', {href: page}, page)]), ' beside this page.') : null),
    element('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Figures of the point'}, table(shownFigures.map((name) => row(name, show(name))))),
    config ? element('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Configuration of the point'}, element('pre', {class: 'config'}, config)) : null].filter(Boolean));
}

// --- the page ---

const pictures = done.length > 0;
const sections = [['summary', 'Summary', summarySection], ...(pictures ? [['axis', 'Against an axis', axisSection], ['pareto', 'Pareto front', paretoSection]] : []),
  ...(parallelVariables.length ? [['parallel', 'Parallel coordinates', parallelSection]] : []),
  ['points', 'Points', pointsSection], ...(failed.length + unfinished.length ? [['failures', 'Without a result', failuresSection]] : [])];
const navigationBar = navigation(sections);
if (several) {
  navigationBar.append(choice('network', [['-1', 'all'], ...DATA.networks.map((name, index) => [String(index), name])], '-1', (value) => {
    onlyNetwork = Number(value);
    charts.forEach((chart) => chart.changed());
    keptChanged();
  }));
}
document.querySelector('main').append(element('h1', {}, DATA.name), element('p', {class: 'muted'}, `A sweep over ${axes.map((variable) => variable.name).join(', ')}; Crossweave ${DATA.version}`), navigationBar, ...sections.map(([, , build]) => build()));
