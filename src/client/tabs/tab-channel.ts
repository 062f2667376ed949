import type { Reply } from "../chat-state.ts";

/** A message from one tab to all other tabs of the same browser. */
export type TabMessage =
  /** Something that is stored of the conversation changed. */
  | { type: "stored"; conversationId: string }
  | { type: "deleted"; conversationId: string }
  /** KV was removed, or its limit changed. */
  | { type: "kv-changed" }
  /** Another quality was chosen, for all conversations or for one. */
  | { type: "quality-changed" }
  /** A reply is being written, and has come this far. */
  | { type: "reply"; conversationId: string; reply: Reply }
  /** A part of the reply grew by `text`, which begins at the character `start`. */
  | {
      type: "reply-grew";
      conversationId: string;
      messageId: string;
      part: "text" | "reasoning";
      start: number;
      text: string;
    }
  /** Nothing is being written in the conversation any more. */
  | { type: "reply-ended"; conversationId: string }
  /** A tab that is writing a reply is asked to send it as far as it has come. */
  | { type: "which-replies" }
  /** The tab that writes the conversation is asked to leave it to the one that sends this. */
  | { type: "yield"; conversationId: string }
  /** The tab that wrote the conversation has left it. */
  | { type: "yielded"; conversationId: string }
  /** These tabs are asked to take their models off the graphics card, as soon as they have answered. */
  | { type: "leave-gpu"; tabs: readonly string[] }
  /** A tab is about to delete what is stored. All others leave the page, and come back when it has. */
  | { type: "erasing" };

export interface TabChannel {
  post(message: TabMessage): void;
  /** Returns the function that ends the listening. */
  listen(listener: (message: TabMessage) => void): () => void;
}

/**
 * Tabs with another version of this page may be open, so the name changes whenever a message does. It stays for a new
 * type of message, because older tabs ignore what they do not know.
 */
const NAME = "rekindle.tabs.2";

/** The channel to the other tabs. Where the browser has no `BroadcastChannel`, it reaches none. */
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
    // `BroadcastChannel` is missing, or blocked along with storage.
    return undefined;
  }
}
