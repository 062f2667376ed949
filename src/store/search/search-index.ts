import MiniSearch from "minisearch";
import type { ConversationRecord, MessageRecord } from "../../protocol/store-api.ts";
import { searchedText } from "./searched-text.ts";
import { indexTerms, isPair, queryTerms } from "./search-terms.ts";

/** UTF-16 units of all messages together. Where there are more, the least recent conversations are found by title only. */
const MAX_LENGTH = 2e7;

/** A word of this many letters is also found where a fifth of them are others. */
const FUZZY_LETTERS = 5;
/** Of a number, or a name with one, another digit makes another. */
const IS_ALL_LETTERS = /^\p{L}+$/u;

/** A conversation that fits a query, with what is needed to show it. */
export interface IndexHit {
  conversationId: string;
  title: string;
  /** The message that fits best; null where only the title fits. */
  messageId: string | null;
  /** The terms of its texts that the query has found. */
  terms: ReadonlySet<string>;
}

/** A title or a message, as it is indexed. */
interface Entry {
  id: string;
  conversationId: string;
  title?: string;
  text?: string;
}

/** What is indexed of one conversation. */
interface Known {
  title: string;
  /** The state that was read; empty while it has to be read again. */
  state: string;
  /** The texts by message, as far as they are indexed. */
  texts: Map<string, string>;
}

/** The index of titles and messages, by MiniSearch. */
export class SearchIndex {
  readonly #entries = new MiniSearch<Entry>({
    fields: ["title", "text"],
    storeFields: ["conversationId"],
    tokenize: (text) => Array.from(indexTerms(text), ({ term }) => term),
    processTerm: (term) => term,
    searchOptions: {
      tokenize: queryTerms,
      combineWith: "AND",
      boost: { title: 3 },
      prefix: (term) => !isPair(term),
      fuzzy: (term) => (term.length >= FUZZY_LETTERS && IS_ALL_LETTERS.test(term) ? 0.2 : false),
      weights: { prefix: 0.7, fuzzy: 0.2 },
    },
  });
  readonly #known = new Map<string, Known>();
  readonly #conversationOf = new Map<string, string>();
  #length = 0;

  /** The conversations that fit, each with its best message. */
  search(query: string): IndexHit[] {
    const hits = new Map<string, IndexHit & { terms: Set<string> }>();
    for (const { id: entryId, conversationId, terms } of this.#entries.search(query)) {
      const id = conversationId as string;
      const hit = hits.get(id) ?? { ...this.#hit(id), terms: new Set() };
      hit.messageId ??= messageIdOf(entryId as string);
      for (const term of terms) hit.terms.add(term);
      hits.set(id, hit);
    }
    return [...hits.values()];
  }

  setTitle({ id, title }: ConversationRecord): void {
    const known = this.#known.get(id) ?? { title: "", state: "", texts: new Map() };
    this.#known.set(id, known);
    if (known.title === title) return;
    this.#replace({ id: titleEntry(id), conversationId: id, title });
    known.title = title;
  }

  isStale(conversation: ConversationRecord): boolean {
    return this.#known.get(conversation.id)?.state !== stateOf(conversation);
  }

  /** What is changed from here on is not in what is read now. */
  beginReading(conversation: ConversationRecord): void {
    const known = this.#known.get(conversation.id);
    if (known) known.state = stateOf(conversation);
  }

  setMessages({ id }: ConversationRecord, messages: readonly MessageRecord[]): void {
    const known = this.#known.get(id);
    if (!known) return;
    for (const messageId of known.texts.keys())
      if (!messages.some((message) => message.id === messageId)) this.#removeText(known, messageId);
    for (const message of messages) this.#setText(known, message);
    if (messages.some(({ status }) => status === "streaming")) known.state = "";
  }

  noteChange(messageId: string): void {
    const known = this.#known.get(this.#conversationOf.get(messageId) ?? "");
    if (known) known.state = "";
  }

  keepOnly(ids: ReadonlySet<string>): void {
    for (const [id, known] of this.#known) {
      if (ids.has(id)) continue;
      this.#discard(titleEntry(id));
      for (const messageId of known.texts.keys()) this.#removeText(known, messageId);
      this.#known.delete(id);
    }
  }

  #hit(conversationId: string): Omit<IndexHit, "terms"> {
    const title = this.#known.get(conversationId)?.title ?? "";
    return { conversationId, title, messageId: null };
  }

  #setText(known: Known, message: MessageRecord): void {
    const { id, conversationId } = message;
    const text = searchedText(message);
    this.#conversationOf.set(id, conversationId);
    if (known.texts.get(id) === text) return;
    this.#removeText(known, id);
    if (this.#length + text.length > MAX_LENGTH) return;
    this.#entries.add({ id: messageEntry(id), conversationId, text });
    this.#conversationOf.set(id, conversationId);
    this.#length += text.length;
    known.texts.set(id, text);
  }

  #removeText(known: Known, messageId: string): void {
    const text = known.texts.get(messageId);
    if (text === undefined) return;
    this.#length -= text.length;
    known.texts.delete(messageId);
    this.#conversationOf.delete(messageId);
    this.#discard(messageEntry(messageId));
  }

  #replace(entry: Entry): void {
    this.#discard(entry.id);
    this.#entries.add(entry);
  }

  #discard(entryId: string): void {
    if (this.#entries.has(entryId)) this.#entries.discard(entryId);
  }
}

/** A conversation's state: as long as it is the same, nothing was added to it. */
const stateOf = ({ updatedAtMs, headId }: ConversationRecord): string =>
  `${updatedAtMs} ${headId ?? ""}`;

const titleEntry = (conversationId: string): string => `title ${conversationId}`;
const messageEntry = (messageId: string): string => `message ${messageId}`;
const messageIdOf = (entryId: string): string | null =>
  entryId.startsWith("message ") ? entryId.slice("message ".length) : null;
