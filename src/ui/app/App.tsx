import { t } from "@lingui/core/macro";
import { useCallback, useState, useSyncExternalStore } from "react";
import { Announcer } from "../announcer/Announcer.tsx";
import { Chat } from "./Chat.tsx";
import { focusComposer, usePageShortcuts } from "./use-page-shortcuts.ts";
import type { ConversationLocation } from "../address/conversation-location.ts";
import { LinkGuard } from "../links/LinkGuard.tsx";
import { LaterParts } from "./LaterParts.tsx";
import { Topbar } from "./Topbar.tsx";
import { usePageNotices } from "./use-page-notices.tsx";
import { Sidebar } from "../sidebar/Sidebar.tsx";
import { NARROW } from "../sidebar/use-drawer.ts";
import { useMediaQuery } from "../use-media-query.ts";
import { useAppearance } from "../preferences/use-appearance.ts";
import { useLeaveWarning } from "./use-leave-warning.ts";
import { useClient } from "../../client/hooks/client-context.ts";
import { setTemporary } from "./set-temporary.ts";
import { usePageTitle } from "./use-page-title.ts";
import { useQueueOrphans } from "./use-queue-orphans.ts";
import type { UrlOptions } from "../address/url-options.ts";

export interface AppProps {
  location: ConversationLocation;
  options: UrlOptions;
}

export function App({ location, options }: AppProps) {
  const place = useSyncExternalStore(location.subscribe, location.getSnapshot);
  const { chatSettings } = useClient();
  usePageTitle(place.conversationId);
  useAppearance();
  useQueueOrphans(place.conversationId);
  useLeaveWarning(place);
  const [isListShown, setListShown] = useState(false);
  const [isFolded, setFolded] = useState(false);
  const isNarrow = useMediaQuery(NARROW);
  const toggleList = () => {
    if (isNarrow) setListShown(!isListShown);
    else setFolded(!isFolded);
  };
  const { isListOpen, setListOpen } = usePageShortcuts(location, {
    show: () => {
      setListShown(true);
      setFolded(false);
    },
    toggle: toggleList,
  });
  const hideList = useCallback(() => setListShown(false), []);
  const notice = usePageNotices();
  return (
    <div className={isFolded ? "app folded" : "app"}>
      <button type="button" className="skip" onClick={focusComposer}>
        {t`Skip to the message`}
      </button>
      <Topbar
        isListShown={isNarrow ? isListShown : !isFolded}
        onToggleList={toggleList}
        onShowShortcuts={() => setListOpen(true)}
        onNew={() => location.startNew()}
      />
      <Sidebar
        location={location}
        place={place}
        options={options}
        isShown={isListShown}
        onLeave={hideList}
      />
      <Chat
        key={place.conversationId}
        place={place}
        options={options}
        notice={notice}
        onStored={() => location.adopt(place.conversationId)}
        onForked={(conversationId) => location.open(conversationId)}
        onTemporary={(isWanted) => setTemporary(location, chatSettings.drafts, isWanted)}
      />
      <LinkGuard />
      <LaterParts isShortcutListOpen={isListOpen} onShortcutListOpenChange={setListOpen} />
      <Announcer />
    </div>
  );
}
