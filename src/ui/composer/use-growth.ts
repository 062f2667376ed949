import { useEffect, useRef, useState } from "react";
import type { ChatState } from "../../client/chat-state.ts";
import { estimatedTokens } from "./estimate-tokens.ts";

/** How often is looked, in milliseconds. A person sees no more, and a long text takes time to count. */
const PAUSE_MS = 1000;

const lengthOf = (state: ChatState): number =>
  state.phase === "answering"
    ? estimatedTokens(state.reply.text) + estimatedTokens(state.reply.reasoning)
    : 0;

/** About how many tokens the reply that is being written has grown by since it began, or since it went on; 0 while none is. */
export function useGrowth(state: ChatState): number {
  const [tokens, setTokens] = useState(0);
  const latest = useRef(state);
  useEffect(() => void (latest.current = state));
  const replyId = state.phase === "answering" ? state.reply.messageId : undefined;
  useEffect(() => {
    if (replyId === undefined) return undefined;
    const before = lengthOf(latest.current);
    const timer = setInterval(
      () => setTokens(Math.max(0, lengthOf(latest.current) - before)),
      PAUSE_MS,
    );
    return () => {
      clearInterval(timer);
      setTokens(0);
    };
  }, [replyId]);
  return replyId === undefined ? 0 : tokens;
}
