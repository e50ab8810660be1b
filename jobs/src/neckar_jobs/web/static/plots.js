// Spikes and traces on a canvas: drag to look closer, double-click or 0 to see all.
const LEFT = 62, RIGHT = 14, TOP = 12, BOTTOM = 40;

export function drawAll() {
  for (const place of document.querySelectorAll("[data-plots]:not([data-drawn])")) {
    place.dataset.drawn = "yes";
    draw(place).catch(() => {});
  }
}

async function draw(place) {
  const answer = await fetch(place.dataset.plots);
  if (!answer.ok) return;
  const { plots } = await answer.json();
  place.replaceChildren();
  for (const plot of plots) place.append(new Frame(plot, place.dataset.title ?? "").element);
}

class Frame {
  constructor(plot, title) {
    this.plot = plot;
    this.element = document.createElement("div");
    this.element.className = "plot-frame";
    const name = plot.title || title;
    if (name) {
      const heading = document.createElement("h3");
      heading.textContent = name;
      this.element.append(heading);
    }
    this.canvas = document.createElement("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    const number = plot.series.reduce((sum, each) => sum + each.x.length, 0);
    const what = plot.kind === "spikes" ? `${number} spikes` : plot.series.map((each) => each.name).join(", ");
    this.canvas.setAttribute("aria-label", `${name}: ${what} over ${plot.x_label}. Arrows move, plus and minus zoom, 0 shows all.`);
    this.under = document.createElement("div");
    this.under.className = "under";
    this.legend();
    this.output = document.createElement("output");
    this.under.append(this.output);
    this.element.append(this.canvas, this.under);
    this.all = extent(plot);
    this.view = { ...this.all };
    this.marked = null;
    this.listen();
    new ResizeObserver(() => this.paint()).observe(this.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.paint());
    new MutationObserver(() => this.paint()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  legend() {
    const { plot } = this;
    const legend = document.createElement("span");
    legend.className = "legend";
    if (plot.kind === "spikes") {
      const left = plot.left_out ? `, of ${plot.left_out + plot.series[0].x.length}` : "";
      legend.textContent = `${plot.series[0].x.length} spikes${left}`;
    } else if (plot.series.length > 1) {
      plot.series.forEach((each, n) => {
        const entry = document.createElement("span");
        const mark = document.createElement("i");
        mark.className = `c${n % 8}`;
        entry.append(mark, each.name);
        legend.append(entry);
      });
    }
    this.under.append(legend);
  }

  listen() {
    const { canvas } = this;
    const at = (event) => event.offsetX;
    canvas.addEventListener("pointerdown", (event) => {
      this.marked = [at(event), at(event)];
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (this.marked) {
        this.marked[1] = at(event);
        this.paint();
      }
      this.tell(event.offsetX);
    });
    canvas.addEventListener("pointerup", () => {
      const [a, b] = (this.marked ?? [0, 0]).toSorted((x, y) => x - y);
      this.marked = null;
      if (b - a > 6) this.look(this.value(a), this.value(b));
      else this.paint();
    });
    canvas.addEventListener("pointerleave", () => (this.output.textContent = ""));
    canvas.addEventListener("dblclick", () => this.look(this.all.x0, this.all.x1));
    canvas.addEventListener("keydown", (event) => {
      const { x0, x1 } = this.view;
      const width = x1 - x0;
      const act = {
        ArrowLeft: [x0 - width / 5, x1 - width / 5],
        ArrowRight: [x0 + width / 5, x1 + width / 5],
        "+": [x0 + width / 4, x1 - width / 4],
        "-": [x0 - width / 2, x1 + width / 2],
        0: [this.all.x0, this.all.x1],
      }[event.key];
      if (!act) return;
      event.preventDefault();
      this.look(...act);
    });
  }

  look(x0, x1) {
    const width = Math.min(x1 - x0, this.all.x1 - this.all.x0);
    const from = Math.min(Math.max(x0, this.all.x0), this.all.x1 - width);
    this.view = { ...this.view, x0: from, x1: from + width };
    this.paint();
  }

  value(pixel) {
    const part = (pixel - LEFT) / (this.canvas.clientWidth - LEFT - RIGHT);
    return this.view.x0 + Math.min(Math.max(part, 0), 1) * (this.view.x1 - this.view.x0);
  }

  /** What lies under the pointer. */
  tell(pixel) {
    const x = this.value(pixel);
    if (this.plot.kind === "spikes") {
      this.output.textContent = `${this.plot.x_label}: ${short(x)}`;
      return;
    }
    const parts = this.plot.series.map((each) => {
      let low = 0, high = each.x.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (each.x[middle] < x) low = middle + 1;
        else high = middle;
      }
      return `${this.plot.series.length > 1 ? each.name + ": " : ""}${short(each.y[low])}`;
    });
    this.output.textContent = `${this.plot.x_label}: ${short(x)} · ${parts.join(" · ")}`;
  }

  paint() {
    const { canvas, view, plot } = this;
    const width = canvas.clientWidth, height = canvas.clientHeight, ratio = devicePixelRatio || 1;
    if (width === 0) return;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const c = canvas.getContext("2d");
    c.scale(ratio, ratio);
    const style = getComputedStyle(canvas);
    const colour = (name) => resolved(style, name);
    const across = (x) => LEFT + ((x - view.x0) / (view.x1 - view.x0)) * (width - LEFT - RIGHT);
    const up = (y) => height - BOTTOM - ((y - view.y0) / (view.y1 - view.y0)) * (height - TOP - BOTTOM);
    this.axes(c, width, height, across, up, colour);
    c.save();
    c.beginPath();
    c.rect(LEFT, 0, width - LEFT - RIGHT, height - BOTTOM + 1);
    c.clip();
    if (plot.kind === "spikes") spikes(c, plot.series[0], view, across, up, colour("--c0"));
    else plot.series.forEach((each, n) => curve(c, each, view, across, up, colour(`--c${n % 8}`)));
    if (this.marked) {
      c.globalAlpha = 0.18;
      c.fillStyle = colour("--accent");
      c.fillRect(this.marked[0], 0, this.marked[1] - this.marked[0], height - BOTTOM);
    }
    c.restore();
  }

  axes(c, width, height, across, up, colour) {
    const { view, plot } = this;
    c.font = `11.5px ${getComputedStyle(document.body).fontFamily}`;
    c.fillStyle = colour("--muted");
    c.strokeStyle = colour("--line");
    c.lineWidth = 1;
    c.textAlign = "right";
    c.textBaseline = "middle";
    for (const y of ticks(view.y0, view.y1, 5)) {
      c.beginPath();
      c.moveTo(LEFT, Math.round(up(y)) + 0.5);
      c.lineTo(width - RIGHT, Math.round(up(y)) + 0.5);
      c.stroke();
      c.fillText(short(y), LEFT - 8, up(y));
    }
    c.textAlign = "center";
    c.textBaseline = "top";
    for (const x of ticks(view.x0, view.x1, Math.max(3, width / 110))) c.fillText(short(x), across(x), height - BOTTOM + 6);
    c.strokeStyle = colour("--strong-line");
    c.beginPath();
    c.moveTo(LEFT, height - BOTTOM + 0.5);
    c.lineTo(width - RIGHT, height - BOTTOM + 0.5);
    c.stroke();
    c.fillText(plot.x_label, (LEFT + width - RIGHT) / 2, height - 17);
    c.save();
    c.translate(12, (height - BOTTOM) / 2);
    c.rotate(-Math.PI / 2);
    c.textBaseline = "middle";
    c.fillText(plot.y_label, 0, 0);
    c.restore();
  }
}

function spikes(c, series, view, across, up, colour) {
  const size = Math.max(1.5, Math.min(9, 0.7 * Math.abs(up(1) - up(0))));
  c.fillStyle = colour;
  for (let n = 0; n < series.x.length; n++) {
    if (series.x[n] < view.x0 || series.x[n] > view.x1) continue;
    c.fillRect(across(series.x[n]) - 0.6, up(series.y[n]) - size / 2, 1.2, size);
  }
}

function curve(c, series, view, across, up, colour) {
  c.strokeStyle = colour;
  c.lineWidth = 1.4;
  c.lineJoin = "round";
  c.beginPath();
  series.x.forEach((x, n) => (n ? c.lineTo(across(x), up(series.y[n])) : c.moveTo(across(x), up(series.y[n]))));
  c.stroke();
}

/** The colour behind a name; light-dark() is resolved by giving it to an element. */
function resolved(style, name) {
  const probe = document.createElement("i");
  probe.hidden = true;
  probe.style.color = style.getPropertyValue(name);
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function extent(plot) {
  let x0 = Infinity, x1 = -Infinity, y0 = Infinity, y1 = -Infinity;
  for (const each of plot.series) {
    for (const x of each.x) [x0, x1] = [Math.min(x0, x), Math.max(x1, x)];
    for (const y of each.y) [y0, y1] = [Math.min(y0, y), Math.max(y1, y)];
  }
  if (x0 > x1) [x0, x1, y0, y1] = [0, 1, 0, 1];
  if (x0 === x1) [x0, x1] = [x0 - 0.5, x1 + 0.5];
  if (y0 === y1) [y0, y1] = [y0 - 0.5, y1 + 0.5];
  const margin = plot.kind === "spikes" ? 0.7 : 0.05 * (y1 - y0);
  return { x0, x1, y0: y0 - margin, y1: y1 + margin };
}

function ticks(low, high, most) {
  const raw = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= raw * (1 - 1e-9));
  const found = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + 1e-9 * step; n++) found.push(n * step);
  return found;
}

function short(value) {
  return Number(value.toPrecision(6)).toString().replace("-", "−");
}
