import { t } from "@lingui/core/macro";
import type { EngineStatus } from "../../protocol/engine-api.ts";
import type { EngineProgress, RowSource } from "../../protocol/engine-progress.ts";
import { bytesOf } from "../byte-size.ts";
import { durationWords, numberWords, speedWords } from "../number-words.ts";

/** What a person waits for, in words. */
export interface Waiting {
  /** What goes on. It changes only with the phase, so that a screen reader says it once. */
  phase: string | undefined;
  /** How far it is, which changes all the time. */
  detail: string | undefined;
  /** The same as a part of a whole, where the whole is known. */
  bar: { value: number; max: number } | undefined;
}

const NOTHING: Waiting = { phase: undefined, detail: undefined, bar: undefined };

/** @param name of the model that is loaded, if it is known */
export function waitingFor(
  status: EngineStatus,
  progress: EngineProgress | undefined,
  name: string | undefined,
): Waiting {
  if (status.phase === "loading") return waitingForModel(status, name ?? t`the model`);
  if (status.phase !== "ready" || !progress) return NOTHING;
  switch (progress.work) {
    case "restore":
      return waitingForTokens(restoringPhase(progress.from), progress);
    case "prompt":
      return waitingForTokens(t`Reading the prompt`, progress);
    case "answer":
      return { ...NOTHING, detail: answerDetail(progress) };
  }
}

function waitingForModel(
  { loadedBytes, totalBytes, remainingMs }: Extract<EngineStatus, { phase: "loading" }>,
  name: string,
): Waiting {
  const phase = t`Loading ${name}`;
  if (totalBytes === 0) return { ...NOTHING, phase };
  const detail = withRest(bytesOf(loadedBytes, totalBytes), remainingMs);
  return { phase, detail, bar: { value: loadedBytes, max: totalBytes } };
}

function restoringPhase(from: RowSource): string {
  switch (from) {
    case "store":
      return t`Bringing the conversation back from storage`;
    case "computing":
      return t`Reading the conversation again`;
    case "both":
      return t`Bringing the conversation back: some of it is stored, some is read again`;
  }
}

function waitingForTokens(
  phase: string,
  { doneTokens, totalTokens, remainingMs }: Exclude<EngineProgress, { work: "answer" }>,
): Waiting {
  if (totalTokens === undefined) return { ...NOTHING, phase };
  if (doneTokens >= totalTokens) return NOTHING;
  const [done, all] = [numberWords(doneTokens), numberWords(totalTokens)];
  const detail = withRest(t`${done} of ${all} tokens`, remainingMs);
  return { phase, detail, bar: { value: doneTokens, max: totalTokens } };
}

function answerDetail({
  generatedTokens,
  tokensPerS,
}: Extract<EngineProgress, { work: "answer" }>): string | undefined {
  // The first gaps say nothing of the speed.
  if (generatedTokens < LEAST_TOKENS || tokensPerS === 0) return undefined;
  return t`${{ speed: speedWords(tokensPerS) }} tokens/s`;
}

const LEAST_TOKENS = 4;

/** A rest of less than half a second is over before it is read. */
function withRest(soFar: string, remainingMs: number | undefined): string {
  if (remainingMs === undefined || remainingMs < 500) return soFar;
  // What is predicted is not known to a tenth of a second.
  const rest = durationWords(Math.ceil(remainingMs / 1000) * 1000);
  return t`${soFar}, about ${rest} left`;
}
