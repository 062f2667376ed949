import { untilNoTurnRuns } from "../session/turn-lock.ts";
import type { ChatSession } from "../session/chat-session.ts";
import type { EngineClient } from "../workers/engine-client.ts";
import { wakeNewestBuild } from "./service-worker-updates.ts";

/** What is not stored of a turn's KV by then is computed again. */
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

/** A tab that takes longer may hang. What it shows stays, and it is told of the newer build. */
const OTHER_ANSWERS_MS = 60_000;

/**
 * Load the page anew as its newest build, once no tab of this build writes an answer: the newest build's
 * service worker takes away what those have not loaded yet.
 */
export async function loadNewestBuild(lock: Parameters<typeof untilNoTurnRuns>[0]): Promise<void> {
  await untilNoTurnRuns(lock, OTHER_ANSWERS_MS);
  await wakeNewestBuild();
  location.reload();
}
