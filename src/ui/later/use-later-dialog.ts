import { t } from "@lingui/core/macro";
import { useEffect, useEffectEvent } from "react";
import { useClient } from "../../client/hooks/client-context.ts";
import { announce } from "../announcer/announce.ts";
import type { LaterPart } from "./later-part.tsx";

/** Fetches a dialog once it is to be open. Where it cannot be fetched, it is closed again, and the reason is said. */
export function useLaterDialog<Props extends object>(
  dialog: LaterPart<Props>,
  isOpen: boolean,
  close: () => void,
): void {
  const { version } = useClient();
  const fail = useEffectEvent(async () => {
    close();
    await version.checkIsGone();
    // An alert says it where a newer build is the reason.
    if (version.getSnapshot().is === "outdated") return;
    const why = t`This part of the page could not be fetched. Check your connection, then try again.`;
    announce(why, { isShown: true });
  });
  useEffect(() => {
    if (isOpen) dialog.fetch().catch(fail);
  }, [dialog, isOpen]);
}
