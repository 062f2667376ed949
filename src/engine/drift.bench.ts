import { gpuTest } from "../gpu/testing.ts";
import type { GuardedCodec } from "../kv/quality-guard.ts";
import { storedForm } from "../kv/stored-forms.ts";
import { ValueCoder, valueShapes } from "../kv/value-coder.ts";
import { decodeChunkValue } from "../kv/chunk-value.ts";
import { recordRow } from "../metrics/bench-rows.ts";
import { ropeFrequencies } from "../model/rope.ts";
import type { Transformer } from "../model/transformer.ts";
import { assert } from "../shared/assert.ts";
import { chunksOf } from "./token-ranges.ts";
import {
  cutIntoVisits,
  longConversation,
  measureDrift,
  type CodeInPlace,
  type Drift,
} from "./drift-testing.ts";
import { loadReplayParts, ReplayedPip } from "./replay-testing.ts";

/** Visits to conversations that take two thirds of Pip's context. */
const CONVERSATIONS = 4;
const TOKENS = 1400;
const VISITS = 10;

/** Of all of it on a software adapter. */
const TIMEOUT_MS = 3_600_000;

/** `balanced` begins with the second, `compact` with the first. */
const FORMS: readonly GuardedCodec[] = ["int2-int4", "int3-int4", "int4", "int8"];

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const round = (value: number): number => Number(value.toPrecision(3));

/** As a conversation is stored, and read back. */
function codingAs(codec: GuardedCodec, { cache }: Transformer, coder: ValueCoder): CodeInPlace {
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

gpuTest(
  "saved, reloaded and continued ten times",
  { timeout: TIMEOUT_MS },
  async ({ gpu, task }) => {
    const { parts, config } = await loadReplayParts(gpu);
    const { transformer } = parts;
    const pip = new ReplayedPip(parts);
    const coder = new ValueCoder(gpu.device, transformer.cache, ropeFrequencies(config));
    const drifts = FORMS.map((): Drift[] => []);
    for (let i = 0; i < CONVERSATIONS; i++) {
      const messages = longConversation(pip, 10 * i, TOKENS);
      const visits = cutIntoVisits(pip, messages, VISITS);
      const ways = FORMS.map((codec) => codingAs(codec, transformer, coder));
      const all = await measureDrift(pip, visits, ways);
      for (const [j, drift] of all.entries()) drifts[j]?.push(drift);
    }
    for (const [j, codec] of FORMS.entries()) {
      const klVisits = mean(drifts[j]?.map((drift) => drift.klVisits) ?? []);
      const klOnce = mean(drifts[j]?.map((drift) => drift.klOnce) ?? []);
      recordRow(task, {
        name: `${codec}, ${VISITS} times reloaded, KL over coded once`,
        value: round(klVisits / klOnce),
        unit: "ratio",
        codec,
        klTenTurns: round(klVisits),
        klOnce: round(klOnce),
        of: CONVERSATIONS,
      });
    }
  },
);
