import type { QueryClient } from "@tanstack/react-query";
import { refreshQuality } from "./hooks/quality-queries.ts";
import { refreshUsage } from "./hooks/storage-queries.ts";
import { requestPersistentStorage } from "./persistent-storage.ts";
import type { ChatSession } from "./session/chat-session.ts";
import type { TabChannel } from "./tabs/tab-channel.ts";

/** Reads again what is shown of storage and quality, after every turn and whenever another tab changes it. */
export function refreshQueriesOnChange(
  session: ChatSession,
  channel: TabChannel,
  queries: QueryClient,
): void {
  let hasAsked = false;
  onTurnEnd(session, async () => {
    // A browser may ask the user, so it is asked once, and only when there is something worth keeping.
    if (!hasAsked) await requestPersistentStorage();
    hasAsked = true;
    await refreshUsage(queries);
  });
  channel.listen(({ type }) => {
    if (type === "kv-changed" || type === "deleted") void refreshUsage(queries);
    if (type === "quality-changed") void refreshQuality(queries);
  });
}

function onTurnEnd(session: ChatSession, onEnd: () => Promise<void>): void {
  let wasAnswering = false;
  session.subscribe(() => {
    const isAnswering = session.answeringIn() !== undefined;
    if (wasAnswering && !isAnswering) void onEnd();
    wasAnswering = isAnswering;
  });
}
