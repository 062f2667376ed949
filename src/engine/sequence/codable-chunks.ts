import { CHUNK_TOKENS, RECENT_TOKENS, SINK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import type { ChunkRun } from "../../kv/value/stored-form.ts";
import type { ChatMessage } from "../../protocol/engine-api.ts";
import type { ResidentSequence } from "./resident-sequence.ts";

/**
 * About how many characters a token of text has. In some languages it has fewer, and then a conversation is seen a
 * turn later.
 */
const TOKEN_CHARACTERS = 4;

/** Whether a conversation is, or is about to become, so long that chunks of it may be stored in a lossy form. */
export function mayBecomeCodable(
  { length }: Pick<ResidentSequence, "length">,
  messages: readonly Pick<ChatMessage, "text">[],
): boolean {
  const characters = messages.reduce((sum, { text }) => sum + text.length, 0);
  return Math.max(length, characters / TOKEN_CHARACTERS) >= CHUNK_TOKENS;
}

/** Of how many tokens, from the front, the rows are in full chunks and out of the recent window. */
export function codableTokens(resident: ResidentSequence): number {
  const end = Math.min(resident.unmovedTokens, resident.length - RECENT_TOKENS);
  return Math.max(0, Math.floor(end / CHUNK_TOKENS)) * CHUNK_TOKENS;
}

/**
 * The chunks that may be stored in a lossy form, first to last. They are full and out of the recent window, and
 * their rows were never coded before and had only these tokens in view.
 */
export function codableChunks(resident: ResidentSequence): ChunkRun[] {
  const count = codableTokens(resident) / CHUNK_TOKENS;
  return Array.from({ length: count }, (_, i) => i * CHUNK_TOKENS)
    .filter((start) => !resident.hasDecoded({ start, end: start + CHUNK_TOKENS }))
    .map((start) => ({
      start,
      tokens: CHUNK_TOKENS,
      sinkTokens: Math.max(0, SINK_TOKENS - start),
    }));
}
