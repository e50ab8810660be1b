// Parts of a page that are replaced by what the server says now. The server alone knows how they look.
import { showTimes } from "./times.js";

const PAUSE = 5000; // ms between two looks at a page that is seen

/** Fetch this page again and put its `data-live` parts in place of those shown. */
export async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const now = fresh.getElementById(part.id);
    // What somebody has focused or opened is not pulled away from them.
    if (!now || part.contains(document.activeElement) || part.querySelector("details[open]:not(.tree details)")) continue;
    const before = part.dataset.seen ?? "";
    showTimes(now);
    if (now.innerHTML === before) continue;
    part.dataset.seen = now.innerHTML;
    part.innerHTML = now.innerHTML;
  }
}

export function keepFresh() {
  setInterval(() => {
    if (document.visibilityState === "visible") refresh().catch(() => {});
  }, PAUSE);
}
