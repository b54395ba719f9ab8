// Parallel coordinates.

const MOST_LINES = 4000;  // more would hide one another

/** What has a scale. */
const parallelVariables = [...places, ...['pes', 'latency_ps', 'speedup', 'utilization'].map((name) => variables.get(name))].filter((variable) => variable?.varies);

/** A line a point over parallel scales; a brush on a scale keeps the points that lie there, in all views. */
class Parallel {
  constructor() {
    this.variables = parallelVariables;
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

  brush(variable, range, over = true) {
    range ? brushes.set(variable.id, range) : brushes.delete(variable.id);
    keptChanged(over);
    this.draw();
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
          this.brush(this.variables[from.index], [valueAt(Math.max(y, from.y)), valueAt(Math.min(y, from.y))], false);
        }
        return;
      }
      const point = this.lineAt(x, y);
      this.canvas.style.cursor = this.variables.some((_, i) => Math.abs(this.placeOf(i) - x) < 14) ? 'ns-resize' : point >= 0 ? 'pointer' : 'default';
      point >= 0 ? showTip(event.clientX, event.clientY, ...lines(`point ${point}`, ...this.variables.map((variable) => `${variable.stops ? variable.name : variable.short}: ${variable.text(point)}`))) : hideTip();
    });
    this.canvas.addEventListener('pointerleave', hideTip);
    this.canvas.addEventListener('pointercancel', () => { from = null; });
    this.canvas.addEventListener('pointerup', (event) => {
      const [x, y] = where(event);
      const begun = from;
      from = null;
      if (begun?.moved) {
        keptChanged();
      } else if (begun) {
        this.brush(this.variables[begun.index], null);
      } else if (this.lineAt(x, y) >= 0) {
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
      keptChanged();
    } else {
      return false;
    }
    return true;
  }
}
