import type { MLCEngineInterface } from "@mlc-ai/web-llm";
import { epochNowMs } from "../metrics/turn-timer.ts";
import type {
  CompiledModel,
  EngineEvent,
  EngineStatus,
  ModelInfo,
  ModelReference,
} from "../protocol/engine-api.ts";
import { EngineError } from "../shared/engine-error.ts";
import { orAborted } from "../shared/or-aborted.ts";
import type { LibraryHashes } from "./library-hashes.ts";
import { provideLibrary } from "./library.ts";
import { fetchModelFiles, type FileSources, type WebLlmFiles } from "./model-files.ts";
import { appConfigFor, webLlmDirectory } from "./model-record.ts";
import { loadingError } from "./webllm-failure.ts";

/** What the engine is made of. */
export interface WebLlmParts extends FileSources {
  /** An engine of WebLLM's without a model. Its code is loaded when this is first called. */
  createEngine: () => Promise<MLCEngineInterface>;
  hashes: LibraryHashes;
  /** Vendor, architecture and description of the GPU adapter. */
  describeAdapter: () => Promise<string>;
  /** WebLLM keeps its device to itself. `onLost` is called when one is lost that was not given back. */
  watchDevices: (onLost: (message: string) => void) => void;
}

interface SlotHooks {
  onEvent: (event: EngineEvent) => void;
  /** Called when the model is about to go. Resolves when nothing runs on it any more. */
  onReplace: () => Promise<void>;
}

/** A model that WebLLM has on the GPU. */
export interface WebLlmModel {
  info: ModelInfo;
  engine: MLCEngineInterface;
  /** Whether its replies begin inside their reasoning. */
  beginsInReasoning: boolean;
  /** Whether its chat template has a place for a system message. */
  takesSystem: boolean;
  /** Resolves when its device is lost. */
  lost: Promise<EngineError>;
}

interface Load {
  url: string;
  abort: AbortController;
  model: Promise<WebLlmModel>;
  lose: (message: string) => void;
}

/** Positions of a context that neither the list of models nor the configuration states: as many as WebLLM's models have. */
const USUAL_CONTEXT_TOKENS = 4096;

/** Holds the one model of WebLLM's, and the load of the next. When the device is lost, the same model is loaded again. */
export class WebLlmSlot {
  #status: EngineStatus = { phase: "idle" };
  #load: Load | undefined;
  #held:
    { model: WebLlmModel; reference: ModelReference; lose: (message: string) => void } | undefined;
  /** Settles when nothing of an earlier model is on the GPU any more. */
  #vacated: Promise<void> = Promise.resolve();
  readonly #parts: WebLlmParts;
  readonly #hooks: SlotHooks;

  constructor(parts: WebLlmParts, hooks: SlotHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
    parts.watchDevices((message) => this.#deviceLost(message));
  }

  get status(): EngineStatus {
    return this.#status;
  }

  load(reference: ModelReference): Promise<WebLlmModel> {
    const url = webLlmDirectory(reference.url);
    if (this.#held?.model.info.url === url) return Promise.resolve(this.#held.model);
    if (this.#load?.url === url) return this.#load.model;
    return this.#start(reference, false);
  }

  cancelLoad(): void {
    this.#load?.abort.abort();
  }

  /** Gives the GPU back. */
  async unload(): Promise<void> {
    this.#load?.abort.abort();
    const isHeld = this.#held !== undefined;
    this.#vacate();
    if (isHeld) this.#setStatus({ phase: "idle" });
    await this.#vacated;
  }

  /**
   * The model, once a load in progress is done.
   *
   * @throws EngineError the load's, or `model-not-loaded`
   */
  async ready(): Promise<WebLlmModel> {
    if (this.#load) return this.#load.model;
    if (!this.#held) throw new EngineError({ code: "model-not-loaded" });
    return this.#held.model;
  }

  /** Loads the same model again, in an engine of its own: nobody knows what the one before would do. */
  renew(model: WebLlmModel): void {
    if (this.#held?.model !== model) return;
    // How it goes is told in the status.
    this.#start(this.#held.reference, false).catch(() => undefined);
  }

  #start(reference: ModelReference, isRecovery: boolean): Promise<WebLlmModel> {
    this.#load?.abort.abort();
    this.#vacate();
    const abort = new AbortController();
    let lose: Load["lose"] = () => undefined;
    const lost = new Promise<EngineError>((resolve) => {
      lose = (message) => resolve(new EngineError({ code: "device-lost", message }));
    });
    const model = this.#run(reference, { abort, lost, isRecovery });
    // After a loss nobody may be waiting for it.
    model.catch(() => undefined);
    this.#load = { url: webLlmDirectory(reference.url), abort, model, lose };
    return model;
  }

  async #run(reference: ModelReference, terms: LoadTerms): Promise<WebLlmModel> {
    const { abort, isRecovery } = terms;
    const { compiled } = reference;
    const url = webLlmDirectory(reference.url);
    const current = () => this.#load?.abort === abort;
    const tell = (status: EngineStatus) => {
      if (current()) this.#setStatus(status);
    };
    const onBytes = (loadedBytes: number, totalBytes: number) => {
      if (!isRecovery) tell({ phase: "loading", url, loadedBytes, totalBytes });
    };
    await Promise.resolve();
    try {
      tell(
        isRecovery
          ? { phase: "recovering" }
          : { phase: "loading", url, loadedBytes: 0, totalBytes: 0 },
      );
      const model = await this.#loadModel(url, reference, { ...terms, onBytes });
      if (abort.signal.aborted) throw new EngineError({ code: "cancelled" });
      this.#held = { model, reference, lose: this.#load?.lose ?? (() => undefined) };
      tell({ phase: "ready", model: model.info });
      return model;
    } catch (error) {
      const { libraryUrl = url, gpuBytes = 0 } = compiled ?? {};
      const failure = loadingError(error, { url: libraryUrl, gpuBytes });
      tell(failed(failure));
      throw failure;
    } finally {
      if (current()) this.#load = undefined;
    }
  }

  async #loadModel(
    url: string,
    { compiled, maxDownloadBytes = Infinity }: ModelReference,
    { abort, lost, onBytes }: LoadTerms & { onBytes: (loaded: number, total: number) => void },
  ): Promise<WebLlmModel> {
    const startEpochMs = epochNowMs();
    const { signal } = abort;
    // Without its library nothing is known of how to run it.
    if (!compiled)
      throw new EngineError({ code: "model-unsupported", what: "architecture", found: "unknown" });
    const { manifest } = compiled;
    const files = await fetchModelFiles(url, this.#parts, {
      manifest,
      maxDownloadBytes,
      onBytes,
      signal,
    });
    const integrity = await provideLibrary(compiled.libraryUrl, this.#parts, signal);
    await this.#vacated;
    const adapter = await this.#parts.describeAdapter();
    const engine = await this.#parts.createEngine();
    engine.setAppConfig(appConfigFor({ compiled, directory: url, integrity }));
    engine.setInitProgressCallback(({ progress }) => {
      onBytes(Math.round(files.weightBytes * Math.min(1, progress)), files.weightBytes);
    });
    const compileStartMs = performance.now();
    await this.#putOnGpu(engine, compiled, { abort, lost });
    this.#hooks.onEvent({
      type: "measure",
      measure: {
        name: "model.load",
        startEpochMs,
        endEpochMs: epochNowMs(),
        detail: {
          url,
          weightBytes: files.weightBytes,
          networkBytes: files.networkBytes,
          compileMs: performance.now() - compileStartMs,
          adapter,
        },
      },
    });
    const { beginsInReasoning, takesSystem } = files.config;
    const info = infoOf(url, compiled, { files, adapter });
    return { info, engine, beginsInReasoning, takesSystem, lost };
  }

  /** WebLLM cannot be interrupted while weights go to the GPU. Nobody waits for that, except the next load. */
  async #putOnGpu(
    engine: MLCEngineInterface,
    { id, gpuBytes }: CompiledModel,
    { abort: { signal }, lost }: Pick<LoadTerms, "abort" | "lost">,
  ): Promise<void> {
    const loaded = engine.reload(id);
    const settled = loaded.catch(() => undefined);
    const isLost = lost.then(() => {
      throw new EngineError({ code: "out-of-memory", neededBytes: gpuBytes });
    });
    const onGpu = Promise.race([loaded.then(() => true), isLost]);
    try {
      if (await orAborted(onGpu, signal)) return;
      throw new EngineError({ code: "cancelled" });
    } catch (error) {
      const unload = () => engine.unload().catch(() => undefined);
      this.#vacated = Promise.all([this.#vacated, unload(), settled.then(unload)]).then(
        () => undefined,
      );
      throw error;
    }
  }

  /** The model goes, as soon as nothing runs on it. */
  #vacate(): void {
    const held = this.#held;
    this.#held = undefined;
    if (!held) return;
    const { engine } = held.model;
    const gone = this.#hooks.onReplace().then(() => engine.unload());
    this.#vacated = Promise.all([this.#vacated, gone.catch(() => undefined)]).then(() => undefined);
  }

  #deviceLost(message: string): void {
    this.#load?.lose(message);
    const held = this.#held;
    if (!held) return;
    held.lose(message);
    // The engine's own device is gone, and with it whatever could be given back.
    this.#held = undefined;
    void this.#hooks.onReplace();
    void this.#start(held.reference, true);
  }

  #setStatus(status: EngineStatus): void {
    this.#status = status;
    this.#hooks.onEvent({ type: "status", status });
  }
}

interface LoadTerms {
  abort: AbortController;
  lost: Promise<EngineError>;
  isRecovery: boolean;
}

function infoOf(
  url: string,
  { id, contextTokens, gpuBytes }: CompiledModel,
  { files: { config, weightBytes }, adapter }: { files: WebLlmFiles; adapter: string },
): ModelInfo {
  return {
    url,
    name: id.replace(/-MLC(?=-|$)/, ""),
    architecture: config.architecture,
    quantization: config.quantization,
    contextTokens: contextTokens ?? config.contextTokens ?? USUAL_CONTEXT_TOKENS,
    weightBytes,
    gpuBytes,
    // WebLLM does not tell its token ids, so that no other engine has tokens under this name.
    tokenizer: `webllm:${url}`,
    sampling: config.sampling,
    adapter,
    device: "gpu",
    cannotContinue: true,
  };
}

/** A cancelled load leaves nothing to report, and one that needs consent is asked about. */
function failed({ failure }: EngineError): EngineStatus {
  const isFailure = failure.code !== "cancelled" && failure.code !== "download-not-agreed";
  return isFailure ? { phase: "failed", failure } : { phase: "idle" };
}
