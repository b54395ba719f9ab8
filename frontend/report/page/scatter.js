// Scales, and points over two of them.

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
 * each of `chains` is joined and `color()` follows the theme. Click chooses a point, dragging zooms, a double click shows
 * all; so do keys.
 */
class Scatter {
  constructor(label, plan) {
    Object.assign(this, {plan, range: null, dots: [], cursor: -1});
    this.canvas = element('canvas', {tabindex: 0, role: 'img', 'aria-label': `${label}. Left and right go along, up and down between points one above the other, Enter chooses one, plus and minus zoom, Home shows all.`});
    this.rubber = element('div', {class: 'rubber', hidden: true});
    this.frame = element('div', {class: 'frame scatter'}, this.canvas, this.rubber);
    this.readout = element('div', {class: 'readout', 'aria-live': 'polite'});
    this.listen();
    this.drawn = plan();
    requestAnimationFrame(() => keepDrawn(() => this.draw()));
  }

  /** When the plan is another. */
  changed() {
    this.drawn = this.plan();
    this.showAll();
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
      if (!lean && place - c.measureText(text).width / 2 <= free) {
        continue;
      }
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
      } else {
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
    const chains = this.drawn.series.reduce((sum, series) => sum + (series.chains?.length ?? 0), 0);
    const strength = Math.max(0.1, 0.75 * Math.min(1, Math.sqrt(60 / chains)));
    for (const series of this.drawn.series) {
      c.strokeStyle = series.color();
      for (const chain of series.chains ?? []) {
        c.globalAlpha = chain.some(isKept) ? strength : 0.1;
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
    const crowded = this.drawn.series.reduce((sum, series) => sum + series.points.length, 0) > 5000;
    for (const series of this.drawn.series) {
      c.fillStyle = c.strokeStyle = series.color();
      for (const point of series.points) {
        const dot = {point, x: px(x.variable.at(point)), y: py(y.variable.at(point)), kept: isKept(point)};
        if (Number.isNaN(dot.x + dot.y)) {
          continue;
        }
        this.dots.push(dot);
        c.globalAlpha = dot.kept ? (series.pale ? 0.3 : 1) : 0.1;
        crowded && series.points.length > 500 ? c.fillRect(dot.x - 1.5, dot.y - 1.5, 3, 3) : drawMark(c, series.mark ?? 'circle', dot.x, dot.y);
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
    const others = this.dots.filter((other) => Math.hypot(other.x - dot.x, other.y - dot.y) < 0.5 && this.visible(other)).length - 1;
    return [`point ${dot.point}`, ...rows.map((variable) => `${variable.stops ? variable.name : variable.short}: ${variable.text(dot.point)}`), others ? `at the same place: ${plain(others)} more` : ''];
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
      if (Math.abs(dx) > 0.5) {
        return Infinity;
      }
      const further = upwards * (dot.point - now.point);  // of points at one place
      return upwards * dy > 0.01 ? upwards * dy : Math.abs(dy) <= 0.01 && further > 0 ? 1e-9 * further : Infinity;
    });
    if (next) {
      this.cursor = next.point;
      this.readout.textContent = this.tell(next).filter(Boolean).join(', ');
      this.draw();
    }
  }
}
