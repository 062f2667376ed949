import { KEPT_KINDS, type KeptKind } from "../../protocol/kept-data.ts";
import { openTabChannel, type TabChannel } from "../tabs/tab-channel.ts";

/** Says in the tab's own memory what the next load is to delete. */
const ASKED = "rekindle.erase";

/** Every tab holds this lock as long as it is open; who deletes has it alone. */
const OPEN = "rekindle.open";

/** How long other tabs may take to leave, and how long a tab waits for one that deletes. */
const PATIENCE_MS = 5000;

/**
 * Has everything of these kinds deleted, by loading the page anew: at the start of a page nothing is at work yet that could
 * write it back. All other tabs do the same first.
 */
export function askToErase(
  kinds: readonly KeptKind[],
  page: Pick<Window, "location"> = window,
): void {
  sessionStorage.setItem(ASKED, JSON.stringify(kinds));
  // Without the part behind #, which names a conversation, this loads the page even where the rest stays as it is.
  page.location.replace(page.location.pathname + page.location.search);
}

/** Leaves as soon as another tab is about to delete something, and comes back when it has. */
export function leaveForErasure(
  channel: TabChannel,
  page: Pick<Window, "location"> = window,
): void {
  channel.listen(({ type }) => {
    if (type === "erasing") page.location.replace(page.location.pathname + page.location.search);
  });
}

interface Surroundings {
  channel?: TabChannel;
  /** Missing where the page came over plain http. Then other tabs are not waited for. */
  locks?: LockManager | undefined;
}

/**
 * The first thing that a page does: deletes what was asked for, once all other tabs have left, or waits for a tab that does.
 * When this resolves, the page may begin to work.
 */
export async function eraseWhereAsked({
  channel = openTabChannel(),
  locks = thisLocks(),
}: Surroundings = {}): Promise<void> {
  const kinds = takeAsked();
  if (kinds.size > 0) {
    channel.post({ type: "erasing" });
    // What deletes is seldom needed, and is kept by the service worker like the rest of the page.
    const { erase } = await import("./erase.ts");
    await alone(locks, () => erase(kinds));
  }
  await opened(locks);
}

function takeAsked(): Set<KeptKind> {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(ASKED) ?? "[]");
    sessionStorage.removeItem(ASKED);
    const asked: readonly unknown[] = Array.isArray(found) ? found : [];
    return new Set(KEPT_KINDS.filter((kind) => asked.includes(kind)));
  } catch {
    // Storage is blocked, so nothing is kept.
    return new Set();
  }
}

/** Does it when no other tab is open any more. A tab that does not leave, as one that sleeps, is not waited for longer. */
async function alone(locks: LockManager | undefined, work: () => Promise<void>): Promise<void> {
  if (!locks) return work();
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const once = async () => {
    await work();
    return true;
  };
  const isDone = await locks.request(OPEN, { signal }, once).catch(() => false);
  if (!isDone) await locks.request(OPEN, { steal: true }, work).catch(work);
}

/** Resolves when no tab is deleting anything. */
function opened(locks: LockManager | undefined): Promise<void> {
  if (!locks) return Promise.resolve();
  return new Promise((resolve) => {
    const hold = () => {
      resolve();
      return new Promise<never>(() => undefined);
    };
    // Where the browser refuses locks, nobody is waited for. Who steals the lock ends this tab's hold on it.
    locks.request(OPEN, { mode: "shared" }, hold).catch(() => resolve());
    setTimeout(resolve, PATIENCE_MS);
  });
}

const thisLocks = (): LockManager | undefined =>
  (navigator as { readonly locks?: LockManager }).locks;
