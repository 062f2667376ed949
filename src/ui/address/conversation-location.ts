import { ObservableValue } from "../../client/observable-value.ts";
import { newId } from "../../client/new-id.ts";

/** Which conversation the page shows. `isNew`: nothing has been sent in it, so the address has no id yet. */
export interface ConversationPlace {
  conversationId: string;
  isNew: boolean;
}

/** What we use of `Window`, so that a test needs none. */
export interface AddressBar extends EventTarget {
  readonly location: { hash: string };
  readonly history: { replaceState(data: unknown, unused: string, url: string): void };
}

const NEW_CONVERSATION = "#/";
const PREFIX = "#/c/";

/** Several times as long as ours are. An id names records, locks and drafts, so it must not be endless. */
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
    // Not something we wrote: a `%` that begins no escape.
    return null;
  }
}

/**
 * The open conversation, kept in the address's hash so that reload, back and forward work.
 *
 * A new conversation has an id before its address does. `adopt()` writes it there once there is
 * something to come back to; the id stays, so nothing is mounted anew under a running answer.
 */
export class ConversationLocation {
  readonly #window: AddressBar;
  readonly #place: ObservableValue<ConversationPlace>;

  constructor(window: AddressBar) {
    this.#window = window;
    this.#place = new ObservableValue(placeAt(window.location.hash));
    window.addEventListener("hashchange", () => this.#place.set(placeAt(window.location.hash)));
  }

  readonly getSnapshot = (): ConversationPlace => this.#place.getSnapshot();

  readonly subscribe = (listener: () => void): (() => void) => this.#place.subscribe(listener);

  open(conversationId: string): void {
    this.#window.location.hash = hashOf(conversationId);
  }

  /** An empty one, even where the open one is new already. */
  startNew(): void {
    if (this.getSnapshot().isNew) this.#place.set(placeAt(NEW_CONVERSATION));
    else this.#window.location.hash = NEW_CONVERSATION;
  }

  /** Give the open new conversation its address. Without effect on any other. */
  adopt(conversationId: string): void {
    const place = this.getSnapshot();
    if (!place.isNew || place.conversationId !== conversationId) return;
    this.#window.history.replaceState(null, "", hashOf(conversationId));
    this.#place.set({ conversationId, isNew: false });
  }

  /** That conversation is gone: show an empty one in its place, if it is the open one. */
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
