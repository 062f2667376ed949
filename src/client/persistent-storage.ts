type Storage = Pick<StorageManager, "persist" | "persisted">;

/** Whether the browser has promised not to delete the page's data by itself; null if it does not say. */
export async function isStoragePersistent(storage = thisStorage()): Promise<boolean | null> {
  try {
    return (await storage?.persisted()) ?? null;
  } catch {
    // Storage is blocked, so there is nothing that could be kept.
    return null;
  }
}

/** Asks the browser for that promise, unless it was given. The browser decides alone or asks the user. */
export async function requestPersistentStorage(storage = thisStorage()): Promise<void> {
  if ((await isStoragePersistent(storage)) !== false) return;
  // A refusal resolves with false. The call rejects where storage is blocked, which comes to the same.
  await storage?.persist().catch(() => false);
}

/** `navigator.storage` is missing where the page came over plain http. */
const thisStorage = (): Storage | undefined =>
  (navigator as { readonly storage?: Storage }).storage;
