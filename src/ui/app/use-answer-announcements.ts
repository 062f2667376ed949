import { t } from "@lingui/core/macro";
import { useEffect, useRef } from "react";
import { announce } from "../announcer/announce.ts";
import type { Conversation } from "../conversation/use-conversation.ts";

/**
 * Tells whoever does not see the conversation that the model begins to answer, and that it has ended. The answer itself is
 * not read out: it may be long, and is easier to follow at one's own pace. A failure is an alert, which speaks for itself.
 */
export function useAnswerAnnouncements({
  state: { phase },
  messages,
}: Pick<Conversation, "state" | "messages">): void {
  const before = useRef(phase);
  const isStopped = messages?.at(-1)?.status === "stopped";
  useEffect(() => {
    if (before.current === phase) return;
    if (phase === "answering") announce(t`Answering`);
    else if (phase === "idle" && before.current === "answering")
      announce(isStopped ? t`Stopped` : t`Answered`);
    before.current = phase;
  }, [phase, isStopped]);
}
