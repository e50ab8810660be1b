// The forms beside the drawing: one for the network, one for a box, one for an arrow.
import { choice, html, number, parameter, text, tick } from "./fields.js";
import { arrowOf, boxOf, changeCell, changeConnector, move } from "./network.js";

const named = (list) => list.map((each) => [each.name, each.title]);
const keyed = (table) => Object.entries(table).map(([key, each]) => [key, each.title]);

/** What is chosen: its title and its fields. `desk` has store, table, select(id), remove(id). */
export function form(desk, chosen) {
  const { model } = desk.store;
  const box = boxOf(model, chosen);
  if (box) return { title: box.name || "A box", fields: boxForm(desk, box) };
  const arrow = arrowOf(model, chosen);
  if (arrow) return { title: "Connection", fields: arrowForm(desk, arrow) };
  return { title: "Network", fields: networkForm(desk, model) };
}

/** Put a value, or nothing, into an object; typing that goes on is one step to undo. */
function put(desk, place, find, name) {
  return (value) => desk.store.change(place, (model) => {
    const holder = find(model);
    if (value === undefined) delete holder[name];
    else holder[name] = value;
  });
}

function networkForm(desk, model) {
  const { table } = desk;
  const set = (name) => put(desk, name, (m) => m, name);
  const plasticity = table.plasticities.find((each) => each.name === model.plasticity);
  return [
    text("name", "Title", model.name, set("name")),
    html("div", { class: "two" },
      number("runtime", "Run time", model.runtime, set("runtime"), { unit: "ms" }),
      number("seed", "Seed of chance", model.seed, set("seed"))),
    html("p", { class: "help" }, "Times are those of the chip, a thousand times faster than biology."),
    choice("chip", "Circuits begin", named(table.chips), model.chip, set("chip"), { help: table.chips.find((each) => each.name === model.chip)?.help }),
    choice("plasticity", "Short-term plasticity", named(table.plasticities), model.plasticity, (value) => {
      desk.store.change(null, (m) => Object.assign(m, { plasticity: value, plasticity_parameters: {} }));
      desk.renew();
    }, { help: plasticity?.help }),
    ...(plasticity?.parameters ?? []).map((each) => parameter(`plasticity_parameters.${each.name}`, each, model.plasticity_parameters[each.name],
      put(desk, `plasticity.${each.name}`, (m) => m.plasticity_parameters, each.name))),
    model.populations.length === 0 ? html("p", { class: "help" }, "Begin with a source and some neurons: the buttons above the paper add them.") : null,
  ].filter(Boolean);
}

function boxForm(desk, box) {
  const { table, store } = desk;
  const cell = table.cells[box.cell];
  const place = `populations.${box.id}`;
  const set = (name) => put(desk, `${place}.${name}`, (m) => boxOf(m, box.id), name);
  return [
    text(`${place}.name`, "Name", box.name, set("name")),
    html("div", { class: "two size" },
      choice(`${place}.cell`, "Cells", keyed(table.cells), box.cell, (kind) => {
        store.change(null, (m) => changeCell(m, table, box.id, kind));
        desk.renew();
      }),
      number(`${place}.size`, "Size", box.size, set("size"))),
    cell ? html("p", { class: "help" }, cell.help) : null,
    ...(cell ? recording(desk, box, cell) : []),
    ...(cell ? grouped(desk, box, cell) : []),
    connecting(desk, box),
    html("div", { class: "actions" },
      html("div", { class: "moves", role: "group", "aria-label": "Move the box" }, ...[["←", "left", -40, 0], ["↑", "up", 0, -40], ["↓", "down", 0, 40], ["→", "right", 40, 0]].map(([sign, way, dx, dy]) =>
        button(sign, () => store.change(`move ${box.id}`, (m) => move(m, box.id, dx, dy)), `Move ${way}`))),
      button("Copy", () => desk.repeat(box.id)),
      button("Remove", () => desk.remove(box.id), null, "danger")),
  ].filter(Boolean);
}

function recording(desk, box, cell) {
  const place = `populations.${box.id}.record`;
  const set = (name, renews) => (value) => {
    desk.store.change(`${place}.${name}`, (m) => (boxOf(m, box.id).record[name] = value));
    if (renews) desk.renew();
  };
  const traces = desk.table.traces.filter((each) => cell.traces.includes(each.name));
  const fields = [tick(`${place}.spikes`, "Record spikes", box.record.spikes, set("spikes"))];
  if (traces.length) {
    fields.push(choice(`${place}.trace`, "Record a trace", [["", "none"], ...named(traces)], box.record.trace, set("trace", true)));
  }
  if (box.record.trace) {
    fields.push(
      number(`${place}.cells`, "Of the cells", box.record.cells, set("cells"), { help: "Counted from 0, such as 0, 3." }),
      choice(`${place}.converter`, "With", named(desk.table.converters), box.record.converter, set("converter", true), { help: desk.table.converters.find((each) => each.name === box.record.converter)?.help }),
    );
  }
  return fields;
}

function grouped(desk, box, cell) {
  const { model } = desk.store;
  const open = cell.from_chip && model.chip !== desk.table.chips.at(-1).name ? "as calibrated" : null;
  const fieldOf = (each) => parameter(`populations.${box.id}.parameters.${each.name}`, each, box.parameters[each.name],
    put(desk, `${box.id}.${each.name}`, (m) => boxOf(m, box.id).parameters, each.name), open);
  return [...byGroup(cell.parameters)].map(([title, parameters]) => {
    const fields = parameters.map(fieldOf);
    if (!title) return html("div", {}, ...fields);
    const isOpen = cell.parameters.length <= 16 || parameters.some((each) => each.name in box.parameters);
    return html("details", { open: isOpen, "data-group": title }, html("summary", {}, title), ...fields);
  });
}

function byGroup(parameters) {
  const groups = new Map();
  for (const each of parameters) groups.set(each.group, [...(groups.get(each.group) ?? []), each]);
  return groups;
}

function connecting(desk, box) {
  const { table, store } = desk;
  const targets = store.model.populations.filter((each) => table.cells[each.cell]?.kind === "neuron");
  if (targets.length === 0) return null;
  const select = html("select", { "aria-label": `Connect ${box.name} to`, id: "builder-connect" }, ...targets.map((each) => html("option", { value: each.id }, each.id === box.id ? `${each.name} (itself)` : each.name)));
  const first = targets.find((each) => each.id !== box.id);
  if (first) select.value = first.id;
  return html("div", { class: "line connecting" }, html("span", { class: "label" }, "Connect to"), select, button("Connect", () => desk.connect(box.id, select.value)));
}

function arrowForm(desk, arrow) {
  const { table, store } = desk;
  const { model } = store;
  const place = `projections.${arrow.id}`;
  const set = (name) => put(desk, `${place}.${name}`, (m) => arrowOf(m, arrow.id), name);
  const find = (name) => (m) => arrowOf(m, arrow.id)[name];
  const boxes = model.populations.map((box) => [box.id, box.name]);
  const receptors = table.cells[boxOf(model, arrow.target)?.cell]?.receptors ?? [];
  const synapses = keyed(table.synapses);
  return [
    html("div", { class: "two" },
      choice(`${place}.source`, "From", boxes, arrow.source, set("source")),
      choice(`${place}.target`, "To", boxes, arrow.target, (id) => { set("target")(id); desk.renew(); })),
    html("div", { class: "two" },
      choice(`${place}.receptor`, "Input", receptors.map((each) => [each, each]), arrow.receptor, set("receptor")),
      ...(table.synapses[arrow.synapse]?.parameters ?? []).map((each) => parameter(`${place}.parameters.${each.name}`, { ...each, help: "" }, arrow.parameters[each.name], put(desk, `${place}.${each.name}`, find("parameters"), each.name)))),
    ...(table.synapses[arrow.synapse]?.parameters ?? []).filter((each) => each.help).map((each) => html("p", { class: "help" }, each.help)),
    synapses.length > 1 ? choice(`${place}.synapse`, "Synapse", synapses, arrow.synapse, (kind) => { set("synapse")(kind); desk.renew(); }) : null,
    choice(`${place}.connector`, "Who is connected", keyed(table.connectors), arrow.connector, (kind) => {
      store.change(null, (m) => changeConnector(m, table, arrow.id, kind));
      desk.renew();
    }),
    ...(table.connectors[arrow.connector]?.parameters ?? []).map((each) => parameter(`${place}.arguments.${each.name}`, each, arrow.arguments[each.name], put(desk, `${place}.${each.name}`, find("arguments"), each.name))),
    html("div", { class: "actions" }, button("Remove", () => desk.remove(arrow.id), null, "danger")),
  ].filter(Boolean);
}

export function button(title, act, label = null, classes = "") {
  const made = html("button", { type: "button", class: `slim ${classes}`, "aria-label": label, title: label }, title);
  made.addEventListener("click", act);
  return made;
}

/** The dialog's small form that connects two boxes from lists. */
export function connector(desk) {
  const { table, store } = desk;
  const targets = store.model.populations.filter((each) => table.cells[each.cell]?.kind === "neuron");
  if (targets.length === 0) return [html("p", { class: "help" }, "There are no neurons yet that could be a target. Add some.")];
  const pick = (label, list, value) => {
    const select = html("select", {}, ...list.map((each) => html("option", { value: each.id }, each.name)));
    select.value = value.id;
    return [select, html("label", { class: "field" }, label, select)];
  };
  const [from, fromField] = pick("From", store.model.populations, store.model.populations[0]);
  const [to, toField] = pick("To", targets, targets.find((each) => each.id !== from.value) ?? targets[0]);
  return [fromField, toField, html("div", { class: "actions" }, button("Connect", () => desk.connect(from.value, to.value), null, "primary"))];
}
