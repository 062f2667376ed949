import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import type { QualityMeasure } from "../../kv/quality/measure-distances.ts";
import type { CompressionCandidate } from "../../kv/quality/quality-guard.ts";
import { familyOfRate } from "../../kv/quality/rate-ladders.ts";
import type { StoredForm } from "../../kv/value/stored-form.ts";
import type { MeasureDetails } from "../../protocol/measures.ts";
import { EngineError } from "../../shared/engine-error.ts";
import { codecsOf } from "../replay/coded-chunks.ts";
import type { UnjudgedForm } from "./compared-forms.ts";
import type { Judgement } from "./judge-forms.ts";
import type { CompressionJob } from "./plan-compression.ts";

type Detail = MeasureDetails["kv.compress"];

/** What became of a job's chunks, as far as that differs from staying as they are. */
export type CompressionOutcome = Partial<
  Omit<Detail, "conversationId" | "level" | "chunks" | "tokens" | "bytesBefore">
>;

/** The measure of a job. @param tokenBytes of one token's rows, in f16 */
export function detailOf(
  { conversationId, level, chunks }: CompressionJob,
  tokenBytes: number,
  outcome: CompressionOutcome,
): Detail {
  const tokens = chunks.length * CHUNK_TOKENS;
  return {
    conversationId,
    level,
    chunks: chunks.length,
    tokens,
    bytesBefore: tokens * tokenBytes,
    bytesAfter: tokens * tokenBytes,
    codec: "f16",
    strategy: "none",
    pairs: 0,
    tried: 0,
    replayedTokens: 0,
    heldBytes: 0,
    candidates: [],
    meanKl: 0,
    p95Kl: 0,
    flips: 0,
    top1: 1,
    ...outcome,
  };
}

/** What the guard measured and accepted. @param layers of the model */
export function judgedOutcome(
  { accepted, measured, replayedTokens, heldBytes }: Judgement,
  layers: number,
): CompressionOutcome {
  const candidates = measured.map(({ candidate: { codec, map }, measure: measures }) => {
    return { codec, pairs: map.pairs.length, ...measures };
  });
  const tried = { tried: measured.length, candidates, replayedTokens, heldBytes };
  if (!accepted) return tried;
  const { candidate, measure, coded } = accepted;
  return {
    ...tried,
    ...formOutcome(coded.form, layers),
    strategy: strategyOf(candidate),
    ...qualityOf(measure),
  };
}

/** What rows are stored as. @param layers of the model */
export const formOutcome = (form: StoredForm, layers: number): Pick<Detail, "codec" | "pairs"> => ({
  codec: codecsOf(form, layers).join(" + "),
  pairs: form.pairs.length,
});

const qualityOf = ({ meanKl, p95Kl, flips, top1 }: QualityMeasure): QualityMeasure => ({
  meanKl,
  p95Kl,
  flips,
  top1,
});

/** A form that was asked for, and that nobody judged. @param layers of the model */
export const unjudgedOutcome = (
  { strategy, form }: UnjudgedForm,
  layers: number,
): CompressionOutcome => ({ ...formOutcome(form, layers), strategy });

/** Why the chunks could not be judged or stored. */
export const failureOf = (error: unknown): string =>
  error instanceof EngineError ? error.failure.code : String(error);

/** How layers go together in a form: `none`, by Krul's pairs, or the family that codes them in a basis. */
export function strategyOf({ codec, map }: CompressionCandidate): string {
  const { name, needsBasis } = familyOfRate(codec);
  if (needsBasis) return name;
  return map.pairs.length > 0 ? "krul" : "none";
}
