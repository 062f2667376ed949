import { afterEach, expect, vi } from "vitest";
import { deviceTest, type DeviceHarness } from "../../device/testing.ts";
import { KvCache } from "../../kv/cache/kv-cache.ts";
import { ParkedRows } from "./parked-rows.ts";
import { ResidentSequence } from "./resident-sequence.ts";

const SHAPE = { layers: 3, kvHeads: 2, headDim: 8, contextTokens: 50 };
/** Of one token, all layers. */
const TOKEN_BYTES = 3 * 64;

// The device is that of other tests too.
afterEach(() => {
  vi.restoreAllMocks();
});

function setUp({ device }: DeviceHarness, budgetTokens = 1000) {
  const cache = new KvCache(device, SHAPE);
  return { cache, parked: new ParkedRows(device, cache, budgetTokens * TOKEN_BYTES) };
}

/** Puts other bytes into every row of every layer; answers with them. */
function fill(cache: KvCache, seed: number): Uint8Array[] {
  let state = seed;
  return cache.layers.map((_, layer) => {
    const rows = new Uint8Array(SHAPE.contextTokens * cache.rowBytes).map(
      () => (state = (state * 1103515245 + 12345) % 2 ** 31) >>> 16,
    );
    cache.writeRows(layer, 0, rows);
    return rows;
  });
}

const read = (cache: KvCache) =>
  Promise.all(
    cache.layers.map((_, layer) => cache.readRows(layer, { start: 0, end: SHAPE.contextTokens })),
  );

/** The first rows of one, and behind them the other's. */
const joined = (first: readonly Uint8Array[], tokens: number, rest: readonly Uint8Array[]) =>
  rest.map((rows, layer) => {
    const whole = rows.slice();
    whole.set(first[layer]?.subarray(0, (tokens * TOKEN_BYTES) / SHAPE.layers) ?? []);
    return whole;
  });

function sequenceOf(tokens: number): ResidentSequence {
  const sequence = new ResidentSequence();
  sequence.append(Array.from({ length: tokens }, (_, token) => tokens + token));
  return sequence;
}

/** The parked conversations among these, which are taken. */
async function takeAll(parked: ParkedRows, ids: readonly string[]): Promise<string[]> {
  const taken: string[] = [];
  for (const id of ids) if (await parked.take(id)) taken.push(id);
  return taken;
}

deviceTest(
  "a conversation's rows come back bit by bit, the ones behind them stay",
  async ({ hardware }) => {
    const { cache, parked } = setUp(hardware);
    const rows = fill(cache, 1);
    const sequence = sequenceOf(20);
    sequence.append([7], { level: "balanced", decoded: true });
    parked.park("a", sequence);
    expect(parked.bytes).toBe(21 * TOKEN_BYTES);
    const others = fill(cache, 2);
    const snapshot = await parked.take("a");
    expect(snapshot).toEqual(sequence.snapshot());
    expect(await read(cache)).toEqual(joined(rows, 21, others));
    expect(parked.bytes).toBe(0);
    expect(await parked.take("a")).toBeUndefined();
  },
);

deviceTest(
  "several are parked and taken in between, each with its own rows",
  async ({ hardware }) => {
    const { cache, parked } = setUp(hardware);
    const a = fill(cache, 1);
    parked.park("a", sequenceOf(50));
    const b = fill(cache, 2);
    parked.park("b", sequenceOf(3));
    await parked.take("a");
    expect(await read(cache)).toEqual(a);
    parked.park("a", sequenceOf(10));
    const c = fill(cache, 3);
    await parked.take("b");
    expect(await read(cache)).toEqual(joined(b, 3, c));
    parked.park("c", sequenceOf(3));
    const d = fill(cache, 4);
    await parked.take("a");
    await parked.take("c");
    expect(await read(cache)).toEqual(joined(b, 3, joined(a, 10, d)));
  },
);

deviceTest("what was parked last of a conversation is what is taken", async ({ hardware }) => {
  const { cache, parked } = setUp(hardware);
  fill(cache, 1);
  parked.park("a", sequenceOf(30));
  const later = fill(cache, 2);
  parked.park("a", sequenceOf(12));
  expect(parked.bytes).toBe(12 * TOKEN_BYTES);
  const others = fill(cache, 3);
  expect((await parked.take("a"))?.tokens).toHaveLength(12);
  expect(await read(cache)).toEqual(joined(later, 12, others));
});

deviceTest(
  "the least recently parked make room, and no more of them than must",
  async ({ hardware }) => {
    const { parked } = setUp(hardware, 40);
    for (const id of ["a", "b", "c", "d"]) parked.park(id, sequenceOf(10));
    parked.park("b", sequenceOf(10));
    expect(parked.bytes).toBe(40 * TOKEN_BYTES);
    parked.park("e", sequenceOf(11));
    expect(parked.bytes).toBe(31 * TOKEN_BYTES);
    expect(await takeAll(parked, ["a", "b", "c", "d", "e"])).toEqual(["b", "d", "e"]);
  },
);

deviceTest("nothing, and what is larger than the budget, is not kept", async ({ hardware }) => {
  const { parked } = setUp(hardware, 30);
  parked.park("a", sequenceOf(30));
  parked.park("b", sequenceOf(31));
  parked.park("c", sequenceOf(0));
  expect(parked.bytes).toBe(30 * TOKEN_BYTES);
  expect(await takeAll(parked, ["a", "b", "c"])).toEqual(["a"]);
  // What was parked before it outgrew the budget is gone, too.
  parked.park("a", sequenceOf(5));
  parked.park("a", sequenceOf(31));
  expect(parked.bytes).toBe(0);
});

deviceTest(
  "what is forgotten is not there, not even for who was waiting for it",
  async ({ hardware }) => {
    const { cache, parked } = setUp(hardware);
    for (const id of ["a", "b", "c"]) parked.park(id, sequenceOf(10));
    const rows = fill(cache, 1);
    const taking = [parked.take("a"), parked.take("b")];
    parked.forget("a");
    expect(await Promise.all(taking)).toMatchObject([undefined, { savedTokens: 0 }]);
    parked.forget("never there");
    parked.clear();
    expect(await parked.take("c")).toBeUndefined();
    expect(parked.bytes).toBe(0);
    expect((await read(cache)).map(({ length }) => length)).toEqual(
      rows.map(({ length }) => length),
    );
  },
);

deviceTest("two who take the same at once: one gets it", async ({ hardware }) => {
  const { parked } = setUp(hardware);
  parked.park("a", sequenceOf(10));
  const taken = await Promise.all([parked.take("a"), parked.take("a")]);
  expect(taken.map((snapshot) => snapshot?.tokens.length)).toEqual([10, undefined]);
});

deviceTest("without memory for one all are dropped, and it goes on", async ({ hardware }) => {
  const { cache, parked } = setUp(hardware);
  parked.park("a", sequenceOf(10));
  const rows = fill(cache, 1);
  const { device } = hardware;
  const create = device.createBuffer.bind(device);
  // A buffer that is not there, as when there is no memory for it.
  vi.spyOn(device, "createBuffer").mockImplementationOnce((descriptor) =>
    create({ ...descriptor, size: device.limits.maxBufferSize + 4 }),
  );
  const pop = device.popErrorScope.bind(device);
  const popped = vi
    .spyOn(device, "popErrorScope")
    .mockImplementationOnce(pop)
    .mockImplementationOnce(async () => (await pop(), new GPUOutOfMemoryError("no memory")));
  parked.park("b", sequenceOf(10));
  const taking = parked.take("b");
  expect(popped).toHaveBeenCalledTimes(2);
  expect(await taking).toBeUndefined();
  popped.mockRestore();
  expect(await parked.take("a")).toBeUndefined();
  expect(parked.bytes).toBe(0);
  expect(await read(cache)).toEqual(rows);
  parked.park("a", sequenceOf(10));
  const others = fill(cache, 2);
  expect(await parked.take("a")).toBeDefined();
  expect(await read(cache)).toEqual(joined(rows, 10, others));
});
