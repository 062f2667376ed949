import { asSettings, type ConversationSettings } from "../../protocol/conversation-settings.ts";
import { isTemporary } from "../../protocol/temporary-conversation.ts";
import { keptItem, keepItem } from "../kept-item.ts";
import { Listeners } from "../listeners.ts";

const KEY = "rekindle.draft-settings";

/**
 * The settings of the conversation that has no message yet, kept across reloads as its draft is; and those of temporary
 * conversations, which are in memory only.
 */
export class DraftSettings {
  readonly #listeners = new Listeners();
  readonly #temporary = new Map<string, ConversationSettings>();
  #ofNew = asSettings(keptItem(KEY));

  readonly subscribe = this.#listeners.subscribe;

  /** Undefined where nothing was chosen, so that the defaults hold. */
  of(conversationId: string): ConversationSettings | undefined {
    return isTemporary(conversationId) ? this.#temporary.get(conversationId) : this.#ofNew;
  }

  choose(conversationId: string, settings: ConversationSettings): void {
    if (isTemporary(conversationId)) this.#temporary.set(conversationId, settings);
    else this.#keep(settings);
    this.#listeners.notify();
  }

  /** Takes the settings along, from a new conversation to a temporary one or back. */
  move(from: string, to: string): void {
    if (isTemporary(from) === isTemporary(to)) return;
    const settings = this.of(from);
    if (isTemporary(from)) this.#temporary.delete(from);
    else this.#keep(undefined);
    if (settings) this.choose(to, settings);
    else this.#listeners.notify();
  }

  /** The new conversation has begun, and has its settings with it. */
  begun(conversationId: string): void {
    if (isTemporary(conversationId)) return;
    this.#keep(undefined);
    this.#listeners.notify();
  }

  #keep(settings: ConversationSettings | undefined): void {
    this.#ofNew = settings;
    keepItem(KEY, settings);
  }
}
