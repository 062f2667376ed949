import { byteSize } from "../byte-size.ts";
import { LIMITS } from "./storage-words.ts";

const DEFAULT = "default";

interface LimitSelectProps {
  limitBytes: number;
  isDisabled: boolean;
  /** Undefined for the default. */
  onChange: (limitBytes: number | undefined) => void;
}

/** Chooses how much the caches may take. A limit that is not in the list is the default, a share of the quota. */
export function LimitSelect({ limitBytes, isDisabled, onChange }: LimitSelectProps) {
  const isChosen = LIMITS.some(({ bytes }) => bytes === limitBytes);
  return (
    <label className="choice">
      Keep at most
      <select
        value={isChosen ? limitBytes : DEFAULT}
        disabled={isDisabled}
        onChange={({ target }) =>
          onChange(target.value === DEFAULT ? undefined : Number(target.value))
        }
      >
        <option value={DEFAULT}>
          {isChosen ? "Default" : `Default (${byteSize(limitBytes)})`}
        </option>
        {LIMITS.map(({ bytes, label }) => (
          <option key={bytes} value={bytes}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}
