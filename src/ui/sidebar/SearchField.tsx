import { t } from "@lingui/core/macro";
import { Search } from "lucide-react";
import type { KeyboardEvent } from "react";
import { typedDirection } from "../typed-direction.ts";

interface SearchFieldProps {
  query: string;
  onChange: (query: string) => void;
  /** The field has got the focus, so that a search is likely. */
  onBegin: () => void;
  /** The arrow down leads into what is below the field. */
  onLeave: () => void;
}

/** The field in which one searches all conversations. Escape empties it. */
export function SearchField({ query, onChange, onBegin, onLeave }: SearchFieldProps) {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape" && query !== "") onChange("");
    else if (event.key === "ArrowDown") onLeave();
    else return;
    event.preventDefault();
  };
  return (
    <search className="conversation-search">
      <Search aria-hidden size="1em" />
      <input
        type="search"
        dir={typedDirection(query)}
        aria-label={t`Search conversations`}
        placeholder={t`Search`}
        value={query}
        maxLength={200}
        onChange={({ target }) => onChange(target.value)}
        onFocus={onBegin}
        onKeyDown={onKeyDown}
      />
    </search>
  );
}
