import type { Access } from "../../client/tabs/conversation-lock.ts";

/**
 * What the composer of a conversation can do now. The model answers in one conversation at a time, and each
 * conversation is written by one tab.
 */
export type ComposerState =
  | { is: "ready" }
  /** The model is answering in this conversation. */
  | { is: "answering" }
  /** The model is answering in another conversation. */
  | { is: "answering-elsewhere"; conversationId: string }
  /** Another tab writes this conversation; `takingOver` while that tab is asked to leave it. */
  | { is: "other-tab"; takingOver: boolean }
  /** A question about the model has to be answered first. */
  | { is: "model-question" };

interface ComposerSources {
  conversationId: string;
  /** The conversation that the model is answering in. */
  answeringIn: string | undefined;
  access: Access;
  isModelAsked: boolean;
}

export function composerStateOf(sources: ComposerSources): ComposerState {
  const { conversationId, answeringIn, access, isModelAsked } = sources;
  // A turn of this tab may still run after the conversation was left to another tab. It can be stopped.
  if (answeringIn === conversationId) return { is: "answering" };
  if (access.is === "follower") return { is: "other-tab", takingOver: access.takingOver };
  if (answeringIn !== undefined) return { is: "answering-elsewhere", conversationId: answeringIn };
  return isModelAsked ? { is: "model-question" } : { is: "ready" };
}
