import { t } from "@lingui/core/macro";
import { useCallback, useRef } from "react";
import { useDeletedElsewhere, useVersion } from "../../client/hooks/client-context.ts";
import {
  useConversations,
  useDeleteConversation,
} from "../../client/hooks/conversation-queries.ts";
import { failureOf } from "../../client/hooks/query-failure.ts";
import { usePrefetch } from "../../client/hooks/use-prefetch.ts";
import { ConversationList } from "./ConversationList.tsx";
import type { ConversationLocation, ConversationPlace } from "../address/conversation-location.ts";
import { failureSentence } from "../notices/failure-sentence.ts";
import { SettingsDialog } from "../settings/SettingsDialog.tsx";
import type { UrlOptions } from "../address/url-options.ts";

interface SidebarProps {
  location: ConversationLocation;
  place: ConversationPlace;
  options: UrlOptions;
  /** Matters in a narrow window only, where the sidebar is hidden until it is asked for. */
  isShown: boolean;
  onLeave: () => void;
}

export function Sidebar({ location, place, options, isShown, onLeave }: SidebarProps) {
  const conversations = useConversations();
  const deletion = useDeleteConversation();
  const prefetching = usePrefetch(place.conversationId, {
    quality: options.quality,
  });
  useDeletedElsewhere(useCallback((id: string) => location.leave(id), [location]));
  const startNew = () => {
    location.startNew();
    onLeave();
  };
  const newButton = useRef<HTMLButtonElement>(null);
  const afterRemoval = (conversationId: string) => {
    location.leave(conversationId);
    // The button that was pressed is gone with its conversation, and the focus with it.
    if (document.activeElement === document.body) newButton.current?.focus();
  };
  const remove = (conversationId: string) =>
    deletion.mutate(conversationId, { onSuccess: () => afterRemoval(conversationId) });
  const error = deletion.error ?? conversations.error;
  // Beside the composer an alert says that the build is outdated, and offers to reload it.
  const isOutdated = useVersion().is === "outdated";
  return (
    <nav
      id="conversations"
      aria-label={t`Conversations`}
      className={isShown ? "sidebar shown" : "sidebar"}
    >
      <button ref={newButton} type="button" onClick={startNew}>
        {t`New conversation`}
      </button>
      {error && !isOutdated && <p className="hint">{failureSentence(failureOf(error))}</p>}
      {conversations.data && (
        <ConversationList
          conversations={conversations.data}
          openId={place.conversationId}
          prefetching={prefetching}
          onOpen={onLeave}
          onDelete={remove}
        />
      )}
      <SettingsDialog askedQuality={options.quality} />
    </nav>
  );
}
