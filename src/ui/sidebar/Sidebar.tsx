import { t } from "@lingui/core/macro";
import { SquarePen, X } from "lucide-react";
import { useCallback, useRef, useState } from "react";
import { useDeletedElsewhere, useVersion } from "../../client/hooks/client-context.ts";
import {
  useChangeConversation,
  useConversations,
  useCopyConversation,
  useSearchAhead,
} from "../../client/hooks/conversation-queries.ts";
import { failureOf } from "../../client/hooks/query-failure.ts";
import { usePrefetch } from "../../client/hooks/use-prefetch.ts";
import type { ConversationRecord, SearchHit } from "../../protocol/store-api.ts";
import type { ConversationLocation, ConversationPlace } from "../address/conversation-location.ts";
import type { UrlOptions } from "../address/url-options.ts";
import { IconButton } from "../IconButton.tsx";
import { failureSentence } from "../notices/failure-sentence.ts";
import { SettingsDialog } from "../settings/SettingsDialog.tsx";
import { ConversationList } from "./ConversationList.tsx";
import { displayTitle } from "./display-title.ts";
import { SearchField } from "./SearchField.tsx";
import { SearchResults } from "./SearchResults.tsx";
import { SelectionBar } from "./SelectionBar.tsx";
import { useDeletion } from "./use-deletion.ts";
import { useDrawer } from "./use-drawer.ts";
import { useSelection } from "./use-selection.ts";

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
  const deletion = useDeletion(location);
  const change = useChangeConversation();
  const copying = useCopyConversation();
  const selection = useSelection();
  const searchAhead = useSearchAhead();
  const [query, setQuery] = useState("");
  const prefetching = usePrefetch(place.conversationId, { quality: options.quality });
  useDeletedElsewhere(useCallback((id: string) => location.leave(id), [location]));
  const nav = useRef<HTMLElement>(null);
  const newButton = useRef<HTMLButtonElement>(null);
  const results = useRef<HTMLUListElement>(null);
  useDrawer(nav, isShown, onLeave);
  const startNew = () => {
    location.startNew();
    onLeave();
  };
  const openHit = ({ conversationId, messageId }: SearchHit) => {
    if (messageId === null) location.open(conversationId);
    else location.openAt(conversationId, messageId);
    onLeave();
  };
  const removeAll = (removed: readonly ConversationRecord[]) => {
    newButton.current?.focus();
    deletion.remove(removed);
  };
  const duplicate = (conversation: ConversationRecord) => {
    const title = t`${{ title: displayTitle(conversation) }} (copy)`;
    copying.mutate(
      { id: conversation.id, title },
      { onSuccess: (id) => id !== undefined && location.open(id) },
    );
  };
  const error = deletion.error ?? change.error ?? copying.error ?? conversations.error;
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
        <div className="sidebar-head">
          <button ref={newButton} type="button" className="new-conversation" onClick={startNew}>
            <SquarePen aria-hidden size="1.0625em" />
            {t`New conversation`}
          </button>
          <IconButton
            icon={X}
            label={t`Close conversations`}
            className="close-drawer"
            onClick={onLeave}
          />
        </div>
        <SearchField
          query={query}
          onChange={setQuery}
          onBegin={searchAhead}
          onLeave={() => focusBelow(nav.current)}
        />
        {error && !isOutdated && <p className="hint">{failureSentence(failureOf(error))}</p>}
        <SelectionBar
          conversations={conversations.data ?? []}
          selection={selection}
          onDelete={removeAll}
        />
        {query.trim() !== "" && <SearchResults query={query} list={results} onOpen={openHit} />}
        {query.trim() === "" && conversations.data && (
          <ConversationList
            conversations={conversations.data}
            openId={place.conversationId}
            prefetching={prefetching}
            selection={selection}
            fallback={newButton}
            onOpen={onLeave}
            onRename={({ id }, title) => change.mutate({ id, change: { title } })}
            actions={{
              duplicate,
              pin: ({ id }, isPinned) => change.mutate({ id, change: { isPinned } }),
              remove: (conversation) => deletion.remove([conversation]),
            }}
          />
        )}
        <SettingsDialog askedQuality={options.quality} />
      </nav>
      {isShown && <div className="drawer-backdrop" onClick={onLeave} />}
    </>
  );
}

/** From the search field into the results, or to the list's one tab stop. */
const focusBelow = (nav: HTMLElement | null): void =>
  nav?.querySelector<HTMLElement>(".search-results a, [data-focus=row][tabindex='0']")?.focus();
