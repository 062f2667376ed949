import { t } from "@lingui/core/macro";
import { useState, useSyncExternalStore } from "react";
import { Chat } from "./Chat.tsx";
import type { ConversationLocation } from "../address/conversation-location.ts";
import { LinkGuard } from "../links/LinkGuard.tsx";
import { MemoryNotice } from "../storage/MemoryNotice.tsx";
import { OneThreadNotice } from "../notices/OneThreadNotice.tsx";
import { RemovalNotice } from "../notices/RemovalNotice.tsx";
import { Sidebar } from "../sidebar/Sidebar.tsx";
import { useAppearance } from "../preferences/use-appearance.ts";
import { usePageTitle } from "./use-page-title.ts";
import { useQueueOrphans } from "./use-queue-orphans.ts";
import type { UrlOptions } from "../address/url-options.ts";
import { VersionNotice } from "../notices/VersionNotice.tsx";

export interface AppProps {
  location: ConversationLocation;
  options: UrlOptions;
}

/** Past the list of conversations, which may be long. */
const focusComposer = () => document.querySelector<HTMLElement>(".composer textarea")?.focus();

export function App({ location, options }: AppProps) {
  const place = useSyncExternalStore(location.subscribe, location.getSnapshot);
  usePageTitle(place.conversationId);
  useAppearance();
  useQueueOrphans(place.conversationId);
  const [isListShown, setListShown] = useState(false);
  const [isNoticeShown, setNoticeShown] = useState(true);
  const [isThreadNoticeShown, setThreadNoticeShown] = useState(true);
  const [isRemovalDismissed, setRemovalDismissed] = useState(false);
  return (
    <div className="app">
      <button type="button" className="skip" onClick={focusComposer}>
        {t`Skip to the message`}
      </button>
      <header className="topbar">
        <button
          type="button"
          className="toggle"
          aria-label={t`Show conversations`}
          aria-expanded={isListShown}
          aria-controls="conversations"
          onClick={() => setListShown(!isListShown)}
        >
          <span aria-hidden>☰</span>
        </button>
        <h1>Rekindle</h1>
      </header>
      <Sidebar
        location={location}
        place={place}
        options={options}
        isShown={isListShown}
        onLeave={() => setListShown(false)}
      />
      <Chat
        key={place.conversationId}
        place={place}
        options={options}
        notice={
          <>
            <VersionNotice />
            <RemovalNotice
              isDismissed={isRemovalDismissed}
              onDismiss={() => setRemovalDismissed(true)}
            />
            {isThreadNoticeShown && (
              <OneThreadNotice onDismiss={() => setThreadNoticeShown(false)} />
            )}
            {isNoticeShown && <MemoryNotice onDismiss={() => setNoticeShown(false)} />}
          </>
        }
        onStored={() => location.adopt(place.conversationId)}
        onForked={(conversationId) => location.open(conversationId)}
      />
      <LinkGuard />
    </div>
  );
}
