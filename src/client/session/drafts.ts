import { isTemporary } from "../../protocol/temporary-conversation.ts";

/** Takes the place of the id for a new conversation, whose address has none yet. */
export const NEW_CONVERSATION = "new";

const keyOf = (conversationId: string) => `rekindle.draft.${conversationId}`;

/** The unsent texts of temporary conversations, which are kept nowhere else. */
const temporaryDrafts = new Map<string, string>();

/** The unsent text of a conversation; empty when there is none or the browser keeps nothing. */
export function readDraft(conversationId: string): string {
  if (isTemporary(conversationId)) return temporaryDrafts.get(conversationId) ?? "";
  return unlessBlocked(() => localStorage.getItem(keyOf(conversationId))) ?? "";
}

/**
 * Keeps `text` across reloads, or says that it cannot; that of a temporary conversation as long as the tab is there. The
 * empty text removes what was kept.
 */
export function writeDraft(conversationId: string, text: string): boolean {
  if (isTemporary(conversationId)) {
    if (text === "") temporaryDrafts.delete(conversationId);
    else temporaryDrafts.set(conversationId, text);
    return true;
  }
  const isKept = unlessBlocked(() => {
    if (text === "") localStorage.removeItem(keyOf(conversationId));
    else localStorage.setItem(keyOf(conversationId), text);
    return true;
  });
  return isKept ?? false;
}

type OnReturned = (conversationId: string, draft: string) => void;

const onReturns = new Set<OnReturned>();

/** Calls `onReturned` with every draft that a text has come back to. Returns the function that ends it. */
export function listenToReturns(onReturned: OnReturned): () => void {
  onReturns.add(onReturned);
  return () => onReturns.delete(onReturned);
}

/**
 * Puts a text that was sent back into the conversation's draft, before what was typed since. False if it could not be
 * kept: then nothing has changed.
 */
export function returnToDraft(conversationId: string, text: string): boolean {
  const typed = readDraft(conversationId);
  const draft = typed.trim() === "" || typed === text ? text : `${text}\n\n${typed}`;
  if (!writeDraft(conversationId, draft)) return false;
  for (const onReturned of onReturns) onReturned(conversationId, draft);
  return true;
}

/** Whether there is unsent text that goes with the tab. */
export const hasTemporaryDraft = (): boolean => temporaryDrafts.size > 0;

/** Takes unsent text along, from a new conversation to a temporary one or back. */
export function moveDraft(from: string, to: string): void {
  if (from === to) return;
  const text = readDraft(from);
  writeDraft(from, "");
  if (text !== "") writeDraft(to, text);
}

/** Storage that is blocked or full throws, even on reading. A draft is a convenience, so the page goes on without it. */
function unlessBlocked<T>(access: () => T): T | undefined {
  try {
    return access();
  } catch {
    return undefined;
  }
}
