/**
 * @file Which tabs have a model on the graphics card, and which of them are to leave it.
 *
 * GS1 A tab takes the card at its start only if no other has it. Otherwise it takes it when it is to
 *     answer.
 * GS2 Where all models fit into the budget together, nobody leaves.
 * GS3 Otherwise those with the largest models leave, as few of them as it takes.
 * GS4 A tab that has not loaded a model before is taken to need as much as the largest of the others:
 *     most often it is the same model.
 * GS5 A model whose size is not known yet counts as nothing. What was too little all the same is known
 *     when memory runs out: then all others leave.
 */

/** A tab that has a model on the graphics card, or is loading one. */
export interface Holder {
  tab: string;
  /** Of its weights and its KV cache; 0 as long as that is not known. */
  bytes: number;
}

const PREFIX = "rekindle.gpu/";

/** Name of the Web Lock that a tab has as long as it is on the card. */
export const tabLockName = (tab: string): string => `rekindle.gpu-seat/${tab}`;

/** Name of the Web Lock by which a tab tells the others what it has. */
export const sizeLockName = ({ tab, bytes }: Holder): string => `${PREFIX}${bytes}/${tab}`;

/**
 * The holders among the names of all locks that are held: each once, with the most it tells, as it has
 * two names for a moment when its size changes.
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
  /** Of this tab's model; undefined if it never was loaded. */
  ownBytes: number | undefined;
  budgetBytes: number;
}

/** GS4, GS5: what this tab's model is taken to need. */
export const expectedBytes = (others: readonly Holder[], ownBytes: number | undefined): number =>
  ownBytes ?? Math.max(0, ...others.map(({ bytes }) => bytes));

/** GS2 to GS5: who is to leave before this tab loads its model. */
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
/** Of a computer of which nothing is known. Browsers tell of no graphics memory. */
const USUAL_BUDGET_BYTES = 2 * GIB;
/** Integrated graphics share the computer's memory with everything else. */
const MEMORY_SHARE = 0.25;

/** @param memoryGiB of the computer, as `navigator.deviceMemory` tells it: at most 8, or 32 */
export function gpuBudget(memoryGiB: unknown): number {
  if (typeof memoryGiB !== "number" || !(memoryGiB > 0)) return USUAL_BUDGET_BYTES;
  return Math.min(USUAL_BUDGET_BYTES, Math.floor(memoryGiB * GIB * MEMORY_SHARE));
}
