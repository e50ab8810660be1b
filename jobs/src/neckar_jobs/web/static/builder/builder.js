// The model builder: a dialog over the new-job page. The service makes the script and says what is wrong.
import { Drawing } from "./drawing.js";
import { button, connector, form } from "./forms.js";
import { show as showCode } from "./highlight.js";
import { addBox, arrange, arrowOf, boxOf, connect, copyBox, describe, empty, move, remove, starter } from "./network.js";
import { list } from "./parts.js";
import { Store } from "./store.js";

const WAIT = 250; // ms after the last change, until the script is asked for
const SAID = { undo: "Undone", redo: "Done again" };
const MODEL = "# The network of this script, for the model builder:";

class Builder {
  #dialog;
  #root;
  #editor;
  #drawing;
  #wrong = [];
  #script = "";
  #timer = 0;
  #asked = 0;
  #chosen = null;
  #told = ""; // what was last said to be wrong
  #opened = null; // the text for which this drawing was opened

  constructor(dialog, table, editor) {
    this.#dialog = dialog;
    this.#root = dialog.dataset.root;
    this.#editor = editor;
    this.table = table;
    this.store = new Store(empty(table));
    this.store.listen((why) => this.#changed(why));
    this.#drawing = new Drawing(this.#part(".paper"), {
      select: (id) => this.select(id),
      open: (id) => this.select(id, true),
      begin: (id) => { this.select(id); this.#part("#builder-connect")?.focus(); },
      move: (id, dx, dy) => this.store.change(`move ${id}`, (model) => move(model, id, dx, dy)),
      connect: (source, target) => this.connect(source, target),
      remove: (id) => this.remove(id),
    });
    this.#adders();
    this.#buttons();
    new ResizeObserver(() => this.#redraw()).observe(this.#part(".paper"));
  }

  /** Show the drawing that belongs to a script, or one to begin with. */
  async open(text) {
    this.#dialog.showModal();
    if (text !== this.#opened) {
      this.#opened = text;
      await this.#load(text);
    }
    this.renew();
    this.#ask(0);
  }

  // --- what forms and drawing ask for

  select(id, goes = false) {
    const was = this.#chosen;
    this.#chosen = id;
    if (was !== id || goes) this.renew();
    if (goes) this.#part("#builder-form").focus();
  }

  connect(source, target) {
    if (this.table.cells[boxOf(this.store.model, target)?.cell]?.kind !== "neuron") {
      this.#say("Sources only send spikes; an arrow ends at neurons.");
      return;
    }
    let made;
    this.store.change(null, (model) => (made = connect(model, this.table, source, target)));
    this.select(made.id, true);
    this.#say(`Connected ${describe(this.store.model, made)}`);
  }

  remove(id) {
    const name = boxOf(this.store.model, id)?.name ?? "the connection";
    this.store.change(null, (model) => remove(model, id));
    this.select(null);
    this.renew();
    this.#part(".parts button")?.focus();
    this.#say(`Removed ${name}. Undo brings it back.`);
  }

  /** Draw everything anew, forms included. */
  renew() {
    if (this.#chosen && !boxOf(this.store.model, this.#chosen) && !arrowOf(this.store.model, this.#chosen)) this.#chosen = null;
    const { title, fields } = form(this, this.#chosen);
    const place = this.#part("[data-show=form]");
    const focused = place.contains(document.activeElement) ? document.activeElement.closest("[data-place]")?.dataset.place : null;
    const open = new Map([...place.querySelectorAll("details")].map((each) => [each.dataset.group, each.open]));
    const isSame = place.dataset.of === String(this.#chosen);
    place.dataset.of = String(this.#chosen);
    this.#part("#builder-form").textContent = title;
    place.replaceChildren(...fields);
    if (isSame) for (const each of place.querySelectorAll("details")) each.open = open.get(each.dataset.group) ?? each.open;
    if (focused) place.querySelector(`[data-place="${CSS.escape(focused)}"] :is(input, select, textarea)`)?.focus();
    this.#redraw();
    this.#mark();
  }

  // --- inside

  #part(selector) {
    return this.#dialog.querySelector(selector);
  }

  #say(text) {
    this.#part("[data-show=said]").textContent = text;
  }

  /** The same box again, without its arrows. */
  repeat(id) {
    let made;
    this.store.change(null, (model) => (made = copyBox(model, id)));
    this.select(made.id, true);
    this.#say(`Added ${made.name}`);
  }

  #adders() {
    const kinds = Object.entries(this.table.cells);
    for (const [kind, title] of [["source", "+ Source"], ["neuron", "+ Neurons"]]) {
      const [name] = kinds.find(([, cell]) => cell.kind === kind && cell.parameters.some((each) => each.begin != null)) ?? kinds.find(([, cell]) => cell.kind === kind) ?? [];
      if (name) this.#part(".adders").append(button(title, () => this.#add(name)));
    }
  }

  #add(kind) {
    let made;
    this.store.change(null, (model) => (made = addBox(model, this.table, kind)));
    this.select(made.id, true);
    this.#say(`Added ${made.name}`);
  }

  #buttons() {
    const acts = {
      undo: () => this.store.undo(),
      redo: () => this.store.redo(),
      clear: () => { this.store.change(null, (model) => Object.assign(model, empty(this.table))); this.select(null); this.renew(); },
      open: () => this.#part("input[type=file]").click(),
      save: () => this.#save(),
      connect: () => this.#connecting(),
      arrange: () => this.store.change(null, (model) => arrange(model, this.#room())),
      close: () => this.#dialog.close(),
      use: () => this.#use(),
    };
    for (const [name, act] of Object.entries(acts)) this.#part(`[data-do=${name}]`).addEventListener("click", act);
    this.#part("input[type=file]").addEventListener("change", async (event) => {
      const [file] = event.target.files;
      event.target.value = "";
      if (file) await this.#load(await file.text(), file.name);
      this.renew();
    });
    this.#dialog.addEventListener("keydown", (event) => this.#key(event));
  }

  #key(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "z" && !event.shiftKey) this.store.undo();
    else if (key === "y" || (key === "z" && event.shiftKey)) this.store.redo();
    else if (key === "enter") this.#use();
    else return;
    event.preventDefault();
  }

  #connecting() {
    this.#chosen = null;
    this.renew();
    this.#part("#builder-form").textContent = "Connect";
    this.#part("[data-show=form]").replaceChildren(...connector(this));
    this.#part("[data-show=form] select")?.focus();
  }

  #changed(why) {
    if (why === "change") this.#redraw();
    else this.renew();
    if (SAID[why]) this.#say(SAID[why]);
    this.#ask(WAIT);
  }

  #redraw() {
    const { model } = this.store;
    this.#drawing.show(model, this.table, this.#chosen, this.#wrong);
    list(this.#part(".parts"), { model, table: this.table, chosen: this.#chosen, wrong: this.#wrong, onChoose: (id) => this.select(id, true) });
    this.#part("[data-do=undo]").disabled = !this.store.canUndo;
    this.#part("[data-do=redo]").disabled = !this.store.canRedo;
    this.#part("[data-do=connect]").disabled = model.populations.length === 0;
    const box = boxOf(model, this.#chosen);
    if (box) this.#part("#builder-form").textContent = box.name || "A box";
  }

  /** What is wrong stands at its field. */
  #mark() {
    for (const field of this.#dialog.querySelectorAll("[data-place]")) {
      const problem = this.#wrong.find((each) => each.place === field.dataset.place);
      const place = field.querySelector(".problem");
      place.hidden = !problem;
      place.textContent = problem?.text ?? "";
      const control = field.querySelector("input, select, textarea");
      if (problem) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
      if (problem && field.closest("details")) field.closest("details").open = true;
    }
  }

  #spoken({ place, text }) {
    const { model } = this.store;
    const [, id, ...rest] = place.split(".");
    const arrow = arrowOf(model, id);
    const owner = arrow ? describe(model, arrow) : boxOf(model, id)?.name;
    return `${owner ? `${owner}, ` : ""}${rest.at(-1) ?? place}: ${text}`;
  }

  #ask(after) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#askNow(), after);
  }

  async #askNow() {
    clearTimeout(this.#timer);
    const mine = (this.#asked += 1);
    const answer = await this.#post("script", JSON.stringify(this.store.model));
    if (!answer || mine !== this.#asked) return;
    this.#wrong = answer.problems;
    this.#script = answer.script;
    const code = this.#part(".script code");
    if (answer.script) showCode(code, answer.script, MODEL);
    this.#part(".script").classList.toggle("stale", !answer.script);
    const count = answer.problems.length;
    const told = count ? this.#spoken(answer.problems[0]) : "";
    if (told && told !== this.#told) this.#say(`${count} to put right. ${told}`);
    this.#told = told;
    this.#part("[data-show=state]").textContent = count
      ? `as it was before ${count === 1 ? "this is" : `these ${count} are`} put right: ${told}`
      : `${answer.script.split(MODEL)[0].trim().split("\n").length} lines`;
    this.#redraw();
    this.#mark();
  }

  async #post(what, body) {
    try {
      const answer = await fetch(`${this.#root}/builder/${what}`, { method: "POST", body, headers: { "Content-Type": "application/json" } });
      if (answer.redirected) throw new Error("sign in again, in another tab");
      if (!answer.ok) throw new Error(`the service answers with ${answer.status}`);
      return await answer.json();
    } catch (error) {
      this.#part("[data-show=state]").textContent = `No script: ${error.message}`;
      return null;
    }
  }

  async #load(text, name = null) {
    const found = await this.#post("model", JSON.stringify({ text }));
    const note = this.#part("[data-show=note]");
    note.hidden = !found?.is_changed && (found?.model || !name);
    note.firstElementChild.textContent = found?.is_changed
      ? "The script was changed by hand after it was drawn. What is drawn here does not know of it."
      : `There is no network in ${name}.`;
    if (name && !found?.model) return;
    this.#chosen = null;
    if (name) this.store.change(null, (model) => Object.assign(model, found.model));
    else if (found?.model) this.store.begin(found.model);
    else if (this.store.model.populations.length === 0) this.store.begin(starter(this.table, this.#room()));
  }

  #room() {
    const { clientWidth: width, clientHeight: height } = this.#part(".paper");
    return { width, height: height - 70 };
  }

  #save() {
    const { model } = this.store;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(model, null, 1)], { type: "application/json" }));
    link.download = `${model.name.replace(/[^\w-]+/g, "_") || "network"}.json`;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  async #use() {
    await this.#askNow();
    if (!this.#script) {
      this.#goTo(this.#wrong[0]);
      return;
    }
    this.#opened = this.#script;
    this.#dialog.close();
    this.#editor.take(this.#script, this.store.model.name);
  }

  /** Lead to the field where something is to be put right. */
  #goTo(problem) {
    if (!problem) return;
    const [kind, id] = problem.place.split(".");
    this.select(["populations", "projections"].includes(kind) && id ? id : null);
    this.#mark();
    this.#part(`[data-place="${CSS.escape(problem.place)}"] :is(input, select, textarea)`)?.focus();
    this.#say(problem.text);
  }
}

/** Let `opener` open the builder; `editor` has text(), and take(script, name) for the end. */
export async function offer(opener, dialog, editor) {
  let builder = null;
  opener.hidden = false;
  const open = async () => {
    if (!builder) {
      const answer = await fetch(`${dialog.dataset.root}/builder/table`).catch(() => null);
      if (!answer?.ok || answer.redirected) return window.alert("The service does not answer, or not to you. Sign in again in another tab.");
      builder = new Builder(dialog, await answer.json(), editor);
    }
    return builder.open(editor.text());
  };
  opener.addEventListener("click", open);
  if (location.hash === "#draw") await open();
}
