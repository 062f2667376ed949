import type { ChatMessage, RestoreSummary, TurnSummary } from "../../protocol/engine-api.ts";
import type { QualityLevel } from "../../protocol/quality.ts";
import { CHUNK_TOKENS, RECENT_TOKENS } from "../../kv/cache/chunk-layout.ts";
import type { MeasureDetails } from "../../protocol/measures.ts";
import { assistant, type TestEngine } from "./engine-testing.ts";
import calibration from "./fixtures/calibration.jsonl?raw";
import recall from "./fixtures/recall.jsonl?raw";
import stories from "./fixtures/stories.jsonl?raw";

/** A conversation that tells a fact, goes on, and ends with a question about it. */
export interface RecallConversation {
  messages: ChatMessage[];
  /** Words that the answer has to contain. */
  expected: string[];
}

interface ConversationLine {
  messages: { role: "user" | "assistant"; content: string }[];
}

interface RecallLine extends ConversationLine {
  expected: string[];
}

const linesOf = (file: string): unknown[] =>
  file
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));

const messagesOf = ({ messages }: ConversationLine): ChatMessage[] =>
  messages.map(({ role, content: text }) => ({ role, text }));

/** Conversations of the kind that Pip was trained on, with wording and names that it has not seen. */
export const RECALL_CONVERSATIONS: readonly RecallConversation[] = (
  linesOf(recall) as RecallLine[]
).map((line) => ({ messages: messagesOf(line), expected: line.expected }));

/** Chats of that kind that end with a reply, to fit what is fitted once per model. */
export const CALIBRATION_CONVERSATIONS = (linesOf(calibration) as ConversationLine[]).map(
  (line) => ({ messages: messagesOf(line) }),
);

/** Conversations of nothing but stories, which are another kind of text. */
export const STORY_CONVERSATIONS = (linesOf(stories) as ConversationLine[]).map((line) => ({
  messages: messagesOf(line),
}));

export function recalls(answer: string, { expected }: RecallConversation): boolean {
  return expected.every((fact) => answer.toLowerCase().includes(fact.toLowerCase()));
}

/** Index of the message that tells what is asked for at the end. */
export function tellingMessage({ messages, expected }: RecallConversation): number {
  return messages.findIndex(({ text }) =>
    expected.some((fact) => text.toLowerCase().includes(fact.toLowerCase())),
  );
}

/** The answer to a conversation's last question, given twice. */
export interface AnswerPair {
  uninterrupted: TurnSummary;
  /** The answer of an engine that has loaded what the other one stored. */
  resumed: TurnSummary;
  restored: RestoreSummary;
  /** Number of tokens of the history that had rows when it was left. */
  storedTokens: number;
  /** The measure of compressing the rows that had left the recent window, if any had. */
  compressed: MeasureDetails["kv.compress"] | undefined;
}

/** A sequence of at least this many tokens has a chunk that has left the recent window. */
const CODED_FROM = CHUNK_TOKENS + RECENT_TOKENS;

/**
 * Lead a conversation up to its last question with one engine, its last reply being the engine's own;
 * wait until all is stored; ask with that engine, and with another one that has only what is stored.
 */
export async function askTwice(
  { messages }: RecallConversation,
  id: string,
  engines: Record<"uninterrupted" | "resuming", TestEngine>,
  quality: QualityLevel = "exact",
): Promise<AnswerPair> {
  const { uninterrupted, resuming } = engines;
  const answerTokens = { maxTokens: 24, quality };
  const passes = uninterrupted.measured("kv.compress").length;
  const last = messages.findLastIndex(({ role }, i) => role === "user" && i < messages.length - 1);
  const told = messages.slice(0, last + 1);
  const reply = await uninterrupted.ask(id, told, answerTokens);
  const storedTokens = reply.promptTokens + reply.generatedTokens;
  const history = [...told, assistant(reply)];
  const isCoded = quality !== "exact" && storedTokens >= CODED_FROM;
  const compressed = isCoded ? await uninterrupted.next("kv.compress", passes) : undefined;
  // All of it is resident; opening it only waits until its rows are stored.
  await uninterrupted.open(id, history, quality);
  const restored = await resuming.open(id, history, quality);
  const asked = [...history, ...messages.slice(-1)];
  return {
    uninterrupted: await uninterrupted.ask(id, asked, answerTokens),
    resumed: await resuming.ask(id, asked, answerTokens),
    restored,
    storedTokens,
    compressed,
  };
}
