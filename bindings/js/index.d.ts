/** An amount as a decimal text in the case's currency: "120.00". */
export type Amount = string;
/** A day: "2026-01-05". */
export type Day = string;
/** An instant: "2026-01-20T10:15:00+01:00"; or a day, which means its first instant in the strategy's time zone. */
export type Moment = string;
/** A fact or a parameter: a text, an amount, a day … as text; yes or no; a number. */
export type Value = string | number | boolean | null;

export interface Debtor {
  id?: string;
  kind?: "consumer" | "business";
  language?: string;
  region?: string;
  time_zone?: string | string[];
  born?: Day;
  channels?: Record<string, { reachable?: boolean; consent?: boolean }>;
}

export interface Claim {
  id?: string;
  principal: Amount;
  due: Day;
  kind?: string;
  arose?: Day;
  default_on?: Day;
  secured?: boolean;
}

/** A case as it opens. Only `id`, `opened`, one debtor and one claim are required; what a strategy reads beyond, it says. */
export interface CaseInput {
  id: string;
  opened: Moment;
  currency?: string;
  debtor?: Debtor;
  debtors?: Debtor[];
  claims: Claim[];
  costs?: { kind: string; amount: Amount; on?: Day }[];
  facts?: Record<string, Value>;
  stage?: string;
  entered?: Day;
  title?: boolean | Day;
  served?: Day;
  sent?: { template: string; channel: string | string[]; at: Moment; debtor?: string }[];
  payments?: { id?: string; on: Day; amount: Amount }[];
  plan?: { name: string; amount: Amount; day?: number; since?: Day };
  limitation_date?: Day;
}

/** An event; its parameters are fields named as in the language. */
export interface EventInput {
  at: Moment;
  event: string;
  /** The host's own name for it: a repeat of one of the last 16 does nothing. */
  id?: string;
  [parameter: string]: Value | undefined;
}

/** A rule in the source of the strategy. */
export interface Rule {
  file: string;
  line: number;
  name: string;
  law: string | null;
}

/** One thing that a step did: an effect, a move, something held back, an alarm, a note. */
export interface Entry {
  kind: "effect" | "alarm" | "move" | "held" | "note";
  stage: string;
  rule: Rule | null;
  /** The values that led to it, by name. */
  because: Record<string, Value>;
  late_days?: number;
  /** Of an effect: its verb, and its number in the life of the case, which makes it safe to receive twice. */
  effect?: string;
  number?: number;
  statement?: { balance: Amount; principal: Amount; interest: Amount; costs: Amount };
  [field: string]: unknown;
}

export interface Outcome {
  /** The event's id was among the last 16: nothing was done. */
  alreadyTaken: boolean;
  /** When the host calls again, unless something happens before; null: nothing is due. */
  nextDue: string | null;
  entries: Entry[];
}

/** A case between two steps. Nothing in it changes: keep `saved`, a few hundred bytes. */
export declare class Case {
  readonly saved: Uint8Array;
  readonly nextDue: string | null;
}

export interface Done {
  case: Case;
  outcome: Outcome;
}

export declare class Strategy {
  readonly name: string;
  readonly hash: string;
  readonly schema: object;
  /** Opens a case. Throws `InputError` or `RefusedError`. */
  open(given: CaseInput): Done;
  /** Something happened. A refused event leaves the case as it was. */
  step(before: Case, given: EventInput): Done;
  /** Time went by, up to an instant. */
  advance(before: Case, at: Moment): Done;
  /** A stored case, for the strategy that stored it. */
  restore(saved: Uint8Array): Case;
  /** Where a case stands. */
  read(of: Case): { stage: string; ended: boolean; now: string };
}

/** Loads a strategy from the bytes of its module, or from a `Response` or a promise of one. */
export declare function load(source: BufferSource | Response | Promise<BufferSource | Response>): Promise<Strategy>;

/** Something that a case or an event says cannot be so; `field` names it. */
export declare class InputError extends Error {
  readonly field: string;
}

/** A step that was refused; `number` is that of docs/abi.md. */
export declare class RefusedError extends Error {
  readonly number: number;
}

/** Bytes that are no module of Dunlin, or of another version of its interface. */
export declare class ModuleError extends Error {}
