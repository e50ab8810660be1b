// Colours for Python: words, texts, numbers, comments.
const PARTS = /("""[\s\S]*?"""|"(?:[^"\\\n]|\\.)*")|(#[^\n]*)|\b(import|as|from|for|in|with|if|def|return|True|False|None|print)\b|(?<![\w.])(-?\d[\d_.]*(?:e[+-]?\d+)?)|\b([A-Z]\w+(?=\())/g;
const KINDS = ["string", "comment", "keyword", "number", "class"];

/** Put `text` into `element`, up to `until`, and go where it is not as it was. */
export function show(element, text, until) {
  const end = text.indexOf(until);
  const shown = end === -1 ? text : `${text.slice(0, end).trimEnd()}\n`;
  const before = element.textContent;
  const parts = [];
  let last = 0;
  for (const match of shown.matchAll(PARTS)) {
    parts.push(shown.slice(last, match.index));
    const span = document.createElement("span");
    span.className = `py-${KINDS[match.slice(1).findIndex((each) => each !== undefined)]}`;
    span.textContent = match[0];
    parts.push(span);
    last = match.index + match[0].length;
  }
  element.replaceChildren(...parts, shown.slice(last));
  if (before && before !== shown) goTo(element, before.split("\n"), shown.split("\n"));
}

function goTo(element, before, after) {
  const line = Math.max(0, after.findIndex((each, number) => each !== before[number]));
  const paper = element.parentElement;
  const height = element.getBoundingClientRect().height / after.length;
  const top = line * height;
  if (top < paper.scrollTop || top + 3 * height > paper.scrollTop + paper.clientHeight) {
    paper.scrollTop = top - paper.clientHeight / 3;
  }
}
