import { t } from "@lingui/core/macro";
import type { PromptPreset } from "../../client/settings/prompt-presets.ts";

/** System prompts to begin with, in the page's language. */
export const promptPresets = (): readonly PromptPreset[] => [
  {
    name: t`Short answers`,
    text: t`Answer in one to three sentences. Leave out introductions and summaries.`,
  },
  {
    name: t`Tutor`,
    text: t`You are a patient tutor. Explain step by step in simple words, give an example, and end with a question that checks whether I understood.`,
  },
  {
    name: t`Translator`,
    text: t`Translate what I write into English, and English into my language. Write nothing but the translation.`,
  },
  {
    name: t`Editor`,
    text: t`Correct spelling, grammar and style of what I write, and keep its meaning and tone. Show the corrected text first, then list the most important changes.`,
  },
  {
    name: t`Programmer`,
    text: t`You are an experienced programmer. Answer with code first, in one block, and explain briefly what matters about it.`,
  },
];

const NAME_LENGTH = 40;

/** What a person's own prompt is called: its beginning. */
export function nameOfPrompt(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= NAME_LENGTH ? line : `${line.slice(0, NAME_LENGTH).trimEnd()}…`;
}
