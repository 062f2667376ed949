import type { EngineStatus, ModelInfo, ModelReference, RunId } from "../../protocol/engine-api.ts";
import type { Result } from "../../protocol/errors.ts";
import type { ObservableValue } from "../observable-value.ts";
import type { GpuReservation } from "../tabs/gpu-reservation.ts";
import type { EngineWorker } from "./engine-worker.ts";

interface EngineModelOptions {
  worker: EngineWorker;
  /** Room on the graphics card, which other tabs may want too. Where it is undefined, this tab is taken for the only one. */
  gpu: GpuReservation | undefined;
  status: ObservableValue<EngineStatus>;
}

/** The engine's model: which one is wanted, and whether it is on the graphics card beside those of other tabs. */
export class EngineModel {
  readonly #options: EngineModelOptions;
  #wanted: ModelReference | undefined;
  /** Bytes that the model took on the GPU when it was loaded last. */
  #gpuBytes: number | undefined;
  /** At the start, the search for other tabs' models. It gives the load, or undefined where another tab has the GPU. */
  #entering: Promise<{ loading: Promise<Result<ModelInfo>> } | undefined> | undefined;
  #leaving: Promise<void> | undefined;
  /** A turn that waits for room on the GPU. */
  #waiting: { runId: RunId; abort: AbortController } | undefined;

  constructor(options: EngineModelOptions) {
    this.#options = options;
  }

  /** Loads the model if no other tab has one on the GPU, as `EngineClient.loadIfFree` describes. */
  async loadIfFree(model: ModelReference): Promise<Result<ModelInfo> | undefined> {
    this.#wanted = model;
    const { gpu, worker } = this.#options;
    if (!gpu) return this.load(model);
    // The worker starts while the other tabs are looked for.
    worker.warmUpFor(model);
    this.#entering ??= this.#enterIfFree(gpu, model).finally(() => (this.#entering = undefined));
    return (await this.#entering)?.loading;
  }

  async load(model: ModelReference): Promise<Result<ModelInfo>> {
    this.#wanted = model;
    await this.#options.gpu?.reserve(this.#gpuBytes);
    return this.#loadHere(model);
  }

  /** Gives back what the engine has, once the answer that is being given is stored, and loads the model afresh. */
  async loadAfresh(model: ModelReference): Promise<Result<ModelInfo>> {
    await this.#options.worker.running?.release();
    return this.load(model);
  }

  /** Loads the model again after the worker's death, or where another tab had the GPU. Undefined if it is here. */
  reload(): Promise<Result<ModelInfo>> | undefined {
    const isGone = !this.#options.worker.running || this.#isElsewhere;
    return isGone && this.#wanted ? this.#loadHere(this.#wanted) : undefined;
  }

  /** Leaves the GPU to another tab, once the answer that is being given is stored. */
  leave(): Promise<void> {
    return (this.#leaving ??= this.#leave().finally(() => (this.#leaving = undefined)));
  }

  /** Whether the model is neither here nor loading, because of another tab or of the worker's death. */
  get isAway(): boolean {
    const { gpu, worker } = this.#options;
    if (!gpu || !this.#wanted) return false;
    const isMoving = this.#entering !== undefined || this.#leaving !== undefined;
    return isMoving || !worker.running || this.#isElsewhere;
  }

  /** Makes room on the GPU for a turn. @returns false if the turn was cancelled meanwhile */
  async enter(runId: RunId): Promise<boolean> {
    const abort = new AbortController();
    this.#waiting = { runId, abort };
    try {
      await Promise.all([this.#entering, this.#leaving]);
      const isElsewhere = this.#isElsewhere;
      if (isElsewhere) this.#setElsewhere(true);
      await this.#options.gpu?.reserve(this.#gpuBytes, abort.signal);
      if (isElsewhere && abort.signal.aborted) this.#setElsewhere(false);
      return !abort.signal.aborted;
    } finally {
      this.#waiting = undefined;
    }
  }

  cancelEntering(runId: RunId): void {
    if (this.#waiting?.runId === runId) this.#waiting.abort.abort();
  }

  /** The worker has died, so that nothing of it is on the GPU any more. */
  lost(): void {
    this.#options.gpu?.release();
  }

  async #enterIfFree(gpu: GpuReservation, model: ModelReference) {
    // The load begins before any turn that waited for the room goes on. It is returned, not waited for.
    if (await gpu.reserveIfFree()) return { loading: this.#loadHere(model) };
    this.#stayAway(gpu, model);
    return undefined;
  }

  /** Leaves the card to another tab until a turn needs it here, or that tab is gone. */
  #stayAway(gpu: GpuReservation, model: ModelReference): void {
    this.#setElsewhere(false);
    void gpu.whenOthersLeft().then(() => {
      if (this.#isElsewhere && !this.#waiting) void this.loadIfFree(model);
    });
  }

  async #leave(): Promise<void> {
    const { gpu, worker } = this.#options;
    await worker.running?.release();
    gpu?.release();
    if (gpu && this.#wanted) this.#stayAway(gpu, this.#wanted);
  }

  async #loadHere(model: ModelReference): Promise<Result<ModelInfo>> {
    const { gpu, worker } = this.#options;
    const load = () => worker.callFor(model, (engine) => engine.load(model));
    let loaded = await load();
    if (isOutOfMemory(loaded) && (await gpu?.evictOthers())) loaded = await load();
    if (loaded.ok) {
      this.#gpuBytes = loaded.value.gpuBytes;
      gpu?.resize(loaded.value.gpuBytes);
      return loaded;
    }
    if (this.#leaving) return loaded;
    gpu?.release();
    const isCancelled = loaded.failure.code === "cancelled";
    if (isCancelled && this.#wanted === model) this.#wanted = undefined;
    return loaded;
  }

  get #isElsewhere(): boolean {
    return this.#options.status.getSnapshot().phase === "elsewhere";
  }

  #setElsewhere(isAwaited: boolean): void {
    this.#options.status.set({ phase: "elsewhere", isAwaited });
  }
}

export const isOutOfMemory = (result: Result<unknown>): boolean =>
  !result.ok && result.failure.code === "out-of-memory";
