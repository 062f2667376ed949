/** The part of `LockManager` that is used here. */
export type UpgradeLocks = Pick<LockManager, "request" | "query">;

const NAME = "rekindle.upgrade";

/**
 * Tells the other tabs, by a Web Lock, that this one upgrades the database or waits to upgrade it. IndexedDB does not
 * tell them: while an upgrade runs, their attempts to open the database just give no answer.
 *
 * @returns a function that ends the announcement
 */
export function announceUpgrade(locks: UpgradeLocks | undefined): () => void {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  // A browser that blocks storage refuses locks too. The other tabs then do not learn of the upgrade.
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

/** The Web Locks of this context. A page that came over plain http has none, and neither has Node. */
export const thisLocks = (): UpgradeLocks | undefined =>
  (globalThis as { navigator?: { locks?: UpgradeLocks } }).navigator?.locks;
