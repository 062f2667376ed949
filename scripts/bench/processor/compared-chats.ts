import type { ChatMessage } from "../../../src/protocol/engine-api.ts";

/** Sentences that differ, so that no two chats have the same beginning. A sentence has about nine tokens. */
const sentences = (name: string, count: number): string =>
  Array.from({ length: count }, (_, i) => `${name} ${i + 1} lives in a small town.`).join(" ");

const QUESTION = "Write a long story about all of them.";

/** A question of about 64 tokens, with the model's own system message. */
export const SHORT_CHAT: readonly ChatMessage[] = [
  { role: "user", text: `${sentences("Anna", 3)} ${QUESTION}` },
];

/** A question of about 512 tokens. */
export const MIDDLE_CHAT: readonly ChatMessage[] = [
  { role: "user", text: `${sentences("Ben", 50)} ${QUESTION}` },
];

const TURNS = 10;

/** A conversation of about 2,200 tokens, which ends with a question. */
export const LONG_CHAT: readonly ChatMessage[] = [
  ...Array.from({ length: TURNS }, (_, turn): ChatMessage[] => [
    { role: "user", text: sentences(`Carl's friend of row ${turn + 1}, number`, 6) },
    { role: "assistant", text: sentences(`Dora's friend of row ${turn + 1}, number`, 6) },
  ]).flat(),
  { role: "user", text: QUESTION },
];

/** What is said next, after the reload. */
export const NEXT_QUESTION = "And what happened to the first of them?";
