import type { StartThread } from "../cpu/thread-pool.ts";
import { epochNowMs } from "../metrics/turn-timer.ts";
import type {
  DeviceChoice,
  DeviceKind,
  EngineEvent,
  EngineStatus,
  ModelReference,
} from "../protocol/engine-api.ts";
import type { MeasureDetails } from "../protocol/measures.ts";
import { EngineError } from "../shared/engine-error.ts";
import type { TemplateRenderer } from "../tokenizer/jinja/template-renderer.ts";
import { loadModelOntoDevice } from "./prepare-model.ts";
import { type ReadyModel, type PreparedModel } from "./sequence/prepared-model.ts";

/** A load in progress. */
interface Load {
  url: string;
  choice: DeviceChoice;
  abort: AbortController;
  model: Promise<ReadyModel>;
  /** Resolves before the weights are on the GPU, or fails as the load does. */
  prepared: Promise<PreparedModel>;
}

interface SlotHooks {
  /** The largest size of a stored value, as in `KvShape`. */
  valueBytes: number | undefined;
  onEvent: (event: EngineEvent) => void;
  /** Reads a device record, which may take for ever. */
  readRecord: (name: string) => Promise<unknown>;
  /** Runs the chat templates that are programs. */
  templates: TemplateRenderer;
  /** Starts a further thread of the processor. */
  startThread: StartThread | undefined;
  /** What models run on that are loaded without a choice. */
  device: DeviceChoice;
  /** Called when the model is gone with its device, and is loaded again. A turn may wait for that and go on. */
  onGone: () => void;
  /** Ends whatever runs on a model that is about to go. Resolves when its rows are stored, or could not be. */
  leave: (model: ReadyModel) => Promise<void>;
}

/** Least time between two reports of progress: shards arrive in thousands of pieces. */
const PROGRESS_INTERVAL_MS = 50;

/** A loss that a model is loaded again after. */
interface Loss {
  device: DeviceKind;
  /** How many devices in a row were lost before the model was on one. */
  loads: number;
}

/** How often a load after a loss begins again because its device is lost, too. */
const MOST_LOST_LOADS = 2;

/**
 * Holds the one model, and the load of the next. When the device is lost, the same model is loaded
 * again, from Cache Storage.
 */
export class ModelSlot {
  #status: EngineStatus = { phase: "idle" };
  #load: Load | undefined;
  #model: ReadyModel | undefined;
  /** Settles when the model before has given its device back. */
  #left: Promise<void> = Promise.resolve();
  /** What the model was chosen to run on. */
  #choice: DeviceChoice = "auto";
  readonly #hooks: SlotHooks;

  constructor(hooks: SlotHooks) {
    this.#hooks = hooks;
  }

  get status(): EngineStatus {
    return this.#status;
  }

  /** @param wanted by the URL of its directory, with the final slash */
  load(wanted: ModelReference): Promise<ReadyModel> {
    const choice = this.#choiceOf(wanted);
    if (this.#model?.info.url === wanted.url && this.#choice === choice)
      return Promise.resolve(this.#model);
    if (this.#load?.url === wanted.url && this.#load.choice === choice) return this.#load.model;
    return this.#start(wanted, undefined);
  }

  #choiceOf({ device = this.#hooks.device }: ModelReference): DeviceChoice {
    return device;
  }

  cancelLoad(): void {
    this.#load?.abort.abort();
  }

  /** The model, if it is complete. */
  get loaded(): ReadyModel | undefined {
    return this.#model;
  }

  /** Give the device back, and with it the model, whose rows are stored. */
  unload(): void {
    this.#load?.abort.abort();
    if (!this.#model) return;
    this.#drop();
    this.#setStatus({ phase: "idle" });
  }

  /**
   * The model, once a load in progress is done.
   *
   * @throws EngineError the load's, or `model-not-loaded`
   */
  async ready(): Promise<ReadyModel> {
    if (this.#load) return this.#load.model;
    if (!this.#model) throw new EngineError({ code: "model-not-loaded" });
    return this.#model;
  }

  /**
   * The model that is loaded or being loaded, as soon as its cache can be filled.
   *
   * @throws EngineError the load's, or `model-not-loaded`
   */
  async prepared(): Promise<PreparedModel> {
    return this.#load ? this.#load.prepared : this.ready();
  }

  #start(wanted: ModelReference, loss: Loss | undefined): Promise<ReadyModel> {
    this.#load?.abort.abort();
    if (loss) this.#drop();
    else this.#leave();
    const abort = new AbortController();
    let onPrepared: (model: PreparedModel) => void = () => undefined;
    const told = new Promise<PreparedModel>((resolve) => (onPrepared = resolve));
    const model = this.#run(wanted, abort, { loss, onPrepared });
    // A load that fails before its model is prepared rejects this promise, too.
    const load: Load = {
      url: wanted.url,
      choice: this.#choiceOf(wanted),
      abort,
      model,
      prepared: Promise.race([told, model]),
    };
    this.#load = load;
    // When a device was lost, the model is loaded again and nobody may be waiting for it.
    load.model.catch(() => undefined);
    load.prepared.catch(() => undefined);
    return load.model;
  }

  async #run(
    wanted: ModelReference,
    abort: AbortController,
    { loss, onPrepared }: { loss: Loss | undefined; onPrepared: (model: PreparedModel) => void },
  ): Promise<ReadyModel> {
    const { url, maxDownloadBytes, contextTokens, files: localFiles } = wanted;
    const startEpochMs = epochNowMs();
    // A load that a later one has replaced has nothing more to say.
    const current = () => this.#load?.abort === abort;
    const tell = (status: EngineStatus) => {
      if (current()) this.#setStatus(status);
    };
    let accepted: ReadyModel | undefined;
    let again: Promise<ReadyModel> | undefined;
    await Promise.resolve();
    try {
      tell(loss ? { phase: "recovering" } : loading(url, 0, 0));
      await this.#left;
      const { model, detail } = await loadModelOntoDevice(url, {
        signal: abort.signal,
        choice: this.#choiceOf(wanted),
        lost: loss?.device,
        startThread: this.#hooks.startThread,
        onPrepared,
        onInfo: () => {
          this.#tellAgain();
        },
        onLost: (device) => {
          const next = accepted ? { device, loads: 0 } : lostAgain(loss, device);
          const isHere = accepted ? this.#model === accepted : current();
          if (next && isHere) again = this.#start(wanted, next);
        },
        valueBytes: this.#hooks.valueBytes,
        templates: this.#hooks.templates,
        readRecord: this.#hooks.readRecord,
        maxDownloadBytes,
        contextTokens,
        localFiles,
        onProgress: throttled(({ loadedBytes, totalBytes }) => {
          if (!loss) tell(loading(url, loadedBytes, totalBytes));
        }),
      });
      if (abort.signal.aborted) {
        model.hardware.device.destroy();
        throw new EngineError({ code: "cancelled" });
      }
      accepted = model;
      this.#accept(model, wanted);
      this.#tellLoad(startEpochMs, detail);
      return model;
    } catch (error) {
      // The load that has taken this one's place is what everybody waits for.
      if (again) return await again;
      tell(failed(error));
      throw error;
    } finally {
      if (current()) this.#load = undefined;
    }
  }

  #tellLoad(startEpochMs: number, detail: MeasureDetails["model.load"]): void {
    const measure = {
      name: "model.load" as const,
      startEpochMs,
      endEpochMs: epochNowMs(),
      detail,
    };
    this.#hooks.onEvent({ type: "measure", measure });
  }

  #accept(model: ReadyModel, wanted: ModelReference): void {
    this.#model = model;
    this.#choice = this.#choiceOf(wanted);
    this.#setStatus({ phase: "ready", model: model.info });
  }

  /** Tells of the model once more, because more is known of it. */
  #tellAgain(): void {
    if (this.#model && this.#status.phase === "ready")
      this.#setStatus({ phase: "ready", model: this.#model.info });
  }

  /** Lets the model go. Its device is only given back when the rows in its cache are stored. */
  #leave(): void {
    const model = this.#model;
    this.#model = undefined;
    if (!model) return;
    this.#left = this.#hooks.leave(model).finally(() => {
      model.hardware.device.destroy();
    });
  }

  #drop(): void {
    const model = this.#model;
    this.#model = undefined;
    if (!model) return;
    this.#hooks.onGone();
    model.hardware.device.destroy();
  }

  #setStatus(status: EngineStatus): void {
    this.#status = status;
    this.#hooks.onEvent({ type: "status", status });
  }
}

/**
 * What a load whose device was lost begins again after. A first load does not: its model may be what the device cannot
 * take.
 */
const lostAgain = (loss: Loss | undefined, device: DeviceKind): Loss | undefined =>
  loss && loss.loads < MOST_LOST_LOADS ? { device, loads: loss.loads + 1 } : undefined;

const loading = (url: string, loadedBytes: number, totalBytes: number): EngineStatus => ({
  phase: "loading",
  url,
  loadedBytes,
  totalBytes,
});

/**
 * A cancelled load leaves nothing to report, and one that needs consent is asked about. An error that is a bug is
 * told by the rejected call.
 */
function failed(error: unknown): EngineStatus {
  if (!(error instanceof EngineError)) return { phase: "idle" };
  const { failure } = error;
  const isFailure = failure.code !== "cancelled" && failure.code !== "download-not-agreed";
  return isFailure ? { phase: "failed", failure } : { phase: "idle" };
}

/** Lets one call through per interval, and the last one of a load that is complete. */
function throttled<T extends { loadedBytes: number; totalBytes: number }>(
  report: (progress: T) => void,
): (progress: T) => void {
  let lastMs = -Infinity;
  return (progress) => {
    const nowMs = performance.now();
    if (nowMs - lastMs < PROGRESS_INTERVAL_MS && progress.loadedBytes < progress.totalBytes) return;
    lastMs = nowMs;
    report(progress);
  };
}
