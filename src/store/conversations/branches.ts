import type { ConversationRecord, ForkRequest, MessageRecord } from "../../protocol/store-api.ts";

/** The messages from the first one down to `messageId`; empty if there is no such message. */
function pathTo(messages: readonly MessageRecord[], messageId: string): MessageRecord[] {
  const unvisited = new Map(messages.map((message) => [message.id, message]));
  const path: MessageRecord[] = [];
  for (let next = unvisited.get(messageId); next; next = unvisited.get(next.parentId ?? "")) {
    unvisited.delete(next.id);
    path.push(next);
  }
  return path.reverse();
}

interface Whole {
  conversation: ConversationRecord;
  messages: readonly MessageRecord[];
}

/**
 * A conversation of its own from the messages down to one, with new ids; undefined if there is no such message. The times
 * of the messages stay: a template may write the date of the first one, and the tokens have to stay the same.
 */
export function forked(
  { conversation, messages }: Whole,
  { messageId, title }: ForkRequest,
  nowMs: number,
): { conversation: ConversationRecord; messages: MessageRecord[] } | undefined {
  const path = pathTo(messages, messageId);
  if (path.length === 0) return undefined;
  const id = crypto.randomUUID();
  let parentId: string | null = null;
  const copies = path.map((message): MessageRecord => {
    // A reply that is growing in the other conversation does not grow in this one.
    const status = message.status === "streaming" ? "stopped" : message.status;
    const copy = { ...message, id: crypto.randomUUID(), conversationId: id, parentId, status };
    parentId = copy.id;
    return copy;
  });
  const lastMs = copies.at(-1)?.createdAtMs ?? 0;
  const times = { createdAtMs: nowMs, updatedAtMs: Math.max(nowMs, lastMs) };
  const fork: ConversationRecord = { ...conversation, id, title, ...times, headId: parentId };
  delete fork.isPinned;
  return { conversation: fork, messages: copies };
}

/** What goes when a message is withdrawn, and which message is the head then. */
export interface Withdrawal {
  removed: string[];
  headId: string | null;
}

/** @param messages oldest first, in whichever order the head has */
export function withdrawn(messages: readonly MessageRecord[], messageId: string): Withdrawal {
  const message = messages.find(({ id }) => id === messageId);
  const removed = branchOf(messages, messageId);
  if (!message) return { removed: [], headId: null };
  const left = messages.filter(({ id }) => !removed.has(id));
  const { parentId } = message;
  const below = parentId === null ? undefined : branchOf(left, parentId);
  const candidates = left.filter(({ id }) => below?.has(id) ?? true);
  const newest = candidates.toSorted((some, other) => some.createdAtMs - other.createdAtMs).at(-1);
  return { removed: [...removed], headId: newest?.id ?? null };
}

/** The ids of a message and of all that follow it, on every branch. */
function branchOf(messages: readonly MessageRecord[], messageId: string): Set<string> {
  const children = new Map<string | null, string[]>();
  for (const { id, parentId } of messages)
    children.set(parentId, [...(children.get(parentId) ?? []), id]);
  const branch = new Set<string>();
  const left = messages.some(({ id }) => id === messageId) ? [messageId] : [];
  for (let id = left.pop(); id !== undefined; id = left.pop()) {
    if (branch.has(id)) continue;
    branch.add(id);
    left.push(...(children.get(id) ?? []));
  }
  return branch;
}
