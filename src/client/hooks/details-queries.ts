import { adapterName } from "../details/adapter-name.ts";
import { failureDetails, type AnyFailure } from "../details/failure-details.ts";
import { useChosenModel, useClient, useEngineStatus } from "./client-context.ts";

/** A function that puts together what somebody who looks for a bug has to know of a failure. */
export function useFailureDetails(): (failure: AnyFailure) => Promise<string> {
  const { modelChoice } = useClient();
  const status = useEngineStatus();
  const { wanted: url } = useChosenModel();
  const wanted =
    url === undefined ? undefined : { url, name: modelChoice.nameOf(url) ?? "unnamed" };
  return async (failure) =>
    failureDetails({
      failure,
      status,
      wanted,
      build: entryScript(),
      userAgent: navigator.userAgent,
      adapter: await adapterName(),
    });
}

/** The script that the page has begun with: its name is another one in every build. */
const entryScript = (): string =>
  document.querySelector<HTMLScriptElement>("script[type=module][src]")?.src ?? "";
