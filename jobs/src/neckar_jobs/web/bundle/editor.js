// CodeMirror with Python, as one module. It lives in a shadow root, so that its styles need no
// exception from the pages' Content-Security-Policy, and keeps a <textarea> up to date.
import { indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { basicSetup } from "codemirror";

const look = EditorView.theme({
  "&": { backgroundColor: "transparent", color: "var(--ink)", height: "100%" },
  ".cm-scroller": { fontFamily: "var(--mono)", fontVariantLigatures: "none", fontSize: "13.5px", lineHeight: "1.6" },
  ".cm-content": { caretColor: "var(--ink)", padding: "12px 0" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--muted)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  "&.cm-focused": { outline: "none" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground":
    { background: "var(--selection) !important" },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--ink)" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", border: "1px solid var(--line)" },
});

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.controlKeyword], color: "var(--code-keyword)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)" },
  { tag: tags.comment, color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.definition(tags.variableName), tags.function(tags.variableName)], color: "var(--code-name)" },
  { tag: tags.className, color: "var(--code-name)" },
]);

/** Put an editor before `textarea`, which stays the form's own field. */
export function edit(textarea, { onSubmit } = {}) {
  const host = document.createElement("div");
  host.className = "editor";
  textarea.before(host);
  textarea.classList.add("replaced");
  textarea.tabIndex = -1;
  textarea.setAttribute("aria-hidden", "true");
  const root = host.attachShadow({ mode: "open" });
  const parent = document.createElement("div");
  parent.className = "inside";
  root.append(parent);
  const view = new EditorView({
    parent,
    root,
    state: EditorState.create({
      doc: textarea.value,
      extensions: [
        keymap.of([
          { key: "Mod-Enter", run: () => { onSubmit?.(); return true; } },
          indentWithTab, // Escape, then Tab, leaves the editor
        ]),
        basicSetup,
        python(),
        indentUnit.of("    "),
        look,
        syntaxHighlighting(colours),
        EditorView.contentAttributes.of({ "aria-label": textarea.dataset.label ?? "code" }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) textarea.value = update.state.doc.toString();
        }),
      ],
    }),
  });
  return {
    replace(text) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    focus() {
      view.focus();
    },
  };
}
