import { t } from "@lingui/core/macro";
import { useState } from "react";
import type { Kept } from "../../client/erasure/kept-data.ts";
import { useKeptData, useKvBytes } from "../../client/hooks/erasure-queries.ts";
import { KEPT_KINDS, type KeptKind } from "../../protocol/kept-data.ts";
import { EraseDialog } from "./EraseDialog.tsx";
import { keptAmount, keptName, keptNote } from "./kept-words.ts";

/** Everything that the page keeps in this browser, how much it is, and a way to delete all or some of it. */
export function EraseSettings() {
  const kept = useKeptData().data ?? KEPT_KINDS.map((kind): Kept => ({ kind }));
  const kvBytes = useKvBytes();
  const all = kept.map((one) =>
    one.kind === "caches" && kvBytes !== undefined ? { ...one, bytes: kvBytes } : one,
  );
  return <EraseSettingsView kept={all} />;
}

export function EraseSettingsView({ kept }: { kept: readonly Kept[] }) {
  const [chosen, setChosen] = useState<ReadonlySet<KeptKind>>(new Set());
  const choose = (kind: KeptKind) =>
    setChosen((before) => {
      const others = [...before].filter((one) => one !== kind);
      return new Set(before.has(kind) ? others : [...others, kind]);
    });
  const hasText = (kept.find(({ kind }) => kind === "conversations")?.count ?? 0) > 0;
  return (
    <section className="erasing" aria-labelledby="erasing">
      <h3 id="erasing">{t`Delete data`}</h3>
      <p>{t`This is everything that the page keeps. It is in this browser only, and nowhere else.`}</p>
      <ul>
        {kept.map((one) => (
          <li key={one.kind}>
            <KeptRow kept={one} isChosen={chosen.has(one.kind)} onChoose={() => choose(one.kind)} />
          </li>
        ))}
      </ul>
      <div className="actions">
        <EraseDialog
          label={t`Delete selected…`}
          kinds={KEPT_KINDS.filter((kind) => chosen.has(kind))}
          hasText={hasText}
        />
        <EraseDialog label={t`Delete everything…`} kinds={KEPT_KINDS} hasText={hasText} isDanger />
      </div>
    </section>
  );
}

interface KeptRowProps {
  kept: Kept;
  isChosen: boolean;
  onChoose: () => void;
}

function KeptRow({ kept, isChosen, onChoose }: KeptRowProps) {
  const note = `erase-${kept.kind}`;
  return (
    <label>
      <input type="checkbox" checked={isChosen} onChange={onChoose} aria-describedby={note} />
      <span className="name">{keptName(kept.kind)}</span>
      <span className="amount">{keptAmount(kept)}</span>
      <span id={note} className="note" aria-hidden>
        {keptNote(kept.kind)}
      </span>
    </label>
  );
}
