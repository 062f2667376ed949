import { isQualityLevel, type QualityLevel } from "../../protocol/quality.ts";
import { QualityOptions } from "./QualitySelect.tsx";
import { asForAll } from "./quality-words.ts";

interface ConversationQualitySelectProps {
  title: string;
  /** Undefined: as for all. */
  own: QualityLevel | undefined;
  ofAll: QualityLevel;
  onChange: (own: QualityLevel | undefined) => void;
}

/** The level of one conversation. */
export function ConversationQualitySelect({
  title,
  own,
  ofAll,
  onChange,
}: ConversationQualitySelectProps) {
  return (
    <select
      aria-label={`Quality of "${title}"`}
      value={own ?? ""}
      onChange={({ target: { value } }) => onChange(isQualityLevel(value) ? value : undefined)}
    >
      <option value="">{asForAll(ofAll)}</option>
      <QualityOptions />
    </select>
  );
}
