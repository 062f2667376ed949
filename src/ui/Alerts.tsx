import { useClient, useVersion } from "../client/client-context.ts";
import { failureSentence, isWorthRetrying } from "./failure-sentence.ts";
import type { Trouble } from "./troubles.ts";

interface AlertsProps {
  troubles: readonly Trouble[];
  onRetry: (what: Exclude<NonNullable<Trouble["retry"]>, "reload">) => void;
}

export function Alerts({ troubles, onRetry }: AlertsProps) {
  return troubles.map(({ failure, retry }) => (
    <div
      key={failure.code}
      role="alert"
      className={failure.code === "outdated" ? "alert news" : "alert"}
    >
      <p>{failureSentence(failure)}</p>
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
