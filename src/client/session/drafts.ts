/** Takes the place of the id for a new conversation, whose address has none yet. */
export const NEW_CONVERSATION = "new";

const keyOf = (conversationId: string) => `rekindle.draft.${conversationId}`;

/** The unsent text of a conversation; empty when there is none or the browser keeps nothing. */
export function readDraft(conversationId: string): string {
  return unlessBlocked(() => localStorage.getItem(keyOf(conversationId))) ?? "";
}

/** Keeps `text` across reloads. The empty text removes what was kept. */
export function writeDraft(conversationId: string, text: string): void {
  unlessBlocked(() => {
    if (text === "") localStorage.removeItem(keyOf(conversationId));
    else localStorage.setItem(keyOf(conversationId), text);
  });
}

/** Storage that is blocked or full throws, even on reading. A draft is a convenience, so the page goes on without it. */
function unlessBlocked<T>(access: () => T): T | undefined {
  try {
    return access();
  } catch {
    return undefined;
  }
}
