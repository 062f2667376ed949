import type { ChatSession } from "./chat-session.ts";
import type { Locks } from "../tabs/conversation-lock.ts";

interface TurnLock {
  /**
   * The same in all tabs that show the same build of the app. A newer build waits for these tabs, because it removes
   * files that they may still have to load.
   */
  name: string;
  locks: Locks | undefined;
}

/** @param build address of the app's entry, which differs from build to build */
export const turnLockName = (build: string): string => `rekindle.answering.${build}`;

/** From now on, holds the lock from the beginning of every turn in this tab until `finished` resolves. */
export function holdDuringTurns(
  session: Pick<ChatSession, "subscribe" | "answeringIn">,
  finished: () => Promise<void>,
  { name, locks }: TurnLock,
): void {
  let isHeld = false;
  session.subscribe(() => {
    if (isHeld || session.answeringIn() === undefined) return;
    isHeld = true;
    const over = finished().finally(() => (isHeld = false));
    // Browsers that block storage refuse locks. They refuse service workers too, so that no tab waits for the lock.
    locks?.request(name, { mode: "shared" }, () => over).catch(() => undefined);
  });
}

/** Resolves when no turn runs in any tab of this build, or after `limitMs`, because a tab may hang. */
export async function untilNoTurnRuns({ name, locks }: TurnLock, limitMs: number): Promise<void> {
  try {
    const signal = AbortSignal.timeout(limitMs);
    await locks?.request(name, { mode: "exclusive", signal }, () => undefined);
  } catch {
    // The browser refused the lock, or the time is over.
  }
}
