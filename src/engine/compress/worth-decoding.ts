import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { decodeMs, layerMs, type DeviceProfile } from "../../restore/device-profile.ts";

/** A chunk as it would be stored. */
interface CodedChunk {
  /** Position of its first token. */
  start: number;
  /** Name of the codec family that would decode it. */
  family: string;
  /** Size of each of its values. */
  valueBytes: readonly number[];
  layers: number;
}

/**
 * Whether it is worth to store a chunk in few bytes that take long to decode. Where decoding it takes longer than
 * computing it, the planner would never load it. A family that was never decoded here counts as worth it.
 */
export function isWorthDecoding(
  profile: DeviceProfile,
  { start, family, valueBytes, layers }: CodedChunk,
): boolean {
  if (!profile.decode[family]) return true;
  const decoding = valueBytes.reduce((sum, bytes) => sum + decodeMs(profile, family, bytes), 0);
  return decoding <= layers * layerMs(profile.prefill, CHUNK_TOKENS, start);
}
