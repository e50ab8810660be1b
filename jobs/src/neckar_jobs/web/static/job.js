// A job as it happens: its log piece by piece, its state as it changes.
import { refresh } from "./fresh.js";

const MOST = 1_000_000; // characters of a log that a page holds
const ESCAPES = /\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-_]/g;

/** What a terminal would show: no colours, and lines as they were last. */
function printed(text) {
  return text.replace(ESCAPES, "").replace(/\r\n/g, "\n").replace(/[^\n]*\r(?!$)/g, "");
}

export function follow(root) {
  const job = document.getElementById("job");
  const number = job.dataset.job;
  const log = document.getElementById("log");
  const about = document.getElementById("log-about");
  earlier(root, job, log, about);
  if (job.dataset.over === "yes") return;
  const box = document.getElementById("follow");
  document.getElementById("follow-box").hidden = false;
  log.scrollTop = log.scrollHeight;
  log.addEventListener("scroll", () => {
    box.checked = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
  });
  box.addEventListener("change", () => {
    if (box.checked) log.scrollTop = log.scrollHeight;
  });
  const live = document.getElementById("live");
  let end = Number(job.dataset.logEnd);
  const source = new EventSource(`${root}/jobs/${number}/events?log=${end}`);
  source.addEventListener("open", () => (live.hidden = false));
  source.addEventListener("error", () => (live.hidden = true));
  source.addEventListener("log", (event) => {
    const following = box.checked;
    let text = log.textContent + JSON.parse(event.data);
    text = printed(text);
    log.textContent = text.length > MOST ? text.slice(text.indexOf("\n", text.length - MOST) + 1) : text;
    end = Number(event.lastEventId);
    about.textContent = `${end.toLocaleString("en")} bytes`;
    if (following) log.scrollTop = log.scrollHeight;
  });
  let asked = null;
  source.addEventListener("job", (event) => {
    const now = JSON.parse(event.data);
    const over = ["finished", "failed", "cancelled"].includes(now.state);
    if (over) {
      source.close();
      live.hidden = true;
      job.dataset.over = "yes";
    }
    clearTimeout(asked); // many small changes lead to one look
    asked = setTimeout(async () => {
      await refresh();
      if (job.querySelector("[data-plots]")) (await import("./plots.js")).drawAll();
    }, over ? 0 : 400);
  });
}

/** The part of the log before the one shown, put on top of it. */
function earlier(root, job, log, about) {
  const link = document.getElementById("log-earlier");
  link?.addEventListener("click", async (event) => {
    event.preventDefault();
    const start = Number(job.dataset.logStart);
    const from = Math.max(0, start - 65536);
    const answer = await fetch(`${root}/jobs/${job.dataset.job}/log?start=${from}&size=${start - from}`);
    if (!answer.ok) return;
    const height = log.scrollHeight;
    log.textContent = (await answer.text()) + log.textContent;
    log.scrollTop += log.scrollHeight - height;
    job.dataset.logStart = String(from);
    about.textContent = `from byte ${from.toLocaleString("en")}`;
    if (from === 0) link.remove();
  });
}
