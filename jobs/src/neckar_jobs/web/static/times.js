// Times in the reader's own zone, and "3 min ago" that stays true.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const FORMS = {
  moment: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" },
  day: { day: "numeric", month: "short", year: "numeric" },
};

function passed(seconds) {
  for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"]]) {
    if (seconds >= size) return `${Math.floor(seconds / size)} ${unit} ago`;
  }
  return seconds < 10 ? "just now" : `${Math.floor(seconds)} s ago`;
}

export function showTimes(root) {
  for (const time of root.querySelectorAll("time[data-kind]")) {
    const at = new Date(time.dateTime);
    const form = FORMS[time.dataset.kind];
    if (form) time.textContent = at.toLocaleString("en-GB", form);
    else time.textContent = passed((Date.now() - at) / 1000);
  }
  for (const each of root.querySelectorAll("[data-zone]")) each.textContent = zone;
}
