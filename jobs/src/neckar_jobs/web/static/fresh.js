// Parts of a page that are replaced by what the server says now. The server alone knows how they look.
import { showTimes } from "./times.js";

const PAUSE = 5000; // ms between two looks at a page that is seen
const seen = new Map(); // what each part was when the server last sent it

/** What a part says, but for times that only grow older. */
function said(part) {
  return part.innerHTML.replace(/(<time\b[^>]*>)[^<]*/g, "$1");
}

/** Whether somebody is at work in a part, so that it is not pulled away from them. */
function busy(part) {
  const inside = part.dataset.live !== "always" && part.contains(document.activeElement);
  return inside || part.querySelector(".comment details[open]") !== null;
}

/** Call this before anything else changes the page. */
export function remember() {
  for (const part of document.querySelectorAll("[data-live]")) seen.set(part.id, said(part));
}

/** Fetch this page again and put its `data-live` parts in place of those shown. */
export async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const now = fresh.getElementById(part.id);
    if (!now || busy(part) || said(now) === seen.get(part.id)) continue;
    seen.set(part.id, said(now));
    part.innerHTML = now.innerHTML;
    showTimes(part);
  }
}

export function keepFresh() {
  setInterval(() => {
    if (document.visibilityState === "visible") refresh().catch(() => {});
  }, PAUSE);
}
