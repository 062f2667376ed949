import { t } from "@lingui/core/macro";
import { Menu } from "@base-ui/react/menu";
import { useMemo, useRef, useState, type KeyboardEvent, type RefObject } from "react";
import type { Prefetching } from "../../client/hooks/use-prefetch.ts";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import { ConversationMenu, type ConversationActions } from "./ConversationMenu.tsx";
import { ConversationRow, menuButtonId } from "./ConversationRow.tsx";
import { dateGroups, type DateGroup } from "./date-groups.ts";
import type { Selection } from "./use-selection.ts";
import { useRovingFocus } from "./use-roving-focus.ts";
import { useToday } from "./use-today.ts";
import { useVirtualRows } from "./use-virtual-rows.ts";

interface ConversationListProps {
  conversations: readonly ConversationRecord[];
  openId: string;
  prefetching: Prefetching;
  selection: Selection;
  /** What gets the focus when the last conversation is gone. */
  fallback: RefObject<HTMLElement | null>;
  onOpen: () => void;
  onRename: (conversation: ConversationRecord, title: string) => void;
  actions: Pick<ConversationActions, "duplicate" | "pin" | "remove">;
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
export function ConversationList({ conversations, selection, ...props }: ConversationListProps) {
  const { openId, prefetching, fallback, onOpen, onRename } = props;
  const today = useToday();
  const rows = useMemo(() => rowsOf(dateGroups(conversations, today)), [conversations, today]);
  const ids = useMemo(() => rows.map(({ conversation }) => conversation.id), [rows]);
  const [menu] = useState(() => Menu.createHandle<ConversationRecord>());
  const [renamedId, setRenamedId] = useState<string>();
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const afterMenu = useRef<HTMLElement | false | undefined>(undefined);
  const scrollTo = (index: number) => virtual.scrollToIndex(index);
  const roving = useRovingFocus({ list, ids, first: openId, scrollTo });
  const virtual = useVirtualRows({ rows, scroller, kept: roving.index });

  /** The row that takes the focus from one that goes: the next one, or else the one before. */
  const neighbour = (id: string) => {
    const index = ids.indexOf(id);
    const next = ids[index + 1] ?? ids[index - 1];
    return (next === undefined ? undefined : roving.elementOf(next)) ?? fallback.current;
  };
  const actions: ConversationActions = {
    ...props.actions,
    rename: ({ id }) => {
      afterMenu.current = false;
      setRenamedId(id);
    },
    select: ({ id }) => {
      afterMenu.current = false;
      selection.begin(id);
      roving.focus(id);
    },
    remove: (conversation) => {
      afterMenu.current = neighbour(conversation.id) ?? undefined;
      props.actions.remove(conversation);
    },
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const conversation = rows[roving.index]?.conversation;
    const isInRow = (event.target as HTMLElement).dataset["focus"] === "row";
    if (!conversation || !isInRow || selection.ids || !actOnKey(event, conversation))
      roving.onKeyDown(event);
  };
  const actOnKey = (event: KeyboardEvent, conversation: ConversationRecord): boolean => {
    const isMenuKey = event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey);
    if (isMenuKey) menu.open(menuButtonId(conversation.id));
    else if (event.key === "F2") setRenamedId(conversation.id);
    else if (event.key === "Delete") {
      neighbour(conversation.id)?.focus();
      props.actions.remove(conversation);
    } else return false;
    event.preventDefault();
    return true;
  };
  const endRename = (conversation: ConversationRecord, title: string | undefined) => {
    setRenamedId(undefined);
    if (title !== undefined) onRename(conversation, title);
    roving.focus(conversation.id);
  };

  if (rows.length === 0) return <p className="hint">{t`Your conversations appear here.`}</p>;
  return (
    <div className="conversation-scroller" ref={scroller}>
      <ul
        ref={list}
        style={{ blockSize: virtual.getTotalSize() }}
        onKeyDown={onKeyDown}
        onFocus={({ target }) => {
          const id = target.closest<HTMLElement>("[data-id]")?.dataset["id"];
          if (id !== undefined) roving.onFocus(id);
        }}
      >
        {virtual.getVirtualItems().map(({ index, key, start }) => {
          const row = rows[index];
          if (!row) return null;
          const { conversation, heading } = row;
          return (
            <li
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              data-id={conversation.id}
              aria-setsize={rows.length}
              aria-posinset={index + 1}
              style={{ transform: `translateY(${start}px)` }}
            >
              {heading !== undefined && <h2>{heading}</h2>}
              <ConversationRow
                conversation={conversation}
                isOpen={conversation.id === openId}
                isTabStop={index === roving.index}
                isRenamed={conversation.id === renamedId}
                isSelected={selection.ids?.has(conversation.id)}
                menu={menu}
                prefetching={prefetching}
                onOpen={onOpen}
                onRename={(title) => endRename(conversation, title)}
                onSelect={() => selection.toggle(conversation.id)}
              />
            </li>
          );
        })}
      </ul>
      <ConversationMenu
        handle={menu}
        actions={actions}
        focusNext={() => {
          const next = afterMenu.current;
          afterMenu.current = undefined;
          return next;
        }}
      />
    </div>
  );
}
