// Splits files into tokens as VS Code does, by its own tokenizer: tokens.mjs PACKAGES GRAMMAR FILE…
// Prints an object: for each file a list of lines, each a list of [start, end, scopes], in UTF-16 units.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const [packages, grammar, ...files] = process.argv.slice(2);
const require = createRequire(join(resolve(packages), "node_modules/"));
const { loadWASM, OnigScanner, OnigString } = require("vscode-oniguruma");
const textmate = require("vscode-textmate");
await loadWASM(readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm")));
const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new OnigScanner(patterns),
    createOnigString: (text) => new OnigString(text),
  }),
  loadGrammar: async (scope) =>
    scope === "source.mlp" ? textmate.parseRawGrammar(readFileSync(grammar, "utf8"), grammar) : null,
});
const mlp = await registry.loadGrammar("source.mlp");
const told = {};
for (const file of files) {
  let state = textmate.INITIAL;
  told[file] = readFileSync(file, "utf8")
    .split("\n")
    .map((line) => {
      const done = mlp.tokenizeLine(line, state);
      state = done.ruleStack;
      return done.tokens.map((token) => [token.startIndex, Math.min(token.endIndex, line.length), token.scopes.slice(1)]);
    });
}
process.stdout.write(JSON.stringify(told));
