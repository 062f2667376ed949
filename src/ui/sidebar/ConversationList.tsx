import { t } from "@lingui/core/macro";
import { useMemo, useRef, type FocusEvent, type KeyboardEvent, type RefObject } from "react";
import type { Prefetching } from "../../client/hooks/use-prefetch.ts";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import { ConversationMenu } from "./ConversationMenu.tsx";
import { ConversationRow } from "./ConversationRow.tsx";
import { dateGroups, type DateGroup } from "./date-groups.ts";
import type { ConversationChanges } from "./use-conversation-changes.ts";
import { useRovingFocus } from "./use-roving-focus.ts";
import { useRowActions } from "./use-row-actions.ts";
import type { Selection } from "./use-selection.ts";
import { useToday } from "./use-today.ts";
import { useVirtualRows } from "./use-virtual-rows.ts";

interface ConversationListProps {
  conversations: readonly ConversationRecord[];
  openId: string;
  prefetching: Prefetching;
  selection: Selection;
  changes: ConversationChanges;
  /** What gets the focus when the last conversation is gone. */
  fallback: RefObject<HTMLElement | null>;
  onOpen: () => void;
}

/** A conversation with the heading above it, if it is the first of its group. */
interface Row {
  conversation: ConversationRecord;
  heading: string | undefined;
}

const rowsOf = (groups: readonly DateGroup[]): Row[] =>
  groups.flatMap(({ heading, conversations }) =>
    conversations.map((conversation, index) => ({
      conversation,
      heading: index === 0 ? heading : undefined,
    })),
  );

/** All conversations, by date. Only those in view are on the page; assistive technology is told of all. */
export function ConversationList(props: ConversationListProps) {
  const { conversations, selection, openId, prefetching, changes, fallback, onOpen } = props;
  const today = useToday();
  const rows = useMemo(() => rowsOf(dateGroups(conversations, today)), [conversations, today]);
  const ids = useMemo(() => rows.map(({ conversation }) => conversation.id), [rows]);
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const scrollTo = (index: number) => virtual.scrollToIndex(index);
  const roving = useRovingFocus({ list, ids, first: openId, scrollTo });
  const virtual = useVirtualRows({ rows, scroller, kept: roving.index });
  const row = useRowActions({ ids, roving, selection, changes, fallback });
  const onKeyDown = (event: KeyboardEvent) => {
    const conversation = rows[roving.index]?.conversation;
    const isInRow = (event.target as HTMLElement).dataset["focus"] === "row";
    if (conversation && isInRow && !selection.ids && row.actOnKey(event, conversation)) return;
    roving.onKeyDown(event);
  };
  const onFocus = ({ target }: FocusEvent<HTMLElement>) => {
    const id = target.closest<HTMLElement>("[data-id]")?.dataset["id"];
    if (id !== undefined) roving.onFocus(id);
  };
  const itemOf = ({ conversation, heading }: Row, index: number) => (
    <>
      {heading !== undefined && <h2>{heading}</h2>}
      <ConversationRow
        {...{ conversation, prefetching, onOpen, menu: row.menu }}
        isOpen={conversation.id === openId}
        isTabStop={index === roving.index}
        isRenamed={conversation.id === row.renamedId}
        isSelected={selection.ids?.has(conversation.id)}
        onRename={(title) => row.endRename(conversation, title)}
        onSelect={() => selection.toggle(conversation.id)}
      />
    </>
  );

  if (rows.length === 0) return <p className="hint">{t`Your conversations appear here.`}</p>;
  return (
    <div className="conversation-scroller" ref={scroller}>
      <VirtualList {...{ list, virtual, rows, itemOf, onKeyDown, onFocus }} />
      <ConversationMenu handle={row.menu} actions={row.actions} focusNext={row.focusNext} />
    </div>
  );
}

interface VirtualListProps {
  list: RefObject<HTMLUListElement | null>;
  virtual: ReturnType<typeof useVirtualRows>;
  rows: readonly Row[];
  itemOf: (row: Row, index: number) => React.ReactNode;
  onKeyDown: (event: KeyboardEvent) => void;
  onFocus: (event: FocusEvent<HTMLElement>) => void;
}

/** The list's rows that are in view, each at its place among all. */
function VirtualList({ list, virtual, rows, itemOf, onKeyDown, onFocus }: VirtualListProps) {
  return (
    <ul
      ref={list}
      style={{ blockSize: virtual.getTotalSize() }}
      onKeyDown={onKeyDown}
      onFocus={onFocus}
    >
      {virtual.getVirtualItems().map(({ index, key, start }) => {
        const row = rows[index];
        return (
          row && (
            <li
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              data-id={row.conversation.id}
              aria-setsize={rows.length}
              aria-posinset={index + 1}
              style={{ transform: `translateY(${start}px)` }}
            >
              {itemOf(row, index)}
            </li>
          )
        );
      })}
    </ul>
  );
}
