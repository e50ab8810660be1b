// Forms: fields made from the table, and values made from what is typed.
const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
let counter = 0;

function html(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") element.className = value;
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.filter((each) => each != null));
  return element;
}

export { html };

/** A number or a list of numbers; else the text as it is, which the service will not like. */
export function numbers(text) {
  const trimmed = text.trim().replace(/^\[|\]$/g, "").trim();
  if (NUMBER.test(trimmed)) return Number(trimmed);
  const parts = trimmed.split(/[\s,;]+/).filter(Boolean);
  if (parts.length > 1 && parts.every((each) => NUMBER.test(each))) return parts.map(Number);
  return text.trim();
}

/** Times: numbers, and ranges such as 0.1:0.5:0.1. */
export function times(text) {
  const found = [];
  for (const part of text.trim().split(/[\s,;]+/).filter(Boolean)) {
    const ends = part.split(":");
    if (!ends.every((each) => NUMBER.test(each)) || ![1, 3].includes(ends.length)) return text.trim();
    const [first, last, step] = ends.map(Number);
    if (ends.length === 1) found.push(first);
    else if (step <= 0 || (last - first) / step > 10_000) return text.trim();
    else for (let n = 0; first + n * step <= last + step * 1e-6; n += 1) found.push(Number((first + n * step).toPrecision(12)));
  }
  return found;
}

/** Lines of two or three numbers. */
export function pairs(text) {
  const rows = text.split("\n").filter((line) => line.trim()).map((line) => line.replace(/[()]/g, " ").split(/[\s,;]+/).filter(Boolean));
  return rows.every((row) => row.every((each) => NUMBER.test(each))) ? rows.map((row) => row.map(Number)) : text;
}

const READ = { number: numbers, times, pairs };

function typed(value) {
  if (!Array.isArray(value)) return value ?? "";
  return Array.isArray(value[0]) ? value.map((row) => row.join(", ")).join("\n") : value.join(", ");
}

/** A frame with a label, a place for what is wrong, and help. `control` is what one types into. */
export function framed(place, title, control, { unit = "", help = "", classes = "" } = {}) {
  counter += 1;
  const id = `builder-field-${counter}`;
  control.id = id;
  const problem = html("p", { class: "problem", id: `${id}-wrong`, hidden: true });
  const about = help ? html("p", { class: "help", id: `${id}-help` }, help) : null;
  control.setAttribute("aria-describedby", [`${id}-wrong`, help && `${id}-help`].filter(Boolean).join(" "));
  const isBox = control.type === "checkbox";
  const label = html("label", { for: id, class: isBox ? "tick" : false }, ...(isBox ? [control, title] : [title, unit && html("span", { class: "unit" }, ` ${unit}`)].filter(Boolean)));
  return html("div", { class: `field ${classes}`, "data-place": place }, label, isBox ? null : control, problem, about);
}

export function choice(place, title, options, value, onChange, more = {}) {
  const select = html("select", {}, ...options.map(([key, name]) => html("option", { value: key }, name)));
  if (!options.some(([key]) => key === value)) select.append(html("option", { value }, String(value)));
  select.value = value;
  select.addEventListener("change", () => onChange(select.value));
  return framed(place, title, select, more);
}

export function text(place, title, value, onInput, more = {}) {
  const input = html("input", { value, autocomplete: "off", spellcheck: "false", maxlength: 200 });
  input.addEventListener("input", () => onInput(input.value));
  return framed(place, title, input, more);
}

export function number(place, title, value, onInput, more = {}) {
  const input = html("input", { value: typed(value), inputmode: "decimal", autocomplete: "off", spellcheck: "false", placeholder: more.placeholder });
  input.addEventListener("input", () => onInput(numbers(input.value)));
  return framed(place, title, input, { classes: "short", ...more });
}

export function tick(place, title, value, onChange, more = {}) {
  const box = html("input", { type: "checkbox" });
  box.checked = value;
  box.addEventListener("change", () => onChange(box.checked));
  return framed(place, title, box, more);
}

/** The field of a parameter; `onChange(undefined)` leaves it open. */
export function parameter(place, each, value, onChange, open = null) {
  const more = { unit: each.unit, help: each.help };
  if (each.kind === "switch") {
    if (open === null) return tick(place, each.title, value ?? each.default, onChange, more);
    const options = [["", open], ["on", "on"], ["off", "off"]];
    const now = value === undefined ? "" : value ? "on" : "off";
    return choice(place, each.title, options, now, (key) => onChange(key === "" ? undefined : key === "on"), { ...more, classes: "short" });
  }
  if (each.kind === "choice") {
    const options = [["", open ?? "as usual"], ...each.choices.map((one) => [String(one.value), one.title])];
    const back = (key) => (key === "" ? undefined : each.choices.find((one) => String(one.value) === key).value);
    return choice(place, each.title, options, value === undefined ? "" : String(value), (key) => onChange(back(key)), { ...more, classes: "short" });
  }
  const isLong = each.kind !== "number";
  const placeholder = open ?? (each.open || (each.default == null ? "" : typed(each.default)));
  const control = isLong
    ? html("textarea", { rows: each.kind === "pairs" ? 5 : 2, spellcheck: "false", class: "code", placeholder })
    : html("input", { inputmode: each.per_cell ? "text" : "decimal", autocomplete: "off", spellcheck: "false", placeholder });
  control.value = typed(value);
  control.addEventListener("input", () => onChange(control.value.trim() === "" ? undefined : READ[each.kind](control.value)));
  return framed(place, each.title, control, { ...more, classes: isLong ? "" : "short" });
}
