import { expect, type Browser } from "@playwright/test";
import type { MeasureDetails } from "../../src/protocol/measures.ts";
import { ChatPage } from "./chat-page.ts";
import { EXACT } from "./pip.ts";
import { storeText, type StoredText } from "./stored-records.ts";

export interface FreshTurn {
  answer: string;
  prefill: MeasureDetails["chat.prefill"];
}

/** A browser of its own in which no KV is ever stored. It computes all that it answers from the text. */
export class FreshEngine {
  #copies = 0;

  private constructor(readonly chat: ChatPage) {}

  /** @param address of a page that computes exactly, with which model it does */
  static async start(
    browser: Browser,
    baseURL: string | undefined,
    address = EXACT,
  ): Promise<FreshEngine> {
    const context = await browser.newContext(baseURL === undefined ? {} : { baseURL });
    const chat = new ChatPage(await context.newPage());
    await chat.goto(address);
    await chat.agree();
    await chat.worker("store").evaluate(refuseKv);
    return new FreshEngine(chat);
  }

  /** Has messages answered one after the other, in a conversation that nothing interrupts. */
  async talk(messages: readonly string[]): Promise<FreshTurn[]> {
    await this.chat.newConversation();
    const turns: FreshTurn[] = [];
    for (const message of messages) turns.push(await this.#ask(message));
    return turns;
  }

  /** Answers a question that follows a conversation, given as it is stored in another browser. */
  async answer(text: StoredText | undefined, question: string): Promise<FreshTurn> {
    if (!text) return this.#askAnew(question);
    const copy = copyOf(text, `copy ${this.#copies++} of `);
    await storeText(this.chat.page, copy);
    const { id } = copy.conversation;
    await this.chat.page.evaluate(
      (hash) => (location.hash = hash),
      `#/c/${encodeURIComponent(id)}`,
    );
    await expect(this.chat.questions).not.toHaveCount(0);
    return this.#ask(question);
  }

  async #askAnew(question: string): Promise<FreshTurn> {
    await this.chat.newConversation();
    return this.#ask(question);
  }

  async #ask(question: string): Promise<FreshTurn> {
    const answer = await this.chat.ask(question);
    const loaded = (await this.chat.measures("kv.restore")).map(
      ({ detail }) => detail.loadedTokens,
    );
    expect(Math.max(0, ...loaded)).toBe(0);
    const prefill = (await this.chat.prefills()).at(-1);
    if (!prefill) throw new Error("an answer without a prompt");
    return { answer, prefill };
  }
}

/** Refuses to store KV. It runs in the store worker, so it refers to nothing outside itself. */
function refuseKv(): void {
  type Begin = (stores: string | string[], mode?: IDBTransactionMode) => IDBTransaction;
  const begin = Reflect.get(IDBDatabase.prototype, "transaction") as Begin;
  function beginOrRefuse(this: IDBDatabase, ...[stores, mode]: Parameters<Begin>): IDBTransaction {
    if (mode === "readwrite" && [stores].flat().includes("kvChunks"))
      throw new DOMException("no KV here", "UnknownError");
    return begin.call(this, stores, mode);
  }
  Reflect.set(IDBDatabase.prototype, "transaction", beginOrRefuse);
}

function copyOf({ conversation, messages }: StoredText, prefix: string): StoredText {
  const renamed = (id: string | null) => (id === null ? null : prefix + id);
  return {
    conversation: {
      ...conversation,
      id: prefix + conversation.id,
      headId: renamed(conversation.headId),
    },
    messages: messages.map((message) => ({
      ...message,
      id: prefix + message.id,
      conversationId: prefix + message.conversationId,
      parentId: renamed(message.parentId),
    })),
  };
}
