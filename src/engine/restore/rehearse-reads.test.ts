import { expect, test } from "vitest";
import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { encodeExactValue } from "../../kv/value/chunk-value.ts";
import { valueShapes } from "../../kv/value/stored-form.ts";
import { ok } from "../../protocol/errors.ts";
import type { ChunkMeta, ReadReply } from "../../protocol/kv-store-api.ts";
import { ChunkChain } from "../sequence/chunk-chain.ts";
import type { KvStore } from "../sequence/kv-connection.ts";
import { rehearseReads, type RehearsingModel } from "./rehearse-reads.ts";
import { ResidentSequence } from "../sequence/resident-sequence.ts";
import { RestorationCosts } from "../sequence/restoration-costs.ts";

const SHAPE = { layers: 2, kvHeads: 1, headDim: 8, contextTokens: 512 };
const ROW_BYTES = 32;

/** Two full chunks that are stored, and where rows were written. */
async function setup(residentTokens = 256) {
  const resident = new ResidentSequence();
  resident.append(Array.from({ length: residentTokens }, (_, i) => i));
  const kvVariant = "d".repeat(16);
  const chain = await ChunkChain.of(resident.tokens, {
    chunkTokens: CHUNK_TOKENS,
    variant: kvVariant,
  });
  const [shape] = valueShapes(SHAPE, CHUNK_TOKENS);
  if (!shape) throw new Error("there is one layer group");
  const rows = new Uint8Array(2 * CHUNK_TOKENS * ROW_BYTES);
  const chunks = await Promise.all(
    [0, 128].map(async (start): Promise<ChunkMeta> => ({
      fingerprint: "f",
      ...(await chain.namedAs({ start, end: start + 128 }, "exact")),
      startToken: start,
      tokens: 128,
      full: true,
      groupBytes: [rows.length + start],
    })),
  );
  const written: number[] = [];
  const model = {
    kvFingerprint: "f",
    kvVariant,
    resident,
    cache: { shape: SHAPE },
    restorationCosts: new RestorationCosts({ ...SHAPE, hidden: 8, heads: 1, ffn: 8 }, "software"),
    hardware: {
      device: { stepMs: 100, queue: { onSubmittedWorkDone: () => Promise.resolve(undefined) } },
    },
    valueCoder: {
      decoder: () =>
        Promise.resolve(({ start }: { start: number }) => {
          written.push(start);
          return true;
        }),
    },
  } satisfies RehearsingModel;
  const store: Pick<KvStore, "find" | "readAll"> = {
    find: () => Promise.resolve(ok({ full: chunks, partial: [] })),
    readAll: (requests: readonly unknown[], take: (reply: ReadReply) => void) => {
      for (const index of requests.keys()) take({ index, value: encodeExactValue(shape, rows) });
      return Promise.resolve(ok(undefined));
    },
  };
  const rehearse = (signal = new AbortController().signal, unmeasured = false) =>
    rehearseReads(model, { store, conversationId: "c", signal, unmeasured });
  return { model, written, rehearse };
}

test("what was stored is read and decoded into rows that hold nothing", async () => {
  const { model, written, rehearse } = await setup();
  expect(model.restorationCosts.knowsReads).toBe(false);
  await rehearse();
  expect(model.restorationCosts.knowsReads).toBe(true);
  // The chunks differ in size, so each is read.
  expect(written).toEqual([384, 384]);
  expect(Object.keys(model.restorationCosts.profile.decode)).toContain("f16");
});

test("where rows are in the way, nothing is written", async () => {
  const { written, rehearse } = await setup(400);
  await rehearse();
  expect(written).toEqual([]);
});

test("after the signal nothing is written", async () => {
  const { written, rehearse } = await setup();
  await rehearse(AbortSignal.abort());
  expect(written).toEqual([]);
});

test("where only unmeasured families are of interest, what was decoded once is not decoded again", async () => {
  const { model, written, rehearse } = await setup();
  const { signal } = new AbortController();
  await rehearse(signal, true);
  expect(written).toEqual([384, 384]);
  expect(model.restorationCosts.measures("f16")).toBe(true);
  await rehearse(signal, true);
  expect(written).toEqual([384, 384]);
});
