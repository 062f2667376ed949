/** Of a piece of coding, in ms. Whoever wants to use the device meanwhile waits as long at most. */
const PIECE_MS = 50;

/**
 * Codes groups of layers: all at once or, if there is a signal, a few at a time. One group comes first, and twice as many
 * follow whenever these took less than half of `PIECE_MS`.
 *
 * @returns what `encode` gave for each group, in order. Rejects with the signal's reason as soon as no piece is under way
 */
export async function encodedGroups<Block>(
  groups: readonly number[],
  encode: (some: readonly number[]) => Promise<readonly Block[]>,
  signal?: AbortSignal,
): Promise<Block[]> {
  const blocks: Block[] = [];
  let atOnce = signal ? 1 : groups.length;
  while (blocks.length < groups.length) {
    signal?.throwIfAborted();
    const startMs = performance.now();
    blocks.push(...(await encode(groups.slice(blocks.length, blocks.length + atOnce))));
    const elapsedMs = performance.now() - startMs;
    if (elapsedMs * 2 <= PIECE_MS) atOnce *= 2;
    else if (elapsedMs > PIECE_MS) atOnce = Math.max(1, atOnce >> 1);
  }
  return blocks;
}
