import { ObservableValue } from "../../client/observable-value.ts";
import { newId } from "../../client/new-id.ts";
import { isTemporary, temporaryId } from "../../protocol/temporary-conversation.ts";

/** Which conversation the page shows. */
export interface ConversationPlace {
  conversationId: string;
  /** Nothing has been sent in the conversation, so the address does not name it yet. */
  isNew: boolean;
  /** The message to be shown, where one was asked for. Asking again gives another object. */
  sought?: { messageId: string };
}

/** The part of `Window` that is used here. A test brings its own. */
export interface AddressBar extends EventTarget {
  readonly location: { hash: string };
  readonly history: { replaceState(data: unknown, unused: string, url: string): void };
}

const NEW_CONVERSATION = "#/";
const PREFIX = "#/c/";

/** Several times the length of the page's own ids. An id names records, locks and drafts, so it must not be endless. */
const MAX_ID_LENGTH = 256;

export const hashOf = (conversationId: string): string =>
  PREFIX + encodeURIComponent(conversationId);

/** The id in a hash, or null where it names no conversation. */
export function conversationIdIn(hash: string): string | null {
  if (!hash.startsWith(PREFIX)) return null;
  try {
    const id = decodeURIComponent(hash.slice(PREFIX.length));
    return id !== "" && id.length <= MAX_ID_LENGTH ? id : null;
  } catch {
    // The page never writes such a hash: it has a `%` that begins no escape.
    return null;
  }
}

/**
 * The open conversation, kept in the address's hash so that reload, back and forward work.
 *
 * A new conversation has an id before the address names it. `adopt()` writes the id into the address once there is
 * something to come back to. The id stays the same, so nothing is mounted anew while an answer is being written.
 */
export class ConversationLocation {
  readonly #window: AddressBar;
  readonly #place: ObservableValue<ConversationPlace>;

  constructor(window: AddressBar) {
    this.#window = window;
    const place = placeAt(window.location.hash);
    this.#place = new ObservableValue(place);
    // The page was loaded again, so there is nothing of it any more.
    if (isTemporary(place.conversationId)) this.leave(place.conversationId);
    window.addEventListener("hashchange", () => {
      // The place may know more than the address: which message is sought, and which id a new conversation has.
      const id = conversationIdIn(window.location.hash);
      const { conversationId, isNew } = this.getSnapshot();
      if (id === null ? !isNew : id !== conversationId)
        this.#place.set(placeAt(window.location.hash));
    });
  }

  readonly getSnapshot = (): ConversationPlace => this.#place.getSnapshot();

  readonly subscribe = (listener: () => void): (() => void) => this.#place.subscribe(listener);

  open(conversationId: string): void {
    this.#window.location.hash = hashOf(conversationId);
  }

  /** Shows a message of a conversation. */
  openAt(conversationId: string, messageId: string): void {
    this.#place.set({ conversationId, isNew: false, sought: { messageId } });
    this.open(conversationId);
  }

  /**
   * Shows a new conversation, even where the one on screen is new already. It is there at once, and not only when the
   * browser tells of the new address: what is typed meanwhile belongs to it.
   */
  startNew(): void {
    const { isNew } = this.getSnapshot();
    this.#place.set(placeAt(NEW_CONVERSATION));
    if (!isNew) this.#window.location.hash = NEW_CONVERSATION;
  }

  /**
   * Makes the new conversation on screen a temporary one, or takes that back. Nothing happens where something was sent.
   *
   * @returns the id that it has now
   */
  setTemporary(isWanted: boolean): string {
    const { conversationId, isNew } = this.getSnapshot();
    if (!isNew || isTemporary(conversationId) === isWanted) return conversationId;
    const id = isWanted ? temporaryId(newId()) : newId();
    this.#place.set({ conversationId: id, isNew });
    return id;
  }

  /** Gives the new conversation on screen its address. Nothing happens for any other conversation. */
  adopt(conversationId: string): void {
    const place = this.getSnapshot();
    if (!place.isNew || place.conversationId !== conversationId) return;
    this.#window.history.replaceState(null, "", hashOf(conversationId));
    this.#place.set({ conversationId, isNew: false });
  }

  /** The conversation was deleted. If it is the one on screen, a new one takes its place. */
  leave(conversationId: string): void {
    if (this.getSnapshot().conversationId !== conversationId) return;
    this.#window.history.replaceState(null, "", NEW_CONVERSATION);
    this.#place.set(placeAt(NEW_CONVERSATION));
  }
}

function placeAt(hash: string): ConversationPlace {
  const id = conversationIdIn(hash);
  return id === null
    ? { conversationId: newId(), isNew: true }
    : { conversationId: id, isNew: false };
}
