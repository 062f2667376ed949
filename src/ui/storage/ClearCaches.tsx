import { t } from "@lingui/core/macro";
interface ClearCachesProps {
  isDisabled: boolean;
  onClear: () => void;
}

export function ClearCaches({ isDisabled, onClear }: ClearCachesProps) {
  return (
    <div className="clearing">
      <button type="button" disabled={isDisabled} onClick={onClear}>
        {t`Clear all caches`}
      </button>
      <p>
        {t`All text stays. The next answer in each conversation takes longer to begin, once. What your device has learned to keep caches smaller goes too.`}
      </p>
    </div>
  );
}
