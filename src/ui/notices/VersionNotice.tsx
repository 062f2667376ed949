import { t } from "@lingui/core/macro";
import { useClient, useVersion } from "../../client/hooks/client-context.ts";
import type { Version } from "../../client/versions/app-version.ts";

/** Says, above the thread, that this page and another build of it are both in use. */
export function VersionNotice() {
  const { version } = useClient();
  const { reload, dismiss } = version;
  return (
    <VersionNoticeView version={useVersion()} onReload={() => void reload()} onDismiss={dismiss} />
  );
}

interface VersionNoticeViewProps {
  version: Version;
  onReload: () => void;
  onDismiss: () => void;
}

export function VersionNoticeView({ version, onReload, onDismiss }: VersionNoticeViewProps) {
  switch (version.is) {
    case "superseded":
      return (
        <div role="note" aria-label={t`New version`} className="notice">
          <p>
            {version.isReloading
              ? t`The new version starts as soon as no answer is being written in any tab.`
              : t`A new version is here. Saved conversations and what you typed stay.`}
          </p>
          <div className="actions">
            <button type="button" disabled={version.isReloading} onClick={onReload}>
              {t`Reload`}
            </button>
            <button type="button" disabled={version.isReloading} onClick={onDismiss}>
              {t`Later`}
            </button>
          </div>
        </div>
      );
    case "waiting":
      return (
        <div role="note" aria-label={t`Waiting for another tab`} className="notice">
          <p>
            {t`This is a new version. It goes on by itself when another tab, which still shows the old one, has finished its answer.`}
            {version.isLong && ` ${t`If that takes too long, close the other tabs of this page.`}`}
          </p>
        </div>
      );
    case "current":
    case "outdated":
      return null;
  }
}
