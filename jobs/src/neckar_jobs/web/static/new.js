// The form of a new job: an editor for the script, Ctrl-Enter to submit.
import { edit } from "./editor.bundle.js";

export function write() {
  const form = document.getElementById("new-job");
  const submit = form.querySelector("button[name=submit]");
  for (const area of form.querySelectorAll("textarea[data-editor]")) {
    edit(area, { onSubmit: () => form.requestSubmit(submit) });
  }
  document.getElementById("keys").hidden = false;
  const platform = form.querySelector("select[name=platform]");
  const choose = form.querySelector("button[name=choose_platform]");
  if (platform && choose) {
    choose.hidden = true;
    platform.addEventListener("change", () => form.requestSubmit(choose));
  }
}
