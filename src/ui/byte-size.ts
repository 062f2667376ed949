import { i18n } from "@lingui/core";
import { t } from "@lingui/core/macro";

/** A number of bytes in decimal units, with one digit after the point: "512 bytes", "81.0 kB", "9.3 MB", "1.2 GB". */
export function byteSize(bytes: number): string {
  if (bytes < 1e3) return Math.max(0, bytes).toLocaleString(i18n.locale, WHOLE_BYTES);
  const { perUnit, unit } = unitFor(bytes);
  const format = { ...ONE_DIGIT, style: "unit", unit, unitDisplay: "short" } as const;
  return (bytes / perUnit).toLocaleString(i18n.locale, format);
}

/** A part and its whole, both in the unit of the whole: "4.1 of 9.3 MB". */
export function bytesOf(part: number, whole: number): string {
  const { perUnit } = unitFor(whole);
  const amount = (part / perUnit).toLocaleString(i18n.locale, ONE_DIGIT);
  return t`${amount} of ${{ whole: byteSize(whole) }}`;
}

/** The short name of this unit has no plural in English. */
const WHOLE_BYTES = {
  style: "unit",
  unit: "byte",
  unitDisplay: "long",
  maximumFractionDigits: 0,
} as const;

const ONE_DIGIT = { minimumFractionDigits: 1, maximumFractionDigits: 1 } as const;

function unitFor(bytes: number): { perUnit: number; unit: string } {
  if (bytes < 1e6) return { perUnit: 1e3, unit: "kilobyte" };
  return bytes < 1e9 ? { perUnit: 1e6, unit: "megabyte" } : { perUnit: 1e9, unit: "gigabyte" };
}
