import { untilNoTurnRuns } from "../session/turn-lock.ts";
import type { ChatSession } from "../session/chat-session.ts";
import type { EngineClient } from "../workers/engine-client.ts";
import { wakeNewestBuild } from "./service-worker-updates.ts";

/** How long to wait for a turn's KV to be stored. What is not stored by then will have to be computed again. */
const STORED_MS = 10_000;

/** Resolves when no turn runs in this tab, and its text and KV are stored. */
export async function turnIsStored(
  session: Pick<ChatSession, "settled">,
  engine: Pick<EngineClient, "saved">,
): Promise<void> {
  await session.settled();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, STORED_MS)));
  await Promise.race([engine.saved(), late]);
  clearTimeout(timer);
}

/** How long to wait for answers in other tabs. A tab that takes longer may hang; it keeps what it shows. */
const OTHER_ANSWERS_MS = 60_000;

/**
 * Loads the page anew as its newest build, once no tab of this build writes an answer: the service worker of the
 * newest build removes files that these tabs may not have loaded yet.
 */
export async function loadNewestBuild(lock: Parameters<typeof untilNoTurnRuns>[0]): Promise<void> {
  await untilNoTurnRuns(lock, OTHER_ANSWERS_MS);
  await wakeNewestBuild();
  location.reload();
}
