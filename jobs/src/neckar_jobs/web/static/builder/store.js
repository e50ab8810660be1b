// The network as it is now, and as it was: undo and redo.
const TOGETHER = 900; // ms in which changes of one field are one step
const MOST = 200;

export class Store {
  #past = [];
  #future = [];
  #last = { key: null, at: 0 };
  #listeners = [];

  constructor(model) {
    this.model = model;
  }

  listen(listener) {
    this.#listeners.push(listener);
  }

  /** Another network, without a past. */
  begin(model) {
    [this.#past, this.#future] = [[], []];
    this.#become(model, "begin");
  }

  /** Change a copy. Changes with the same `key` that follow each other closely are one step. */
  change(key, act) {
    const next = structuredClone(this.model);
    act(next);
    if (JSON.stringify(next) === JSON.stringify(this.model)) return;
    const now = Date.now();
    const goesOn = key !== null && key === this.#last.key && now - this.#last.at < TOGETHER;
    if (!goesOn) this.#past = [...this.#past.slice(-MOST), this.model];
    this.#future = [];
    this.#last = { key, at: now };
    this.#become(next, "change");
  }

  undo() {
    this.#step(this.#past, this.#future, "undo");
  }

  redo() {
    this.#step(this.#future, this.#past, "redo");
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  #step(from, to, why) {
    if (from.length === 0) return;
    to.push(this.model);
    this.#last = { key: null, at: 0 };
    this.#become(from.pop(), why);
  }

  #become(model, why) {
    this.model = model;
    for (const listener of this.#listeners) listener(why);
  }
}
