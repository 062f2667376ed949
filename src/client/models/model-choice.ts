import { ObservableValue } from "../observable-value.ts";
import type { ModelInfo, ModelReference } from "../../protocol/engine-api.ts";
import type { Result } from "../../protocol/errors.ts";
import type { EngineClient } from "../workers/engine-client.ts";
import { agreedBytes, rememberAgreement } from "./model-agreements.ts";
import { consentFor, type Consent } from "./model-consent.ts";

/** What a person has to answer before the model that the page's address names is downloaded. */
export type ModelQuestion =
  | { about: "host"; url: string }
  /** The model's index was read; it says that this many bytes are to be downloaded. */
  | { about: "size"; url: string; bytes: number }
  /** The page's policy lets it fetch nothing from that host. The only answer is to take another model. */
  | { about: "blocked-host"; url: string };

interface ModelChoiceOptions {
  engine: Pick<EngineClient, "load" | "loadIfFree">;
  /** Addresses of the models that are part of the page; the first one is offered instead of another. */
  embedded: readonly [string, ...string[]];
}

/** Which model the page loads, and whether it may load it. How the load goes is in the engine's status. */
export class ModelChoice {
  readonly #options: ModelChoiceOptions;
  /** Bytes that were agreed to during this visit, by address, also where the browser remembers nothing. */
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

  /** Loads this model, or the one that was wanted last, unless a question has to be answered first. */
  load(url = this.#wanted): Promise<void> {
    return this.#load(url, (model) => this.#options.engine.load(model));
  }

  /** Does the same at the start of the page, except that where another tab has the GPU, the load waits for a turn. */
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

  /** The answer to the question is yes. It is remembered, and the model is loaded. */
  async agree(): Promise<void> {
    const question = this.getSnapshot();
    if (!question || question.about === "blocked-host") return;
    const bytes = question.about === "size" ? question.bytes : 0;
    this.#agreed.set(question.url, bytes);
    rememberAgreement(question.url, bytes);
    await this.load(question.url);
  }

  /** Loads the page's own model, because the answer is no or the other model cannot be had. It holds for this visit. */
  async useEmbedded(): Promise<void> {
    await this.load(this.#options.embedded[0]);
  }

  #consent(): Consent {
    const url = this.#wanted;
    const { embedded } = this.#options;
    return consentFor({ url, embedded, agreedBytes: this.#agreed.get(url) ?? agreedBytes(url) });
  }
}

/** The question that has to be answered before anything is fetched. */
function questionBefore({ is }: Consent, url: string): ModelQuestion | undefined {
  if (is === "blocked") return { about: "blocked-host", url };
  return is === "missing" ? { about: "host", url } : undefined;
}
