import { failureSentence, isWorthRetrying } from "./failure-sentence.ts";
import type { Trouble } from "./troubles.ts";

interface AlertsProps {
  troubles: readonly Trouble[];
  onRetry: (what: NonNullable<Trouble["retry"]>) => void;
}

export function Alerts({ troubles, onRetry }: AlertsProps) {
  return troubles.map(({ failure, retry }) => (
    <div key={failure.code} role="alert" className="alert">
      <p>{failureSentence(failure)}</p>
      {retry && isWorthRetrying(failure) && (
        <button type="button" onClick={() => onRetry(retry)}>
          Try again
        </button>
      )}
    </div>
  ));
}
