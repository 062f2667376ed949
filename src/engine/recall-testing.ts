import type { ChatMessage } from "../protocol/engine-api.ts";
import recall from "./fixtures/recall.jsonl?raw";

/** A conversation that tells a fact, goes on, and ends with a question about it. */
export interface RecallConversation {
  messages: ChatMessage[];
  /** What the answer has to contain. */
  expected: string[];
}

interface RecallLine {
  messages: { role: "user" | "assistant"; content: string }[];
  expected: string[];
}

/** Of the kind that Pip was trained on, with wording and names that it has not seen. */
export const RECALL_CONVERSATIONS: readonly RecallConversation[] = recall
  .trim()
  .split("\n")
  .map((line) => {
    const { messages, expected } = JSON.parse(line) as RecallLine;
    return { messages: messages.map(({ role, content: text }) => ({ role, text })), expected };
  });

export function recalls(answer: string, { expected }: RecallConversation): boolean {
  return expected.every((fact) => answer.toLowerCase().includes(fact.toLowerCase()));
}

/** The message that tells what is asked for. */
export function tellingMessage({ messages, expected }: RecallConversation): number {
  return messages.findIndex(({ text }) =>
    expected.some((fact) => text.toLowerCase().includes(fact.toLowerCase())),
  );
}
