// What every page gains from a script. Without it, everything still works.
import { showTimes } from "./times.js";
import { listen } from "./keys.js";
import { keepFresh, remember } from "./fresh.js";

const here = document.body.dataset;

/** The colours change at once; the cookie follows. */
function themes() {
  for (const form of document.querySelectorAll("form.themes")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const data = new FormData(form, event.submitter);
      const theme = data.get("theme");
      if (theme) document.documentElement.dataset.theme = theme;
      else delete document.documentElement.dataset.theme;
      for (const button of form.querySelectorAll("button")) {
        button.setAttribute("aria-pressed", String(button === event.submitter));
      }
      fetch(form.action, { method: "POST", body: data, redirect: "manual" });
    });
  }
}

/** Ask before something cannot be taken back. */
function confirmations() {
  document.addEventListener("submit", (event) => {
    const question = event.target.dataset?.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });
}

/** Menus close when one clicks elsewhere or presses Escape. */
function menus() {
  const open = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}

/** Secrets that are shown once can be copied with one click. */
function secrets() {
  for (const secret of document.querySelectorAll("[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "slim";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(secret.textContent);
      button.textContent = "Copied";
    });
    secret.after(button);
  }
}

remember();
showTimes(document);
themes();
confirmations();
menus();
secrets();
listen(here.root);
document.getElementById("wrong")?.focus();
setInterval(() => showTimes(document), 30_000);
if (document.querySelector("[data-refresh]")) keepFresh();
if (document.getElementById("job")) import("./job.js").then((module) => module.follow(here.root));
if (document.getElementById("new-job")) import("./new.js").then((module) => module.write());
if (document.querySelector("[data-plots]")) import("./plots.js").then((module) => module.drawAll());
