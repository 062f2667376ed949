import type { IDBPIndex, IDBPTransaction } from "idb";
import type { MessageRecord } from "../../protocol/store-api.ts";
import { asConversation } from "../records/conversation-record.ts";
import { asMessage, inOrder, withHeadLast } from "../records/message-record.ts";
import { isName } from "../../shared/record-fields.ts";
import type { RekindleDb } from "../records/schema.ts";

type Names = ("conversations" | "messages")[];
type TextTransaction = IDBPTransaction<RekindleDb, Names, "readonly" | "readwrite">;

type MessageIndex = IDBPIndex<
  RekindleDb,
  Names,
  "messages",
  "by-conversation",
  "readonly" | "readwrite"
>;

/** More than a person reads or a model sees of a conversation. Older messages stay stored, and are not read. */
export interface ReadLimits {
  messages: number;
  /** UTF-16 units of all texts together, reasoning included. */
  characters: number;
}

const READ_LIMITS: ReadLimits = { messages: 20_000, characters: 2 ** 26 };

/** How many messages are read at once. The first batch is small, as the messages may be large. */
const BATCH = { least: 64, most: 1024 };

/** All messages of one conversation in the index `by-conversation`. */
export const messagesOf = (conversationId: string): IDBKeyRange =>
  IDBKeyRange.bound([conversationId], [conversationId, []]);

/** The messages of a conversation, oldest first, and its head as the last one. Beyond the limits, only the newest ones. */
export async function readMessages(
  tx: TextTransaction,
  conversationId: string,
  limits = READ_LIMITS,
): Promise<MessageRecord[]> {
  const { messages, left } = await readIndexed(tx, conversationId, limits);
  const others = left ? await readUnindexed(tx, { conversationId, messages, left }) : [];
  const conversation = asConversation(await tx.objectStore("conversations").get(conversationId));
  return withHeadLast(inOrder([...messages, ...others]), conversation?.headId ?? null);
}

/**
 * The messages that have a time, which is part of the index's key.
 *
 * @returns `left` says how much more may be read; it is absent if not even all of these could be
 */
async function readIndexed(
  tx: TextTransaction,
  conversationId: string,
  limits: ReadLimits,
): Promise<{ messages: MessageRecord[]; left?: ReadLimits }> {
  const index = tx.objectStore("messages").index("by-conversation");
  const batches: MessageRecord[][] = [];
  let left = limits;
  let range: IDBKeyRange | undefined = messagesOf(conversationId);
  for (let size = BATCH.least; range; size = Math.min(2 * size, BATCH.most)) {
    const cut = await cutOff(index, range, Math.min(size, left.messages));
    const records: unknown[] = await index.getAll(cut.newest, left.messages);
    const read = records.flatMap((record) => asMessage(record, conversationId) ?? []);
    const kept = newestWithin(read, left.characters);
    batches.push(kept);
    left = {
      messages: left.messages - records.length,
      characters: left.characters - lengthOf(kept),
    };
    range = cut.older;
    const isFull = left.messages <= 0 || left.characters <= 0 || kept.length < read.length;
    if (isFull && range) return { messages: flatten(batches) };
  }
  return { messages: flatten(batches), left };
}

/** The range of the newest `count` entries, and the range of those before, if there may be any. */
async function cutOff(
  index: MessageIndex,
  range: IDBKeyRange,
  count: number,
): Promise<{ newest: IDBKeyRange; older?: IDBKeyRange }> {
  const last = await index.openKeyCursor(range, "prev");
  const first = count > 1 ? await last?.advance(count - 1) : last;
  if (!first) return { newest: range };
  const { upperOpen } = range;
  const [lower, upper] = [range.lower as IDBValidKey, range.upper as IDBValidKey];
  return {
    newest: IDBKeyRange.bound(first.key, upper, false, upperOpen),
    older: IDBKeyRange.bound(lower, first.key, false, true),
  };
}

const flatten = (batches: readonly MessageRecord[][]): MessageRecord[] =>
  batches.toReversed().flat();

const lengthOf = (messages: readonly MessageRecord[]): number =>
  messages.reduce((sum, message) => sum + lengthOfOne(message), 0);

const lengthOfOne = ({ text, reasoning = "" }: MessageRecord): number =>
  text.length + reasoning.length;

/** The newest messages that have `characters` together, and at least the newest one. */
function newestWithin(messages: readonly MessageRecord[], characters: number): MessageRecord[] {
  let left = characters;
  const first = messages.findLastIndex((message) => (left -= lengthOfOne(message)) < 0);
  return messages.slice(Math.min(first + 1, Math.max(0, messages.length - 1)));
}

interface Indexed {
  conversationId: string;
  messages: readonly MessageRecord[];
  left: ReadLimits;
}

/**
 * The messages that the index does not have, because their time is damaged. They are found from the messages that
 * follow them, and from the conversation's `headId`. Earlier messages come first.
 */
async function readUnindexed(
  tx: TextTransaction,
  { conversationId, messages, left }: Indexed,
): Promise<MessageRecord[]> {
  const known = new Set(messages.map(({ id }) => id));
  const conversation = await tx.objectStore("conversations").get(conversationId);
  const named: unknown[] = [conversation?.headId, ...messages.map(({ parentId }) => parentId)];
  const found: MessageRecord[] = [];
  let { characters } = left;
  for (const id of named) {
    if (found.length >= left.messages || characters <= 0) break;
    if (!isName(id) || known.has(id)) continue;
    known.add(id);
    const message = asMessage(await tx.objectStore("messages").get(id), conversationId);
    if (!message) continue;
    found.push(message);
    named.push(message.parentId);
    characters -= lengthOfOne(message);
  }
  return found.reverse();
}
