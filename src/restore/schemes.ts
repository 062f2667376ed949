import type { RestorationScheme } from "../protocol/restoration.ts";
import { estimateMs, sumWorkload, type Sums } from "./estimate.ts";
import { leastMakespan } from "./least-makespan.ts";
import { best, pyramids, searchStaircases } from "./search.ts";
import type { Staircase } from "./staircase.ts";
import { staircaseOf, type Cuts, type Workload } from "./workload.ts";

/** A way of restoring, as the staircase that it comes to. */
export type Scheme = (work: Workload) => Staircase;

/** How finely the share that Krul recomputes is solved for. */
const KRUL_SHARES = 64;

export const SCHEMES: Readonly<Record<RestorationScheme, Scheme>> = {
  recompute: (work) => staircaseOf(work, constant(work, work.spans.length)),
  load: (work) => staircaseOf(work, constant(work, 0)),
  split: (work) => staircaseOf(work, split(work)),
  cake: (work) => staircaseOf(work, cake(sumWorkload(work))),
  layerwise: (work) => staircaseOf(work, layerwise(sumWorkload(work))),
  krul: (work) => staircaseOf(work, krul(sumWorkload(work))),
  auto: (work) => staircaseOf(work, auto(sumWorkload(work))),
};

const constant = ({ groups }: Workload, cut: number): Cuts =>
  Array.from({ length: groups }, () => cut);

/** Half of the tokens, whatever each way takes: compared with the others, it shows what knowing a device is worth. */
const split = (work: Workload): Cuts => constant(work, Math.round(work.spans.length / 2));

const leastOf = (sums: Sums, all: readonly Cuts[]): Cuts =>
  best(all.map((cuts) => ({ cuts, ms: estimateMs(sums, cuts) }))).cuts;

/** Recompute from the front, load from the back until they meet: the same frontier in all layers (arXiv:2410.03065). */
const cake = (sums: Sums): Cuts => leastOf(sums, pyramids(sums.work, 0));

/** Recompute the upper layers, load the deeper ones, each for all tokens. */
function layerwise(sums: Sums): Cuts {
  const { groups, spans } = sums.work;
  const all = Array.from({ length: groups + 1 }, (_, depth) =>
    Array.from({ length: groups }, (_, group) => (group < depth ? spans.length : 0)),
  );
  return leastOf(sums, all);
}

/**
 * The share that is recomputed falls linearly with depth. Its mean is the share at which both streams take equally
 * long (arXiv:2507.08045). The paper leaves the slope open. Here it is as steep as the mean allows, so that either
 * the last layer recomputes nothing or the first one everything.
 */
function krul(sums: Sums): Cuts {
  const { groups, spans } = sums.work;
  const pyramid = (share: number): Cuts => {
    const spread = Math.min(share, 1 - share);
    return Array.from({ length: groups }, (_, group) =>
      Math.round((share + spread * (1 - (2 * group + 1) / groups)) * spans.length),
    );
  };
  const shares = Array.from({ length: KRUL_SHARES + 1 }, (_, i) => i / KRUL_SHARES);
  return leastOf(sums, shares.map(pyramid));
}

/** The best of what the search finds and of what every other scheme would do. */
function auto(sums: Sums): Cuts {
  const { work } = sums;
  const published = [constant(work, 0), constant(work, work.spans.length), split(work)];
  published.push(cake(sums), layerwise(sums), krul(sums));
  return leastMakespan(sums, [...published, ...searchStaircases(sums).map(({ cuts }) => cuts)]);
}
