import type { WaitedDevice } from "../../device/device.ts";
import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { decodeChunkValue } from "../../kv/value/chunk-value.ts";
import { valueShapes } from "../../kv/value/stored-form.ts";
import type { ReadRequest } from "../../protocol/kv-store-api.ts";
import { ChunkChain } from "../sequence/chunk-chain.ts";
import { familyOfFound, mainFamily } from "../sequence/chunk-family.ts";
import type { KvStore } from "../sequence/kv-connection.ts";
import type { CachedRows, RestorableModel, StorableRows } from "../sequence/prepared-model.ts";
import { StoredSequence, type FoundChunk } from "../sequence/stored-sequence.ts";

/** What values are decoded with, and what learns how long that takes. */
export interface RehearsingModel {
  hardware: { device: WaitedDevice };
  cache: Pick<CachedRows["cache"], "shape">;
  resident: CachedRows["resident"];
  kvFingerprint: string;
  kvVariant: string;
  valueCoder: Pick<StorableRows["valueCoder"], "decoder">;
  restorationCosts: Pick<RestorableModel["restorationCosts"], "learn" | "measures">;
}

interface RehearsedConversation {
  store: Pick<KvStore, "find" | "readAll">;
  conversationId: string;
  signal: AbortSignal;
  /** Whether only chunks of codec families are of interest whose decoding was never measured here. */
  unmeasured?: boolean;
}

/** Most chunks that are read: enough to tell what a value takes and what a byte takes. */
const MOST_CHUNKS = 4;

/**
 * Reads some of what was just stored and decodes it into unused rows of the cache, to learn what that takes before
 * anything has to be restored. Nothing else may write rows meanwhile. After `signal` no more rows are written.
 */
export async function rehearseReads(
  model: RehearsingModel,
  { store, conversationId, signal, unmeasured = false }: RehearsedConversation,
): Promise<void> {
  const { resident, cache, restorationCosts, kvFingerprint: fingerprint } = model;
  const { contextTokens } = cache.shape;
  const terms = { chunkTokens: CHUNK_TOKENS, variant: model.kvVariant };
  const chain = await ChunkChain.of(resident.tokens.slice(), terms);
  const sought = { conversationId, fingerprint, chain, quality: "compact" } as const;
  const found = await StoredSequence.find(store, sought);
  const chunks = found.ok ? await found.value.held() : [];
  const isOfInterest = (chunk: FoundChunk) =>
    !unmeasured || !restorationCosts.measures(familyOfFound(chunk));
  for (const chunk of differentSizes(chunks.filter(isOfInterest))) {
    const read = await readChunk(store, chunk, signal);
    if (!read || signal.aborted) return;
    restorationCosts.learn({ read: [read.sample] });
    const start = contextTokens - chunk.tokens;
    if (resident.length > start) return;
    await decodeInto(model, chunk, { values: read.values, start, signal });
  }
}

/** One chunk of each size: stored chunks have few sizes. */
function differentSizes(chunks: readonly FoundChunk[]): FoundChunk[] {
  const bySize = new Map(chunks.map((chunk) => [chunk.groupBytes.join(), chunk]));
  return [...bySize.values()].slice(0, MOST_CHUNKS);
}

type Bytes = Uint8Array<ArrayBuffer>;

/** All values of a chunk, by layer group, and what reading them took. Undefined if one is missing. */
async function readChunk(
  store: RehearsedConversation["store"],
  { fingerprint, prefixHash, groupBytes }: FoundChunk,
  signal: AbortSignal,
) {
  const requests = groupBytes.map((_, group): ReadRequest => ({ fingerprint, prefixHash, group }));
  const values = new Map<number, Bytes>();
  const startMs = performance.now();
  const take = ({ index, value }: { index: number; value: Bytes | undefined }) => {
    if (value) values.set(index, value);
  };
  await store.readAll(requests, take, signal);
  const ms = performance.now() - startMs;
  if (values.size < requests.length) return undefined;
  const bytes = groupBytes.reduce((sum, size) => sum + size, 0);
  return { values, sample: { bytes, values: values.size, ms } };
}

/** Decodes the values of a chunk, one after the other, and learns what each takes. */
async function decodeInto(
  { valueCoder, hardware, cache, restorationCosts }: RehearsingModel,
  { tokens }: FoundChunk,
  {
    values,
    start,
    signal,
  }: { values: ReadonlyMap<number, Bytes>; start: number; signal: AbortSignal },
): Promise<void> {
  for (const [group, shape] of valueShapes(cache.shape, tokens).entries()) {
    const bytes = values.get(group);
    const value = bytes && decodeChunkValue(shape, bytes);
    if (!value) continue;
    const decode = await valueCoder.decoder(value);
    await hardware.device.queue.onSubmittedWorkDone();
    if (signal.aborted) return;
    const startMs = performance.now();
    if (!decode({ start, tokens, skip: 0 })) return;
    await hardware.device.queue.onSubmittedWorkDone();
    const sample = { bytes: bytes.length, values: 1, ms: performance.now() - startMs };
    const family = mainFamily(value.layers.map(({ codec }) => codec));
    restorationCosts.learn({ decode: { [family.name]: [sample] } });
  }
}
