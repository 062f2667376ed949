import type { Transformer } from "../../model/forward/transformer.ts";

/** What tells how many of a model's layers have their weights. */
interface Arriving {
  readonly readyLayers: number;
}

/** A model's layers, as they become able to run while its weights stream in. */
export class LayerArrival {
  /** How many layers, from the first on, a token has to run through until all its rows are there. */
  readonly rowLayers: number;
  readonly #weights: Arriving;
  readonly #layerBytes: readonly number[];
  #compiled: Transformer | undefined;
  #seenLayers = 0;
  #hasFailed = false;
  #changed = announcement();

  /** @param layers `layerBytes` is the size of each layer's weights; without `rowLayers`, all layers leave rows */
  constructor(
    weights: Arriving,
    {
      layerBytes,
      rowLayers = layerBytes.length,
    }: { layerBytes: readonly number[]; rowLayers?: number },
    transformer: Promise<Transformer>,
  ) {
    this.#weights = weights;
    this.#layerBytes = layerBytes;
    this.rowLayers = rowLayers;
    transformer.then(
      (compiled) => {
        this.#compiled = compiled;
        this.#announce();
      },
      (error: unknown) => {
        this.fail(error);
      },
    );
  }

  get count(): number {
    return this.#layerBytes.length;
  }

  /** The forward pass; undefined until the kernels are compiled. */
  get transformer(): Transformer | undefined {
    return this.#compiled;
  }

  /** Whether the kernels are compiled. */
  get hasKernels(): boolean {
    return this.#compiled !== undefined;
  }

  /** How many layers, from the first on, have their weights. */
  get withWeights(): number {
    return this.#weights.readyLayers;
  }

  /** How many layers, from the first on, can run. */
  get runnable(): number {
    return this.#compiled ? this.withWeights : 0;
  }

  /** Bytes of each layer's weights that have not come; empty when all have. */
  get missingBytes(): readonly number[] {
    const ready = this.withWeights;
    if (ready === this.count) return [];
    return this.#layerBytes.map((bytes, layer) => (layer < ready ? 0 : bytes));
  }

  /** Resolves when one more layer has its weights, or the kernels are compiled. Rejects if the load fails. */
  changed(): Promise<void> {
    return this.#changed.promise;
  }

  /** Look again at how many layers have their weights: some came. */
  update(): void {
    const ready = this.withWeights;
    if (ready === this.#seenLayers) return;
    this.#seenLayers = ready;
    this.#announce();
  }

  /** The load has failed: weights that have not come will not come. */
  fail(error: unknown): void {
    this.#hasFailed = true;
    this.#changed.reject(error);
  }

  #announce(): void {
    // A caller that asks later is told of the failure, too.
    if (this.#hasFailed) return;
    const { resolve } = this.#changed;
    this.#changed = announcement();
    resolve();
  }
}

/** A promise and what settles it. Node 20 has no `Promise.withResolvers`. */
function announcement() {
  let resolve: () => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<void>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  // It may reject while nothing waits for it.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
