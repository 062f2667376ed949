/** Open the database as its first version, as an old build does that never lets go by itself. */
export const holdOlder = (name: string): Promise<IDBDatabase> => open(name, 1);

/**
 * Have the database give no answer to whoever opens it now: behind an upgrade that nobody announces, and
 * that another connection blocks. Resolves when that is over.
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
