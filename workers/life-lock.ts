import type { LifeLockHeld } from "../src/protocol/life-lock.ts";

/**
 * Hold a Web Lock for as long as this worker lives, and tell the page once it is held.
 *
 * A worker that runs out of memory or closes itself fires no event on the page; its locks are released.
 */
export async function holdLifeLock(
  name: string,
  tellPage: (message: LifeLockHeld) => void,
  locks: Pick<LockManager, "request"> = navigator.locks,
): Promise<void> {
  try {
    await locks.request(name, () => {
      tellPage({ lifeLockHeld: name });
      return new Promise<never>(() => undefined);
    });
  } catch {
    // Browsers that block storage refuse locks too. The page then hears of errors only.
  }
}
