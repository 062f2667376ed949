import type { ModelInfo } from "../../protocol/engine-api.ts";

/** Says where a model runs, if that is the processor: "on the processor, 2 threads". */
export function processorPlace({
  device,
  threads = 1,
}: Pick<ModelInfo, "device" | "threads">): string | undefined {
  if (device !== "processor") return undefined;
  return `on the processor, ${threads === 1 ? "1 thread" : `${threads} threads`}`;
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
  const reason = isSecureContext
    ? "this page came without the headers that isolate it"
    : "this page did not come over https";
  return `Only one thread of the processor can work, because ${reason}: docs/hosting.md says how it is served with more.`;
}
