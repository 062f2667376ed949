import { describe, expect, test } from "vitest";
import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { ok } from "../../protocol/errors.ts";
import type { ChunkMeta, CommitRequest } from "../../protocol/kv-store-api.ts";
import type { EngineMeasure } from "../../protocol/measures.ts";
import { at } from "../../shared/at.ts";
import { ChunkChain } from "../sequence/chunk-chain.ts";
import { ResidentSequence } from "../sequence/resident-sequence.ts";
import type { CachedRows, StorableRows } from "../sequence/prepared-model.ts";
import { FormStoring } from "./form-storing.ts";
import type { CompressionJob, OpenChunk } from "./plan-compression.ts";

const SHAPE = { layers: 2, kvHeads: 1, headDim: 32, contextTokens: 1024 };
const ROW_BYTES = 128;
const VARIANT = "d".repeat(16);
const TIME = {
  signal: new AbortController().signal,
  useCache: <Result>(using: Promise<Result>) => using,
};
const CONVERSATION = { conversationId: "c", level: "balanced" } as const;

/**
 * A conversation of so many tokens, all of them stored as they are, on a device that codes a chunk in ten bytes. It notes
 * what it codes, and what is stored.
 */
async function setUp(tokens: number) {
  const resident = new ResidentSequence();
  resident.append(Array.from({ length: tokens }, (_, i) => i));
  const coded: { start: number; codec: string }[] = [];
  const commits: CommitRequest[] = [];
  const measures: EngineMeasure[] = [];
  const chain = await ChunkChain.of(resident.tokens.slice(), {
    chunkTokens: CHUNK_TOKENS,
    variant: VARIANT,
  });
  const stored = await Promise.all(
    Array.from({ length: Math.ceil(tokens / CHUNK_TOKENS) }, (_, i) =>
      storedChunk(chain, i, tokens),
    ),
  );
  const model = {
    resident,
    kvFingerprint: "f",
    kvVariant: VARIANT,
    cache: { shape: SHAPE, rowBytes: ROW_BYTES, layers: [{}, {}] },
    valueCoder: {
      prepareEncoding: () => Promise.resolve(),
      encode: (
        { start }: { start: number },
        { codecOf }: { codecOf: (layer: number) => string },
      ) => {
        coded.push({ start, codec: codecOf(0) });
        return Promise.resolve([new Uint8Array(10)]);
      },
    },
  } as unknown as Pick<CachedRows, "cache" | "resident"> & StorableRows;
  const storing = new FormStoring({
    model,
    store: {
      find: () =>
        Promise.resolve(
          ok({
            full: stored.filter(({ full }) => full),
            partial: stored.filter(({ full }) => !full),
          }),
        ),
      commit: (commit) => {
        commits.push(commit);
        return Promise.resolve(ok({ writtenBytes: 0, evictedBytes: 0 }));
      },
    },
    onMeasure: (measure) => measures.push(measure),
  });
  const job: CompressionJob = { ...CONVERSATION, chain, chunks: [openChunk(0), openChunk(128)] };
  return { storing, job, coded, commits, measures, stored };
}

async function storedChunk(chain: ChunkChain, index: number, tokens: number): Promise<ChunkMeta> {
  const start = index * CHUNK_TOKENS;
  const end = Math.min(tokens, start + CHUNK_TOKENS);
  return {
    fingerprint: "f",
    ...(await chain.namedAs({ start, end }, "exact")),
    startToken: start,
    tokens: end - start,
    full: end - start === CHUNK_TOKENS,
    groupBytes: [(end - start) * SHAPE.layers * ROW_BYTES],
  };
}

const openChunk = (start: number, codedBytes?: number): OpenChunk => ({
  start,
  tokens: CHUNK_TOKENS,
  sinkTokens: start === 0 ? 4 : 0,
  superseded: [`plain ${start}`],
  codedBytes,
});

const INT8 = "int8-k-channel-v-token";
const startsOf = (commits: readonly CommitRequest[]) =>
  commits.flatMap(({ writes }) => writes.map(({ meta }) => meta.startToken));

test("[KC1] all chunks are stored in the settled form, under the name of the level", async () => {
  const { storing, job, coded, commits, measures } = await setUp(400);
  const outcome = await storing.settled("int4", job, TIME);
  expect(outcome).toMatchObject({ strategy: "none", pairs: 0, bytesAfter: 20 });
  expect(coded.map(({ start }) => start)).toEqual([0, 128]);
  expect(at(coded, 0).codec).toMatch(/^int4-/);
  const [commit] = commits;
  expect(commit?.superseded).toEqual(["plain 0", "plain 128"]);
  const names = job.chain.namesIn("balanced");
  expect(commit?.writes.map(({ meta }) => meta.prefixHash)).toEqual(names.slice(0, 2));
  expect(measures).toEqual([]);
});

test("[KC1] nothing more is coded when a turn begins", async () => {
  const { storing, job, coded } = await setUp(400);
  expect(
    await storing.settled("int4", job, { ...TIME, signal: AbortSignal.abort() }),
  ).toBeUndefined();
  expect(coded).toEqual([]);
});

describe("[KC2]", () => {
  test("what is stored as it is becomes safe, and that is told", async () => {
    const { storing, job, coded, commits, measures } = await setUp(400);
    const chunks = [openChunk(0, 12), openChunk(128)];
    const stored = await storing.safely("int8", { ...job, chunks }, TIME);
    expect(coded).toEqual([{ start: 128, codec: INT8 }]);
    expect(startsOf(commits)).toEqual([128]);
    expect(stored?.outcome).toMatchObject({ codec: INT8, bytesAfter: 22 });
    expect(measures).toMatchObject([
      {
        name: "kv.safe",
        detail: {
          conversationId: "c",
          chunks: 1,
          bytesBefore: 128 * 2 * ROW_BYTES,
          bytesAfter: 10,
        },
      },
    ]);
  });

  test("what takes its place later supersedes the safe form", async () => {
    const { storing, job } = await setUp(400);
    const stored = await storing.safely("int8", job, TIME);
    const names = job.chain.namesIn("safe");
    expect(stored?.chunks.map(({ superseded }) => superseded)).toEqual([[names[0]], [names[1]]]);
    expect(stored?.chunks.map(({ codedBytes }) => codedBytes)).toEqual([10, 10]);
  });

  test("nothing is told of chunks that were safe already", async () => {
    const { storing, job, coded, measures } = await setUp(400);
    await storing.safely("int8", { ...job, chunks: [openChunk(0, 12), openChunk(128, 12)] }, TIME);
    expect(coded).toEqual([]);
    expect(measures).toEqual([]);
  });
});

describe("[KC5]", () => {
  test("the recent end becomes safe, a chunk that is not full too", async () => {
    const { storing, coded, commits, measures, stored } = await setUp(400);
    await storing.tail("int8", CONVERSATION, TIME);
    // Of 400 tokens two chunks have left the recent window.
    expect(coded.map(({ start }) => start)).toEqual([256, 384]);
    expect(commits[0]?.superseded).toEqual(stored.slice(2).map(({ prefixHash }) => prefixHash));
    expect(commits[0]?.writes.map(({ meta }) => [meta.tokens, meta.full])).toEqual([
      [128, true],
      [16, false],
    ]);
    expect(measures).toMatchObject([{ name: "kv.safe", detail: { chunks: 2, bytesAfter: 20 } }]);
  });

  test("a conversation that has nothing before it stays as it is", async () => {
    const { storing, coded, measures } = await setUp(150);
    await storing.tail("int8", CONVERSATION, TIME);
    expect(coded).toEqual([]);
    expect(measures).toEqual([]);
  });
});

test("[KC3] what was judged is stored as it was coded then, and chunks before it in the same form", async () => {
  const { storing, job, coded, commits } = await setUp(400);
  const form = { codecOf: () => INT8, pairs: [] };
  const values = [[new Uint8Array(7)]];
  const judged = { job, chunks: job.chunks };
  expect(await storing.judged({ form, values }, judged, TIME)).toBe(17);
  expect(coded.map(({ start }) => start)).toEqual([0]);
  expect(startsOf(commits)).toEqual([128, 0]);
});
