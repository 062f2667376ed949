/** Each is small, and this many models nobody uses on one device. */
export const MAX_PROFILES = 32;

/**
 * Keeps what was measured of this device, whatever becomes of KV: what `KvStoreApi` promises of
 * profiles, with failures thrown as by `ChunkStore`.
 */
export interface ProfileStore {
  profile(name: string): Promise<unknown>;
  /** Replaces the one of that name. The least recently kept go. */
  keepProfile(name: string, profile: unknown): Promise<void>;
}
