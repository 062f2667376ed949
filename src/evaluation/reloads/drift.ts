/** @file Measures how a conversation changes that is saved, reloaded and continued again and again. */

import { CHUNK_TOKENS, SINK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { decodeChunkValue } from "../../kv/value/chunk-value.ts";
import { storedForm } from "../../kv/quality/stored-forms.ts";
import { valueShapes } from "../../kv/value/stored-form.ts";
import type { ValueCoder } from "../../kv/value/value-coder.ts";
import type { Transformer } from "../../model/forward/transformer.ts";
import type { ChatMessage } from "../../protocol/engine-api.ts";
import { assert } from "../../shared/assert.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import { oldTokens } from "../compression/round-trip-cache.ts";
import { RECALL_CONVERSATIONS } from "../../engine/testing/recall-testing.ts";
import { chunksOf } from "../../engine/sequence/token-ranges.ts";
import type { CacheProbe } from "../cache-probe.ts";
import { deviationFrom, freshReply } from "../reply-deviation.ts";

/** Codes rows of all layers and decodes them into the cache. */
export type RoundTripInPlace = (tokens: IndexRange) => Promise<unknown>;

/** Codes and decodes rows as storing a conversation and reading it does. */
export function codingAs(
  codec: string,
  { cache }: Transformer,
  coder: ValueCoder,
): RoundTripInPlace {
  const form = storedForm({ codec, map: { layers: cache.shape.layers, pairs: [] } }, cache.shape);
  assert(form !== undefined, "rows as they are do not drift");
  return async (tokens) => {
    for (const { start, end } of chunksOf(tokens)) {
      const run = { start, tokens: end - start, sinkTokens: 0 };
      const values = await coder.encode(run, form);
      for (const [group, shape] of valueShapes(cache.shape, run.tokens).entries()) {
        const value = decodeChunkValue(shape, values[group] ?? new Uint8Array());
        const isBack = value && (await coder.decode(value, { ...run, skip: 0 }));
        assert(isBack, "a value that was just coded cannot be decoded");
      }
    }
  };
}

/** A conversation in several visits: the tokens of each, and those of the question at the end. */
export interface Visits {
  visits: number[][];
  question: number[];
}

/** A recall conversation behind the histories of the next ones in the list, as many as fit into `maxTokens`. */
export function longConversation(
  probe: CacheProbe,
  first: number,
  maxTokens: number,
): readonly ChatMessage[] {
  const [asked, ...others] = RECALL_CONVERSATIONS.slice(first);
  assert(asked !== undefined, `there is no conversation ${first}`);
  let messages = asked.messages;
  for (const other of others) {
    const longer = [...other.messages.slice(0, -1), ...messages];
    if (probe.tokensOf(longer).length > maxTokens) break;
    messages = longer;
  }
  return messages;
}

/** Cut a conversation between turns, into visits of about the same number of tokens. */
export function cutIntoVisits(
  probe: CacheProbe,
  messages: readonly ChatMessage[],
  count: number,
): Visits {
  const { turns, header, system } = probe.render(messages);
  const question = [turns.at(-1) ?? [], header].flat();
  const parts = [system, ...turns.slice(0, -1)];
  const all = parts.flat().length;
  const visits = Array.from({ length: count }, (): number[] => []);
  let before = 0;
  for (const part of parts) {
    visits[Math.floor((before / all) * count)]?.push(...part);
    before += part.length;
  }
  return { visits, question };
}

/**
 * Run all visits, each on top of the rows that came back from the earlier ones. Whole chunks are coded once, when they
 * have left the recent window.
 *
 * @returns number of the first token that is not coded
 */
async function talk(
  probe: CacheProbe,
  visits: readonly number[][],
  code: RoundTripInPlace,
): Promise<number> {
  probe.forget();
  const tokens: number[] = [];
  let end = SINK_TOKENS;
  for (const visit of visits) {
    tokens.push(...visit);
    await probe.fill(tokens);
    const start = end;
    end += Math.floor((oldTokens(tokens.length).end - start) / CHUNK_TOKENS) * CHUNK_TOKENS;
    if (end > start) await code({ start, end });
  }
  return end;
}

export interface Drift {
  /** Mean KL over question and answer, in nats, if rows are coded between the visits. */
  klVisits: number;
  /** The same if all rows are coded once, at the end. */
  klOnce: number;
  /** Number of tokens that were coded. */
  codedTokens: number;
}

/** The drift of each way to code, compared with the exact cache. */
export async function measureDrift(
  probe: CacheProbe,
  { visits, question }: Visits,
  ways: readonly RoundTripInPlace[],
): Promise<Drift[]> {
  const end = await talk(probe, visits, () => Promise.resolve());
  const right = await freshReply(probe, question);
  const exact = await probe.save();
  const drifts: Drift[] = [];
  for (const code of ways) {
    probe.putBack(exact);
    await code({ start: SINK_TOKENS, end });
    const once = await deviationFrom(right, probe, question);
    await talk(probe, visits, code);
    const often = await deviationFrom(right, probe, question);
    drifts.push({ klVisits: often.kl, klOnce: once.kl, codedTokens: end - SINK_TOKENS });
  }
  return drifts;
}
