/**
 * @file Which tabs have a model on the graphics card, and which of them have to leave it.
 *
 * GS1 At its start a tab loads its model only if no other tab has one on the card. Otherwise it loads the model when
 *     it is to answer.
 * GS2 Where all models fit into the budget together, no tab leaves.
 * GS3 Otherwise the tabs with the largest models leave, as few of them as it takes.
 * GS4 A tab that has not loaded a model before is assumed to need as much as the largest of the others: most often it
 *     is the same model.
 * GS5 A model whose size is not known yet counts as nothing. Where that was too little, memory runs out, and then all
 *     other tabs leave.
 */

/** A tab that has a model on the graphics card, or is loading one. */
export interface Holder {
  tab: string;
  /** Size of the weights and the KV cache together; 0 as long as it is not known. */
  bytes: number;
}

const PREFIX = "rekindle.gpu/";

/** Name of the Web Lock that a tab has as long as its model is on the card. */
export const tabLockName = (tab: string): string => `rekindle.gpu-seat/${tab}`;

/** Name of the Web Lock by which a tab tells the others how large its model is. */
export const sizeLockName = ({ tab, bytes }: Holder): string => `${PREFIX}${bytes}/${tab}`;

/**
 * The holders, read off the names of all locks that are held. Each appears once: while its size changes it has two
 * locks for a moment, of which the larger one counts.
 */
export function holdersIn(names: readonly (string | undefined)[]): Holder[] {
  const holders = new Map<string, number>();
  for (const name of names) {
    const [, bytes, tab] = /^rekindle\.gpu\/(\d{1,15})\/(\w+)$/.exec(name ?? "") ?? [];
    if (bytes !== undefined && tab !== undefined)
      holders.set(tab, Math.max(Number(bytes), holders.get(tab) ?? 0));
  }
  return [...holders].map(([tab, bytes]) => ({ tab, bytes }));
}

interface Sharing {
  others: readonly Holder[];
  /** Size of this tab's model; undefined if it was never loaded. */
  ownBytes: number | undefined;
  budgetBytes: number;
}

/** GS4, GS5: how many bytes this tab's model is assumed to need. */
export const expectedBytes = (others: readonly Holder[], ownBytes: number | undefined): number =>
  ownBytes ?? Math.max(0, ...others.map(({ bytes }) => bytes));

/** GS2 to GS5: the tabs that have to leave before this one loads its model. */
export function tabsToLeave({ others, ownBytes, budgetBytes }: Sharing): Holder[] {
  const largestFirst = others.toSorted((one, other) => other.bytes - one.bytes);
  const needed = expectedBytes(others, ownBytes);
  let excess = needed + largestFirst.reduce((sum, { bytes }) => sum + bytes, 0) - budgetBytes;
  return largestFirst.filter(({ bytes }) => {
    const leaves = excess > 0;
    excess -= bytes;
    return leaves;
  });
}

const GIB = 2 ** 30;
/** Budget on a computer of which nothing is known: browsers do not say how much graphics memory there is. */
const USUAL_BUDGET_BYTES = 2 * GIB;
/** Integrated graphics share the computer's memory with everything else. */
const MEMORY_SHARE = 0.25;

/**
 * How many bytes of graphics memory the tabs may take together.
 *
 * @param memoryGiB the computer's memory as `navigator.deviceMemory` gives it: at most 8, or 32
 */
export function gpuBudget(memoryGiB: unknown): number {
  if (typeof memoryGiB !== "number" || !(memoryGiB > 0)) return USUAL_BUDGET_BYTES;
  return Math.min(USUAL_BUDGET_BYTES, Math.floor(memoryGiB * GIB * MEMORY_SHARE));
}
