/** Opens the first version of the database, like an old build that never closes it by itself. */
export const holdOlder = (name: string): Promise<IDBDatabase> => open(name, 1);

/**
 * Begins an upgrade that nobody has announced. While another connection blocks it, the database gives no answer to
 * those who open it. Resolves when the upgrade is over.
 */
export async function holdSilently(name: string): Promise<void> {
  (await open(name, 2)).close();
}

function open(name: string, version: number): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, version);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new Error(request.error?.message));
  });
}
