import { plural, t } from "@lingui/core/macro";
import { i18n } from "@lingui/core";
import type { BaseModel, Purpose } from "../../catalogue/base-model.ts";
import type { ModelEngine } from "../../catalogue/engine-of-model.ts";
import { byteSize } from "../byte-size.ts";
import { numberWords } from "../number-words.ts";

/** What a model is good for, in which languages, and under which licence. What is not known is not mentioned. */
export function aboutWords({ goodFor, languages, licence, readsImages }: BaseModel): string {
  const images = readsImages ? t`reads images too, but not here` : undefined;
  const about = [...goodFor.map(purposeWords), images, languageWords(languages), licence];
  return about.filter((words) => typeof words === "string").join(" · ");
}

function purposeWords(purpose: Purpose): string {
  switch (purpose) {
    case "small-devices":
      return t`Quick on small devices`;
    case "chat":
      return t`Everyday chat and writing`;
    case "code":
      return t`Code`;
    case "maths":
      return t`Maths`;
    case "reasoning":
      return t`Thinks before it answers`;
    case "completion":
      return t`Goes on with a text; was not taught to chat`;
    case "embedding":
      return t`Compares texts; does not chat`;
  }
}

/** The languages by their names where there are one or two, and else how many there are. */
function languageWords(languages: BaseModel["languages"]): string | undefined {
  if (languages === null) return undefined;
  if (typeof languages === "number" || languages.length > 2) {
    const count = typeof languages === "number" ? languages : languages.length;
    return plural(count, { one: "# language", other: "# languages" });
  }
  const names = new Intl.DisplayNames([i18n.locale, "en"], { type: "language" });
  return languages.map((tag) => names.of(tag) ?? tag).join(", ");
}

/** What becomes of a conversation after a reload, which is what one notices of an engine. */
export function engineWords(engine: ModelEngine): string {
  return engine === "rekindle" ? t`Resumes instantly` : t`Re-reads the conversation`;
}

interface Needs {
  downloadBytes: number | undefined;
  memoryBytes: number | undefined;
  contextTokens: number;
}

/** What a model takes, as far as it is known before its index is read. */
export function needsWords({ downloadBytes, memoryBytes, contextTokens }: Needs): string {
  const tokens = numberWords(contextTokens);
  return [
    downloadBytes === undefined
      ? t`size unknown until it is asked for`
      : t`about ${{ size: byteSize(downloadBytes) }} to download`,
    memoryBytes === undefined
      ? t`memory unknown`
      : t`${{ size: byteSize(memoryBytes) }} of memory with ${{ tokens }} tokens`,
  ].join(" · ");
}
