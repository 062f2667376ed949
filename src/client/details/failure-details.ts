import type { EngineStatus } from "../../protocol/engine-api.ts";
import { isLocalModel } from "../../protocol/local-model.ts";

/** A failure of any kind: what it is called, and whatever else it says. */
export interface AnyFailure {
  code: string;
  readonly [field: string]: unknown;
}

export interface DetailSources {
  failure: AnyFailure;
  status: EngineStatus;
  /** The model that is wanted, by its address and by what a person calls it. */
  wanted: { url: string; name: string } | undefined;
  /** The script that this build of the page begins with. */
  build: string;
  userAgent: string;
  /** As the browser tells it; undefined where there is none, or it does not answer. */
  adapter: string | undefined;
}

/**
 * What somebody who looks for a bug has to know, for a person to copy. It is made of fields that are known to hold no text of
 * theirs: messages of errors are left out, because they may quote anything, and so are addresses, titles and names of files.
 */
export function failureDetails({
  failure,
  status,
  wanted,
  build,
  userAgent,
  adapter,
}: DetailSources): string {
  const model = status.phase === "ready" ? status.model : undefined;
  const device = model && [model.device, model.threads && `${String(model.threads)} threads`];
  return [
    `Failure: ${[failure.code, ...safeFields(failure)].join(", ")}`,
    `Page: ${scriptName(build)}`,
    `Browser: ${userAgent}`,
    `Model: ${modelWords(model ?? wanted, model)}`,
    `Engine: ${[status.phase, ...(device ?? [])].filter(Boolean).join(", ")}`,
    `Adapter: ${model?.adapter ?? adapter ?? "none"}`,
  ].join("\n");
}

/** A local file is called by its owner: its name says nothing to anybody else, and may say too much. */
function modelWords(
  shown: { url: string; name: string } | undefined,
  ready: { quantization: string; architecture: string } | undefined,
): string {
  if (!shown) return "none";
  const name = isLocalModel(shown.url) ? "a local file" : shown.name;
  return ready ? `${name} (${ready.architecture}, ${ready.quantization})` : name;
}

/** Fields with one of a few words, or with a technical name. Any other text is left out. */
const WORDS = new Set(["reason", "what", "why", "worker", "feature", "fault", "found", "is"]);
const TECHNICAL = /^[\w.+-]{1,40}$/;

/** Numbers are sizes, counts and states. Of an error's message only the error's name is told. */
function safeFields(failure: AnyFailure): string[] {
  return Object.entries(failure).flatMap(([name, value]) => {
    if (typeof value === "number") return `${name} ${String(value)}`;
    if (typeof value !== "string") return [];
    if (WORDS.has(name)) return TECHNICAL.test(value) ? `${name} ${value}` : [];
    return name === "message" ? (/^[A-Z]\w{1,30}Error(?=:|$)/.exec(value)?.[0] ?? []) : [];
  });
}

const scriptName = (build: string): string =>
  build
    .replace(/[?#].*$/s, "")
    .split("/")
    .at(-1) ?? "";
