import type { ChatSession } from "./chat-session.ts";
import type { Reply } from "../chat-state.ts";
import type { TabChannel } from "../tabs/tab-channel.ts";

/** A reply, as the other tabs were told of it last. */
interface Told {
  conversationId: string;
  reply: Reply;
}

/** Tells the other tabs of the reply that is written in this one, as it grows. */
export function broadcastReplies(
  session: Pick<ChatSession, "subscribe" | "answeringIn" | "stateOf">,
  channel: TabChannel,
): void {
  let told: Told | undefined;

  const tellChange = () => {
    const now = replyOf(session);
    if (told && now?.conversationId !== told.conversationId)
      channel.post({ type: "reply-ended", conversationId: told.conversationId });
    if (now && now.reply !== told?.reply) tell(channel, now, told?.reply);
    told = now;
  };
  session.subscribe(tellChange);
  channel.listen(({ type }) => {
    if (type === "which-replies" && told) tell(channel, told);
  });
}

function replyOf({
  answeringIn,
  stateOf,
}: Pick<ChatSession, "answeringIn" | "stateOf">): Told | undefined {
  const conversationId = answeringIn();
  if (conversationId === undefined) return undefined;
  const state = stateOf(conversationId);
  return state.phase === "answering" ? { conversationId, reply: state.reply } : undefined;
}

/** Sends a reply to the other tabs; where they know its beginning, only what is new. */
function tell(channel: TabChannel, { conversationId, reply }: Told, known?: Reply): void {
  const { messageId, text } = reply;
  const hasGrown = known?.messageId === messageId && known.parentId === reply.parentId;
  if (!hasGrown || !text.startsWith(known.text)) {
    channel.post({ type: "reply", conversationId, reply });
    return;
  }
  const start = known.text.length;
  const grown = text.slice(start);
  if (grown !== "")
    channel.post({ type: "reply-grew", conversationId, messageId, start, text: grown });
}
