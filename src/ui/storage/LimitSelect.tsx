import { t } from "@lingui/core/macro";
import { byteSize } from "../byte-size.ts";
import { LIMITS, roundSize } from "./storage-words.ts";

const DEFAULT = "default";

interface LimitSelectProps {
  limitBytes: number;
  isDisabled: boolean;
  /** Undefined for the default. */
  onChange: (limitBytes: number | undefined) => void;
}

/** Chooses how much the caches may take. A limit that is not in the list is the default, a share of the quota. */
export function LimitSelect({ limitBytes, isDisabled, onChange }: LimitSelectProps) {
  const isChosen = LIMITS.includes(limitBytes);
  return (
    <label className="choice">
      {t`Keep at most`}
      <select
        value={isChosen ? limitBytes : DEFAULT}
        disabled={isDisabled}
        onChange={({ target }) =>
          onChange(target.value === DEFAULT ? undefined : Number(target.value))
        }
      >
        <option value={DEFAULT}>
          {isChosen ? t`Default` : t`Default (${{ size: byteSize(limitBytes) }})`}
        </option>
        {LIMITS.map((bytes) => (
          <option key={bytes} value={bytes}>
            {roundSize(bytes)}
          </option>
        ))}
      </select>
    </label>
  );
}
