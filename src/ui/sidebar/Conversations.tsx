import { useState, type ReactNode, type RefObject } from "react";
import { useSearchAhead } from "../../client/hooks/conversation-queries.ts";
import { usePrefetch } from "../../client/hooks/use-prefetch.ts";
import type { ConversationRecord, SearchHit } from "../../protocol/store-api.ts";
import { ConversationList } from "./ConversationList.tsx";
import { SearchField } from "./SearchField.tsx";
import { SearchResults } from "./SearchResults.tsx";
import { SelectionBar } from "./SelectionBar.tsx";
import type { SidebarProps } from "./Sidebar.tsx";
import type { ConversationChanges } from "./use-conversation-changes.ts";
import { useSelection } from "./use-selection.ts";
import "../styles/popups.css";

interface ConversationsProps extends Omit<SidebarProps, "isShown"> {
  /** Undefined until they were read. */
  conversations: readonly ConversationRecord[] | undefined;
  changes: ConversationChanges;
  /** Shown above the list. */
  notice: ReactNode;
  /** What gets the focus when the list has nothing that could have it. */
  fallback: RefObject<HTMLElement | null>;
}

/** The list of conversations, or what a search has found in them. */
export function Conversations({ conversations, changes, notice, ...props }: ConversationsProps) {
  const { location, place, options, onLeave, fallback } = props;
  const selection = useSelection();
  const searchAhead = useSearchAhead();
  const [query, setQuery] = useState("");
  const prefetching = usePrefetch(place.conversationId, { quality: options.quality });
  const openHit = ({ conversationId, messageId }: SearchHit) => {
    if (messageId === null) location.open(conversationId);
    else location.openAt(conversationId, messageId);
    onLeave();
  };
  const removeSelected = (selected: readonly ConversationRecord[]) => {
    fallback.current?.focus();
    changes.remove(selected);
  };
  const isSearching = query.trim() !== "";
  return (
    <>
      <SearchField query={query} onChange={setQuery} onBegin={searchAhead} onLeave={focusBelow} />
      {notice}
      <SelectionBar
        conversations={conversations ?? []}
        selection={selection}
        onDelete={removeSelected}
      />
      {isSearching && <SearchResults query={query} onOpen={openHit} />}
      {!isSearching && conversations && (
        <ConversationList
          {...{ conversations, prefetching, selection, fallback, changes }}
          openId={place.conversationId}
          onOpen={onLeave}
        />
      )}
    </>
  );
}

/** From the search field into the results, or to the list's one tab stop. */
const focusBelow = (): void =>
  document
    .querySelector<HTMLElement>(".search-results a, .sidebar [data-focus=row][tabindex='0']")
    ?.focus();
