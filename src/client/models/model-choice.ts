import { isLocalModel, localFolderOf, localModelOf } from "../../protocol/local-model.ts";
import type {
  CompiledModel,
  DeviceChoice,
  ModelInfo,
  ModelReference,
} from "../../protocol/engine-api.ts";
import type { Result } from "../../protocol/errors.ts";
import { isSameModel } from "../../protocol/model-address.ts";
import { MAX_CONTEXT_TOKENS } from "../../protocol/runnable-models.ts";
import type { FoundModel, LocalModels } from "../local-files/local-models.ts";
import { ObservableValue } from "../observable-value.ts";
import type { EngineClient } from "../workers/engine-client.ts";
import type { ContextSetting } from "./context-setting.ts";
import type { DeviceSetting } from "./device-setting.ts";
import type { InterruptedLoads } from "./interrupted-loads.ts";
import { lastUsed, rememberLastUsed } from "./last-used.ts";
import { agreedBytes, rememberAgreement, takeBackAgreement } from "./model-agreements.ts";
import { consentFor, type Consent } from "./model-consent.ts";
import { offeredModel, PIP, type OfferedModel } from "./offered-model.ts";
import { plainName } from "./plain-name.ts";
import type { ServedModel } from "./served-model.ts";

/** What a person has to answer before the model that is wanted can be loaded. */
export type ModelQuestion =
  /** The page's address names a model elsewhere. */
  | { about: "host"; url: string }
  /** The model's index was read; it says that this many bytes are to be downloaded. */
  | { about: "size"; url: string; bytes: number }
  /** The page's policy lets it fetch nothing from that host. The only answer is to take another model. */
  | { about: "blocked-host"; url: string }
  /** The tab of the last visit ended while it loaded this model, for want of memory most likely. */
  | { about: "interrupted-load"; url: string }
  /** A file of the person's may be read again once they allow it. */
  | { about: "file-permission"; url: string }
  /** A folder of the person's has to be opened again. */
  | { about: "folder-again"; url: string }
  /** A file of the person's may not be read, is another one now, or is not there any more. */
  | { about: "file-denied" | "file-changed" | "file-gone"; url: string };

interface ModelChoiceOptions {
  engine: Pick<EngineClient, "load" | "loadIfFree" | "loadAfresh">;
  device: Pick<DeviceSetting, "getSnapshot" | "choose">;
  /** Addresses of the models that are part of the page; the first one is offered instead of another. */
  embedded: readonly [string, ...string[]];
  local: Pick<LocalModels, "find" | "allow" | "loaded" | "decline" | "keepCopy" | "forget">;
  /** What WebLLM runs the model at an address with; undefined for one that our own engine runs. */
  compiled?: (url: string) => Promise<CompiledModel | undefined>;
  /** Loads that tabs did not survive. */
  interrupted?: Pick<InterruptedLoads, "find" | "forget">;
  /** For how many tokens models have room; absent for as many as they can. */
  context?: Pick<ContextSetting, "getSnapshot">;
  /** What a model was called when it was downloaded; undefined for others. */
  downloadedName?: (url: string) => string | undefined;
}

/** Which model the page has, as far as it is settled. */
export interface ChosenModel {
  /** Address of the model that is wanted; undefined until it is known. */
  wanted: string | undefined;
  /** The model that can be taken instead. */
  offered: OfferedModel | undefined;
}

export interface NamedModel {
  url: string;
  name: string;
}

type Load = (model: ModelReference) => Promise<Result<ModelInfo> | undefined>;

/** Which model the page loads, and whether it may load it. How the load goes is in the engine's status. */
export class ModelChoice {
  readonly #options: ModelChoiceOptions;
  /** Bytes that were agreed to during this visit, by address, also where the browser remembers nothing. */
  readonly #agreed = new Map<string, number>();
  /** Models that the person has chosen in this visit. */
  readonly #picked = new Set<string>();
  #served: ServedModel | undefined;
  #ran: NamedModel | undefined;
  readonly #question = new ObservableValue<ModelQuestion | undefined>(undefined);
  readonly chosen = new ObservableValue<ChosenModel>({ wanted: undefined, offered: undefined });

  constructor(options: ModelChoiceOptions) {
    this.#options = options;
  }

  /** Undefined when nothing is to be answered. */
  readonly getSnapshot = this.#question.getSnapshot;

  readonly subscribe = this.#question.subscribe;

  /** Addresses of the models that are part of the page. */
  get embedded(): readonly string[] {
    return this.#options.embedded;
  }

  /** Whether the model that is wanted is part of the page. */
  get isEmbedded(): boolean {
    return this.#options.embedded.includes(this.#wanted);
  }

  /** The model that ran before the one that is wanted, if another did. */
  get before(): NamedModel | undefined {
    return this.#ran?.url === this.#wanted ? undefined : this.#ran;
  }

  /**
   * The models that are always there: the page's own first, in the format that is in use if it is, and then the one that
   * its server offers.
   */
  get standing(): readonly OfferedModel[] {
    const [first] = this.#options.embedded;
    const pip = { url: this.isEmbedded ? this.#wanted : first, name: PIP };
    return this.#served ? [pip, this.#served] : [pip];
  }

  /** What a model is called before it is loaded; undefined where only the model itself says so. */
  nameOf(url: string): string | undefined {
    if (this.#options.embedded.includes(url)) return PIP;
    if (url === this.#served?.url) return this.#served.name;
    const file = localFolderOf(url) ?? localModelOf(url)?.name;
    const name = file ?? this.#options.downloadedName?.(url);
    return name === undefined ? undefined : plainName(name);
  }

  /** The page's server offers this model. It needs no question. */
  serve(served: ServedModel | undefined): void {
    this.#served = served;
    this.#want(this.chosen.getSnapshot().wanted);
  }

  /** Loads this model, or the one that was wanted last, unless a question has to be answered first. */
  load(url = this.#wanted): Promise<void> {
    return this.#load(url, (model) => this.#options.engine.load(model));
  }

  /**
   * Does the same at the start of the page, except that where another tab has the GPU, the load waits for a turn. What the
   * last tab did not survive is asked about first.
   */
  async loadIfFree(url: string): Promise<void> {
    const interrupted = await this.#options.interrupted?.find();
    if (interrupted?.url !== url)
      return this.#load(url, (model) => this.#options.engine.loadIfFree(model));
    this.#want(url);
    this.#question.set({ about: "interrupted-load", url });
  }

  /** Loads a model that the person has picked. If it runs, the next visit begins with it. */
  async pick(url: string): Promise<void> {
    this.#picked.add(url);
    this.#options.interrupted?.forget();
    await this.load(url);
  }

  /** The person has agreed to download a model from there, of whatever size they were told. */
  agreeToDownload(url: string, bytes: number): void {
    this.#agreed.set(url, bytes);
    rememberAgreement(url, bytes);
  }

  /** The person deletes what was downloaded from there. Before it is downloaded once more, they are asked again. */
  takeBack(url: string): void {
    this.#agreed.delete(url);
    takeBackAgreement(url);
  }

  /**
   * Has models run there from now on. The one that is wanted is loaded again, and whatever conversation is on screen
   * goes on with it.
   */
  async runOn(device: DeviceChoice): Promise<void> {
    this.#options.device.choose(device);
    const { wanted } = this.chosen.getSnapshot();
    if (wanted !== undefined)
      await this.#load(wanted, (model) => this.#options.engine.loadAfresh(model));
  }

  /** The answer to the question is yes. It is remembered, and the model is loaded. */
  async agree(): Promise<void> {
    const question = this.getSnapshot();
    switch (question?.about) {
      case "host":
      case "size": {
        this.agreeToDownload(question.url, question.about === "size" ? question.bytes : 0);
        return this.load(question.url);
      }
      case "interrupted-load":
        return this.load(question.url);
      case "file-permission":
        if (await this.#options.local.allow(question.url)) await this.load(question.url);
        else if (this.getSnapshot() === question)
          this.#question.set({ about: "file-denied", url: question.url });
        return;
      case "blocked-host":
      case "folder-again":
      case "file-denied":
      case "file-changed":
      case "file-gone":
      case undefined:
    }
  }

  /**
   * Loads the page's own model, because the answer is no or the other model cannot be had. In place of one that the
   * address names it holds for this visit, and else until another is picked.
   */
  async useEmbedded(): Promise<void> {
    const [pip] = this.#options.embedded;
    const isOwnChoice = this.#consent().is === "not-needed" || lastUsed()?.url === this.#wanted;
    this.#options.interrupted?.forget();
    await (isOwnChoice ? this.pick(pip) : this.load(pip));
  }

  /** Has the browser keep a copy of the local files in use. If it does, the next visit begins with them. */
  async keepCopy(): Promise<void> {
    const url = await this.#options.local.keepCopy();
    if (url !== undefined && url === this.#ran?.url) rememberLastUsed({ url, wasServed: false });
  }

  /** Deletes the copy of a local model, or forgets where its file is. The next visit does not begin with this model. */
  async forget(address: string): Promise<void> {
    this.takeBack(address);
    if (isSameModel(lastUsed()?.url ?? "", address)) rememberLastUsed(undefined);
    await this.#options.local.forget(address);
  }

  async #load(url: string, load: Load): Promise<void> {
    this.#want(url);
    this.#options.local.decline();
    const consent = this.#consent();
    const question = questionBefore(consent, url);
    this.#question.set(question);
    if (question) return;
    const found = isLocalModel(url) ? await this.#options.local.find(url) : undefined;
    // What is part of the page, or a file of the person's, is never in WebLLM's list.
    const isElsewhere = consent.is === "given";
    const compiled = isElsewhere ? await this.#options.compiled?.(url) : undefined;
    if (this.#wanted !== url) return;
    if (found && found.is !== "found") {
      this.#question.set({ about: FILE_QUESTIONS[found.is], url });
      return;
    }
    const { maxDownloadBytes } = consent.is === "given" ? consent : {};
    const device = this.#options.device.getSnapshot();
    const contextTokens = this.#options.context?.getSnapshot() ?? MAX_CONTEXT_TOKENS;
    const loaded = await load({
      url,
      ...(device !== "auto" && { device }),
      ...(contextTokens !== MAX_CONTEXT_TOKENS && { contextTokens }),
      ...(found && { files: found.model.files }),
      ...(maxDownloadBytes !== undefined && { maxDownloadBytes }),
      ...(compiled && { compiled: withRoom(compiled, contextTokens) }),
    });
    if (this.#wanted !== url || !loaded) return;
    if (loaded.ok) await this.#runs({ url, name: loaded.value.name }, consent);
    else if (loaded.failure.code === "download-not-agreed")
      this.#question.set({ about: "size", url, bytes: loaded.failure.downloadBytes });
  }

  /** Remembers a model that runs for the next visit, if the person has chosen it and it will be there. */
  async #runs({ url, name }: NamedModel, consent: Consent): Promise<void> {
    this.#ran = { url, name: this.nameOf(url) ?? plainName(name) };
    const isLocal = isLocalModel(url);
    if (isLocal && !(await this.#options.local.loaded(url))) return;
    if (isLocal || consent.is === "given" || this.#picked.has(url))
      rememberLastUsed({ url, wasServed: url === this.#served?.url });
  }

  get #wanted(): string {
    return this.chosen.getSnapshot().wanted ?? this.#options.embedded[0];
  }

  #want(wanted: string | undefined): void {
    const { embedded } = this.#options;
    this.chosen.set({ wanted, offered: offeredModel({ wanted, served: this.#served, embedded }) });
  }

  #consent(): Consent {
    const url = this.#wanted;
    const { embedded } = this.#options;
    const bytes = this.#agreed.get(url) ?? agreedBytes(url);
    return consentFor({ url, embedded, served: this.#served?.url, agreedBytes: bytes });
  }
}

const FILE_QUESTIONS = {
  "asks-permission": "file-permission",
  "asks-folder": "folder-again",
  changed: "file-changed",
  gone: "file-gone",
} as const satisfies Record<Exclude<FoundModel["is"], "found">, ModelQuestion["about"]>;

/** The question that has to be answered before anything is fetched. */
function questionBefore({ is }: Consent, url: string): ModelQuestion | undefined {
  if (is === "blocked") return { about: "blocked-host", url };
  return is === "missing" ? { about: "host", url } : undefined;
}

/** A compiled model with no more room than was chosen. */
const withRoom = (compiled: CompiledModel, tokens: number): CompiledModel =>
  tokens < (compiled.contextTokens ?? 0) ? { ...compiled, contextTokens: tokens } : compiled;
