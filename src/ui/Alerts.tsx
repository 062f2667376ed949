import { failureSentence, isWorthRetrying } from "./failure-sentence.ts";
import type { Trouble } from "./troubles.ts";

interface AlertsProps {
  troubles: readonly Trouble[];
  onRetry: (what: NonNullable<Trouble["retry"]>) => void;
  /** Absent where the model that failed is part of the page. */
  onUseEmbedded: (() => void) | undefined;
}

export function Alerts({ troubles, onRetry, onUseEmbedded }: AlertsProps) {
  return troubles.map(({ failure, retry }) => (
    <div key={failure.code} role="alert" className="alert">
      <p>{failureSentence(failure)}</p>
      {retry === "load" && onUseEmbedded && failure.code !== "webgpu-unavailable" && (
        <button type="button" onClick={onUseEmbedded}>
          Use Pip instead
        </button>
      )}
      {retry && isWorthRetrying(failure) && (
        <button type="button" onClick={() => onRetry(retry)}>
          Try again
        </button>
      )}
    </div>
  ));
}
