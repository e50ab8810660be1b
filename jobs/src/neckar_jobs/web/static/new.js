// The form of a new job: an editor for the script, Ctrl-Enter to submit, a network that is drawn.
import { edit } from "./editor.bundle.js";
import { offer } from "./builder/builder.js";

export function write() {
  const form = document.getElementById("new-job");
  const submit = form.querySelector("button[name=submit]");
  const area = form.querySelector("textarea[data-editor]");
  const editor = edit(area, { onSubmit: () => form.requestSubmit(submit) });
  offer(document.getElementById("draw"), document.getElementById("builder"), {
    text: () => area.value,
    take(script, name) {
      document.getElementById("kind-text").checked = true;
      editor.replace(script);
      if (name && !form.elements.name.value) form.elements.name.value = name;
      editor.focus();
    },
  });
  document.getElementById("keys").hidden = false;
  const platform = form.querySelector("select[name=platform]");
  const choose = form.querySelector("button[name=choose_platform]");
  if (platform && choose) {
    choose.hidden = true;
    platform.addEventListener("change", () => form.requestSubmit(choose));
  }
}
