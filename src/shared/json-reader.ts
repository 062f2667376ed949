import { EngineError } from "./engine-error.ts";

/** Both ends are allowed. */
export interface Bounds {
  min: number;
  max: number;
}

/** Where a JSON value came from, and how to speak of what is wrong with it. */
interface Origin {
  url: string;
  /** Dotted path inside the document; empty at its root. */
  path: string;
  /** Whether a sentence also says what stands in a wrong field, or that nothing does. */
  showsFound: boolean;
}

/** A sentence about a file is to be read by a person, however long the texts in the file are. */
const MAX_SHOWN = 60;
const MAX_DETAIL = 300;

/** What a file says, as much of it as a person wants to see. */
export const shortened = (text: string, length = MAX_SHOWN): string =>
  text.length > length ? `${text.slice(0, length)}…` : text;

export function invalid(url: string, detail: string, options?: ErrorOptions): EngineError {
  const failure = { code: "model-invalid", url, detail: shortened(detail, MAX_DETAIL) } as const;
  return new EngineError(failure, options);
}

/** A JSON value for a sentence. Lists and objects are not gone through: they may be deep. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "string" ? JSON.stringify(shortened(value)) : String(value);
}

type Check<T> = (value: unknown) => value is T;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isString = (value: unknown): value is string => typeof value === "string";
const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
const isAnything = (value: unknown): value is unknown => value !== undefined;

const isWithin = (value: number, { min, max }: Bounds): boolean => value >= min && value <= max;

const isInteger =
  (bounds: Bounds): Check<number> =>
  (value): value is number =>
    Number.isSafeInteger(value) && isWithin(value as number, bounds);

const isNumber =
  (bounds: Bounds): Check<number> =>
  (value): value is number =>
    Number.isFinite(value) && isWithin(value as number, bounds);

const NOT_NEGATIVE: Bounds = { min: 0, max: Number.MAX_SAFE_INTEGER };

const rangeOf = ({ min, max }: Bounds): string => `from ${min} to ${max}`;

/** MLC writes null, -1 or nothing at all for what is not set. */
const isUnset = (value: unknown): boolean => value === undefined || value === null || value === -1;

/** What a list may be. */
interface ListOptions<T> {
  /** The most entries that there may be: any number unless it is given. */
  most?: number;
  /** Taken for a list that is missing or null, which is an error unless this is given. */
  absent?: readonly T[];
}

/**
 * A JSON object, read field by field. Anyone may have written it: every method throws `model-invalid` for a field that
 * is not what it should be, with a sentence that names the field.
 */
export class JsonReader {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #origin: Origin;

  constructor(value: unknown, origin: Origin) {
    const { url, path } = origin;
    if (!isObject(value))
      throw invalid(url, `${path === "" ? "the document" : path} is not an object`);
    this.#fields = value;
    this.#origin = origin;
  }

  /** Reads a document of short values, which sentences quote where they are wrong. */
  static of(value: unknown, url: string): JsonReader {
    return new JsonReader(value, { url, path: "", showsFound: true });
  }

  /** Reads a document of long texts, which no sentence quotes. */
  static ofTexts(value: unknown, url: string): JsonReader {
    return new JsonReader(value, { url, path: "", showsFound: false });
  }

  /** The value as it stands; null where there is none. */
  raw(name: string): unknown {
    return this.#found(name) ?? null;
  }

  /** False also for null and -1, which MLC writes where something is not set. */
  has(name: string): boolean {
    return !isUnset(this.#found(name));
  }

  object(name: string): JsonReader {
    return this.#child(this.#found(name), name);
  }

  objects(name: string, options: ListOptions<unknown> = {}): JsonReader[] {
    return this.list(name, options).map((item, i) => this.#child(item, `${name}[${i}]`));
  }

  /** @param bounds every number but a negative one unless they are given */
  integer(name: string, bounds = NOT_NEGATIVE): number {
    const expected =
      bounds === NOT_NEGATIVE ? "a non-negative integer" : `an integer ${rangeOf(bounds)}`;
    return this.#read(name, isInteger(bounds), expected);
  }

  number(name: string, bounds: Bounds): number {
    return this.#read(name, isNumber(bounds), `a number ${rangeOf(bounds)}`);
  }

  /** @param absent taken for a text that is missing or null, which is an error unless this is given */
  string(name: string, absent?: string): string {
    return this.#read(name, isString, "a string", absent);
  }

  /** @param absent taken for a value that is missing or null, which is an error unless this is given */
  boolean(name: string, absent?: boolean): boolean {
    return this.#read(name, isBoolean, "true or false", absent);
  }

  list(name: string, options: ListOptions<unknown> = {}): readonly unknown[] {
    return this.#list(name, isAnything, { ...options, expected: "a list" });
  }

  strings(name: string, options: ListOptions<string> = {}): readonly string[] {
    return this.#list(name, isString, { ...options, expected: "a list of strings" });
  }

  integers(
    name: string,
    { bounds = NOT_NEGATIVE, ...options }: ListOptions<number> & { bounds?: Bounds } = {},
  ): readonly number[] {
    const numbers =
      bounds === NOT_NEGATIVE ? "non-negative integers" : `integers ${rangeOf(bounds)}`;
    return this.#list(name, isInteger(bounds), { ...options, expected: `a list of ${numbers}` });
  }

  /** An error that says what is wrong with a field, for what the methods above cannot tell. */
  problem(name: string, what: string): EngineError {
    return invalid(this.#origin.url, `${this.#pathOf(name)} ${what}`);
  }

  #list<T>(
    name: string,
    isItem: Check<T>,
    { expected, most = Infinity, absent }: ListOptions<T> & { expected: string },
  ): readonly T[] {
    const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
    const list = this.#read(name, isList, expected, absent);
    if (list.length > most)
      throw this.problem(name, `has ${list.length} entries, more than ${most}`);
    if (!list.every(isItem)) throw this.problem(name, `is not ${expected}`);
    return list;
  }

  #read<T>(name: string, is: Check<T>, expected: string, absent?: T): T {
    const value = this.#found(name);
    if (absent !== undefined && (value ?? null) === null) return absent;
    if (is(value)) return value;
    if (!this.#origin.showsFound) throw this.problem(name, `is not ${expected}`);
    if (value === undefined) throw this.problem(name, "is missing");
    throw this.problem(name, `is ${shown(value)}, not ${expected}`);
  }

  #found(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
  }

  #child(value: unknown, name: string): JsonReader {
    return new JsonReader(value, { ...this.#origin, path: this.#pathOf(name) });
  }

  #pathOf(name: string): string {
    return this.#origin.path === "" ? name : `${this.#origin.path}.${name}`;
  }
}
