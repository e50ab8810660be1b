// The network as boxes and arrows. Shows what it is given and tells what a hand does with it.
import { BOX, boxOf, caption } from "./network.js";

const NS = "http://www.w3.org/2000/svg";
const PORT = 7;
const STEP = 8;

function make(name, attributes = {}, ...children) {
  const element = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

export class Drawing {
  #paper;
  #svg;
  #hands;
  #arrows = make("g");
  #boxes = make("g");
  #hold = null;
  #shown = [];

  /** `hands` has select(id), move(id, dx, dy), connect(source, target), remove(id). */
  constructor(paper, hands) {
    this.#paper = paper;
    this.#hands = hands;
    this.#svg = make("svg", { role: "group", "aria-label": "Boxes of the network" });
    this.#svg.append(heads(), this.#arrows, this.#boxes);
    paper.append(this.#svg);
    this.#svg.addEventListener("pointerdown", (event) => this.#grasp(event));
    this.#svg.addEventListener("pointermove", (event) => this.#drag(event));
    this.#svg.addEventListener("pointerup", (event) => this.#drop(event));
    this.#svg.addEventListener("pointercancel", () => this.#release());
    // A finger on a box moves it; elsewhere it moves the paper. (Chromium knows no touch-action inside SVG.)
    this.#svg.addEventListener("touchstart", (event) => event.target.closest(".box") && event.preventDefault(), { passive: false });
    this.#svg.addEventListener("keydown", (event) => this.#key(event));
  }

  show(model, table, selected, wrong) {
    this.model = model;
    this.#shown = [model, table, selected, wrong];
    const focused = this.#svg.contains(document.activeElement) ? document.activeElement.dataset.id : null;
    const width = Math.max(this.#paper.clientWidth - 2, ...model.populations.map((box) => box.x + BOX.width + 40));
    const height = Math.max(this.#paper.clientHeight - 4, ...model.populations.map((box) => box.y + BOX.height + 60));
    this.#svg.setAttribute("width", width);
    this.#svg.setAttribute("height", height);
    this.#arrows.replaceChildren(...model.projections.map((arrow) => this.#arrow(arrow, table, selected, wrong)).filter(Boolean));
    if (this.#hold) {
      this.#follow(selected);
      return;
    }
    this.#boxes.replaceChildren(...model.populations.map((box) => this.#box(box, table, selected, wrong)));
    if (focused) this.focus(focused);
  }

  /** While a finger is on a box, its element has to stay: a finger that loses it loses its grip. */
  #follow(selected) {
    for (const element of this.#boxes.children) {
      const box = boxOf(this.model, element.dataset.id);
      if (box) element.setAttribute("transform", `translate(${box.x} ${box.y})`);
      element.classList.toggle("selected", element.dataset.id === selected);
    }
  }

  focus(id) {
    this.#svg.querySelector(`.box[data-id="${CSS.escape(id)}"]`)?.focus();
  }

  // --- what is seen

  #box(box, table, selected, wrong) {
    const cell = table.cells[box.cell];
    const isSource = cell?.kind === "source";
    const isWrong = wrong.some((each) => each.place.startsWith(`populations.${box.id}.`));
    const what = `${box.size} × ${cell?.title ?? box.cell}`;
    const group = make("g", {
      class: `box ${isSource ? "source" : "neurons"}${selected === box.id ? " selected" : ""}${isWrong ? " wrong" : ""}`,
      transform: `translate(${box.x} ${box.y})`, tabindex: 0, role: "button", "data-id": box.id, "aria-pressed": String(selected === box.id),
      "aria-label": `${box.name}, ${what}${isWrong ? ", something to put right" : ""}`,
    });
    group.append(
      make("rect", { class: "body", width: BOX.width, height: BOX.height, rx: isSource ? BOX.height / 2 : 10 }),
      make("path", { class: "glyph", d: isSource ? "M22 41v-8m7 8v-16m5 16v-8m9 8v-16" : "M14 40h6c4 0 5-3 7-9l2-8 2 20c1 3 3-2 6-2h7", "aria-hidden": "true" }),
    );
    const name = make("text", { class: "name", x: 58, y: 29 });
    name.textContent = short(box.name || "no name", 14);
    const kind = make("text", { class: "kind", x: 58, y: 47 });
    kind.textContent = short(what, 19);
    group.append(name, kind);
    const corner = BOX.width - (isSource ? 40 : 20);
    if (box.record.trace) group.append(make("path", { class: "badge", d: `M${corner - 20} 11c3-6 5-6 8 0s5 6 8 0` }));
    if (box.record.spikes) group.append(make("path", { class: "badge", d: `M${corner} 15v-8m4 8v-8m4 8v-8` }));
    if (isWrong) group.append(make("circle", { class: "alarm", cx: 8, cy: 4, r: 8 }), mark());
    group.append(make("circle", { class: "reach", cx: BOX.width, cy: BOX.height / 2, r: 15 }), make("circle", { class: "port", cx: BOX.width, cy: BOX.height / 2, r: PORT }));
    return group;
  }

  #arrow(arrow, table, selected, wrong) {
    const [source, target] = [boxOf(this.model, arrow.source), boxOf(this.model, arrow.target)];
    if (!source || !target) return null;
    const same = this.model.projections.filter((each) => [each.source, each.target].sort().join() === [arrow.source, arrow.target].sort().join());
    const { path, label } = route(source, target, same.indexOf(arrow), same.length, this.model.populations);
    const isWrong = wrong.some((each) => each.place.startsWith(`projections.${arrow.id}.`));
    const kind = arrow.receptor === "inhibitory" ? "inhibitory" : "excitatory";
    const group = make("g", { class: `arrow ${kind}${selected === arrow.id ? " selected" : ""}${isWrong ? " wrong" : ""}`, "data-id": arrow.id, "aria-hidden": "true" });
    const text = make("text", { x: label.x, y: label.y, "text-anchor": "middle" });
    text.textContent = caption(table, arrow);
    group.append(make("path", { class: "reach", d: path }), make("path", { class: "line", d: path, "marker-end": `url(#head-${kind})` }), text);
    return group;
  }

  // --- what a hand does

  #at(event) {
    const frame = this.#svg.getBoundingClientRect();
    return { x: event.clientX - frame.left, y: event.clientY - frame.top };
  }

  #grasp(event) {
    const part = event.target.closest("[data-id]");
    if (event.button !== 0 || this.#hold) return;
    if (part?.classList.contains("box")) {
      const fromPort = event.target.matches(".port, .reach");
      this.#hold = { id: part.dataset.id, at: this.#at(event), fromPort, isMoving: false };
      this.#svg.setPointerCapture(event.pointerId);
      if (event.pointerType === "mouse") event.preventDefault();
    }
    this.#hands.select(part?.dataset.id ?? null);
    if (this.#hold) this.focus(part.dataset.id);
  }

  #release() {
    const hold = this.#hold;
    this.#hold = null;
    this.#svg.querySelector(".reaching")?.remove();
    this.show(...this.#shown);
    return hold;
  }

  #drag(event) {
    if (!this.#hold) return;
    const now = this.#at(event);
    const { id, at, fromPort } = this.#hold;
    if (!this.#hold.isMoving && Math.hypot(now.x - at.x, now.y - at.y) < 4) return;
    this.#hold.isMoving = true;
    if (fromPort) {
      this.#reach(boxOf(this.model, id), now);
    } else {
      this.#hands.move(id, now.x - at.x, now.y - at.y);
      this.#hold.at = now;
    }
  }

  #drop(event) {
    const hold = this.#release();
    if (!hold?.fromPort || !hold.isMoving) return;
    const under = document.elementsFromPoint(event.clientX, event.clientY).map((each) => each.closest?.(".box")).find(Boolean);
    if (under) this.#hands.connect(hold.id, under.dataset.id);
  }

  #reach(box, to) {
    this.#svg.querySelector(".reaching")?.remove();
    const from = { x: box.x + BOX.width, y: box.y + BOX.height / 2 };
    this.#svg.append(make("path", { class: "reaching", d: `M${from.x} ${from.y}L${to.x} ${to.y}` }));
  }

  #key(event) {
    const id = event.target.closest?.(".box")?.dataset.id;
    if (!id || event.ctrlKey || event.metaKey || event.altKey) return;
    const far = event.shiftKey ? 5 * STEP : STEP;
    const ways = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] };
    if (ways[event.key]) this.#hands.move(id, ...ways[event.key]);
    else if (event.key === "Enter" || event.key === " ") this.#hands.open(id);
    else if (event.key === "Delete" || event.key === "Backspace") this.#hands.remove(id);
    else if (event.key === "c") this.#hands.begin(id);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function short(text, most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function mark() {
  const text = make("text", { class: "alarm", x: 8, y: 8, "text-anchor": "middle" });
  text.textContent = "!";
  return text;
}

function heads() {
  const marker = (kind, d, size) => make("marker", { id: `head-${kind}`, class: kind, viewBox: "0 0 12 12", refX: size, refY: 6, markerWidth: 11, markerHeight: 11, markerUnits: "userSpaceOnUse", orient: "auto" }, make("path", { d }));
  return make("defs", {}, marker("excitatory", "M1 1 11 6 1 11z", 10), marker("inhibitory", "M7 0h4v12H7z", 10));
}

/** A curve between the borders of two boxes, the `number`th of `count` that they share, around others. */
function route(source, target, number, count, boxes) {
  if (source === target) return around(source, number);
  const [a, b] = [centre(source), centre(target)];
  const shift = (number - (count - 1) / 2) * 28;
  const others = boxes.filter((box) => box !== source && box !== target);
  if (Math.abs(b.x - a.x) >= BOX.width * 0.9) return across(a, b, shift, others);
  return down(a, b, shift, others, count > 1 && source.id > target.id);
}

const centre = (box) => ({ x: box.x + BOX.width / 2, y: box.y + BOX.height / 2 });

function across(a, b, shift, others) {
  const way = Math.sign(b.x - a.x);
  const port = shift === 0 ? PORT : 0;
  const [x1, x2] = [a.x + way * (BOX.width / 2) + (way > 0 ? port : 0), b.x - way * (BOX.width / 2 + 3) + (way < 0 ? port : 0)];
  const [y1, y2] = [a.y + shift, b.y + shift];
  const level = (x) => y1 + ((x - x1) / (x2 - x1)) * (y2 - y1);
  const inWay = others.map(centre).filter((c) => (c.x - x1) * (c.x - x2) < 0 && Math.abs(c.y - level(c.x)) < BOX.height / 2 + 24);
  const bow = aside(inWay.map((c) => c.y - level(c.x)), BOX.height / 2 + 20);
  const bend = Math.max(36, Math.abs(x2 - x1) / (bow ? 4 : 2)) * way;
  const label = { x: (x1 + x2) / 2, y: (y1 + y2) / 2 + bow * 0.75 - 7 + (shift > 0 || bow > 0 ? 20 : 0) };
  return { path: `M${x1} ${y1}C${x1 + bend} ${y1 + bow} ${x2 - bend} ${y2 + bow} ${x2} ${y2}`, label };
}

function down(a, b, shift, others, isSecond) {
  const way = Math.sign(b.y - a.y) || 1;
  const side = shift * 1.6;
  const [x1, x2, y1, y2] = [a.x + side, b.x + side, a.y + way * (BOX.height / 2), b.y - way * (BOX.height / 2 + 3)];
  const level = (y) => x1 + ((y - y1) / (y2 - y1)) * (x2 - x1);
  const inWay = others.map(centre).filter((c) => (c.y - y1) * (c.y - y2) < 0 && Math.abs(c.x - level(c.y)) < BOX.width / 2 + 8);
  const bow = aside(inWay.map((c) => c.x - level(c.y)), BOX.width / 2 + 16);
  const bend = Math.max(24, Math.abs(y2 - y1) / (bow ? 4 : 2)) * way;
  const label = { x: (x1 + x2) / 2 + bow * 0.75 + side * 0.5, y: (y1 + y2) / 2 + 4 + (isSecond ? 16 : 0) };
  return { path: `M${x1} ${y1}C${x1 + bow} ${y1 + bend} ${x2 + bow} ${y2 - bend} ${x2} ${y2}`, label };
}

/** How far a curve is drawn aside to pass by what lies at these distances; half of `room` is a box. */
function aside(distances, room) {
  if (distances.length === 0) return 0;
  const [over, under] = [Math.min(...distances) - room, Math.max(...distances) + room];
  return (-over < under - 1 ? over : under) / 0.75; // below or right where both are as far
}

function around(box, number) {
  const [x, y, high] = [box.x + 44, box.y, 36 + 20 * number];
  return { path: `M${x + 20} ${y}C${x + 30} ${y - high} ${x - 26} ${y - high} ${x - 20} ${y - 3}`, label: { x, y: y - high * 0.75 - 7 } };
}
