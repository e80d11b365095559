// The conformance kit in Node: `node node.mjs KIT < KIT/cases.jsonl` prints one line a case and the sum.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { conforms } from "./host.mjs";

const folder = process.argv[2];
const modules = new Map();
let [passed, failed] = [0, 0];

for await (const line of createInterface({ input: process.stdin })) {
  const { machine, name } = JSON.parse(line);
  if (!modules.has(machine)) modules.set(machine, new WebAssembly.Module(readFileSync(`${folder}/${machine}`)));
  const differs = conforms(modules.get(machine), line);
  if (differs) console.log(JSON.stringify({ name, differs }));
  differs ? failed++ : passed++;
}
console.log(JSON.stringify({ host: "node", passed, failed }));
process.exitCode = failed ? 1 : 0;
