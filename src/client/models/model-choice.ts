import { ObservableValue } from "../observable-value.ts";
import type { ModelInfo, ModelReference } from "../../protocol/engine-api.ts";
import type { Result } from "../../protocol/errors.ts";
import type { EngineClient } from "../workers/engine-client.ts";
import { agreedBytes, rememberAgreement } from "./model-agreements.ts";
import { consentFor, type Consent } from "./model-consent.ts";

/** What a person has to answer before the model is downloaded that the page's address names. */
export type ModelQuestion =
  | { about: "host"; url: string }
  /** The index is read: so many bytes are to come. */
  | { about: "size"; url: string; bytes: number }
  /** It cannot be fetched from where it is: only another one can be taken. */
  | { about: "blocked-host"; url: string };

interface ModelChoiceOptions {
  engine: Pick<EngineClient, "load" | "loadIfFree">;
  /** Addresses of the models that are part of the page; the first one is offered instead of another. */
  embedded: readonly [string, ...string[]];
}

/** Which model the page loads, and whether it may. How the load goes is in the engine's status. */
export class ModelChoice {
  readonly #options: ModelChoiceOptions;
  /** Agreed to during this visit, also where the browser remembers nothing. */
  readonly #agreed = new Map<string, number>();
  #wanted: string;
  readonly #question = new ObservableValue<ModelQuestion | undefined>(undefined);

  constructor(options: ModelChoiceOptions) {
    this.#options = options;
    this.#wanted = options.embedded[0];
  }

  /** Undefined when nothing is to be answered. */
  readonly getSnapshot = this.#question.getSnapshot;

  readonly subscribe = this.#question.subscribe;

  /** Whether the model that is wanted is part of the page. */
  get isEmbedded(): boolean {
    return this.#consent().is === "not-needed";
  }

  /** Load this model, or the one that was wanted last, unless something has to be answered first. */
  load(url = this.#wanted): Promise<void> {
    return this.#load(url, (model) => this.#options.engine.load(model));
  }

  /** The same at the start of the page: where another tab has the GPU, when this one is to answer. */
  loadIfFree(url: string): Promise<void> {
    return this.#load(url, (model) => this.#options.engine.loadIfFree(model));
  }

  async #load(
    url: string,
    load: (model: ModelReference) => Promise<Result<ModelInfo> | undefined>,
  ): Promise<void> {
    this.#wanted = url;
    const consent = this.#consent();
    const question = questionBefore(consent, url);
    this.#question.set(question);
    if (question) return;
    const { maxDownloadBytes } = consent.is === "given" ? consent : {};
    const loaded = await load({ url, ...(maxDownloadBytes !== undefined && { maxDownloadBytes }) });
    if (this.#wanted !== url || !loaded || loaded.ok) return;
    if (loaded.failure.code !== "download-not-agreed") return;
    this.#question.set({ about: "size", url, bytes: loaded.failure.downloadBytes });
  }

  /** The answer is yes. It is remembered. */
  async agree(): Promise<void> {
    const question = this.getSnapshot();
    if (!question || question.about === "blocked-host") return;
    const bytes = question.about === "size" ? question.bytes : 0;
    this.#agreed.set(question.url, bytes);
    rememberAgreement(question.url, bytes);
    await this.load(question.url);
  }

  /** The answer is no, or the other model cannot be had. It holds for this visit. */
  async useEmbedded(): Promise<void> {
    await this.load(this.#options.embedded[0]);
  }

  #consent(): Consent {
    const url = this.#wanted;
    const { embedded } = this.#options;
    return consentFor({ url, embedded, agreedBytes: this.#agreed.get(url) ?? agreedBytes(url) });
  }
}

/** What has to be answered before anything is fetched. */
function questionBefore({ is }: Consent, url: string): ModelQuestion | undefined {
  if (is === "blocked") return { about: "blocked-host", url };
  return is === "missing" ? { about: "host", url } : undefined;
}
