import { MAX_PROFILES, type ProfileStore } from "./profile-store.ts";

/** For browsers that give no storage: lasts as long as the worker. */
export function memoryProfileStore(): ProfileStore {
  /** In the order they were kept. */
  const profiles = new Map<string, unknown>();
  return {
    profile: (name) => Promise.resolve(structuredClone(profiles.get(name))),
    keepProfile: (name, profile) => {
      profiles.delete(name);
      profiles.set(name, structuredClone(profile));
      for (const oldest of profiles.keys()) {
        if (profiles.size <= MAX_PROFILES) break;
        profiles.delete(oldest);
      }
      return Promise.resolve();
    },
  };
}
