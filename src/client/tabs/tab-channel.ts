import type { Reply } from "../chat-state.ts";

/** What the tabs of one browser tell each other. A tab does not hear itself. */
export type TabMessage =
  /** What is stored of the conversation changed. */
  | { type: "stored"; conversationId: string }
  | { type: "deleted"; conversationId: string }
  /** KV was removed, or its limit changed. */
  | { type: "kv-changed" }
  /** Another quality was chosen, for all conversations or for one. */
  | { type: "quality-changed" }
  /** A reply is being written, and has come this far. */
  | { type: "reply"; conversationId: string; reply: Reply }
  /** It grew by `text`, which begins at `start`. */
  | { type: "reply-grew"; conversationId: string; messageId: string; start: number; text: string }
  /** Nothing is being written in the conversation any more. */
  | { type: "reply-ended"; conversationId: string }
  /** Who is writing a reply: tell how far it has come. */
  | { type: "which-replies" }
  /** The tab that writes the conversation is asked to leave it to another, */
  | { type: "yield"; conversationId: string }
  /** and has. */
  | { type: "yielded"; conversationId: string }
  /** These tabs are asked to take their models off the graphics card, as soon as they have answered. */
  | { type: "leave-gpu"; tabs: readonly string[] };

export interface TabChannel {
  post(message: TabMessage): void;
  /** Returns how to end it. */
  listen(listener: (message: TabMessage) => void): () => void;
}

/**
 * Tabs with another version of this page may be open: change it when a message changes. One of a new
 * type older tabs do not hear.
 */
const NAME = "rekindle.tabs.1";

/** The other tabs; none, as far as this one can tell, where the browser has no `BroadcastChannel`. */
export function openTabChannel(open = openBroadcastChannel): TabChannel {
  const channel = open(NAME);
  if (!channel) return { post: () => undefined, listen: () => () => undefined };
  return {
    post: (message) => channel.postMessage(message),
    listen: (listener) => {
      const hear = ({ data }: MessageEvent<TabMessage>) => listener(data);
      channel.addEventListener("message", hear);
      return () => channel.removeEventListener("message", hear);
    },
  };
}

function openBroadcastChannel(name: string): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(name);
  } catch {
    // It is missing, or blocked along with storage.
    return undefined;
  }
}
