/** @file What fields of a record can be taken for: a disk may hold anything, whoever wrote it. */

export type Fields = Readonly<Record<string, unknown>>;

/** The fields of what is an object and no list; undefined of anything else. */
export const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : undefined;

/** An id or a hash of ours is shorter. */
const MAX_NAME_LENGTH = 256;

export const isName = (value: unknown): value is string =>
  typeof value === "string" && value.length > 0 && value.length <= MAX_NAME_LENGTH;

/** The last moment that a `Date` can hold: one more is still another number. */
const MAX_TIME_MS = 8.64e15;

export const isTime = (value: unknown): value is number =>
  typeof value === "number" && value >= 0 && value <= MAX_TIME_MS;

/** A whole number from 0 to `most`. */
export const isCount = (value: unknown, most: number): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most;

export const isOneOf = <T extends string>(value: unknown, known: readonly T[]): value is T =>
  known.some((one) => one === value);
