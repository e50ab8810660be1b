// Copies the fonts and the licences of everything that is bundled.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";

const FONTS = {
  "newsreader": ["newsreader-latin-wght-normal"],
  "instrument-sans": ["instrument-sans-latin-wght-normal"],
  "jetbrains-mono": ["jetbrains-mono-latin-wght-normal"],
};
const target = new URL("../static/fonts/", import.meta.url);
mkdirSync(target, { recursive: true });
const licences = [];
for (const [name, files] of Object.entries(FONTS)) {
  const source = new URL(`node_modules/@fontsource-variable/${name}/`, import.meta.url);
  for (const file of files) copyFileSync(new URL(`files/${file}.woff2`, source), new URL(`${file}.woff2`, target));
  licences.push(`# ${name}\n\n${readFileSync(new URL("LICENSE", source), "utf8").trim()}\n`);
}
const codemirror = new URL("node_modules/codemirror/LICENSE", import.meta.url);
licences.push(`# CodeMirror 6 (editor.bundle.js)\n\n${readFileSync(codemirror, "utf8").trim()}\n`);
writeFileSync(new URL("../static/LICENCES.md", import.meta.url), licences.join("\n"));
