import { t } from "@lingui/core/macro";
import { useState } from "react";
import type { AnyFailure } from "../../client/details/failure-details.ts";
import { useFailureDetails } from "../../client/hooks/details-queries.ts";
import { copyText } from "../copy-text.ts";

/** Copies what somebody who looks for a bug has to know. Nothing of what was written is in it. */
export function CopyDetails({ failure }: { failure: AnyFailure }) {
  const detailsOf = useFailureDetails();
  const [outcome, setOutcome] = useState<"copied" | "refused">();
  const copy = () =>
    copyText(() => detailsOf(failure)).then(
      () => setOutcome("copied"),
      () => setOutcome("refused"),
    );
  return (
    <button type="button" className="quiet" onClick={() => void copy()}>
      {outcome === undefined && t`Copy details`}
      {outcome === "copied" && t`Details copied`}
      {outcome === "refused" && t`The browser does not let the page copy`}
    </button>
  );
}
