import type { ChatSession } from "./chat-session.ts";
import type { Locks } from "../tabs/conversation-lock.ts";

interface TurnLock {
  /** Shared by all tabs that show the same build of the app: those a newer one would take parts from. */
  name: string;
  locks: Locks | undefined;
}

/** `build`: address of the app's entry, which is another one in every build. */
export const turnLockName = (build: string): string => `rekindle.answering.${build}`;

/** From now on, hold the lock while a turn runs in this tab, until `finished` resolves. */
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
    // Browsers that block storage refuse locks, and service workers too: then no tab waits for it.
    locks?.request(name, { mode: "shared" }, () => over).catch(() => undefined);
  });
}

/** Resolves when no turn runs in any tab of this build, or after `limitMs`: one of them may hang. */
export async function untilNoTurnRuns({ name, locks }: TurnLock, limitMs: number): Promise<void> {
  try {
    const signal = AbortSignal.timeout(limitMs);
    await locks?.request(name, { mode: "exclusive", signal }, () => undefined);
  } catch {
    // Refused, or too late.
  }
}
