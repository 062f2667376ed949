import { useClient, useVersion } from "../../client/hooks/client-context.ts";
import { failureSentence, isWorthRetrying } from "./failure-sentence.ts";
import type { FailureAlert } from "./failure-alerts.ts";

interface FailureAlertsProps {
  alerts: readonly FailureAlert[];
  onRetry: (what: Exclude<NonNullable<FailureAlert["retry"]>, "reload">) => void;
  /** Undefined where the model that failed is part of the page. */
  onUseEmbedded: (() => void) | undefined;
}

export function FailureAlerts({ alerts, onRetry, onUseEmbedded }: FailureAlertsProps) {
  return alerts.map(({ failure, retry }) => (
    <div
      key={failure.code}
      role="alert"
      className={failure.code === "outdated" ? "alert news" : "alert"}
    >
      <p>{failureSentence(failure)}</p>
      {retry === "load" && onUseEmbedded && failure.code !== "webgpu-unavailable" && (
        <button type="button" onClick={onUseEmbedded}>
          Use Pip instead
        </button>
      )}
      {retry === "reload" && <ReloadButton />}
      {retry && retry !== "reload" && isWorthRetrying(failure) && (
        <button type="button" onClick={() => onRetry(retry)}>
          Try again
        </button>
      )}
    </div>
  ));
}

function ReloadButton() {
  const { version: appVersion } = useClient();
  const version = useVersion();
  const isReloading = version.is === "outdated" && version.isReloading;
  return (
    <button type="button" disabled={isReloading} onClick={() => void appVersion.reload()}>
      {isReloading ? "Reloading" : "Reload"}
    </button>
  );
}
