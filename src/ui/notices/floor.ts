import type { Access } from "../../client/tabs/conversation-lock.ts";

/** Who may speak: the model answers in one conversation at a time, and one tab writes each. */
export type Floor =
  | { is: "free" }
  /** The model answers here. */
  | { is: "here" }
  /** It answers in another conversation. */
  | { is: "elsewhere"; conversationId: string }
  /** Another tab writes this conversation; `takingOver` while it is asked to leave it. */
  | { is: "other-tab"; takingOver: boolean }
  /** Which model is to answer has to be said first. */
  | { is: "model-asked" };

interface FloorSources {
  conversationId: string;
  /** The conversation that is answered in. */
  answeringIn: string | undefined;
  access: Access;
  isModelAsked: boolean;
}

export function floorOf(sources: FloorSources): Floor {
  const { conversationId, answeringIn, access, isModelAsked } = sources;
  // Its own turn ends first where a conversation was given to another tab: it can still be stopped.
  if (answeringIn === conversationId) return { is: "here" };
  if (access.is === "follower") return { is: "other-tab", takingOver: access.takingOver };
  if (answeringIn !== undefined) return { is: "elsewhere", conversationId: answeringIn };
  return isModelAsked ? { is: "model-asked" } : { is: "free" };
}
