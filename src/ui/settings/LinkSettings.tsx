import { plural, t } from "@lingui/core/macro";
import { useSyncExternalStore } from "react";
import { countKnownHosts, forgetHosts, subscribeToKnownHosts } from "../../client/known-hosts.ts";

/** How many hosts links are followed to without a question, and a way to be asked again. */
export function LinkSettings() {
  const count = useSyncExternalStore(subscribeToKnownHosts, countKnownHosts, countKnownHosts);
  return (
    <section className="links" aria-labelledby="links">
      <h3 id="links">{t`Links`}</h3>
      <p>{t`Before a link in a message leads to a host for the first time, you are asked.`}</p>
      <p>{knownSentence(count)}</p>
      {count > 0 && (
        <button type="button" onClick={forgetHosts}>
          {t`Ask again for every host`}
        </button>
      )}
    </section>
  );
}

const knownSentence = (count: number): string =>
  count === 0
    ? t`No host was opened yet.`
    : plural(count, {
        one: "# host was opened and is remembered on this device.",
        other: "# hosts were opened and are remembered on this device.",
      });
