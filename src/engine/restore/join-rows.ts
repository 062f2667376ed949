import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import type { RestorationBoard } from "../../restore/restoration-board.ts";
import type { FoundChunk } from "../sequence/stored-sequence.ts";
import { originOf } from "./choose-chunks.ts";
import type { ResidentSequence } from "../sequence/resident-sequence.ts";

/** What a restoration brought. */
interface RestoredRows {
  board: RestorationBoard;
  /** Tokens of the whole sequence. */
  tokens: readonly number[];
  /** How many tokens of a span were computed through all layers when that was interrupted. */
  partial: { span: number; tokens: number };
  /** The chunk that was found in the store at a place. */
  foundAt: (startToken: number) => FoundChunk | undefined;
  /** Whether a chunk was found at a place and not refused. */
  isStored: (startToken: number) => boolean;
}

/**
 * Adds to the resident sequence what a restoration has brought, up to the first gap.
 *
 * @returns how many tokens were loaded, and how many recomputed
 */
export function joinRows(
  resident: ResidentSequence,
  { board, tokens, partial, foundAt, isStored }: RestoredRows,
): { loadedTokens: number; recomputedTokens: number } {
  const counts = { loadedTokens: 0, recomputedTokens: 0 };
  const wasSaved = resident.savedTokens === resident.length;
  let saved = resident.length;
  const complete = board.firstIncomplete;
  for (const [span, { end }] of board.spans.slice(0, complete).entries()) {
    const found = foundAt(Math.floor((end - 1) / CHUNK_TOKENS) * CHUNK_TOKENS);
    const chunk = found && found.startToken + found.tokens === end ? found : undefined;
    // Rows count as saved up to the first that are not stored, if all that was resident before is saved.
    if (saved === resident.length && chunk && isStored(chunk.startToken)) saved = end;
    const isLoaded = board.hasLoaded(span);
    const before = resident.length;
    resident.append(tokens.slice(before, end), isLoaded && chunk ? originOf(chunk) : {});
    counts[isLoaded ? "loadedTokens" : "recomputedTokens"] += end - before;
  }
  if (partial.span === complete && !board.hasLoaded(complete)) {
    const { length } = resident;
    resident.append(tokens.slice(length, length + partial.tokens));
    counts.recomputedTokens += partial.tokens;
  }
  if (wasSaved) resident.markSaved(saved);
  return counts;
}
