// Shortcuts. Single keys can be switched off in the dialog that explains them.
const OFF = "neckar.shortcuts.off";
const GO = { o: "/", j: "/jobs", p: "/projects", s: "/statistics" };

function writing(target) {
  return target.closest("input, textarea, select, [contenteditable], .editor, dialog, canvas") !== null;
}

/** Move the mark in the first list of the page. */
function choose(step) {
  const items = [...document.querySelectorAll(".jobs > li")];
  if (items.length === 0) return;
  const before = items.findIndex((item) => item.classList.contains("chosen"));
  const now = Math.max(0, Math.min(items.length - 1, before === -1 ? (step > 0 ? 0 : items.length - 1) : before + step));
  items.forEach((item, n) => item.classList.toggle("chosen", n === now));
  items[now].querySelector("a.name").focus({ preventScroll: true });
  items[now].scrollIntoView({ block: "nearest" });
}

export function listen(root) {
  const dialog = document.getElementById("shortcuts");
  if (!dialog) return;
  const box = document.getElementById("shortcuts-on");
  box.checked = localStorage.getItem(OFF) === null;
  box.addEventListener("change", () => (box.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
  for (const opener of document.querySelectorAll("[data-open=shortcuts]")) {
    opener.hidden = false;
    opener.addEventListener("click", () => dialog.showModal());
  }
  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (!box.checked || event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
    const act = {
      "/": () => document.getElementById("search").focus(),
      "?": () => dialog.showModal(),
      n: () => location.assign(`${root}/new`),
      g: () => (going = Date.now()),
      j: () => choose(1),
      k: () => choose(-1),
    };
    if (Date.now() - going < 1500 && GO[event.key]) {
      event.preventDefault();
      location.assign(root + GO[event.key]);
    } else if (act[event.key]) {
      event.preventDefault();
      act[event.key]();
    }
  });
}
