import { i18n } from "@lingui/core";
import { t } from "@lingui/core/macro";

/** A number as it is written in the page's language: "1,664". */
export const numberWords = (value: number): string => new Intl.NumberFormat(locale()).format(value);

/** A speed, with a digit after the point where that says something: "31.5", "140". */
export const speedWords = (perS: number): string =>
  new Intl.NumberFormat(locale(), { maximumFractionDigits: perS < 100 ? 1 : 0 }).format(perS);

/** A time as one says it: "45 ms", "0.4 s", "12 s", "3 min", "2 h". */
export function durationWords(ms: number): string {
  if (ms < 100) return t`${{ ms: numberWords(Math.round(ms)) }} ms`;
  const s = ms / 1000;
  if (s < 59.5)
    return t`${{ s: numberWords(s < 9.95 ? Math.round(s * 10) / 10 : Math.round(s)) }} s`;
  const minutes = Math.round(s / 60);
  return minutes < 60
    ? t`${{ minutes: numberWords(minutes) }} min`
    : t`${{ hours: numberWords(Math.round(minutes / 60)) }} h`;
}

/** The browser's own language, before the page has chosen one. */
const locale = (): string | undefined => (i18n.locale === "" ? undefined : i18n.locale);
