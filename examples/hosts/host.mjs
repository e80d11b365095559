// A host in plain JavaScript, for Node and for the browser: it loads a module, opens cases, hands them events and reads
// what is to be done. docs/abi.md says what each number means. Nothing here belongs to Dunlin's tools: take it as a start.

const NONE = -(2n ** 63n); // the instant that stands for none
const ENTRY = 160;

/** A module and the case that lies in its memory. */
export class Host {
  /** @param {WebAssembly.Module} module */
  constructor(module) {
    this.exports = new WebAssembly.Instance(module, {}).exports;
    if (this.exports.abi() !== 1) throw new Error("the module's interface is of another version");
    const [schema] = WebAssembly.Module.customSections(module, "dunlin.schema");
    this.schema = JSON.parse(new TextDecoder().decode(schema));
    this.given = this.exports.given();
    this.result = this.exports.result();
  }

  bytes(at, length) {
    return new Uint8Array(this.exports.memory.buffer, at, length);
  }

  hand(items) {
    this.bytes(this.given, items.length).set(items);
    return items.length;
  }

  /** Each verb gives 0, or the number of a refusal: then the case is as it was. `at` is in seconds since 1970, a BigInt. */
  open(items, at) {
    return this.exports.open(this.hand(items), at);
  }

  step(event, items, at) {
    return this.exports.step(event, this.hand(items), at);
  }

  advance(at) {
    return this.exports.advance(at);
  }

  save() {
    return this.bytes(this.result, this.exports.save()).slice();
  }

  restore(saved) {
    return this.exports.restore(this.hand(saved));
  }

  /** A text of the strategy, by its number. */
  text(number) {
    return new TextDecoder().decode(this.bytes(this.exports.text(number), this.exports.text_length(number)));
  }

  /** What the last verb told: four lists as bytes, and when something is due next (null: nothing is). */
  told() {
    const view = new DataView(this.exports.memory.buffer);
    const at = this.exports.outcome();
    const list = (n, size) => this.bytes(view.getInt32(at + 8 * n, true), view.getInt32(at + 8 * n + 4, true) * size);
    const due = view.getBigInt64(at + 40, true);
    return {
      lists: [list(0, ENTRY), list(1, 16), list(2, 16), list(3, 2)],
      alreadyTaken: view.getInt32(at + 32, true) !== 0,
      nextDue: due === NONE ? null : due,
    };
  }

  /** The effects of the last verb: kind, number, the rule's line in its source, and the first things that it says. */
  effects() {
    const [entries] = this.told().lists;
    const view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
    const found = [];
    for (let at = 0; at < entries.length; at += ENTRY) {
      const kind = view.getInt32(at, true);
      if (kind >= 64) continue;
      const [line, name] = this.schema.rules[view.getInt32(at + 8, true)] ?? [];
      const says = [...Array(10).keys()].map((n) => view.getBigInt64(at + 80 + 8 * n, true));
      found.push({ effect: KINDS[kind], number: view.getInt32(at + 36, true), line, rule: name && this.text(name), says });
    }
    return found;
  }
}

const KINDS = ("send call task file charge waive collect offer activate report alarm emit assign block unblock release " +
  "split approval cancel refund").split(" ");

/** Items for `open` and `step`: a field, a position, and a value or a text. */
export function items(list) {
  const parts = list.map(([field, at, value]) => {
    const text = typeof value === "string" ? new TextEncoder().encode(value) : null;
    const length = text ? text.length : 8;
    const part = new Uint8Array(8 + Math.ceil(length / 8) * 8);
    const view = new DataView(part.buffer);
    view.setUint8(0, field);
    view.setUint8(1, text ? 1 : 0);
    view.setUint16(2, at, true);
    view.setUint32(4, length, true);
    if (text) part.set(text, 8);
    else view.setBigInt64(8, BigInt(value), true);
    return part;
  });
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}

// The conformance kit: tests/conformance/README.md says what a line holds.

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

export function crc32(...runs) {
  let sum = ~0;
  for (const run of runs) for (const byte of run) sum = (sum >>> 8) ^ TABLE[(sum ^ byte) & 255];
  return ~sum >>> 0;
}

const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** Why a host does not do what a step of the kit says; null where it does. */
function difference(host, step, status) {
  const told = host.told();
  const found = { status };
  if (status === 0) {
    found.due = told.nextDue === null ? null : Number(told.nextDue);
    found.told = crc32(...told.lists);
  }
  found.saved = crc32(host.save());
  const wrong = Object.keys(found).find((name) => found[name] !== step[name]);
  return wrong ? `${wrong} is ${found[wrong]}, not ${step[wrong]}` : null;
}

/** Runs one line of the kit; null, or where and how the host differs. */
export function conforms(module, line) {
  const kit = JSON.parse(line);
  let host = new Host(module);
  for (const [n, step] of kit.steps.entries()) {
    const given = unhex(step.items);
    const at = BigInt(step.at);
    // In the middle of a history the case moves to an instance that has never seen it.
    if (n > 0 && n === kit.steps.length >> 1) {
      const saved = host.save();
      host = new Host(module);
      if (saved.length && host.restore(saved) !== 0) return `step ${n}: the saved case cannot be read`;
    }
    const does = { open: () => host.open(given, at), step: () => host.step(step.event, given, at), advance: () => host.advance(at) };
    const differs = difference(host, step, does[step.verb]());
    if (differs) return `step ${n}: ${differs}`;
  }
  return null;
}
