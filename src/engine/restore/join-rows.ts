import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import type { RestorationBoard } from "../../restore/restoration-board.ts";
import type { FoundChunk } from "../sequence/stored-sequence.ts";
import { originOf } from "./choose-chunks.ts";
import type { ResidentSequence } from "../sequence/resident-sequence.ts";

interface RestoredRows {
  board: RestorationBoard;
  /** Of the whole sequence. */
  tokens: readonly number[];
  /** Tokens of a span that were computed through all layers when that was interrupted. */
  partial: { span: number; tokens: number };
  /** What of it was found in the store. */
  foundAt: (startToken: number) => FoundChunk | undefined;
  /** Whether what was found was not refused. */
  isStored: (startToken: number) => boolean;
}

/** Count in what a restoration has brought, as far as it goes without a gap. @returns tokens, by their way */
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
    // What is resident up to the first hole is stored, if what was resident before is.
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
