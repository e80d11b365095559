// The strategy of examples/first in this package, beside what the command says of the same case.
// The module and the command's lines come from DUNLIN, the command to run; `cargo run …` where it is not set.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { InputError, ModuleError, RefusedError, load } from "../index.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const source = join(root, "examples/first/strategy.dun");
const given = {
  id: "4711",
  opened: "2026-01-05",
  debtor: { kind: "consumer", channels: { email: { consent: true }, letter: {} } },
  claims: [{ id: "R-1", principal: "120.00", due: "2025-12-20" }],
};
const payment = { at: "2026-01-20T10:15:00+01:00", id: "e-17", event: "payment", amount: "50.00" };

let scratch, bytes, strategy;

function dunlin(...args) {
  const [command, ...first] = process.env.DUNLIN ? [process.env.DUNLIN] : ["cargo", "run", "--quiet", "-p", "dunlin-cli", "--"];
  return execFileSync(command, [...first, ...args], { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 });
}

before(async () => {
  scratch = mkdtempSync(join(tmpdir(), "dunlin-"));
  dunlin("build", source, "-o", join(scratch, "first.wasm"));
  bytes = readFileSync(join(scratch, "first.wasm"));
  strategy = await load(bytes);
});

after(() => rmSync(scratch, { recursive: true }));

/** What matters of an entry, in both. */
const brief = ({ kind, stage, effect, number, template, channels, from, to, statement, rule, because }) =>
  JSON.parse(JSON.stringify({ kind, stage, effect, number, template, channels, from, to, statement, line: rule?.line, because }));

function lived(until) {
  let { case: now, outcome } = strategy.open(given);
  const entries = [...outcome.entries];
  const wake = (limit) => {
    while (now.nextDue && Date.parse(now.nextDue) < Date.parse(limit)) {
      ({ case: now, outcome } = strategy.advance(now, now.nextDue));
      entries.push(...outcome.entries);
    }
  };
  wake(payment.at);
  ({ case: now, outcome } = strategy.step(now, payment));
  entries.push(...outcome.entries);
  wake(until);
  return { now, entries };
}

test("does what the command does", () => {
  writeFileSync(join(scratch, "case.json"), JSON.stringify(given));
  writeFileSync(join(scratch, "events.jsonl"), JSON.stringify(payment) + "\n");
  const args = ["--case", join(scratch, "case.json"), "--events", join(scratch, "events.jsonl"), "--until", "2026-06-30"];
  const lines = dunlin("run", source, ...args, "--format", "jsonl").trim().split("\n").map((line) => JSON.parse(line));
  const wanted = lines.filter((line) => ["effect", "alarm", "move", "held"].includes(line.kind));
  const { now, entries } = lived("2026-07-01T00:00:00+02:00");
  assert.ok(wanted.length > 3, "the case has a history");
  assert.deepEqual(entries.map(brief), wanted.map(brief));
  assert.equal(strategy.read(now).stage, lines.at(-1).stage);
});

test("a saved case goes on where it was", () => {
  const opened = strategy.open(given).case;
  const again = strategy.restore(opened.saved);
  assert.deepEqual(again.saved, opened.saved);
  assert.equal(again.nextDue, opened.nextDue);
  const [one, other] = [strategy.step(opened, payment), strategy.step(again, payment)];
  assert.deepEqual(one.case.saved, other.case.saved);
  assert.deepEqual(one.outcome, other.outcome);
});

test("the same event once more changes nothing", () => {
  const { case: once } = strategy.step(strategy.open(given).case, payment);
  const { case: twice, outcome } = strategy.step(once, payment);
  assert.equal(outcome.alreadyTaken, true);
  assert.deepEqual(twice.saved, once.saved);
});

test("what is wrong is said, and the case is as it was", () => {
  const { case: now } = strategy.open(given);
  const refuses = (act, kind, words) => assert.throws(act, (error) => error instanceof kind && words.test(error.message));
  refuses(() => strategy.step(now, { at: "2026-01-20", event: "payment", amount: "5.001" }), InputError, /amount.*2 decimals/);
  refuses(() => strategy.step(now, { at: "2026-01-20", event: "payment", amount: "-5.00" }), RefusedError, /more than nothing/);
  refuses(() => strategy.step(now, { at: "2026-01-20", event: "paid" }), InputError, /event.*"paid"/);
  refuses(() => strategy.step(now, { at: "2026-01-20", event: "payment", sum: "5.00" }), InputError, /sum.*unknown/);
  refuses(() => strategy.step(now, { at: "2026-01-01T00:00:00Z", event: "payment", amount: "5.00" }), RefusedError, /earlier/);
  refuses(() => strategy.step(now, { at: "2026-01-20", event: "dispute", claim: "X" }), RefusedError, /claim/);
  refuses(() => strategy.open({ ...given, claims: [] }), RefusedError, /missing/);
  refuses(() => strategy.open({ ...given, opened: "2026-02-30" }), InputError, /opened.*date/);
  refuses(() => strategy.restore(now.saved.slice(0, 40)), RefusedError, /cannot be read/);
  assert.deepEqual(strategy.step(now, payment).outcome, strategy.step(now, payment).outcome);
});

test("a refusal names the fact and what it must be", async () => {
  dunlin("build", join(root, "examples/acme_mobile/strategy.dun"), "-o", join(scratch, "acme.wasm"));
  const acme = await load(readFileSync(join(scratch, "acme.wasm")));
  const words = /^`score` must be within its bounds$/;
  assert.throws(() => acme.open({ ...given, facts: { score: 500 } }), (error) => words.test(error.message));
  const { case: now } = acme.open(given);
  const fact = { at: "2026-01-07", event: "fact", name: "score", value: "500" };
  assert.throws(() => acme.step(now, fact), (error) => words.test(error.message));
});

test("bytes that are no module of ours are refused", async () => {
  await assert.rejects(load(new Uint8Array([1, 2, 3])), ModuleError);
  await assert.rejects(load(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])), ModuleError);
  await assert.rejects(load(bytes.subarray(0, bytes.length - 100)), ModuleError);
});
