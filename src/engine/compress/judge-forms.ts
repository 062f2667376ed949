import {
  guardInTurn,
  QUALITY_BUDGETS,
  type CompressionCandidate,
  type GuardVerdict,
} from "../../kv/quality/quality-guard.ts";
import { storedForm } from "../../kv/quality/stored-forms.ts";
import type { LayerSharingMap } from "../../kv/sharing/select-pairs.ts";
import { assert } from "../../shared/assert.ts";
import { KvReplay, type ReplayingModel } from "../replay/kv-replay.ts";
import { codedBytes, encodeChunks, type CodedChunks } from "../replay/coded-chunks.ts";
import { firstCandidates, type CandidateModel } from "./first-candidates.ts";
import type { CompressionJob } from "./plan-compression.ts";

/** What the guard decided. */
export interface Judgement {
  verdict: GuardVerdict;
  /** The chunks in the form that holds. Undefined if none does: they stay as they are. */
  coded: CodedChunks | undefined;
}

/**
 * Tries forms on the resident conversation until one holds the level's budget. The cache holds other rows meanwhile.
 *
 * @param map layers that might share
 * @returns undefined if the signal was aborted
 */
export async function judgeForms(
  model: ReplayingModel & CandidateModel,
  { runs, level }: CompressionJob,
  map: LayerSharingMap,
  signal: AbortSignal,
): Promise<Judgement | undefined> {
  const replay = new KvReplay(model, runs, signal);
  const made = new Map<CompressionCandidate, CodedChunks>();
  const measure = async (candidate: CompressionCandidate) => {
    const form = storedForm(candidate, model.cache.shape);
    assert(form !== undefined, "rows as they are need not be judged");
    const coded = await encodeChunks(model, runs, form, signal);
    const quality = coded && (await replay.measure(coded.values));
    if (!quality) throw new Interrupted();
    made.set(candidate, coded);
    return { ...quality, bytes: codedBytes(coded) };
  };
  try {
    const first = firstCandidates(model, { map, level, runs });
    const verdict = await guardInTurn(first, measure, QUALITY_BUDGETS[level]);
    return { verdict, coded: made.get(verdict.accepted) };
  } catch (error) {
    if (error instanceof Interrupted) return undefined;
    throw error;
  } finally {
    replay.end();
  }
}

/** Thrown when a turn began. */
class Interrupted extends Error {}
