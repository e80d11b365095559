// The same cases as `modules time`, under Node: `node benches/node.mjs DIR`, where `modules write DIR COUNT` has written them.
// Prints nanoseconds per step of a log and of single calls, the fastest of some turns.
import { readFileSync } from "node:fs";

const [folder] = process.argv.slice(2);
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(`${folder}/strategy.wasm`)));
const { memory, given, run, steps, step, advance, outcome } = exports;
const at = given();
const file = readFileSync(`${folder}/logs.bin`);
const logs = [];
for (let place = 0; place < file.length; ) {
  const length = file.readUInt32LE(place);
  logs.push(file.subarray(place + 4, place + 4 + length));
  place += 4 + length;
}

const view = () => new DataView(memory.buffer);

function effectsAt(data, told) {
  const [first, count] = [data.getInt32(told, true), data.getInt32(told + 4, true)];
  let effects = 0;
  for (let n = 0; n < count; n++) effects += data.getInt32(first + 160 * n, true) < 64 ? 1 : 0;
  return effects;
}

function runLog(log) {
  let [told, effects] = [0, 0];
  for (let rest = log; rest.length > 0; ) {
    new Uint8Array(memory.buffer).set(rest, at);
    rest = rest.subarray(run(rest.length));
    const data = view();
    const list = steps();
    const [first, count] = [data.getInt32(list, true), data.getInt32(list + 4, true)];
    told += count;
    for (let n = 0; n < count; n++) effects += effectsAt(data, first + 80 * n);
  }
  return [told, effects];
}

function runSingly(log) {
  let [told, effects] = [0, 0];
  const head = new DataView(log.buffer, log.byteOffset, log.length);
  for (let place = 0; place < log.length; ) {
    const [when, what] = [head.getBigInt64(place, true), head.getInt32(place + 8, true)];
    const length = head.getInt32(place + 12, true);
    if (what < 0) advance(when);
    else {
      new Uint8Array(memory.buffer).set(log.subarray(place + 16, place + 16 + length), at);
      step(what, length, when);
    }
    effects += effectsAt(view(), outcome());
    told++;
    place += 16 + length;
  }
  return [told, effects];
}

const best = { node_log: Infinity, node_event: Infinity };
for (let turn = 0; turn < 7; turn++) {
  const sums = {};
  for (const [side, way] of [["node_log", runLog], ["node_event", runSingly]]) {
    let [taken, told, effects] = [0n, 0, 0];
    for (let n = 0; n < logs.length; n += 2) {
      runLog(logs[n]);
      const start = process.hrtime.bigint();
      const [steps, more] = way(logs[n + 1]);
      taken += process.hrtime.bigint() - start;
      told += steps;
      effects += more;
    }
    sums[side] = `${told} ${effects}`;
    best[side] = Math.min(best[side], Number(taken) / told);
  }
  if (sums.node_log !== sums.node_event) throw new Error(`they differ: ${JSON.stringify(sums)}`);
}
for (const [side, taken] of Object.entries(best)) console.log(`${side} ns_per_step ${Math.round(taken)}`);
