import { deleteConversation } from "./serve-conversations.ts";
import type { Stores } from "./open-stores.ts";
import { keptForMs } from "./records/discarded.ts";

/** Deletes what was discarded, as soon as that cannot be taken back any more: at once, or when its time is over. */
export async function removeDiscarded(stores: Stores): Promise<void> {
  const discarded = await stores.conversations.discarded();
  const kept = discarded.map(({ id, deletedAtMs }) => ({
    id,
    forMs: keptForMs(deletedAtMs, Date.now()),
  }));
  for (const { id, forMs } of kept) if (forMs === 0) await deleteConversation(stores, id);
  const waitMs = Math.max(0, ...kept.map(({ forMs }) => forMs));
  // If this fails, the next start tries it again.
  if (waitMs > 0) setTimeout(() => void removeDiscarded(stores).catch(() => undefined), waitMs);
}
