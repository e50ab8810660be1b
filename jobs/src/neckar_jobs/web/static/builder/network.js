// What can be done with a network. A function that ends in nothing changes the model it is given.
export const BOX = { width: 176, height: 66 };
const GAP = { x: 108, y: 52 };
const EDGE = 34;

export function empty(table) {
  return { version: 1, name: "", runtime: 0.5, seed: 1, chip: table.chips[0].name, plasticity: "", plasticity_parameters: {}, populations: [], projections: [] };
}

/** A source that excites some neurons: something to begin with. */
export function starter(table, room) {
  const model = empty(table);
  const kinds = Object.keys(table.cells);
  const source = addBox(model, table, kinds.find((kind) => table.cells[kind].kind === "source" && table.cells[kind].parameters.some((each) => each.begin != null)) ?? kinds[0]);
  const neurons = addBox(model, table, kinds.find((kind) => table.cells[kind].kind === "neuron"));
  connect(model, table, source.id, neurons.id);
  neurons.record.trace = table.cells[neurons.cell].traces[0] ?? "";
  arrange(model, room);
  return model;
}

function freshId(model, letter) {
  const taken = new Set([...model.populations, ...model.projections].map((each) => each.id));
  let number = 1;
  while (taken.has(letter + number)) number += 1;
  return letter + number;
}

function freshName(model, wanted) {
  const taken = new Set(model.populations.map((box) => box.name.toLowerCase()));
  if (!taken.has(wanted.toLowerCase())) return wanted;
  let number = 2;
  while (taken.has(`${wanted} ${number}`.toLowerCase())) number += 1;
  return `${wanted} ${number}`;
}

/** What the fields of a new box or arrow hold. */
function beginning(parameters) {
  return Object.fromEntries(parameters.filter((each) => each.begin != null).map((each) => [each.name, each.begin]));
}

export function addBox(model, table, kind) {
  const cell = table.cells[kind];
  const box = {
    id: freshId(model, "b"), name: freshName(model, cell.kind === "source" ? "Source" : "Neurons"), cell: kind, size: 10,
    parameters: beginning(cell.parameters), record: { spikes: true, trace: "", converter: table.converters[0].name, cells: 0 }, ...freePlace(model),
  };
  model.populations.push(box);
  return box;
}

export function copyBox(model, id) {
  const original = boxOf(model, id);
  const box = { ...structuredClone(original), id: freshId(model, "b"), name: freshName(model, original.name.replace(/ \d+$/, "")), ...freePlace(model) };
  model.populations.push(box);
  return box;
}

export function changeCell(model, table, id, kind) {
  const box = boxOf(model, id);
  const names = new Set(table.cells[kind].parameters.map((each) => each.name));
  const kept = Object.entries(box.parameters).filter(([name]) => names.has(name));
  box.parameters = { ...beginning(table.cells[kind].parameters), ...Object.fromEntries(kept) };
  box.cell = kind;
  if (!table.cells[kind].traces.includes(box.record.trace)) box.record.trace = "";
}

export function connect(model, table, source, target) {
  const [connector, synapse] = [Object.keys(table.connectors)[0], Object.keys(table.synapses)[0]];
  const arrow = {
    id: freshId(model, "a"), source, target, connector, arguments: beginning(table.connectors[connector].parameters), synapse,
    parameters: beginning(table.synapses[synapse].parameters), receptor: table.cells[boxOf(model, target)?.cell]?.receptors[0] ?? "excitatory",
  };
  model.projections.push(arrow);
  return arrow;
}

export function changeConnector(model, table, id, kind) {
  const arrow = arrowOf(model, id);
  const names = new Set(table.connectors[kind].parameters.map((each) => each.name));
  const kept = Object.entries(arrow.arguments).filter(([name]) => names.has(name));
  arrow.arguments = { ...beginning(table.connectors[kind].parameters), ...Object.fromEntries(kept) };
  arrow.connector = kind;
}

export function remove(model, id) {
  model.populations = model.populations.filter((box) => box.id !== id);
  model.projections = model.projections.filter((arrow) => ![arrow.id, arrow.source, arrow.target].includes(id));
}

export const boxOf = (model, id) => model.populations.find((box) => box.id === id);
export const arrowOf = (model, id) => model.projections.find((arrow) => arrow.id === id);

export function move(model, id, dx, dy) {
  const box = boxOf(model, id);
  box.x = Math.max(EDGE, Math.round(box.x + dx));
  box.y = Math.max(EDGE, Math.round(box.y + dy));
}

function freePlace(model) {
  const clashes = (x, y) => model.populations.some((box) => Math.abs(box.x - x) < BOX.width + 20 && Math.abs(box.y - y) < BOX.height + 20);
  for (let row = 0; row < 200; row += 1) {
    for (let column = 0; column < 3; column += 1) {
      const [x, y] = [EDGE + column * (BOX.width + GAP.x), EDGE + row * (BOX.height + GAP.y)];
      if (!clashes(x, y)) return { x, y };
    }
  }
  return { x: EDGE, y: EDGE };
}

/** Boxes in layers along the arrows: from left to right, or downwards on narrow paper; in its middle. */
export function arrange(model, { width, height }) {
  const layers = layered(model);
  const isWide = width >= EDGE * 2 + layers.length * BOX.width + (layers.length - 1) * 60;
  if (isWide) columns(layers);
  else rows(layers, Math.max(1, Math.floor((width - 2 * EDGE + 24) / (BOX.width + 24))));
  const end = (axis, size) => Math.max(...model.populations.map((box) => box[axis] + BOX[size]), 0) + EDGE;
  const [dx, dy] = [(width - end("x", "width")) / 2, (height - end("y", "height")) / 2];
  for (const box of model.populations) move(model, box.id, Math.max(0, dx), Math.max(0, dy));
}

function columns(layers) {
  const most = Math.max(...layers.map((layer) => layer.length), 1);
  layers.forEach((layer, depth) => layer.forEach((box, place) => {
    box.x = EDGE + depth * (BOX.width + GAP.x);
    box.y = Math.round(EDGE + (place + (most - layer.length) / 2) * (BOX.height + GAP.y));
  }));
}

function rows(layers, most) {
  const lines = layers.flatMap((layer) => layer.map((_, n) => layer.slice(n, n + most)).filter((_, n) => n % most === 0));
  const longest = Math.max(...lines.map((line) => line.length), 1);
  lines.forEach((line, depth) => line.forEach((box, place) => {
    box.x = Math.round(EDGE + (place + (longest - line.length) / 2) * (BOX.width + 24));
    box.y = EDGE + depth * (BOX.height + GAP.y + 22);
  }));
}

/** Boxes by their longest distance from those where nothing ends; arrows that close a round do not count. */
function layered(model) {
  const onward = forward(model);
  const depth = new Map(model.populations.map((box) => [box.id, 0]));
  for (let round = 0; round < model.populations.length; round += 1) {
    for (const arrow of onward) depth.set(arrow.target, Math.max(depth.get(arrow.target), depth.get(arrow.source) + 1));
  }
  const layers = [];
  for (const box of model.populations) (layers[depth.get(box.id)] ??= []).push(box);
  return layers.filter(Boolean);
}

function forward(model) {
  const [found, open, done] = [[], new Set(), new Set()];
  const visit = (id) => {
    open.add(id);
    for (const arrow of model.projections.filter((each) => each.source === id && boxOf(model, each.target))) {
      if (open.has(arrow.target)) continue;
      found.push(arrow);
      if (!done.has(arrow.target)) visit(arrow.target);
    }
    open.delete(id);
    done.add(id);
  };
  const hit = new Set(model.projections.map((arrow) => arrow.target));
  const order = [...model.populations].sort((a, b) => hit.has(a.id) - hit.has(b.id));
  for (const box of order) if (!done.has(box.id)) visit(box.id);
  return found;
}

/** What stands beside an arrow. */
export function caption(table, arrow) {
  const connector = table.connectors[arrow.connector];
  const how = (connector?.short ?? arrow.connector).replace(/\{(\w+)\}/g, (_, name) => arrow.arguments[name] ?? "?");
  const weight = arrow.parameters.weight ?? "";
  const sign = arrow.receptor === "inhibitory" ? "−" : "+";
  return `${sign}${weight} · ${how}`;
}

export function describe(model, arrow) {
  const name = (id) => boxOf(model, id)?.name || "nowhere";
  return `${name(arrow.source)} → ${name(arrow.target)}`;
}
