import { type ReactNode, useState } from "react";
import { OneThreadNotice } from "../notices/OneThreadNotice.tsx";
import { RemovalNotice } from "../notices/RemovalNotice.tsx";
import { VersionNotice } from "../notices/VersionNotice.tsx";
import { MemoryNotice } from "../storage/MemoryNotice.tsx";

/** What is to be said above every conversation. What was dismissed in one is so in all others. */
export function usePageNotices(): ReactNode {
  const [isNoticeShown, setNoticeShown] = useState(true);
  const [isThreadNoticeShown, setThreadNoticeShown] = useState(true);
  const [isRemovalDismissed, setRemovalDismissed] = useState(false);
  return (
    <>
      <VersionNotice />
      <RemovalNotice isDismissed={isRemovalDismissed} onDismiss={() => setRemovalDismissed(true)} />
      {isThreadNoticeShown && <OneThreadNotice onDismiss={() => setThreadNoticeShown(false)} />}
      {isNoticeShown && <MemoryNotice onDismiss={() => setNoticeShown(false)} />}
    </>
  );
}
