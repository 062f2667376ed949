import { wholeText } from "../../protocol/attachments.ts";
import type { ChatMessage } from "../../protocol/engine-api.ts";
import type { MessageRecord } from "../../protocol/store-api.ts";

/** The messages from the first one down to `headId`; empty when there is no such message. */
export function pathTo(messages: readonly MessageRecord[], headId: string | null): MessageRecord[] {
  const unvisited = new Map(messages.map((message) => [message.id, message]));
  const path: MessageRecord[] = [];
  for (let id = headId; id !== null;) {
    const message = unvisited.get(id);
    if (!message) break;
    unvisited.delete(id);
    path.push(message);
    id = message.parentId;
  }
  return path.reverse();
}

/** The path to the head of a conversation, which is the message that came last. */
export function shownPath(messages: readonly MessageRecord[]): MessageRecord[] {
  return pathTo(messages, messages.at(-1)?.id ?? null);
}

/** The versions of a message: it and its alternatives at the same place of the tree. */
export interface Versions {
  /** Their ids, oldest first. */
  ids: readonly string[];
  /** The place of the message among them, from 0. */
  index: number;
}

/**
 * The versions of each message of a path that has any besides itself, by its id. A reply that ended before its first word
 * is no version, unless there is reasoning to be seen.
 */
export function versionsOf(
  path: readonly MessageRecord[],
  messages: readonly MessageRecord[],
): ReadonlyMap<string, Versions> {
  const placeOf = ({ parentId, role }: MessageRecord) => `${role} ${parentId ?? ""}`;
  const onPath = new Set(path.map(({ id }) => id));
  const seen = oldestFirst(messages).filter((one) => onPath.has(one.id) || !isUnseen(one));
  const byPlace = new Map<string, MessageRecord[]>();
  for (const message of seen) {
    const place = placeOf(message);
    byPlace.set(place, [...(byPlace.get(place) ?? []), message]);
  }
  const versions = new Map<string, Versions>();
  for (const message of path) {
    const ids = (byPlace.get(placeOf(message)) ?? []).map(({ id }) => id);
    if (ids.length > 1) versions.set(message.id, { ids, index: ids.indexOf(message.id) });
  }
  return versions;
}

const oldestFirst = (messages: readonly MessageRecord[]): MessageRecord[] =>
  messages.toSorted((some, other) => some.createdAtMs - other.createdAtMs);

/** The leaf to show when `messageId` is chosen: the newest continuation, at every step. */
export function newestLeaf(messages: readonly MessageRecord[], messageId: string): string {
  const newestChild = new Map(oldestFirst(messages).map(({ id, parentId }) => [parentId, id]));
  const seen = new Set<string>();
  let leaf = messageId;
  for (let next = newestChild.get(leaf); next !== undefined && !seen.has(next);) {
    seen.add(next);
    leaf = next;
    next = newestChild.get(leaf);
  }
  return leaf;
}

/**
 * When the conversation of a path began, in milliseconds since 1970. It is stored with its first message, so that a
 * template that writes a date writes the same one on every later day.
 */
export const begunAt = (path: readonly MessageRecord[]): number => path[0]?.createdAtMs ?? 0;

/**
 * The messages of a path in the form that the engine takes.
 *
 * @param cut a reply that is to go on. It is the last message, even if nothing of its text is there yet.
 * @param systemPrompt what the model is told before them; without it, whatever the model's own template says
 */
export function promptFor(
  path: readonly MessageRecord[],
  {
    cut,
    systemPrompt,
  }: { cut?: MessageRecord | undefined; systemPrompt?: string | undefined } = {},
): ChatMessage[] {
  const before = withoutEmptyReplies(cut ? path.filter(({ id }) => id !== cut.id) : path);
  const messages = (cut ? [...before, cut] : before).map(
    ({ role, reasoning, tokens, ...message }): ChatMessage => ({
      role,
      text: wholeText(message),
      ...(reasoning !== undefined && { reasoning }),
      ...(tokens && { tokens }),
    }),
  );
  return systemPrompt === undefined
    ? messages
    : [{ role: "system", text: systemPrompt }, ...messages];
}

/** The messages of a path that the engine knows of: templates have no form for a reply without text. */
export function withoutEmptyReplies(path: readonly MessageRecord[]): MessageRecord[] {
  return path.filter((message) => !isEmptyReply(message));
}

const isEmptyReply = ({ role, text }: MessageRecord) => role === "assistant" && text === "";

const isUnseen = (message: MessageRecord) =>
  isEmptyReply(message) && message.reasoning === undefined;
