/** @file A conversation's rows as the engine stores them: which chunks are coded, in how many bytes, and how they come back. */

import { CHUNK_TOKENS, RECENT_TOKENS, SINK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { rowBytes } from "../../kv/cache/kv-cache.ts";
import { decodeChunkValue } from "../../kv/value/chunk-value.ts";
import { valueShapes, type ChunkRun, type StoredForm } from "../../kv/value/stored-form.ts";
import { storedForm } from "../../kv/quality/stored-forms.ts";
import { chunksOf } from "../../engine/sequence/token-ranges.ts";
import { assert } from "../../shared/assert.ts";
import { at } from "../../shared/at.ts";
import type { CacheRows } from "../cache-probe.ts";
import { decodeMultiplications } from "./decode-work.ts";
import { inOrder, inverseOrder } from "./layer-order.ts";
import type { ProbedModel } from "./probed-model.ts";

/** What the store keeps of a value besides its bytes: its name, its checksum and an entry in the index. */
const INDEX_BYTES = 512;

/** What came of storing a conversation's rows in a form. */
export interface StoredBytes {
  /** Tokens of the chunks that are coded. */
  codedTokens: number;
  /** Bytes of the coded chunks' values, with their headers, sinks and names. */
  codedBytes: number;
  /** Bytes of everything: coded chunks, the end of the conversation, and all entries in the store. */
  wholeBytes: number;
  /** Multiplications of decoding one token of the coded chunks. */
  decodeMultiplications: number;
}

export interface RoundTrip extends StoredBytes {
  /** Of the coded chunks. */
  encodeMs: number;
  decodeMs: number;
}

/** What a conversation's rows are stored as. */
export interface StoredForms {
  /** Of the chunks that may be coded. */
  form: StoredForm;
  /** The rate of its end: what is too recent for that form, or no full chunk yet. */
  end: string;
}

/** The chunks of a conversation that may be coded: those that are full and out of the recent window. */
export function codedRuns(tokens: number): ChunkRun[] {
  const count = Math.max(0, Math.floor((tokens - RECENT_TOKENS) / CHUNK_TOKENS));
  return Array.from({ length: count }, (_, i) => ({
    start: i * CHUNK_TOKENS,
    tokens: CHUNK_TOKENS,
    sinkTokens: i === 0 ? SINK_TOKENS : 0,
  }));
}

/** Bytes in f16 of this many tokens' rows, of all layers. */
export const exactBytes = ({ cache }: ProbedModel, tokens: number): number =>
  tokens * cache.shape.layers * rowBytes(cache.shape);

/**
 * As `roundTrip`, with the layers in another order while they are coded: groups of layers that a basis codes together stand
 * together, and these are not neighbours in the model.
 *
 * @param order which layer stands at each place
 */
export async function roundTripInOrder(
  model: ProbedModel,
  rows: CacheRows,
  forms: StoredForms,
  order: readonly number[],
): Promise<RoundTrip> {
  const { tokens, layers } = rows;
  const stored = await roundTrip(model, { tokens, layers: inOrder(layers, order) }, forms);
  const decoded = await model.probe.save();
  model.probe.putBack({ tokens, layers: inOrder(decoded.layers, inverseOrder(order)) });
  return stored;
}

/**
 * Puts a conversation's rows into the cache, codes what may be coded, and the end as it is stored, and decodes all of it in
 * its place.
 *
 * @param rows exact ones, from the beginning of the conversation
 */
export async function roundTrip(
  model: ProbedModel,
  rows: CacheRows,
  { form, end }: StoredForms,
): Promise<RoundTrip> {
  const { cache, coder, hardware, probe } = model;
  probe.putBack(rows);
  const endForm = storedForm({ codec: end, map: { layers: 0, pairs: [] } }, cache.shape);
  assert(endForm !== undefined, `${end} is no form`);
  const runs = codedRuns(rows.tokens.length);
  const ends = await encodeAll(model, endRuns(rows.tokens.length), endForm);
  const codecs = new Set(cache.layers.map((_, layer) => form.codecOf(layer)));
  await coder.prepareDecoding([...codecs]);
  const begun = performance.now();
  const coded = await encodeAll(model, runs, form);
  const encoded = performance.now();
  await decodeAll(model, coded);
  await hardware.device.queue.onSubmittedWorkDone();
  const decoded = performance.now();
  await decodeAll(model, ends);
  const codedBytes = bytesOf(coded);
  const entries = coded.length + ends.length;
  const [first] = coded;
  return {
    codedTokens: runs.length * CHUNK_TOKENS,
    codedBytes,
    wholeBytes:
      codedBytes + bytesOf(ends) + entries * valueShapes(cache.shape, 1).length * INDEX_BYTES,
    decodeMultiplications: first
      ? decodeMultiplications(cache.shape, first.values, coder.basis)
      : 0,
    encodeMs: encoded - begun,
    decodeMs: decoded - encoded,
  };
}

/** What is behind the chunks that may be coded, in chunks. */
const endRuns = (end: number): ChunkRun[] =>
  chunksOf({ start: codedRuns(end).length * CHUNK_TOKENS, end }).map((chunk) => {
    return { start: chunk.start, tokens: chunk.end - chunk.start, sinkTokens: 0 };
  });

/** A chunk's run and values. */
interface CodedRun {
  run: ChunkRun;
  values: readonly Uint8Array<ArrayBuffer>[];
}

const bytesOf = (coded: readonly CodedRun[]): number =>
  coded.flatMap(({ values }) => values).reduce((sum, { length }) => sum + length, 0);

async function encodeAll(
  { coder }: ProbedModel,
  runs: readonly ChunkRun[],
  form: StoredForm,
): Promise<CodedRun[]> {
  const coded: CodedRun[] = [];
  for (const run of runs) coded.push({ run, values: await coder.encode(run, form) });
  return coded;
}

async function decodeAll({ cache, coder }: ProbedModel, coded: readonly CodedRun[]): Promise<void> {
  for (const { run, values } of coded)
    for (const [i, shape] of valueShapes(cache.shape, run.tokens).entries()) {
      const value = decodeChunkValue(shape, at(values, i));
      assert(value !== undefined, "a value that was just coded is none");
      const isWhole = await coder.decode(value, { start: run.start, tokens: run.tokens, skip: 0 });
      assert(isWhole, "a value that was just coded cannot be decoded");
    }
}
