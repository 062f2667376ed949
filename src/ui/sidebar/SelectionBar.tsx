import { plural, t } from "@lingui/core/macro";
import { X } from "lucide-react";
import { useCallback } from "react";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import { IconButton } from "../IconButton.tsx";
import { useEscape } from "../use-escape.ts";
import type { Selection } from "./use-selection.ts";

interface SelectionBarProps {
  conversations: readonly ConversationRecord[];
  selection: Selection;
  onDelete: (conversations: readonly ConversationRecord[]) => void;
}

/** What can be done with the conversations that are selected. Escape ends the selecting. */
export function SelectionBar({ conversations, selection, onDelete }: SelectionBarProps) {
  const { ids, end } = selection;
  useEscape(
    ids !== undefined,
    useCallback(() => end(), [end]),
  );
  if (!ids) return null;
  const selected = conversations.filter(({ id }) => ids.has(id));
  const remove = () => {
    end();
    onDelete(selected);
  };
  return (
    <div className="selection-bar" role="group" aria-label={t`Selected conversations`}>
      <button type="button" className="danger" disabled={selected.length === 0} onClick={remove}>
        {plural(selected.length, {
          one: "Delete # conversation",
          other: "Delete # conversations",
        })}
      </button>
      <IconButton icon={X} label={t`Stop selecting`} onClick={end} />
    </div>
  );
}
