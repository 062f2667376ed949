import { plural, t } from "@lingui/core/macro";
import type { ModelInfo } from "../../protocol/engine-api.ts";

/** Says where a model runs, if that is the processor: "on the processor, 2 threads". */
export function processorPlace({
  device,
  threads = 1,
}: Pick<ModelInfo, "device" | "threads">): string | undefined {
  if (device !== "processor") return undefined;
  return t`on the processor, ${plural(threads, { one: "# thread", other: "# threads" })}`;
}

interface Isolation {
  /** Whether threads may share memory. */
  crossOriginIsolated: boolean;
  isSecureContext: boolean;
}

/** Why one thread of the processor works alone, and who can change that. Undefined where nothing keeps others away. */
export function oneThreadSentence({
  crossOriginIsolated,
  isSecureContext,
}: Isolation): string | undefined {
  if (crossOriginIsolated) return undefined;
  return isSecureContext
    ? t`Only one thread of the processor can work, because this page came without the headers that isolate it: docs/hosting.md says how it is served with more.`
    : t`Only one thread of the processor can work, because this page did not come over https: docs/hosting.md says how it is served with more.`;
}
