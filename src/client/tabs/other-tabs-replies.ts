import { Listeners } from "../listeners.ts";
import { IDLE, type ChatState, type Reply } from "../chat-state.ts";
import type { TabChannel, TabMessage } from "./tab-channel.ts";

type Grown = Extract<TabMessage, { type: "reply-grew" }>;

/** The replies that other tabs are writing, as they grow. */
export class OtherTabsReplies {
  readonly #channel: TabChannel;
  readonly #refresh: (conversationId: string) => Promise<void>;
  readonly #states = new Map<string, ChatState & { phase: "answering" }>();
  readonly #listeners = new Listeners();

  /** @param refresh reads a conversation again, and resolves when what is on screen is up to date */
  constructor(channel: TabChannel, refresh: (conversationId: string) => Promise<void>) {
    this.#channel = channel;
    this.#refresh = refresh;
    channel.listen((message) => this.#hear(message));
    channel.post({ type: "which-replies" });
  }

  readonly stateOf = (conversationId: string): ChatState =>
    this.#states.get(conversationId) ?? IDLE;

  readonly subscribe = this.#listeners.subscribe;

  /** Forgets a reply in a conversation that no other tab writes now. A tab that died could not say so itself. */
  drop(conversationId: string): void {
    if (this.#states.delete(conversationId)) this.#listeners.notify();
  }

  #hear(message: TabMessage): void {
    switch (message.type) {
      case "reply":
        this.#show(message.conversationId, message.reply);
        break;
      case "reply-grew":
        this.#grow(message);
        break;
      case "reply-ended":
        void this.#end(message.conversationId);
        break;
      case "deleted":
        this.drop(message.conversationId);
        break;
      case "stored":
      case "kv-changed":
      case "quality-changed":
      case "which-replies":
      case "yield":
      case "yielded":
      case "leave-gpu":
      case "erasing":
        break;
    }
  }

  #grow({ conversationId, messageId, part, start, text }: Grown): void {
    const reply = this.#states.get(conversationId)?.reply;
    if (reply?.messageId === messageId && reply[part].length === start)
      this.#show(conversationId, { ...reply, [part]: reply[part] + text });
    // The beginning of the reply was sent before this tab listened, so it asks for the whole.
    else this.#channel.post({ type: "which-replies" });
  }

  async #end(conversationId: string): Promise<void> {
    const state = this.#states.get(conversationId);
    // The reply stays on screen until what is stored of it was read. Otherwise a shorter text would be seen in between.
    await this.#refresh(conversationId);
    if (state && this.#states.get(conversationId) === state) this.drop(conversationId);
  }

  #show(conversationId: string, reply: Reply): void {
    this.#states.set(conversationId, { phase: "answering", conversationId, reply });
    this.#listeners.notify();
  }
}
