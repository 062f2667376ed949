type Storage = Pick<StorageManager, "persist" | "persisted">;

/** Whether the browser has promised not to delete the page's data by itself; null if it does not say. */
export async function isStoragePersistent(storage = thisStorage()): Promise<boolean | null> {
  try {
    return (await storage?.persisted()) ?? null;
  } catch {
    // Blocked: there is nothing that could be kept.
    return null;
  }
}

/** Ask the browser for that promise, unless it was given. It decides alone or asks the user. */
export async function requestPersistentStorage(storage = thisStorage()): Promise<void> {
  if ((await isStoragePersistent(storage)) !== false) return;
  // Refused is answered, not thrown; blocked is as good as refused.
  await storage?.persist().catch(() => false);
}

/** Missing where the page came over plain http. */
const thisStorage = (): Storage | undefined =>
  (navigator as { readonly storage?: Storage }).storage;
