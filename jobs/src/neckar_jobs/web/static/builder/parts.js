// The list of everything that is in the network: what the drawing says, in words.
import { html } from "./fields.js";
import { caption, describe } from "./network.js";

/** Fill `nav`; `onChoose(id)` is told which part is wanted, null for the network. */
export function list(nav, { model, table, chosen, wrong, onChoose }) {
  const focused = nav.contains(document.activeElement) ? document.activeElement.dataset.id : undefined;
  const row = (id, classes, title, about, places) => {
    const count = wrong.filter((each) => places.some((place) => each.place === place || each.place.startsWith(`${place}.`))).length;
    const note = count ? html("span", { class: "count" }, `${count} to put right`) : null;
    const item = html("button", { type: "button", class: classes, "data-id": id ?? "", "aria-current": id === chosen ? "true" : null }, html("b", {}, title), html("span", {}, about), note);
    item.addEventListener("click", () => onChoose(id));
    return html("li", {}, item);
  };
  const whole = ["name", "runtime", "seed", "chip", "plasticity", "plasticity_parameters", "populations"];
  const own = wrong.some((each) => each.place === "populations") ? whole : whole.slice(0, -1);
  const cells = (box) => `${box.size} × ${table.cells[box.cell]?.title ?? box.cell}`;
  nav.replaceChildren(html("ul", {},
    row(null, "network", "Network", `${model.runtime} ms`, own),
    ...model.populations.map((box) => row(box.id, "box", box.name || "no name", cells(box), [`populations.${box.id}`])),
    ...model.projections.map((arrow) => row(arrow.id, `arrow ${arrow.receptor}`, describe(model, arrow), caption(table, arrow), [`projections.${arrow.id}`])),
  ));
  if (focused !== undefined) nav.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
}
