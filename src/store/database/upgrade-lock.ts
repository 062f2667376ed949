/** What we use of `LockManager`. */
export type UpgradeLocks = Pick<LockManager, "request" | "query">;

const NAME = "rekindle.upgrade";

/**
 * Tell the other tabs that this one upgrades the database, or waits to. IndexedDB tells them nothing: what
 * they open meanwhile only gives no answer.
 *
 * @returns how to take it back
 */
export function announceUpgrade(locks: UpgradeLocks | undefined): () => void {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  // Browsers that block storage refuse locks too. The other tabs then learn nothing.
  locks?.request(NAME, { mode: "shared" }, () => ended).catch(() => undefined);
  return end;
}

/** Whether any tab has announced an upgrade. */
export async function isUpgradeAnnounced(locks: UpgradeLocks | undefined): Promise<boolean> {
  try {
    const { held = [] } = (await locks?.query()) ?? {};
    return held.some(({ name }) => name === NAME);
  } catch {
    return false;
  }
}

/** Missing where the page came over plain http, and outside of browsers. */
export const thisLocks = (): UpgradeLocks | undefined =>
  (globalThis as { navigator?: { locks?: UpgradeLocks } }).navigator?.locks;
