import { epochNowMs } from "../../metrics/turn-timer.ts";
import type { RestoreSummary } from "../../protocol/engine-api.ts";
import { commonPrefix } from "../sequence/common-prefix.ts";
import { Restoration, type RestorationSummary, type RestoringModel } from "./restoration.ts";
import type { RestoreRequest } from "./restore-request.ts";

/**
 * Puts the K and V of a sequence into the cache. Rows that are there are kept. The others are loaded and recomputed
 * at the same time, as planned and as it turns out. Nothing that is read is believed: a value that is missing,
 * damaged or not what it should be is one more hole to compute.
 *
 * @throws what ended the load of the model, if that was still under way
 */
export async function restore(
  model: RestoringModel,
  request: RestoreRequest,
): Promise<RestoreSummary> {
  const startEpochMs = epochNowMs();
  const { conversationId, tokens, quality, scheme, onMeasure } = request;
  const { resident } = model;
  resident.cut(Math.min(commonPrefix(resident.tokens, tokens), resident.tokensAt(quality)));
  const reusedTokens = resident.length;
  const isAllResident = resident.length >= tokens.length;
  const done = isAllResident ? NOTHING_DONE : await new Restoration(model, request).run();
  const detail = { conversationId, tokens: tokens.length, reusedTokens, scheme, ...done };
  onMeasure({ name: "kv.restore", startEpochMs, endEpochMs: epochNowMs(), detail });
  const { loadedTokens, recomputedTokens } = done;
  return { residentTokens: resident.length, reusedTokens, loadedTokens, recomputedTokens };
}

const NOTHING_DONE: RestorationSummary = {
  loadedTokens: 0,
  recomputedTokens: 0,
  bytesRead: 0,
  refusedChunks: 0,
  loadMs: 0,
  codec: "",
  strategy: "none",
  predictedMs: 0,
  makespanMs: 0,
  bubbleRatio: 0,
  decoded: [],
  timeline: [],
};
