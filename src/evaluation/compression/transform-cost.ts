/** @file Measures how long transforming a whole conversation takes, compared with computing it. */

import type { Device } from "../../device/device.ts";
import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { createTransformCoder } from "../../kv/codecs/transform/transform-coder.ts";
import type { TransformBasis } from "../../kv/codecs/transform-basis.ts";
import type { BenchRow } from "../../metrics/bench-rows.ts";
import { median, measureInTurns } from "../../metrics/samples.ts";
import type { Transformer } from "../../model/forward/transformer.ts";
import { round } from "./report-rows.ts";
import type { CacheProbe } from "../cache-probe.ts";
import { CALIBRATION_CONVERSATIONS } from "../../engine/testing/recall-testing.ts";

const CHUNKS = 15;
const TOKENS = CHUNKS * CHUNK_TOKENS;
/** Tokens of the answer in a turn that fills a chunk. The other half is the question. */
const ANSWERED = CHUNK_TOKENS / 2;
const ROUNDS = 3;
const RATE = { step: 0.03, variant: "rans" } as const;

interface Parts {
  device: Device;
  probe: CacheProbe;
  transformer: Transformer;
  basis: TransformBasis;
  frequencies: readonly number[];
}

/** Time of decoding over that of prefilling the same tokens, and time of coding a chunk over that of its turn. */
export async function transformCosts(parts: Parts): Promise<BenchRow[]> {
  const { device, probe, transformer, basis, frequencies } = parts;
  const coder = await createTransformCoder(device, transformer.cache, basis, { frequencies });
  const groups = [...basis.groups.keys()];
  const tokens = CALIBRATION_CONVERSATIONS.flatMap(({ messages }) => probe.tokensOf(messages));
  const run = (chunk: number) => ({ start: chunk * CHUNK_TOKENS, tokens: CHUNK_TOKENS, skip: 0 });
  const done = () => device.queue.onSubmittedWorkDone();
  await probe.fill(tokens.slice(0, TOKENS));
  const chunks = await Promise.all(
    Array.from({ length: CHUNKS }, (_, chunk) => coder.encode(groups, run(chunk), RATE)),
  );
  const samples = await measureInTurns(
    {
      prefill: async () => {
        probe.forget();
        await probe.fill(tokens.slice(0, TOKENS));
      },
      decode: async () => {
        for (const [chunk, blocks] of chunks.entries())
          for (const [group, block] of blocks.entries())
            coder.decode(group, run(chunk), RATE, block);
        await done();
      },
      turn: async () => {
        const at = TOKENS - CHUNK_TOKENS;
        probe.resident = tokens.slice(0, at);
        await probe.fill(tokens.slice(0, at + CHUNK_TOKENS - ANSWERED));
        await probe.logitsAfter(tokens.slice(at, at + ANSWERED));
        probe.resident = tokens.slice(0, TOKENS);
      },
      encode: async () => {
        await coder.encode(groups, run(CHUNKS - 1), RATE);
      },
    },
    { rounds: ROUNDS },
  );
  coder.destroy();
  const ms = {
    prefill: median(samples.prefill),
    decode: median(samples.decode),
    turn: median(samples.turn),
    encode: median(samples.encode),
  };
  const row = (name: string, over: number, under: number): BenchRow => ({
    name,
    value: round(over / under),
    unit: "ratio",
    strategy: "transform",
    tokens: TOKENS,
    ms: round(over),
    ofMs: round(under),
  });
  return [
    row(`transform, ${TOKENS} tokens, decoding over prefilling`, ms.decode, ms.prefill),
    row(`transform, a chunk, coding over the turn that filled it`, ms.encode, ms.turn),
  ];
}
