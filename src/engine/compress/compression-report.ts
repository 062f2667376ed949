import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import type { QualityMeasure } from "../../kv/quality/measure-distances.ts";
import type { CompressionCandidate } from "../../kv/quality/quality-guard.ts";
import { familyOfRate } from "../../kv/quality/rate-ladders.ts";
import type { MeasureDetails } from "../../protocol/measures.ts";
import { EngineError } from "../../shared/engine-error.ts";
import { codecsOf, codedBytes, type CodedChunks } from "../replay/coded-chunks.ts";
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
  { conversationId, level, runs }: CompressionJob,
  tokenBytes: number,
  outcome: CompressionOutcome,
): Detail {
  const tokens = runs.length * CHUNK_TOKENS;
  return {
    conversationId,
    level,
    chunks: runs.length,
    tokens,
    bytesBefore: tokens * tokenBytes,
    bytesAfter: tokens * tokenBytes,
    codec: "f16",
    strategy: "none",
    pairs: 0,
    tried: 0,
    candidates: [],
    meanKl: 0,
    p95Kl: 0,
    flips: 0,
    top1: 1,
    ...outcome,
  };
}

/** What the guard measured and accepted. @param layers of the model */
export function judgedOutcome({ verdict, coded }: Judgement, layers: number): CompressionOutcome {
  const { accepted, measure, measured } = verdict;
  const candidates = measured.map(({ candidate: { codec, map }, measure: measures }) => {
    return { codec, pairs: map.pairs.length, ...measures };
  });
  const tried = { tried: measured.length, candidates };
  if (!coded) return tried;
  return {
    ...tried,
    codec: codecsOf(coded.form, layers).join(" + "),
    strategy: strategyOf(accepted),
    pairs: accepted.map.pairs.length,
    bytesAfter: codedBytes(coded),
    ...(measure && qualityOf(measure)),
  };
}

const qualityOf = ({ meanKl, p95Kl, flips, top1 }: QualityMeasure): QualityMeasure => ({
  meanKl,
  p95Kl,
  flips,
  top1,
});

/** A form that was asked for, and that nobody judged. @param layers of the model */
export const unjudgedOutcome = (
  { strategy, form }: UnjudgedForm,
  coded: CodedChunks,
  layers: number,
): CompressionOutcome => ({
  codec: codecsOf(form, layers).join(" + "),
  strategy,
  pairs: form.pairs.length,
  bytesAfter: codedBytes(coded),
});

/** Why the chunks could not be judged or stored. */
export const failureOf = (error: unknown): string =>
  error instanceof EngineError ? error.failure.code : String(error);

function strategyOf({ codec, map }: CompressionCandidate): string {
  const { name, needsBasis } = familyOfRate(codec);
  if (needsBasis) return name;
  return map.pairs.length > 0 ? "krul" : "none";
}
