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
  if (!known || !hasGrown(known, reply)) {
    channel.post({ type: "reply", conversationId, reply });
    return;
  }
  const { messageId } = reply;
  for (const part of ["reasoning", "text"] as const) {
    const start = known[part].length;
    const text = reply[part].slice(start);
    if (text !== "")
      channel.post({ type: "reply-grew", conversationId, messageId, part, start, text });
  }
}

/** Whether a reply has the same beginning as before, and nothing else that is new. */
const hasGrown = (before: Reply, now: Reply): boolean =>
  before.messageId === now.messageId &&
  before.parentId === now.parentId &&
  before.reasoningMs === now.reasoningMs &&
  now.reasoning.startsWith(before.reasoning) &&
  now.text.startsWith(before.text);
