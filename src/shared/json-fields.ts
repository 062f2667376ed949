import { EngineError } from "./engine-error.ts";

/**
 * The fields of one object of a model's JSON files, which anyone may have written.
 *
 * @throws EngineError `model-invalid`, naming the field, where a value is missing or of another type
 */
export class JsonFields {
  readonly #fields: Readonly<Record<string, unknown>>;

  /** @param path where the object lies in its file, for messages; empty for the whole file */
  constructor(
    value: unknown,
    private readonly url: string,
    private readonly path = "",
  ) {
    if (!isRecord(value)) throw this.#invalid(`${path || "the file"} is not an object`);
    this.#fields = value;
  }

  static parse(json: string, url: string): JsonFields {
    let value: unknown;
    try {
      value = JSON.parse(json);
    } catch (cause) {
      throw new EngineError({ code: "model-invalid", url, detail: "not JSON" }, { cause });
    }
    return new JsonFields(value, url);
  }

  /** Null counts as absent, here and below: MLC writes unset fields so. */
  has(key: string): boolean {
    return this.raw(key) !== null;
  }

  raw(key: string): unknown {
    return Object.hasOwn(this.#fields, key) ? (this.#fields[key] ?? null) : null;
  }

  string(key: string, absent?: string): string {
    return this.#read(key, absent, isString, "a string");
  }

  integer(key: string, absent?: number): number {
    return this.#read(key, absent, isIndex, "a non-negative integer");
  }

  boolean(key: string, absent?: boolean): boolean {
    return this.#read(key, absent, isBoolean, "true or false");
  }

  strings(key: string, absent?: readonly string[]): readonly string[] {
    return this.#read(key, absent, listOf(isString), "a list of strings");
  }

  integers(key: string, absent?: readonly number[]): readonly number[] {
    return this.#read(key, absent, listOf(isIndex), "a list of non-negative integers");
  }

  list(key: string, absent?: readonly unknown[]): readonly unknown[] {
    return this.#read(key, absent, isList, "a list");
  }

  child(key: string): JsonFields {
    return new JsonFields(this.raw(key), this.url, this.#pathOf(key));
  }

  children(key: string): JsonFields[] {
    return this.list(key, []).map(
      (value, index) => new JsonFields(value, this.url, `${this.#pathOf(key)}[${index}]`),
    );
  }

  /** For what the types cannot say. */
  fail(key: string, problem: string): never {
    throw this.#invalid(`${this.#pathOf(key)} ${problem}`);
  }

  #read<T>(
    key: string,
    absent: T | undefined,
    is: (value: unknown) => value is T,
    expected: string,
  ): T {
    const value = this.raw(key);
    if (value === null && absent !== undefined) return absent;
    if (!is(value)) throw this.#invalid(`${this.#pathOf(key)} is not ${expected}`);
    return value;
  }

  #pathOf(key: string): string {
    return this.path === "" ? key : `${this.path}.${key}`;
  }

  #invalid(detail: string): EngineError {
    return new EngineError({ code: "model-invalid", url: this.url, detail });
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isString = (value: unknown): value is string => typeof value === "string";
const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
const isIndex = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;
const listOf =
  <T>(is: (value: unknown) => value is T) =>
  (value: unknown): value is readonly T[] =>
    isList(value) && value.every(is);
