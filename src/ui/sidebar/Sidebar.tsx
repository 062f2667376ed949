import { t } from "@lingui/core/macro";
import { useCallback, useEffect, useRef } from "react";
import { useDeletedElsewhere, useVersion } from "../../client/hooks/client-context.ts";
import { useConversations } from "../../client/hooks/conversation-queries.ts";
import { failureOf } from "../../client/hooks/query-failure.ts";
import type { ConversationLocation, ConversationPlace } from "../address/conversation-location.ts";
import type { UrlOptions } from "../address/url-options.ts";
import { laterPart } from "../later/later-part.tsx";
import { failureSentence } from "../notices/failure-sentence.ts";
import { SettingsButton } from "../settings/SettingsButton.tsx";
import { SidebarHead } from "./SidebarHead.tsx";
import { useConversationChanges } from "./use-conversation-changes.ts";
import { useDrawer } from "./use-drawer.ts";

/** With menus and a list of any length they are a quarter of the page's code, and are needed a moment later. */
const Conversations = laterPart(async () => (await import("./Conversations.tsx")).Conversations);

export interface SidebarProps {
  location: ConversationLocation;
  place: ConversationPlace;
  options: UrlOptions;
  /** Matters in a narrow window only, where the sidebar is hidden until it is asked for. */
  isShown: boolean;
  onLeave: () => void;
}

export function Sidebar({ location, place, options, isShown, onLeave }: SidebarProps) {
  const conversations = useConversations();
  const changes = useConversationChanges(location);
  useDeletedElsewhere(useCallback((id: string) => location.leave(id), [location]));
  const nav = useRef<HTMLElement>(null);
  const newButton = useRef<HTMLButtonElement>(null);
  useEffect(() => Conversations.fetchAhead(), []);
  useDrawer(nav, isShown, onLeave);
  const startNew = () => {
    location.startNew();
    onLeave();
  };
  const error = changes.error ?? conversations.error;
  // Beside the composer an alert says that the build is outdated, and offers to reload it.
  const isOutdated = useVersion().is === "outdated";
  return (
    <>
      <nav
        ref={nav}
        id="conversations"
        aria-label={t`Conversations`}
        className={isShown ? "sidebar shown" : "sidebar"}
      >
        <SidebarHead newButton={newButton} onNew={startNew} onClose={onLeave} />
        <Conversations
          {...{ location, place, options, onLeave, changes }}
          conversations={conversations.data}
          notice={
            error && !isOutdated && <p className="hint">{failureSentence(failureOf(error))}</p>
          }
          fallback={newButton}
        />
        <SettingsButton askedQuality={options.quality} />
      </nav>
      {isShown && <div className="drawer-backdrop" onClick={onLeave} />}
    </>
  );
}
