import { EngineError } from "../../shared/engine-error.ts";

/** Where a JSON value came from, for the sentence about what is wrong with it. */
interface Origin {
  url: string;
  /** Dotted path inside the document; empty at its root. */
  path: string;
}

export function invalid(url: string, detail: string): EngineError {
  return new EngineError({ code: "model-invalid", url, detail });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isIntegerFrom =
  (min: number) =>
  (value: unknown): value is number =>
    Number.isSafeInteger(value) && (value as number) >= min;

const isFiniteNumber = (value: unknown): value is number => Number.isFinite(value);
const isString = (value: unknown): value is string => typeof value === "string";
const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";

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

  objects(name: string): JsonReader[] {
    const { url } = this.origin;
    return this.array(name).map((item, i) =>
      JsonReader.of(item, url, `${this.pathOf(name)}[${i}]`),
    );
  }

  integer(name: string, min: number): number {
    return this.read(name, isIntegerFrom(min), `an integer of at least ${min}`);
  }

  number(name: string): number {
    return this.read(name, isFiniteNumber, "a number");
  }

  string(name: string): string {
    return this.read(name, isString, "a string");
  }

  boolean(name: string): boolean {
    return this.read(name, isBoolean, "true or false");
  }

  strings(name: string): string[] {
    return this.array(name).map((item) => {
      if (isString(item)) return item;
      throw this.problem(name, "is not a list of strings");
    });
  }

  integers(name: string, min: number): number[] {
    return this.array(name).map((item) => {
      if (isIntegerFrom(min)(item)) return item;
      throw this.problem(name, `is not a list of integers of at least ${min}`);
    });
  }

  problem(name: string, what: string): EngineError {
    return invalid(this.origin.url, `${this.pathOf(name)} ${what}`);
  }

  private array(name: string): unknown[] {
    return this.read(name, (value): value is unknown[] => Array.isArray(value), "a list");
  }

  private read<T>(name: string, is: (value: unknown) => value is T, expected: string): T {
    const value = this.fields[name];
    if (is(value)) return value;
    if (value === undefined) throw this.problem(name, "is missing");
    throw this.problem(name, `is ${JSON.stringify(value).slice(0, 40)}, not ${expected}`);
  }

  private pathOf(name: string): string {
    return this.origin.path === "" ? name : `${this.origin.path}.${name}`;
  }
}
