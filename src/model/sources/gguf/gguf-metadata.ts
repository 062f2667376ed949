import type { EngineError } from "../../../shared/engine-error.ts";
import { shortened, type Bounds } from "../../../shared/json-reader.ts";
import { ggufInvalid } from "./gguf-fault.ts";

export type GgufScalar = string | number | bigint | boolean;

/** A list whose entries are decoded when they are asked for: a vocabulary has hundreds of thousands. */
export interface GgufList {
  length: number;
  read: () => readonly GgufScalar[];
}

export type GgufValue = GgufScalar | GgufList;

/** The metadata, and the keys that begin with the name of the architecture. */
export interface ArchitectureMetadata {
  metadata: GgufMetadata;
  keyOf: (name: string) => string;
}

/** What a list may be. */
interface ListOptions<T> {
  /** The most entries that there may be. */
  most: number;
  /** Taken for a list that is missing, which is an error unless this is given. */
  absent?: readonly T[];
}

const NOT_NEGATIVE: Bounds = { min: 0, max: Number.MAX_SAFE_INTEGER };

const isNumeric = (value: unknown): value is number | bigint =>
  typeof value === "number" || typeof value === "bigint";

const isWithin = (value: number, { min, max }: Bounds): boolean => value >= min && value <= max;

/**
 * The metadata of a GGUF file, read key by key. Anyone may have written it: every method throws `model-invalid` for a
 * value that is not what it should be, with a sentence that names the key.
 */
export class GgufMetadata {
  readonly #values: ReadonlyMap<string, GgufValue>;
  /** Of the file, for errors. */
  readonly url: string;

  constructor(values: ReadonlyMap<string, GgufValue>, url: string) {
    this.#values = values;
    this.url = url;
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  /** @param absent taken for a text that is missing, which is an error unless this is given */
  string(key: string, absent?: string): string {
    const value = this.#found(key, absent);
    if (typeof value === "string") return value;
    throw this.#wrong(key, value, "a string");
  }

  /** @param absent taken for a value that is missing, which is an error unless this is given */
  boolean(key: string, absent?: boolean): boolean {
    const value = this.#found(key, absent);
    if (typeof value === "boolean") return value;
    throw this.#wrong(key, value, "true or false");
  }

  /**
   * @param bounds every number but a negative one unless they are given
   * @param absent taken for a number that is missing, which is an error unless this is given
   */
  integer(key: string, bounds = NOT_NEGATIVE, absent?: number): number {
    const value = this.#found(key, absent);
    const number = isNumeric(value) ? Number(value) : NaN;
    if (Number.isSafeInteger(number) && isWithin(number, bounds)) return number;
    throw this.#wrong(key, value, `an integer from ${bounds.min} to ${bounds.max}`);
  }

  /** @param absent taken for a number that is missing, which is an error unless this is given */
  number(key: string, bounds: Bounds, absent?: number): number {
    const value = this.#found(key, absent);
    const number = isNumeric(value) ? Number(value) : NaN;
    if (Number.isFinite(number) && isWithin(number, bounds)) return number;
    throw this.#wrong(key, value, `a number from ${bounds.min} to ${bounds.max}`);
  }

  strings(key: string, options: ListOptions<string>): readonly string[] {
    const isString = (item: GgufScalar): item is string => typeof item === "string";
    return this.#list(key, isString, { ...options, expected: "a list of strings" });
  }

  /** Numbers, which may be anything that an f64 can be, NaN and infinities included. */
  numbers(key: string, options: ListOptions<number>): readonly number[] {
    const expected = "a list of numbers";
    return this.#list(key, isNumeric, { ...options, expected }).map(Number);
  }

  /** The number of entries of a list; undefined where there is none. */
  lengthOf(key: string): number | undefined {
    const value = this.#values.get(key);
    return typeof value === "object" ? value.length : undefined;
  }

  /** An error that says what is wrong with a value, for what the methods above cannot tell. */
  problem(key: string, what: string): EngineError {
    return ggufInvalid(this.url, "metadata-value", `${key} ${what}`);
  }

  #found<T>(key: string, absent: T | undefined): GgufValue | T | undefined {
    return this.#values.get(key) ?? absent;
  }

  #list<T extends GgufScalar>(
    key: string,
    isItem: (item: GgufScalar) => item is T,
    { expected, most, absent }: { expected: string; most: number; absent?: readonly GgufScalar[] },
  ): readonly T[] {
    const list = this.#found(key, absent);
    if (typeof list !== "object") throw this.#wrong(key, list, expected);
    if (list.length > most)
      throw this.problem(key, `has ${list.length} entries, more than ${most}`);
    const items = "read" in list ? list.read() : list;
    if (!items.every(isItem)) throw this.problem(key, `is not ${expected}`);
    return items;
  }

  #wrong(key: string, value: GgufScalar | object | undefined, expected: string): EngineError {
    if (value === undefined) return this.problem(key, "is missing");
    return this.problem(key, `is ${shown(value)}, not ${expected}`);
  }
}

function shown(value: GgufScalar | object): string {
  if (typeof value === "object") return "a list";
  return typeof value === "string" ? JSON.stringify(shortened(value)) : String(value);
}
