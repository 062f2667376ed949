import { t } from "@lingui/core/macro";
import { useId } from "react";
import { QUALITY_LEVELS, type QualityLevel } from "../../protocol/quality.ts";
import { askedSentence, meaningSentences, qualityWords } from "./quality-words.ts";

interface QualitySelectProps {
  level: QualityLevel;
  /** The level that the page's address asks for. It goes before the one that is chosen. */
  asked: QualityLevel | undefined;
  /** How much smaller the caches of this level are, where there are any that are. */
  smaller: string | undefined;
  onChange: (level: QualityLevel) => void;
}

/** Chooses the level for all conversations, and says what it means. */
export function QualitySelect({ level, asked, smaller, onChange }: QualitySelectProps) {
  const meaningId = useId();
  return (
    <div className="quality">
      <label className="choice">
        {t`Quality`}
        <select
          value={level}
          aria-describedby={meaningId}
          onChange={({ target }) => onChange(target.value as QualityLevel)}
        >
          <QualityOptions />
        </select>
      </label>
      <p id={meaningId}>{meaningSentences(level, smaller)}</p>
      {asked && <p>{askedSentence(asked)}</p>}
    </div>
  );
}

export function QualityOptions() {
  return QUALITY_LEVELS.map((level) => (
    <option key={level} value={level}>
      {qualityWords(level).name}
    </option>
  ));
}
