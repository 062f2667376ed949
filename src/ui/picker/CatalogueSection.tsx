import { plural, t } from "@lingui/core/macro";
import { useId, useState } from "react";
import { isShown, type ShownEntry } from "../../client/catalogue/shown-entries.ts";
import { CatalogueRow, type CatalogueRowProps } from "./CatalogueRow.tsx";
import { ContextSelect } from "./ContextSelect.tsx";

interface CatalogueSectionProps extends Omit<CatalogueRowProps, "entry"> {
  entries: readonly ShownEntry[];
  contextTokens: number;
  onContext: (tokens: number) => void;
}

/** The models that can be downloaded, and a search among them. */
export function CatalogueSection({
  entries,
  contextTokens,
  onContext,
  ...row
}: CatalogueSectionProps) {
  const titleId = useId();
  const [text, setText] = useState("");
  const [onlyFitting, setOnlyFitting] = useState(true);
  const shown = entries.filter((entry) => isShown(entry, { text, onlyFitting }));
  const named = entries.filter((entry) => isShown(entry, { text, onlyFitting: false }));
  return (
    <section aria-labelledby={titleId} className="catalogue">
      <h3 id={titleId}>{t`More models`}</h3>
      <div className="filter" role="search" aria-label={t`Models`}>
        <input
          type="search"
          aria-label={t`Search by name`}
          placeholder={t`Search by name`}
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
        <label className="switch">
          <input
            type="checkbox"
            role="switch"
            checked={onlyFitting}
            onChange={({ target }) => setOnlyFitting(target.checked)}
          />
          {t`Only what fits`}
        </label>
        <ContextSelect tokens={contextTokens} onChange={onContext} />
      </div>
      <p role="status" className="count">
        {countSentence(shown.length, named.length)}
      </p>
      <ul className="models">
        {shown.map((entry) => (
          <CatalogueRow key={entry.model.id} entry={entry} {...row} />
        ))}
      </ul>
    </section>
  );
}

/** How many models there are, and how many more there would be without the switch. */
function countSentence(shown: number, named: number): string {
  const models = plural(shown, { 0: "No models", one: "# model", other: "# models" });
  const more = named - shown;
  return more === 0
    ? models
    : t`${models}. ${{ more: plural(more, { one: "# more is too large or not sure to fit.", other: "# more are too large or not sure to fit." }) }}`;
}
