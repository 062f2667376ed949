import { epochNowMs } from "../metrics/turn-timer.ts";
import { prefill } from "../model/prefill.ts";
import type { RestoreSummary } from "../protocol/engine-api.ts";
import type { MeasureDetails } from "../protocol/measures.ts";
import { commonPrefix } from "./common-prefix.ts";
import { levelOf } from "./kv-identity.ts";
import { loadStored, type LoadedRange, type RestoreRequest } from "./kv-loader.ts";
import type { IndexRange } from "../shared/index-range.ts";
import type { LoadedModel } from "./load-model-onto-gpu.ts";
import type { Origin } from "./resident-sequence.ts";
import { holesOf } from "./token-ranges.ts";

type Detail = MeasureDetails["kv.restore"];

/**
 * Put the K and V of a sequence into the cache: keep what is there, load what is stored, prefill the
 * rest. Believes nothing it reads: a value that is missing, damaged or not what it should be makes its
 * chunk one more hole to prefill.
 */
export async function restore(
  model: LoadedModel,
  request: RestoreRequest,
): Promise<RestoreSummary> {
  const startEpochMs = epochNowMs();
  const { tokens, conversationId, quality, onMeasure } = request;
  const { resident } = model;
  resident.cut(Math.min(commonPrefix(resident.tokens, tokens), resident.tokensAt(quality)));
  const detail: Detail = {
    conversationId,
    tokens: tokens.length,
    reusedTokens: resident.length,
    loadedTokens: 0,
    recomputedTokens: 0,
    bytesRead: 0,
    refusedChunks: 0,
    loadMs: 0,
    codec: "",
    strategy: "none",
  };
  if (resident.length < tokens.length) {
    const { ranges, ...loaded } = await loadStored(model, request);
    Object.assign(detail, loaded);
    detail.loadMs = epochNowMs() - startEpochMs;
    await fillHoles(model, request, { loaded: ranges, detail });
  }
  onMeasure({ name: "kv.restore", startEpochMs, endEpochMs: epochNowMs(), detail });
  const { reusedTokens, loadedTokens, recomputedTokens } = detail;
  return { residentTokens: resident.length, reusedTokens, loadedTokens, recomputedTokens };
}

/** Prefill what is neither resident nor loaded, front to back, and count rows in as they join on. */
async function fillHoles(
  model: LoadedModel,
  request: RestoreRequest,
  { loaded, detail }: { loaded: readonly LoadedRange[]; detail: Detail },
): Promise<void> {
  const { tokens, abandoned, handedOver } = request;
  const { resident, gpu, transformer } = model;
  const signal = AbortSignal.any([abandoned, handedOver]);
  if (abandoned.aborted) return;
  const holes = holesOf(loaded, { start: resident.length, end: tokens.length });
  // What is resident up to the first hole is stored, if what was resident before is.
  const stored = holes[0]?.start ?? tokens.length;
  const join = (end: number, origin?: Origin) => {
    const before = resident.length;
    if (end > before) resident.append(tokens.slice(before, end), origin);
    return Math.max(0, end - before);
  };
  if (resident.savedTokens === resident.length) resident.markSaved(stored);
  const parts: (IndexRange | LoadedRange)[] = [...holes, ...loaded];
  for (const part of parts.toSorted((a, b) => a.start - b.start)) {
    if ("lineage" in part) {
      const { end, lineage, decoded } = part;
      const origin = { level: levelOf(lineage), decoded };
      detail.loadedTokens += join(Math.min(end, tokens.length), origin);
      continue;
    }
    const missing = Uint32Array.from(tokens.slice(part.start, part.end));
    const options = { start: part.start, output: "none", signal } as const;
    const done = await prefill(gpu.device, transformer, missing, options);
    detail.recomputedTokens += join(part.start + done);
    if (done < missing.length) return;
  }
}
