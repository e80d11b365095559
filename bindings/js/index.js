// Runs strategies that `dunlin build -o strategy.wasm` wrote: pure functions from a case and an event to a case and what is to
// be done. No clock, no network: the host says what time it is.

import { event, opening } from "./items.js";
import { outcome } from "./told.js";
import { InputError, NO_INSTANT, day, instant, instantText } from "./values.js";

export { InputError };

const ABI = 1;
const SCHEMA = "dunlin.schema";
const REASONS = {
  1: "an amount, a number or a date became larger than Dunlin can count",
  2: "a value was read that this case does not have",
  3: "no row of a table fits",
  4: "a figure was asked for a day before its first row",
  5: "the case would enter a stage twice at once",
  6: "there is no stage before this one to go back to",
  7: "the case would hold more than its bound",
  8: "the saved case cannot be read: it is cut short, was changed, or is none",
  9: "the case belongs to another strategy, or to another version of it",
  10: "something is missing",
  11: "something is not what it must be",
  12: "something is named that is not there",
  13: "the strategy does not have this event",
  14: "only the strategy itself raises this event",
  15: "the instant is earlier than the case's last one; instants never go back",
  16: "what was handed over cannot be read",
};

/** The field of an item that says a fact. */
const FACT = 40;
const THINGS =
  "debtor,claim,payment that can still be returned,open task,fact,stage,hold with that reason,time zone,open approval,currency,plan,template,debtor who is still pursued".split(",");
const EXPECTED = [
  ..."a value of its type,an amount of more than nothing,a name that is not there yet,different for each,not after the opening,a stage and no outcome,nothing where no stage is given,a day of the month that the plan allows,within its bounds,one that the event has".split(","),
  ...Array(10),
  ..."agreed while the plan may still be agreed anew,agreed within the bounds of the plan,agreed while something is owed,at least what the plan asks for each instalment,for as many instalments as the plan allows,a day of the month: 1 to 31".split(","),
];

/** A step that was refused: the case is as it was. `number` is that of docs/abi.md. */
export class RefusedError extends Error {
  constructor(number, words) {
    super(words);
    this.name = "RefusedError";
    this.number = number;
  }
}

/** Bytes that are no module of Dunlin, or of another version of its interface. */
export class ModuleError extends Error {
  name = "ModuleError";
}

/** Loads a strategy from the bytes of its module, or from a `Response` or a promise of one. */
export async function load(source) {
  const given = await source;
  const bytes = typeof given?.arrayBuffer === "function" ? await given.arrayBuffer() : given;
  let module;
  try {
    module = await WebAssembly.compile(bytes);
  } catch (cause) {
    throw new ModuleError(`this is no WebAssembly module: ${cause.message}`, { cause });
  }
  if (WebAssembly.Module.imports(module).length) throw new ModuleError("a module of Dunlin asks its host for nothing; this one does");
  const [section] = WebAssembly.Module.customSections(module, SCHEMA);
  if (!section) throw new ModuleError("this is no module of Dunlin");
  return new Strategy(await WebAssembly.instantiate(module, {}), JSON.parse(new TextDecoder().decode(section)));
}

/** A case between two steps: its stored form, and when something is due next. Nothing in it changes. */
export class Case {
  constructor(saved, nextDue) {
    this.saved = saved;
    this.nextDue = nextDue;
    Object.freeze(this);
  }
}

/** A loaded strategy. It holds no case: every verb is given one and gives one back. */
export class Strategy {
  #exports;
  #texts = [];
  #held = null;

  constructor(instance, schema) {
    this.#exports = instance.exports;
    if (this.#exports.abi?.() !== ABI) throw new ModuleError("the module's interface is of another version: build it again");
    const names = (numbers) => numbers.map((number) => this.text(number));
    /** What the module says of itself, with names in place of the numbers of texts. */
    this.schema = {
      ...schema,
      ...Object.fromEntries(["stages", "channels", "tones", "templates", "plans", "tables"].map((key) => [key, names(schema[key])])),
      enums: schema.enums.map(names),
      facts: schema.facts.map(([name, type, need]) => [this.text(name), type, need]),
      events: schema.events.map(([name, own, params]) => [this.text(name), own, params.map(([param, type, need]) => [this.text(param), type, need])]),
    };
  }

  get name() {
    return this.schema.name;
  }

  get hash() {
    return this.schema.hash;
  }

  /** Opens a case. */
  open(given) {
    const { items, at } = opening(this.schema, given, this.#clock());
    this.#held = null;
    return this.#done(this.#exports.open(this.#hand(items), at), null);
  }

  /** Something happened: an event, and everything that is due by its instant. */
  step(before, given) {
    this.#hold(before);
    const at = this.#moment(given.at);
    const { number, items } = event(this.schema, given, this.places());
    return this.#done(this.#exports.step(number, this.#hand(items), at), { event: number, params: this.schema.events[number][2] });
  }

  /** Time went by: everything that is due by an instant, as "2026-01-22T08:00:00+01:00", or on a day. */
  advance(before, at) {
    this.#hold(before);
    return this.#done(this.#exports.advance(this.#moment(at)), null);
  }

  /** A stored case, for the strategy that stored it. */
  restore(saved) {
    this.#held = null;
    const known = new Case(saved.slice(), null);
    this.#hold(known);
    // Time that does not go by changes nothing, and tells what is due.
    return this.advance(known, instantText(this.#exports.now())).case;
  }

  /** Where a case stands. */
  read(of) {
    this.#hold(of);
    const stage = this.#exports.stage();
    return { stage: this.schema.stages[stage], ended: this.schema.outcomes.includes(stage), now: instantText(this.#exports.now()) };
  }

  get memory() {
    return this.#exports.memory;
  }

  text(number) {
    return (this.#texts[number] ??= this.#decode(this.#exports.text(number), this.#exports.text_length(number)));
  }

  /** The text behind a text value: of the strategy, or of the case. */
  textValue(value) {
    const number = Number(value);
    return number >= 0 ? this.text(number) : this.#decode(this.#exports.text(number), this.#exports.text_length(number));
  }

  /** The case's currency, by its code. */
  currency() {
    return this.schema.currencies[this.#exports.currency()][0];
  }

  /** Decimal places of the case's currency. */
  places() {
    return this.schema.currencies[this.#exports.currency()][1];
  }

  /** Why something was refused or failed, in words. */
  reason(number, about, params) {
    const at = Number(about & 0xffffn);
    const fact = at === FACT && this.schema.facts[Number(about >> 32n)];
    const field = fact ? fact[0] : params ? (params[at]?.[0] ?? `parameter ${at}`) : `field ${at}`;
    if (number === 10) return `\`${field}\` is missing`;
    if (number === 11) return `\`${field}\` must be ${EXPECTED[Number((about >> 16n) & 0xffffn)] ?? "something else"}`;
    if (number === 12) return `there is no such ${THINGS[at] ?? "thing"}`;
    return REASONS[number] ?? `refused (${number})`;
  }

  #clock() {
    const instant = (at, name) => {
      if (at === NO_INSTANT) throw new InputError(name, "lies outside the years that Dunlin can count");
      return at;
    };
    return { begin: (on) => instant(this.#exports.begin(on), "opened"), midnight: (on) => instant(this.#exports.midnight(on), "at") };
  }

  /** An instant, or the first one of a day; where the case is later on that day, its own. */
  #moment(at) {
    const text = String(at ?? "");
    if (text.includes("T")) return instant(text, "at");
    const on = day(text, "at");
    const [first, now] = [this.#exports.midnight(on), this.#exports.now()];
    return this.#exports.local_day(now) === on ? now : first;
  }

  #decode(at, length) {
    return new TextDecoder().decode(new Uint8Array(this.memory.buffer, at, length));
  }

  #hand(bytes) {
    new Uint8Array(this.memory.buffer, this.#exports.given(), bytes.length).set(bytes);
    return bytes.length;
  }

  #hold(wanted) {
    if (this.#held === wanted.saved) return;
    const status = this.#exports.restore(this.#hand(wanted.saved));
    this.#held = status === 0 ? wanted.saved : null;
    if (status) throw new RefusedError(status, REASONS[status]);
  }

  #done(status, given) {
    const at = this.#exports.outcome();
    if (status) {
      const about = new DataView(this.memory.buffer).getBigInt64(at + 48, true);
      throw new RefusedError(status, this.reason(status, about, given?.params));
    }
    const told = outcome(this, at);
    const saved = new Uint8Array(this.memory.buffer, this.#exports.result(), this.#exports.save()).slice();
    this.#held = saved;
    return { case: new Case(saved, told.nextDue), outcome: told };
  }
}
