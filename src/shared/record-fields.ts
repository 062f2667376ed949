/** @file Checks of a record's fields when it is read: a disk may hold anything, written by anyone. */

export type Fields = Readonly<Record<string, unknown>>;

/** The fields of an object; undefined if the value is no object, or a list. */
export const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : undefined;

/** The ids and hashes of this program are shorter. */
const MAX_NAME_LENGTH = 256;

export const isName = (value: unknown): value is string =>
  typeof value === "string" && value.length > 0 && value.length <= MAX_NAME_LENGTH;

/** The last moment that a `Date` can hold. A number of this size plus 1 is still another number. */
const MAX_TIME_MS = 8.64e15;

export const isTime = (value: unknown): value is number =>
  typeof value === "number" && value >= 0 && value <= MAX_TIME_MS;

/** A whole number from 0 to `most`. */
export const isCount = (value: unknown, most: number): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most;

export const isOneOf = <T extends string>(value: unknown, known: readonly T[]): value is T =>
  known.some((one) => one === value);
