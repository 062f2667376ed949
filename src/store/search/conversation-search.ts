import type { SearchHit } from "../../protocol/store-api.ts";
import type { ConversationStore } from "../conversations/conversation-store.ts";
import { marked, snippet } from "./marked-text.ts";
import { SearchIndex, type IndexHit } from "./search-index.ts";
import { searchedText } from "./searched-text.ts";

type TextStore = Pick<ConversationStore, "conversations" | "messages">;

/** A query is as long as what a person types. */
const MAX_QUERY_LENGTH = 200;
/** How many conversations a search finds at most. */
const MAX_HITS = 50;

/** How long indexing goes on before it lets other calls of the store have their turn. */
const SLICE_MS = 8;

/**
 * Finds conversations by their titles and texts. The index is in memory only, and is built by the first search. Before
 * each search it is brought up to date: a conversation is read again
 *
 * - CS1: if it has another head or was updated since it was read, in whichever tab;
 * - CS2: if a reply in it was still growing when it was read;
 * - CS3: if one of its messages was changed through this store since (`noteChange`).
 *
 * One that is not listed any more is not found any more.
 */
export class ConversationSearch {
  readonly #store: TextStore;
  readonly #index = new SearchIndex();
  #updated: Promise<void> = Promise.resolve();

  constructor(store: TextStore) {
    this.#store = store;
  }

  async search(query: string): Promise<SearchHit[]> {
    await this.#upToDate();
    const hits = this.#index.search(query.slice(0, MAX_QUERY_LENGTH)).slice(0, MAX_HITS);
    return Promise.all(hits.map((hit) => this.#shown(hit)));
  }

  noteChange(messageId: string): void {
    this.#index.noteChange(messageId);
  }

  /** One update runs at a time. One that was asked for later sees what was written before it was. */
  #upToDate(): Promise<void> {
    const next = this.#updated.then(() => this.#update());
    this.#updated = next.catch(() => undefined);
    return next;
  }

  async #update(): Promise<void> {
    const conversations = await this.#store.conversations();
    this.#index.keepOnly(new Set(conversations.map(({ id }) => id)));
    let begunMs = performance.now();
    for (const conversation of conversations) {
      this.#index.setTitle(conversation);
      if (!this.#index.isStale(conversation)) continue;
      this.#index.beginReading(conversation);
      this.#index.setMessages(conversation, await this.#store.messages(conversation.id));
      if (performance.now() - begunMs < SLICE_MS) continue;
      await nextTask();
      begunMs = performance.now();
    }
  }

  async #shown({ conversationId, title, messageId, terms }: IndexHit): Promise<SearchHit> {
    const messages = messageId === null ? [] : await this.#store.messages(conversationId);
    const found = messages.find(({ id }) => id === messageId);
    return {
      conversationId,
      title: marked(title, terms),
      messageId: found ? messageId : null,
      snippet: found ? snippet(searchedText(found), terms) : [],
    };
  }
}

const nextTask = () => new Promise((resolve) => setTimeout(resolve));
