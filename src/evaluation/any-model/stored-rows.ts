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
import { inOrder, inverseOrder } from "./layer-order.ts";
import type { ProbedModel } from "./probed-model.ts";

/** What the store keeps of a value besides its bytes: its name, its checksum and an entry in the index. */
const INDEX_BYTES = 512;

/** What is too recent for a level's form is stored in 8 bits, where there is something before it. */
const SAFE_RATE = "int8";

/** What came of storing a conversation's rows in a form. */
export interface StoredBytes {
  /** Tokens of the chunks that are coded. */
  codedTokens: number;
  /** Bytes of the coded chunks' values, with their headers, sinks and names. */
  codedBytes: number;
  /** Bytes of everything: coded chunks, the recent ones in 8 bits as the engine stores them, and all entries in the store. */
  wholeBytes: number;
}

export interface RoundTrip extends StoredBytes {
  encodeMs: number;
  decodeMs: number;
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
  form: StoredForm,
  order: readonly number[],
): Promise<RoundTrip> {
  const { tokens, layers } = rows;
  const stored = await roundTrip(model, { tokens, layers: inOrder(layers, order) }, form);
  const decoded = await model.probe.save();
  model.probe.putBack({ tokens, layers: inOrder(decoded.layers, inverseOrder(order)) });
  return stored;
}

/**
 * Puts a conversation's rows into the cache, codes what may be coded, and decodes it in its place.
 *
 * @param rows exact ones, from the beginning of the conversation
 */
export async function roundTrip(
  model: ProbedModel,
  rows: CacheRows,
  form: StoredForm,
): Promise<RoundTrip> {
  model.probe.putBack(rows);
  const runs = codedRuns(rows.tokens.length);
  const recentBytes = await recentChunkBytes(model, rows.tokens.length);
  const codecs = new Set(model.cache.layers.map((_, layer) => form.codecOf(layer)));
  await model.coder.prepareDecoding([...codecs]);
  const begun = performance.now();
  const coded = [];
  for (const run of runs) coded.push(await model.coder.encode(run, form));
  const encoded = performance.now();
  for (const [i, values] of coded.entries()) await decode(model, at(runs, i), values);
  await model.hardware.device.queue.onSubmittedWorkDone();
  const decoded = performance.now();
  const codedBytes = coded.flat().reduce((sum, { length }) => sum + length, 0);
  const codedTokens = runs.length * CHUNK_TOKENS;
  const entries = coded.flat().length * INDEX_BYTES;
  return {
    codedTokens,
    codedBytes,
    wholeBytes: codedBytes + entries + recentBytes,
    encodeMs: encoded - begun,
    decodeMs: decoded - encoded,
  };
}

async function decode(
  { cache, coder }: ProbedModel,
  { start, tokens }: ChunkRun,
  values: readonly Uint8Array<ArrayBuffer>[],
): Promise<void> {
  for (const [i, shape] of valueShapes(cache.shape, tokens).entries()) {
    const value = decodeChunkValue(shape, at(values, i));
    assert(value !== undefined, "a value that was just coded is none");
    const isWhole = await coder.decode(value, { start, tokens, skip: 0 });
    assert(isWhole, "a value that was just coded cannot be decoded");
  }
}

/** Bytes of the chunks behind those that are coded, in the form that needs no judging, and of their entries. */
async function recentChunkBytes({ cache, coder }: ProbedModel, end: number): Promise<number> {
  const start = codedRuns(end).length * CHUNK_TOKENS;
  const form = storedForm({ codec: SAFE_RATE, map: { layers: 0, pairs: [] } }, cache.shape);
  assert(form !== undefined, `${SAFE_RATE} is a form`);
  let bytes = 0;
  for (const chunk of chunksOf({ start, end })) {
    const run = { start: chunk.start, tokens: chunk.end - chunk.start, sinkTokens: 0 };
    for (const value of await coder.encode(run, form)) bytes += value.length + INDEX_BYTES;
  }
  return bytes;
}
