import type { Access } from "../../client/tabs/conversation-lock.ts";

/** Who may speak: the model answers in one conversation at a time, and one tab writes each. */
export type ComposerState =
  | { is: "ready" }
  /** The model answers here. */
  | { is: "answering" }
  /** It answers in another conversation. */
  | { is: "answering-elsewhere"; conversationId: string }
  /** Another tab writes this conversation; `takingOver` while it is asked to leave it. */
  | { is: "other-tab"; takingOver: boolean }
  /** Which model is to answer has to be said first. */
  | { is: "model-question" };

interface ComposerSources {
  conversationId: string;
  /** The conversation that is answered in. */
  answeringIn: string | undefined;
  access: Access;
  isModelAsked: boolean;
}

export function composerStateOf(sources: ComposerSources): ComposerState {
  const { conversationId, answeringIn, access, isModelAsked } = sources;
  // Its own turn ends first where a conversation was given to another tab: it can still be stopped.
  if (answeringIn === conversationId) return { is: "answering" };
  if (access.is === "follower") return { is: "other-tab", takingOver: access.takingOver };
  if (answeringIn !== undefined) return { is: "answering-elsewhere", conversationId: answeringIn };
  return isModelAsked ? { is: "model-question" } : { is: "ready" };
}
