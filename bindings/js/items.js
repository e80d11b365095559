// Cases and events as the items that a module is handed (docs/abi.md).

import { InputError, day, instant, money, read } from "./values.js";

const TEXT = 8;
const encoder = new TextEncoder();

class Items {
  parts = [];

  /** Adds an item; one that is not known is left out. */
  add(field, value, at = 0) {
    if (value === undefined || value === null) return this;
    const text = typeof value === "string" ? encoder.encode(value) : null;
    const length = text?.length ?? 8;
    const part = new Uint8Array(8 + Math.ceil(length / 8) * 8);
    const view = new DataView(part.buffer);
    view.setUint8(0, field);
    view.setUint8(1, text ? 1 : 0);
    view.setUint16(2, at, true);
    view.setUint32(4, length, true);
    if (text) part.set(text, 8);
    else view.setBigInt64(8, BigInt(value), true);
    this.parts.push(part);
    return this;
  }

  bytes() {
    const whole = new Uint8Array(this.parts.reduce((sum, part) => sum + part.length, 0));
    this.parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
    return whole;
  }
}

const maybe = (value, then) => (value === undefined || value === null ? undefined : then(value));
const flag = (value) => (value ? 1 : 0);

/** The fields of an object, none of which may be unknown. */
function only(object, fields, path) {
  if (typeof object !== "object" || object === null) throw new InputError(path || "case", "is no object");
  const name = Object.keys(object).find((name) => !fields.includes(name));
  if (name !== undefined) throw new InputError(path ? `${path}.${name}` : name, `is unknown; known are ${fields.join(", ")}`);
}

function required(value, field) {
  if (value === undefined || value === null) throw new InputError(field, "is missing");
  return value;
}

function position(names, name, field) {
  const at = names.indexOf(name);
  if (at < 0) throw new InputError(field, `is "${name}"; expected ${names.map((name) => `"${name}"`).join(" or ")}`);
  return at;
}

const CASE = (
  "id opened currency debtor debtors claims costs facts stage entered title served sent payments plan limitation_date"
).split(" ");

/** A case as it opens: items, and the instant at which it does. `clock` gives instants of days. */
export function opening(schema, given, clock) {
  only(given, CASE, "");
  const currency = given.currency ?? schema.currencies[0][0];
  const at = position(schema.currencies.map(([code]) => code), currency, "currency");
  const places = schema.currencies[at][1];
  const items = new Items().add(1, String(required(given.id, "id"))).add(2, currency);
  const persons = given.debtors ?? [required(given.debtor, "debtor")];
  persons.forEach((person, n) => addPerson(items, schema, person, given.debtors ? `debtors[${n}]` : "debtor"));
  required(given.claims, "claims").forEach((claim, n) => addClaim(items, claim, places, n));
  (given.costs ?? []).forEach((cost, n) => {
    items.add(30, String(required(cost.kind, `costs[${n}].kind`)));
    items.add(31, money(cost.amount, places, `costs[${n}].amount`));
  });
  addFacts(items, schema, given.facts ?? {}, places);
  addPast(items, schema, given, places, persons, clock);
  const opens = String(required(given.opened, "opened"));
  return { items: items.bytes(), at: opens.includes("T") ? instant(opens, "opened") : clock.begin(day(opens, "opened")) };
}

function addPerson(items, schema, person, path) {
  only(person, "id kind language region time_zone born channels".split(" "), path);
  items.add(10, String(person.id ?? "debtor"));
  items.add(11, position(["consumer", "business"], person.kind ?? "consumer", `${path}.kind`));
  items.add(12, person.language).add(13, person.region);
  [person.time_zone ?? []].flat().forEach((zone) => items.add(14, zone));
  items.add(15, maybe(person.born, (born) => day(born, `${path}.born`)));
  if (!person.channels) return;
  items.add(16, 1);
  for (const [name, said] of Object.entries(person.channels)) {
    const at = position(schema.channels, name, `${path}.channels`);
    items.add(17, flag(said.reachable ?? true) + 2 * flag(said.consent), at);
  }
}

function addClaim(items, claim, places, n) {
  const path = `claims[${n}]`;
  only(claim, "id principal due kind arose default_on secured".split(" "), path);
  items.add(20, String(claim.id ?? n + 1));
  items.add(21, money(required(claim.principal, `${path}.principal`), places, `${path}.principal`));
  items.add(22, day(required(claim.due, `${path}.due`), `${path}.due`));
  items.add(23, claim.kind);
  items.add(24, maybe(claim.arose, (arose) => day(arose, `${path}.arose`)));
  items.add(25, maybe(claim.default_on, (on) => day(on, `${path}.default_on`)));
  items.add(26, flag(claim.secured));
}

function addFacts(items, schema, facts, places) {
  only(facts, schema.facts.map(([name]) => name), "facts");
  schema.facts.forEach(([name, type], at) => {
    const value = facts[name];
    if (value === undefined || value === null) return;
    items.add(40, type === TEXT ? String(value) : read(schema, type, places, value, `facts.${name}`), at);
  });
}

function addPast(items, schema, given, places, persons, clock) {
  const dated = typeof given.title === "string";
  items.add(50, flag(given.title)).add(51, dated ? day(given.title, "title") : undefined);
  items.add(52, maybe(given.stage, (stage) => position(schema.stages, stage, "stage")));
  items.add(53, maybe(given.entered, (on) => day(on, "entered")));
  items.add(54, maybe(given.served, (on) => day(on, "served")));
  items.add(55, maybe(given.limitation_date, (on) => day(on, "limitation_date")));
  for (const sent of given.sent ?? []) {
    const channels = [sent.channel].flat().reduce((set, name) => set | (1 << position(schema.channels, name, "sent.channel")), 0);
    items.add(60, channels >>> 0, position(schema.templates, sent.template, "sent.template"));
    const at = String(required(sent.at, "sent.at"));
    items.add(61, at.includes("T") ? instant(at, "sent.at") : clock.midnight(day(at, "sent.at")));
    items.add(62, sent.debtor === undefined ? 0 : position(persons.map((p) => String(p.id)), sent.debtor, "sent.debtor"));
  }
  for (const payment of given.payments ?? []) {
    items.add(70, money(payment.amount, places, "payments.amount"));
    items.add(71, maybe(payment.id, String)).add(72, day(required(payment.on, "payments.on"), "payments.on"));
  }
  if (!given.plan) return;
  items.add(80, money(given.plan.amount, places, "plan.amount"), position(schema.plans, given.plan.name, "plan.name"));
  items.add(81, given.plan.day).add(82, maybe(given.plan.since, (on) => day(on, "plan.since")));
}

/** An event: its number and its items. */
export function event(schema, given, places) {
  const at = position(schema.events.map(([name]) => name), required(given.event, "event"), "event");
  const [name, , params] = schema.events[at];
  const own = ["at", "event", "id"];
  const known = params.flatMap(([param]) => (own.includes(param) ? [`${name}.${param}`] : [param, `${name}.${param}`]));
  only(given, [...own, ...known], "");
  const items = new Items().add(1, maybe(given.id, String));
  params.forEach(([param, type], n) => {
    const value = given[`${name}.${param}`] ?? (own.includes(param) && param !== "id" ? undefined : given[param]);
    if (value === undefined || value === null) return;
    items.add(3, type === TEXT ? String(value) : read(schema, type, places, value, param), n);
  });
  return { number: at, items: items.bytes() };
}
