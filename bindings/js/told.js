// What a module told, as the objects that `dunlin run --format jsonl` prints (docs/abi.md lays the entries out).

import { NO_DAY, NO_INSTANT, dayText, instantText, moneyText, write } from "./values.js";

const ENTRY = 160;
const KINDS =
  "send call task file charge waive collect offer activate report alarm emit assign block unblock release split approval cancel refund".split(" ");
const HELD_BY =
  "limit rest hours hold unusable waiting allow costs plan terms nothing when disputed fresh recess".split(" ");
const UNUSABLE = ["person", "no address", "barred", "no allow", "no consent", "never"];

/** Reads the outcome that lies at a position of the module's memory. */
export function outcome(module, at) {
  const view = new DataView(module.memory.buffer);
  const list = (n, size) => {
    const [first, count] = [view.getInt32(at + 8 * n, true), view.getInt32(at + 8 * n + 4, true)];
    return Array.from({ length: count }, (_, k) => first + k * size);
  };
  const reader = new Reader(module, view, list(1, 16), list(2, 16), list(3, 2));
  const due = view.getBigInt64(at + 40, true);
  return {
    alreadyTaken: view.getInt32(at + 32, true) !== 0,
    nextDue: due === NO_INSTANT ? null : instantText(due),
    entries: list(0, ENTRY).map((entry) => reader.entry(entry)).filter(Boolean),
  };
}

class Reader {
  constructor(module, view, seen, named, without) {
    Object.assign(this, { module, schema: module.schema, view, seen, named, without });
    this.places = module.places();
  }

  says = (entry, n) => this.view.getBigInt64(entry + 80 + 8 * n, true);
  text = (number) => (number < 0n ? null : this.module.text(Number(number)));
  money = (amount) => moneyText(amount, this.places);
  day = (days) => dayText(Number(days));

  entry(at) {
    const number = (n) => this.view.getInt32(at + 4 * n, true);
    const kind = number(0);
    const what = kind < 64 ? this.effect(at, KINDS[kind], number(9)) : this.other(at, kind);
    if (!what) return null;
    return {
      ...what,
      stage: this.schema.stages[number(1)],
      rule: this.rule(number(2) >= 0 ? number(2) : number(3)),
      because: this.because(number(4), number(5), number(6), number(7)),
      ...(number(8) > 0 ? { late_days: number(8) } : {}),
    };
  }

  rule(number) {
    const rule = this.schema.rules[number];
    if (!rule) return null;
    const [line, name, law = -1, file = 0] = rule;
    return { file: this.schema.files[file], line, name: this.module.text(name), law: law < 0 ? null : this.module.text(law) };
  }

  /** The values that were read, by name. */
  because(...runs) {
    const read = {};
    for (let n = 0; n < 4; n += 2) {
      for (const seen of this.seen.slice(runs[n], runs[n + 1])) {
        const [, words, type] = this.schema.values.find(([id]) => id === this.view.getInt32(seen + 8, true)) ?? [0, "?", null];
        const known = this.view.getInt32(seen + 12, true) & 1;
        read[words] = known ? this.words(type ?? 1, this.view.getBigInt64(seen, true)) : "not known";
      }
    }
    return read;
  }

  value(type, value) {
    return write(this.schema, type, this.places, value, (text) => this.module.textValue(text));
  }

  /** A value that was read, as the language writes it. */
  words(type, value) {
    const written = this.value(type, value);
    if (type === 2) return `${written} ${this.module.currency()}`;
    return type === 8 ? `"${written}"` : String(written);
  }

  params(from, to) {
    const one = (at) => {
      const [value, name, type] = [this.view.getBigInt64(at, true), this.view.getInt32(at + 8, true), this.view.getInt32(at + 12, true)];
      return [this.module.text(name), this.value(type, value)];
    };
    return Object.fromEntries(this.named.slice(Number(from), Number(to)).map(one));
  }

  channels = (set) => this.schema.channels.filter((_, n) => (Number(set) >> n) & 1);
  tone = (number) => (number < 0n ? null : this.schema.tones[Number(number)]);

  effect(at, effect, number) {
    const fields = this.fields(at, effect);
    const [principal, interest, costs, balance] = [0, 1, 2, 3].map((n) => this.money(this.view.getBigInt64(at + 40 + 8 * n, true)));
    const kind = effect === "alarm" ? "alarm" : "effect";
    return { kind, effect, number, ...fields, statement: { balance, principal, interest, costs } };
  }

  fields(at, effect) {
    const s = (n) => this.says(at, n);
    const [text, money, day] = [this.text, this.money, this.day];
    const until = (n) => this.day(s(n)) ?? instantText(s(n + 1));
    switch (effect) {
      case "send":
        return {
          template: this.schema.templates[Number(s(0))], channels: this.channels(s(1)), tone: this.tone(s(2)), deadline: day(s(3)),
          debtor: Number(s(4)), nature: [null, "reply", "notice"][Number(s(5))], through: s(6) < 0n ? null : ["guardians", "representative"][Number(s(6))],
          params: this.params(s(7), s(8)), ...this.left(s(9) >> 16n, s(9) & 65535n),
        };
      case "call":
        return { script: text(s(0)), channel: "phone", tone: this.tone(s(1)), attempt: Number(s(2)), of: Number(s(3)), debtor: Number(s(4)), params: this.params(s(5), s(6)) };
      case "task":
        return { task: text(s(0)), role: text(s(1)), until: until(2), priority: s(4) ? Number(s(5)) : null, again: s(6) !== 0n };
      case "file":
        return { form: text(s(0)), params: this.params(s(1), s(2)), ...this.left(s(4), s(5)) };
      case "charge":
        return { amount: money(s(0)), as: text(s(1)), replacing: text(s(2)), ...this.left(s(3), s(4)) };
      case "waive":
        return { principal: money(s(0)), interest: money(s(1)), costs: money(s(2)) };
      case "collect":
        return { amount: money(s(0)), by: text(s(1)) };
      case "offer":
        return {
          plan: this.schema.plans[Number(s(0))], instalments_from: Number(s(1)), instalments_to: Number(s(2)),
          at_least: s(3) ? money(s(4)) : null, first_by: day(s(5)), total: money(s(6)),
        };
      case "activate":
        return { plan: this.schema.plans[Number(s(0))], instalments: Number(s(1)), amount: money(s(2)), total: money(s(3)), first: day(s(4)), last: day(s(5)) };
      case "report":
        return { to: text(s(0)), what: text(s(1)), message: s(2) !== 0n, ...this.left(s(4), s(5)) };
      case "alarm":
        return this.alarm(s);
      case "emit":
        return { name: text(s(0)), params: this.params(s(1), s(2)) };
      case "assign":
        return { queue: text(s(0)) };
      case "release":
        return { debtor: Number(s(0)) };
      case "split":
        return { debtor: s(0) < 0n ? null : Number(s(0)), principal: money(s(1)), interest: money(s(2)), to: this.schema.stages[Number(s(3))] };
      case "approval":
        return { name: text(s(0)), role: text(s(1)), until: until(2), again: s(4) !== 0n };
      case "cancel":
        return { of: Number(s(0)) };
      case "refund":
        return { amount: money(s(0)) };
      default:
        return { block: effect === "block", for: text(s(0)) };
    }
  }

  /** The claims that an effect leaves out, by position. */
  left(from, to) {
    const claims = this.without.slice(Number(from), Number(to)).map((at) => this.view.getUint16(at, true));
    return claims.length ? { without: claims } : {};
  }

  alarm(s) {
    const number = Number(s(1));
    return [
      () => ({ alarm: this.text(s(1)) }),
      () => ({ alarm: this.schema.events[number][0], reason: "did not come in the usual time" }),
      () => ({ alarm: "task_overdue", task: this.text(s(1)) }),
      () => ({ alarm: "step_failed", reason: this.module.reason(number, s(2)) }),
    ][Number(s(0))]();
  }

  other(at, kind) {
    const s = (n) => this.says(at, n);
    const stage = (number) => this.schema.stages[Number(number)] ?? null;
    switch (kind) {
      case 64:
        return { kind: "move", from: stage(s(0)), to: stage(s(1)), back: s(2) !== 0n };
      case 65: {
        const action = KINDS[Number(s(0))];
        const names = { send: this.schema.templates, offer: this.schema.plans, activate: this.schema.plans }[action];
        const by = HELD_BY[Number(s(5))];
        const rule = by === "unusable" ? s(8) : ["limit", "rest", "hours"].includes(by) ? s(6) : -1n;
        return {
          kind: "held", action, name: names ? names[Number(s(1))] : this.text(s(1)), by, held_by: this.rule(Number(rule)),
          ...(by === "unusable" ? { reason: UNUSABLE[Number(s(6))] } : {}), until: instantText(s(3)), dropped: s(4) !== 0n,
        };
      }
      case 69:
        return Number(s(0)) === 0
          ? { kind: "note", note: "date", fired_for: this.day(s(1)), now: Number(s(2)) === NO_DAY ? null : this.day(s(2)) }
          : { kind: "note", note: "refunded", amount: this.money(s(1)) };
      default:
        return null;
    }
  }
}
