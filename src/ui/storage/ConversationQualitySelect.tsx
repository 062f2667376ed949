import { t } from "@lingui/core/macro";
import { isQualityLevel, type QualityLevel } from "../../protocol/quality.ts";
import { QualityOptions } from "./QualitySelect.tsx";
import { sameAsForAll } from "./quality-words.ts";

interface ConversationQualitySelectProps {
  title: string;
  /** Undefined where the conversation has the level for all. */
  own: QualityLevel | undefined;
  forAll: QualityLevel;
  onChange: (own: QualityLevel | undefined) => void;
}

/** Chooses the level of one conversation. */
export function ConversationQualitySelect({
  title,
  own,
  forAll,
  onChange,
}: ConversationQualitySelectProps) {
  return (
    <select
      aria-label={t`Quality of "${title}"`}
      value={own ?? ""}
      onChange={({ target: { value } }) => onChange(isQualityLevel(value) ? value : undefined)}
    >
      <option value="">{sameAsForAll(forAll)}</option>
      <QualityOptions />
    </select>
  );
}
