import type { ChatCompletionRequestStreaming } from "@mlc-ai/web-llm";
import type { ChatMessage, SamplingOptions } from "../protocol/engine-api.ts";
import type { SentMessage } from "./cut-history.ts";

/** What WebLLM is asked for, apart from the messages. */
type Sampling = Pick<
  ChatCompletionRequestStreaming,
  "temperature" | "top_p" | "repetition_penalty" | "seed" | "max_tokens"
>;

/** Seeds are 32 bits wide. */
const SEEDS = 2 ** 32;

/**
 * The messages as WebLLM is given them. It writes them with the model's own template, into which the reasoning of
 * earlier replies does not go. An empty system message is none.
 */
export const sentMessages = (messages: readonly ChatMessage[]): SentMessage[] =>
  messages
    .filter(({ role, text }) => role !== "system" || text !== "")
    .map(({ role, text }) => ({ role, content: text }));

/** The same for a template without a place for a system message: the first message begins with it. */
export function withoutSystem(messages: readonly SentMessage[]): SentMessage[] {
  const [system, first, ...rest] = messages;
  if (system?.role !== "system") return [...messages];
  if (first?.role !== "user") return messages.slice(1);
  return [{ role: "user", content: `${system.content}\n\n${first.content}` }, ...rest];
}

export function chatRequest(
  messages: readonly SentMessage[],
  options: SamplingOptions = {},
): ChatCompletionRequestStreaming {
  return {
    messages: messages.map((message) =>
      message.role === "system" ? literal(message) : { ...message },
    ),
    stream: true,
    stream_options: { include_usage: true },
    ...samplingOf(options),
  };
}

/** WebLLM puts a system message into its template by `replace`, for which a dollar sign means more than itself. */
const literal = ({ role, content }: SentMessage): SentMessage => ({
  role,
  content: content.replaceAll("$", "$$$$"),
});

/**
 * WebLLM samples by temperature, top-p and repetition penalty, and has no top-k and no min-p. It refuses a number outside
 * its range, so such a number is left out and the model's default holds. Stop strings are looked for here, because
 * WebLLM also ends a reasoning at them.
 */
function samplingOf(options: SamplingOptions): Sampling {
  const { temperature, topP, repetitionPenalty, seed, maxTokens } = options;
  return {
    ...(isWithin(temperature, 0, Infinity) && { temperature }),
    ...(topP !== 0 && isWithin(topP, 0, 1) && { top_p: topP }),
    ...(repetitionPenalty !== 0 &&
      isWithin(repetitionPenalty, 0, Infinity) && { repetition_penalty: repetitionPenalty }),
    ...(isWithin(seed, -Infinity, Infinity) && { seed: Math.trunc(Math.abs(seed)) % SEEDS }),
    ...(isWithin(maxTokens, -Infinity, Infinity) && { max_tokens: mostTokens(maxTokens) }),
  };
}

/** WebLLM writes at least one token. */
export const mostTokens = (maxTokens: number): number => Math.max(1, Math.ceil(maxTokens));

const isWithin = (value: number | undefined, min: number, max: number): value is number =>
  value !== undefined && Number.isFinite(value) && value >= min && value <= max;
