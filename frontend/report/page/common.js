'use strict';
// What all pages share: elements, colours, numbers, a tip beside the pointer, tables that sort, the theme.

const DATA = JSON.parse(document.getElementById('data').textContent);

/** An element; `attributes` are set, with `on...` as listeners; texts and elements go into it. */
function element(name, attributes = {}, ...content) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) {
      node.addEventListener(key.slice(2), value);
    } else if (value === true) {
      node.setAttribute(key, '');
    } else if (value !== false && value !== undefined) {
      node.setAttribute(key, value);
    }
  }
  node.append(...content.filter((part) => part !== undefined && part !== null));
  return node;
}

function section(id, title, ...content) {
  return element('section', {'aria-labelledby': id}, element('h2', {id}, title), ...content);
}

function navigation(sections) {
  return element('nav', {'aria-label': 'Sections'}, ...sections.map(([id, title]) => element('a', {href: '#' + id}, title)));
}

// --- numbers ---

function percent(share, digits = 1) {
  return (100 * share).toFixed(digits) + ' %';
}

/** A number with as many digits as it has, up to three behind the point, in groups of three. */
function plain(value) {
  return value.toLocaleString('en', {maximumFractionDigits: 3}).replaceAll(',', '\u202f');
}

function picoseconds(ps) {
  for (const [unit, size] of [['s', 1e12], ['ms', 1e9], ['\u00b5s', 1e6], ['ns', 1e3]]) {
    if (Math.abs(ps) >= size) {
      return plain(Number((ps / size).toPrecision(7))) + ' ' + unit;
    }
  }
  return plain(ps) + ' ps';
}

function bytes(count) {
  for (const [unit, size] of [['GiB', 1 << 30], ['MiB', 1 << 20], ['KiB', 1 << 10]]) {
    if (count >= size) {
      return plain(Number((count / size).toPrecision(4))) + ' ' + unit;
    }
  }
  return plain(count) + ' B';
}

/** Round values for an axis, about `count` of them. */
function ticks(least, most, count) {
  const raw = (most - least) / Math.max(1, count);
  if (!(raw > 0)) {
    return [least];
  }
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw * (1 - 1e-9));
  const values = [];
  for (let k = Math.ceil(least / step - 1e-9); k * step <= most + step * 1e-9; ++k) {
    values.push(Number((k * step).toPrecision(12)));
  }
  return values;
}

// --- colours ---

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
}

function stateColor(state) {
  return color('s-' + DATA.states[state]);
}

/** The colour of a share from 0 to 1. */
function ramp(share) {
  const channels = (text) => [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
  const [low, middle, high] = ['ramp0', 'ramp1', 'ramp2'].map((name) => channels(color(name)));
  const [from, to, part] = share < 0.5 ? [low, middle, 2 * share] : [middle, high, 2 * share - 1];
  return `rgb(${from.map((value, i) => Math.round(value + (to[i] - value) * Math.min(1, part))).join()})`;
}

function swatch(background) {
  return element('span', {class: 'swatch', style: 'background:' + background});
}

function legend(entries) {
  return element('ul', {class: 'legend'}, ...entries.map(([name, background]) => element('li', {}, swatch(background), name)));
}

// --- drawing again when colours or sizes change ---

const drawings = [];

/** `draw` is called now, and whenever the theme or the width of the page is another. */
function keepDrawn(draw) {
  drawings.push(draw);
  draw();
}

function drawAll() {
  drawings.forEach((draw) => draw());
}

function printing(on) {
  if (on) {
    document.documentElement.dataset.theme = 'light';
  } else {
    delete document.documentElement.dataset.theme;
  }
  drawAll();
}

window.addEventListener('beforeprint', () => printing(true));
window.addEventListener('afterprint', () => printing(false));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
{
  let width = window.innerWidth;
  window.addEventListener('resize', () => {
    if (window.innerWidth !== width) {
      width = window.innerWidth;
      drawAll();
    }
  });
}

/** Sizes a canvas for the screen and returns its context, in which a unit is a pixel of the page. */
function contextOf(canvas, width, height) {
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.width = width + 'px';
  canvas.style.height = height + 'px';
  const context = canvas.getContext('2d');
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.font = '12px system-ui, "Segoe UI", "DejaVu Sans", sans-serif';
  context.textBaseline = 'middle';
  return context;
}

// --- the tip beside the pointer ---

const tip = element('div', {class: 'tip', role: 'presentation', hidden: true});
document.body.append(tip);

function showTip(x, y, ...content) {
  tip.replaceChildren(...content);
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(x + 14, window.innerWidth - box.width - 8)) + 'px';
  tip.style.top = (y + 18 + box.height > window.innerHeight ? y - box.height - 10 : y + 18) + 'px';
}

function hideTip() {
  tip.hidden = true;
}

/** Lines of text, the first one bold. */
function lines(first, ...rest) {
  return [element('b', {}, first), ...rest.filter(Boolean).map((line) => element('div', {}, line))];
}

// --- tables ---

/**
 * A table that sorts by the column whose heading is pressed. `columns` are {title, value(row), text(row), numeric};
 * `text` says what is shown, and may give an element; without it the value is shown. Of more than `limit` rows the rest
 * comes when asked for. `show(rows)` of the table puts others in their place.
 */
function sortableTable(caption, columns, rows, attributes = () => ({}), limit = Infinity) {
  const body = element('tbody');
  const headings = columns.map((column, index) =>
    element('th', {scope: 'col', class: column.numeric ? 'num' : ''},
      element('button', {type: 'button', onclick: () => sort(index)}, column.title)));
  let shown = limit;
  const more = element('button', {type: 'button', onclick: () => { shown += limit; show(rows); }});
  const rest = element('p', {}, more);
  const fill = (sorted) => {
    body.replaceChildren(...sorted.slice(0, shown).map((row) => element('tr', attributes(row),
      ...columns.map((column) => element('td', {class: column.numeric ? 'num' : ''}, (column.text ?? column.value)(row) ?? '')))));
    rest.hidden = sorted.length <= shown;
    more.textContent = `${plain(Math.min(limit, sorted.length - shown))} more of ${plain(sorted.length)}`;
  };
  let order = {index: -1, descending: false};
  function sort(index) {
    order = {index, descending: order.index === index ? !order.descending : Boolean(columns[index].numeric)};
    headings.forEach((heading, i) => i === index ? heading.setAttribute('aria-sort', order.descending ? 'descending' : 'ascending') : heading.removeAttribute('aria-sort'));
    show(rows);
  }
  function show(others) {
    rows = others;
    if (order.index < 0) {
      fill(rows);
      return;
    }
    const key = columns[order.index].value;
    const compare = (a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x === null || y === null || x === undefined || y === undefined) {
        return (x === null || x === undefined) - (y === null || y === undefined);  // what is missing comes last
      }
      return (x < y ? -1 : x > y ? 1 : 0) * (order.descending ? -1 : 1);
    };
    fill(rows.map((row, i) => [row, i]).sort(([a, i], [b, j]) => compare(a, b) || i - j).map(([row]) => row));
  }
  fill(rows);
  const table = element('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption},
    element('table', {}, element('caption', {class: 'visually-hidden'}, caption), element('thead', {}, element('tr', {}, ...headings)), body), rest);
  table.show = show;
  return table;
}
