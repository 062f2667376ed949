import type { Bytes, CoderContext } from "../codec.ts";
import type { NamedBasis } from "../transform-basis.ts";
import { createTransformCoder, type TransformCoder } from "./transform-coder.ts";

/** Coders of this many bases are kept: of the present one, and of as many as are kept from before it. */
const MOST_CODERS = 3;

export interface BasisCoder {
  named: NamedBasis;
  coder: TransformCoder;
}

interface Kept {
  named: NamedBasis;
  coder: Promise<TransformCoder>;
  /** The same, once it is there. */
  made?: TransformCoder;
}

/** Coders by the name of their basis, each created when it is first asked for. */
export class BasisCoders {
  readonly #context: CoderContext;
  /** The one that was asked for last is the last. */
  readonly #kept = new Map<string, Kept>();

  constructor(context: CoderContext) {
    this.#context = context;
  }

  /** The basis of a coder that is kept. */
  known(id: Bytes): NamedBasis | undefined {
    return this.#kept.get(keyOf(id))?.named;
  }

  async of(named: NamedBasis): Promise<BasisCoder> {
    const key = keyOf(named.id);
    const { device, cache, frequencies } = this.#context;
    const kept: Kept = this.#kept.get(key) ?? {
      named,
      coder: createTransformCoder(device, cache, named.basis, { frequencies, uses: [] }),
    };
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_CODERS) break;
      this.#drop(oldest);
    }
    kept.made = await kept.coder;
    return { named, coder: kept.made };
  }

  /** How long making what the decoding of a basis takes has taken, in ms. Undefined if that is not there. */
  preparedMs(id: Bytes): number | undefined {
    return this.#kept.get(keyOf(id))?.made?.preparedMs;
  }

  /** Frees the coder of a basis, once what was submitted is done. */
  drop(id: Bytes): void {
    this.#drop(keyOf(id));
  }

  destroy(): void {
    for (const key of this.#kept.keys()) this.#drop(key);
  }

  #drop(key: string): void {
    const kept = this.#kept.get(key);
    this.#kept.delete(key);
    kept?.coder.then(
      (coder) => {
        coder.destroy();
      },
      () => undefined,
    );
  }
}

const keyOf = (id: Bytes): string => id.join();
