import { useLayoutEffect, useMemo, useRef } from "react";
import type { ThreadActions } from "./Thread.tsx";

/**
 * The same actions in an object that changes only when there are others, so that the messages of a long conversation are
 * not drawn again for each word of an answer.
 */
export function useStableActions(actions: ThreadActions | undefined): ThreadActions | undefined {
  const latest = useRef(actions);
  useLayoutEffect(() => {
    latest.current = actions;
  });
  const areThere = actions !== undefined;
  const canFork = actions?.fork !== undefined;
  return useMemo(() => {
    if (!areThere) return undefined;
    return {
      regenerate: (how) => latest.current?.regenerate(how),
      edit: (message, text) => latest.current?.edit(message, text) ?? Promise.resolve(false),
      showVersion: (id) => latest.current?.showVersion(id),
      continueReply: (id) => latest.current?.continueReply(id),
      ...(canFork && { fork: (id: string) => latest.current?.fork?.(id) }),
    };
  }, [areThere, canFork]);
}
