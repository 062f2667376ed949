import { epochNowMs } from "../../metrics/turn-timer.ts";
import type { RestoreSummary } from "../../protocol/engine-api.ts";
import type { MeasureDetails } from "../../protocol/measures.ts";
import { commonPrefix } from "../sequence/common-prefix.ts";
import type { PreparedModel } from "../sequence/prepared-model.ts";
import { Restoration } from "./restoration.ts";
import type { RestoreRequest } from "./restore-request.ts";

/**
 * Put the K and V of a sequence into the cache: keep what is there, then load and recompute at once what
 * is not, as planned and as it turns out. Believes nothing it reads: a value that is missing, damaged or
 * not what it should be is one more hole to compute.
 *
 * @throws whatever ended the load of the model, if that is still under way
 */
export async function restore(
  model: PreparedModel,
  request: RestoreRequest,
): Promise<RestoreSummary> {
  const startEpochMs = epochNowMs();
  const { tokens, quality, abandoned, handedOver, onMeasure } = request;
  const { resident } = model;
  resident.cut(Math.min(commonPrefix(resident.tokens, tokens), resident.tokensAt(quality)));
  const detail = nothingDone(request, resident.length);
  if (resident.length < tokens.length) {
    const restoration = new Restoration(model, request);
    await restoration.run();
    // Whoever takes over need not wait until the GPU has done what was submitted last.
    await Promise.race([restoration.settled(), aborted(abandoned), aborted(handedOver)]);
    restoration.account(detail);
  }
  onMeasure({ name: "kv.restore", startEpochMs, endEpochMs: epochNowMs(), detail });
  const { reusedTokens, loadedTokens, recomputedTokens } = detail;
  return { residentTokens: resident.length, reusedTokens, loadedTokens, recomputedTokens };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => {
      resolve();
    });
  });

const nothingDone = (
  { conversationId, tokens, scheme }: RestoreRequest,
  reusedTokens: number,
): MeasureDetails["kv.restore"] => ({
  conversationId,
  tokens: tokens.length,
  reusedTokens,
  loadedTokens: 0,
  recomputedTokens: 0,
  bytesRead: 0,
  refusedChunks: 0,
  loadMs: 0,
  codec: "",
  strategy: "none",
  scheme,
  predictedMs: 0,
  makespanMs: 0,
  bubbleRatio: 0,
  timeline: [],
});
