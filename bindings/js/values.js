// Values as the language writes them, and as a module counts them (docs/abi.md).

const DAY = 86_400;
const UNITS = ["hour", "day", "working day", "week", "month", "year"];
/** The instant that stands for none, and the day. */
export const NO_INSTANT = -(2n ** 63n);
export const NO_DAY = -2147483648;

/** Something that a case or an event says cannot be so. `field` names it. */
export class InputError extends Error {
  constructor(field, words) {
    super(`\`${field}\` ${words}`);
    this.name = "InputError";
    this.field = field;
  }
}

const is = (value) => (typeof value === "string" ? `"${value}"` : JSON.stringify(value));

/** The unit of the smallest part of a decimal: "120.00" with 2 places is 12000n. */
function decimal(text, places, field, expected) {
  const parts = /^(-?)(\d{1,18})(?:\.(\d+))?$/.exec(text);
  const after = parts?.[3] ?? "";
  if (!parts || after.length > places) throw new InputError(field, `is ${is(text)}; expected ${expected}`);
  const sum = BigInt(parts[2] + after.padEnd(places, "0"));
  return parts[1] ? -sum : sum;
}

function decimalText(value, places) {
  const digits = String(value < 0n ? -value : value).padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places);
  return `${value < 0n ? "-" : ""}${whole}${places ? `.${digits.slice(-places)}` : ""}`;
}

/** Days since 1970 of "2026-01-05". */
export function day(text, field) {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  const at = parts ? Date.UTC(+parts[1], +parts[2] - 1, +parts[3]) : NaN;
  if (Number.isNaN(at) || dayText(at / 1000 / DAY) !== text) {
    throw new InputError(field, `is ${is(text)}; expected a date, as "2026-01-05"`);
  }
  return at / 1000 / DAY;
}

export const dayText = (days) => (days === NO_DAY ? null : new Date(days * DAY * 1000).toISOString().slice(0, 10));

/** Seconds since 1970 of "2026-01-20T10:15:00+01:00". */
export function instant(text, field) {
  const whole = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const at = whole ? Date.parse(text) : NaN;
  if (Number.isNaN(at)) throw new InputError(field, `is ${is(text)}; expected an instant, as "2026-01-20T10:15:00+01:00"`);
  return BigInt(at / 1000);
}

export const instantText = (at) => (at === NO_INSTANT ? null : new Date(Number(at) * 1000).toISOString().replace(".000", ""));

const clock = (second) => [second / 3600, (second % 3600) / 60].map((n) => String(Math.floor(n)).padStart(2, "0")).join(":");

/** A value that is no text, from its JSON form. */
export function read(schema, type, places, value, field) {
  const wrong = (expected) => new InputError(field, `is ${is(value)}; expected ${expected}`);
  const named = (names) => {
    const at = names.indexOf(value);
    if (at < 0) throw wrong(names.map((name) => `"${name}"`).join(" or "));
    return at;
  };
  const text = String(value);
  switch (type & 255) {
    case 0:
      if (typeof value !== "boolean") throw wrong("true or false");
      return value ? 1 : 0;
    case 1:
      if (!/^-?\d{1,18}$/.test(text)) throw wrong("a whole number");
      return BigInt(text);
    case 2:
      return money(value, places, field);
    case 3:
      return decimal(text.replace(/ *%$/, ""), 7, field, 'a rate in percent, as "5 %"');
    case 4:
      return day(value, field);
    case 5:
      return instant(value, field);
    case 6: {
      const hours = /^(\d\d):(\d\d)\.\.(\d\d):(\d\d)$/.exec(text)?.slice(1).map(Number);
      if (!hours) throw wrong('hours, as "08:00..20:00"');
      return (hours[0] * 60 + hours[1]) * 60 * 100_000 + (hours[2] * 60 + hours[3]) * 60;
    }
    case 7: {
      const parts = /^(\d{1,9}) (hour|day|working day|week|month|year)s?$/.exec(text);
      if (!parts) throw wrong('a duration, as "14 days"');
      return Number(parts[1]) * 8 + UNITS.indexOf(parts[2]);
    }
    case 9:
      return named(schema.channels);
    case 10:
      return named(schema.tones);
    default:
      return named(schema.enums[type >> 8]);
  }
}

/** An amount in the smallest unit of its currency. */
export function money(value, places, field) {
  if (typeof value !== "string") throw new InputError(field, `is ${is(value)}; expected an amount as text, as "120.00"`);
  return decimal(value, places, field, `an amount with at most ${places} decimals, as "120.00"`);
}

export const moneyText = decimalText;

/** A value as the language writes it. `textOf` gives the text behind a text value. */
export function write(schema, type, places, value, textOf) {
  switch (type & 255) {
    case 0:
      return value !== 0n;
    case 2:
      return decimalText(value, places);
    case 3:
      return `${decimalText(value, 7).replace(/\.?0+$/, "")} %`;
    case 4:
      return dayText(Number(value));
    case 5:
      return instantText(value);
    case 6:
      return `${clock(Number(value / 100_000n))}..${clock(Number(value % 100_000n))}`;
    case 7: {
      const amount = value >> 3n;
      return `${amount} ${UNITS[Number(value & 7n)]}${amount === 1n ? "" : "s"}`;
    }
    case 8:
      return textOf(value);
    case 9:
      return schema.channels[Number(value)];
    case 10:
      return schema.tones[Number(value)];
    case 11:
      return schema.enums[type >> 8][Number(value)];
    default:
      return Number(value);
  }
}
