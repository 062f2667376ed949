import { plural, t } from "@lingui/core/macro";
import type { KeyboardEvent } from "react";
import { useSearch } from "../../client/hooks/conversation-queries.ts";
import { failureOf } from "../../client/hooks/query-failure.ts";
import type { MarkedText, SearchHit } from "../../protocol/store-api.ts";
import { hashOf } from "../address/conversation-location.ts";
import { isolated } from "../isolated.ts";
import { failureSentence } from "../notices/failure-sentence.ts";
import { displayTitle } from "./display-title.ts";

interface SearchResultsProps {
  query: string;
  onOpen: (hit: SearchHit) => void;
}

/** The conversations in which the query was found. */
export function SearchResults({ query, onOpen }: SearchResultsProps) {
  const { data: hits, error } = useSearch(query);
  if (error) return <p className="hint">{failureSentence(failureOf(error))}</p>;
  return (
    <div className="conversation-scroller">
      <p
        role="status"
        aria-label={t`Search`}
        className={hits?.length === 0 ? "hint" : "visually-hidden"}
      >
        {hits ? foundSentence(hits.length, query) : t`Searching…`}
      </p>
      {hits && hits.length > 0 && (
        <ul className="search-results" aria-label={t`Search results`} onKeyDown={moveFocus}>
          {hits.map((hit) => (
            <li key={hit.conversationId}>
              <a
                href={hashOf(hit.conversationId)}
                onClick={(event) => open(event, () => onOpen(hit))}
              >
                <span className="hit-title" dir="auto">
                  <Marked pieces={hit.title} />
                </span>
                {hit.snippet.length > 0 && (
                  <span className="hit-snippet" dir="auto">
                    <Marked pieces={hit.snippet} />
                  </span>
                )}
              </a>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** A press with a key that opens another tab is the browser's. */
function open(event: React.MouseEvent, act: () => void): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  act();
}

function Marked({ pieces }: { pieces: readonly MarkedText[] }) {
  if (pieces.length === 0) return displayTitle({ title: "" });
  return pieces.map(({ text, isMatch }, index) =>
    isMatch ? <mark key={index}>{text}</mark> : <span key={index}>{text}</span>,
  );
}

const foundSentence = (count: number, query: string): string =>
  count === 0
    ? t`Nothing was found for “${{ query: isolated(query.trim()) }}”.`
    : plural(count, { one: "# conversation was found.", other: "# conversations were found." });

/** The arrow keys go from result to result, and from the first one back to the field. */
function moveFocus(event: KeyboardEvent<HTMLUListElement>): void {
  const links = [...event.currentTarget.querySelectorAll("a")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const next = links[links.findIndex((link) => link === document.activeElement) + step];
  const field = event.currentTarget.closest("nav")?.querySelector<HTMLElement>("[type=search]");
  (next ?? (step < 0 ? field : undefined))?.focus();
}
