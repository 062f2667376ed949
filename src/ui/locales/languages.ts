import type { Messages } from "@lingui/core";
import { messages as english } from "./en.po";
import { directionOf } from "./text-direction.ts";

/** A language that the page speaks. */
export interface Language {
  /** After BCP 47, such as "pt-BR". */
  tag: string;
  direction: "ltr" | "rtl";
  /** Fetches the catalogue. @throws where it cannot be fetched */
  load: () => Promise<{ messages: Messages }>;
}

/** The language that the page is written in. Its catalogue is part of the page, so that there is always one. */
export const ENGLISH: Language = {
  tag: "en",
  direction: "ltr",
  load: () => Promise.resolve({ messages: english }),
};

/** The catalogues that people have translated: every file beside this one, under the tag of its language. */
const TRANSLATED = import.meta.glob<{ messages: Messages }>(["./*.po", "!./en.po", "!./en-XA.po"]);

/** English with accents, which shows what is not in the catalogue. The bundler leaves it out of the build that ships. */
const PSEUDO: readonly Language[] =
  import.meta.env.MODE === "production"
    ? []
    : [{ tag: "en-XA", direction: "ltr", load: () => import("./en-XA.po") }];

/** All languages. A new one is a catalogue. */
export const LANGUAGES: readonly Language[] = [
  ENGLISH,
  ...Object.entries(TRANSLATED).map(([path, load]) => {
    const tag = path.replace(/^\.\/(.*)\.po$/, "$1");
    return { tag, direction: directionOf(tag), load };
  }),
  ...PSEUDO,
];
