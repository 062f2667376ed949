import { EngineError } from "./engine-error.ts";

/** Both ends are allowed. */
export interface Bounds {
  min: number;
  max: number;
}

/** Where a JSON value came from, for the sentence about what is wrong with it. */
interface Origin {
  url: string;
  /** Dotted path inside the document; empty at its root. */
  path: string;
}

/** A sentence about a file is to be read by a person, however long the texts in the file are. */
const MAX_SHOWN = 60;
const MAX_DETAIL = 300;

/** What a file says, as much of it as a person wants to see. */
export const shortened = (text: string, length = MAX_SHOWN): string =>
  text.length > length ? `${text.slice(0, length)}…` : text;

export function invalid(url: string, detail: string): EngineError {
  return new EngineError({ code: "model-invalid", url, detail: shortened(detail, MAX_DETAIL) });
}

/** A JSON value for a sentence. Lists and objects are not gone through: they may be deep. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "string" ? JSON.stringify(shortened(value)) : String(value);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isWithin = (value: number, { min, max }: Bounds): boolean => value >= min && value <= max;

const isInteger =
  (bounds: Bounds) =>
  (value: unknown): value is number =>
    Number.isSafeInteger(value) && isWithin(value as number, bounds);

const isNumber =
  (bounds: Bounds) =>
  (value: unknown): value is number =>
    Number.isFinite(value) && isWithin(value as number, bounds);

const isString = (value: unknown): value is string => typeof value === "string";
const isList = (value: unknown): value is unknown[] => Array.isArray(value);
const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";

const rangeOf = ({ min, max }: Bounds): string => `from ${min} to ${max}`;

/** MLC writes null, -1 or nothing at all for what is not set. */
const isUnset = (value: unknown): boolean => value === undefined || value === null || value === -1;

/** A JSON object read field by field; a field that is not what it should be throws `model-invalid`. */
export class JsonReader {
  private constructor(
    private readonly fields: Record<string, unknown>,
    private readonly origin: Origin,
  ) {}

  static of(value: unknown, url: string, path = ""): JsonReader {
    if (isObject(value)) return new JsonReader(value, { url, path });
    throw invalid(url, `${path === "" ? "the document" : path} is not an object`);
  }

  raw(name: string): unknown {
    return this.fields[name];
  }

  has(name: string): boolean {
    return !isUnset(this.fields[name]);
  }

  object(name: string): JsonReader {
    return JsonReader.of(this.fields[name], this.origin.url, this.pathOf(name));
  }

  /** @param most of them that there may be, here and below */
  objects(name: string, most: number): JsonReader[] {
    const { url } = this.origin;
    return this.array(name, most).map((item, i) =>
      JsonReader.of(item, url, `${this.pathOf(name)}[${i}]`),
    );
  }

  integer(name: string, bounds: Bounds): number {
    return this.read(name, isInteger(bounds), `an integer ${rangeOf(bounds)}`);
  }

  number(name: string, bounds: Bounds): number {
    return this.read(name, isNumber(bounds), `a number ${rangeOf(bounds)}`);
  }

  string(name: string): string {
    return this.read(name, isString, "a string");
  }

  boolean(name: string): boolean {
    return this.read(name, isBoolean, "true or false");
  }

  strings(name: string, most: number): string[] {
    return this.array(name, most).map((item) => {
      if (isString(item)) return item;
      throw this.problem(name, "is not a list of strings");
    });
  }

  integers(name: string, bounds: Bounds, most: number): number[] {
    return this.array(name, most).map((item) => {
      if (isInteger(bounds)(item)) return item;
      throw this.problem(name, `is not a list of integers ${rangeOf(bounds)}`);
    });
  }

  problem(name: string, what: string): EngineError {
    return invalid(this.origin.url, `${this.pathOf(name)} ${what}`);
  }

  private array(name: string, most: number): unknown[] {
    const list = this.read(name, isList, "a list");
    if (list.length > most)
      throw this.problem(name, `has ${list.length} entries, more than ${most}`);
    return list;
  }

  private read<T>(name: string, is: (value: unknown) => value is T, expected: string): T {
    const value = this.fields[name];
    if (is(value)) return value;
    if (value === undefined) throw this.problem(name, "is missing");
    throw this.problem(name, `is ${shown(value)}, not ${expected}`);
  }

  private pathOf(name: string): string {
    return this.origin.path === "" ? name : `${this.origin.path}.${name}`;
  }
}
