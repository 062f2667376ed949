import type { GgufMetadata } from "./gguf-metadata.ts";
import { MAX_TOKENS, refuseOtherCount, TOKENS, type Vocabulary } from "./tokenizer-vocabulary.ts";

const SCORES = "tokenizer.ggml.scores";

/**
 * The most letters to be compared: of all pieces the squares of their lengths. Gemma 2's 256,000 pieces come to some
 * 20 million. This many take about a second.
 */
const MAX_COMPARED = 2 ** 28;

/** As many as Gemma 3 has twice over. */
const MAX_MERGES = 2 ** 20;

type Merge = [left: string, right: string];

/**
 * The merges of a SentencePiece vocabulary, which has scores instead: of all neighbours that are a piece together, those
 * with the highest score are merged first. So the merges are all ways to make a piece of two others, ordered by its
 * score, and then by its id.
 *
 * Takes time proportional to the squares of the pieces' lengths.
 *
 * @throws EngineError `model-invalid`
 */
export function scoredMerges(metadata: GgufMetadata, { pieces, size }: Vocabulary): Merge[] {
  const scores = metadata.numbers(SCORES, { most: MAX_TOKENS });
  refuseOtherCount(metadata, SCORES, { found: scores.length, tokens: size });
  if (scores.some((score) => Number.isNaN(score)))
    throw metadata.problem(SCORES, "has a score that is no number");
  let compared = 0;
  for (const piece of pieces.keys()) compared += piece.length ** 2;
  if (compared > MAX_COMPARED)
    throw metadata.problem(TOKENS, "has too many long pieces to find out how they are made");
  const scored = Array.from(pieces, ([piece, id]) => ({ piece, id, score: scores[id] ?? 0 }));
  scored.sort((a, b) => (a.score === b.score ? a.id - b.id : b.score - a.score));
  const merges: Merge[] = [];
  for (const { piece } of scored) {
    merges.push(...waysToMake(piece, pieces));
    if (merges.length > MAX_MERGES)
      throw metadata.problem(SCORES, `stand for more than ${MAX_MERGES} merges`);
  }
  return merges;
}

/** Every way to make the piece of two others, the parts with the lowest ids first. */
function waysToMake(piece: string, pieces: ReadonlyMap<string, number>): Merge[] {
  const ways: { ids: [number, number]; merge: Merge }[] = [];
  for (let end = 1; end < piece.length; end++) {
    const left = piece.slice(0, end);
    const leftId = pieces.get(left);
    if (leftId === undefined) continue;
    const right = piece.slice(end);
    const rightId = pieces.get(right);
    if (rightId === undefined) continue;
    ways.push({ ids: [leftId, rightId], merge: [left, right] });
  }
  ways.sort(({ ids: [a, b] }, { ids: [c, d] }) => a - c || b - d);
  return ways.map(({ merge }) => merge);
}
