import { basisWork, decodeBasis, type BasisHeader } from "../../kv/codecs/transform/basis-file.ts";
import {
  basisIdOf,
  fitsCache,
  nameBasis,
  type NamedBasis,
} from "../../kv/codecs/transform-basis.ts";
import type { KvStore } from "../sequence/kv-connection.ts";
import type { CachedRows, StorableRows } from "../sequence/prepared-model.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How many bases are kept from before the present one: enough for nine tenths of what was coded (rule FS2). */
const MOST_EARLIER = 2;
/** They take as many bytes at most. */
const MOST_EARLIER_BYTES = 96 * 2 ** 20;
/** Most multiplications that reading a basis may take. Those that are learned here take none. */
const MOST_WORK = 1e9;

/** What a basis is named after, and what codes with it. */
export type BasisModel = Pick<CachedRows, "cache"> & StorableRows;

type Records = Pick<KvStore, "deviceRecord" | "hasDeviceRecord" | "putDeviceRecord">;

/**
 * The bases of a model that were learned on this device: the present one, and those that stored values may still
 * name. Each is a device record, so that what was coded with an earlier basis stays readable when there is a better.
 */
export class KeptBases {
  /** Whether the model came with a basis. Then none is learned. */
  readonly isShipped: boolean;
  readonly #model: BasisModel;
  readonly #store: Records;

  constructor(model: BasisModel, store: Records, isShipped = model.valueCoder.hasBasis) {
    this.isShipped = isShipped;
    this.#model = model;
    this.#store = store;
    if (!isShipped) model.valueCoder.findBases((id) => this.#find(id));
  }

  /** Codes with the basis that was learned last, if there is one. */
  async adopt(): Promise<void> {
    if (this.isShipped || this.#model.valueCoder.hasBasis) return;
    const present = await this.#named(await this.#read(this.#presentKey));
    if (present) this.#model.valueCoder.useBasis(present);
  }

  /** Stores a basis, and codes with it from now on. The one before is kept behind it. */
  async replace(file: Bytes): Promise<void> {
    const present = await this.#named(file);
    if (!present) return;
    const before = await this.#read(this.#presentKey);
    if (isBytes(before)) {
      const earlier = bounded([before, ...(await this.#earlier())]);
      // The order matters: should this end in between, one basis is kept twice, and none is lost.
      await this.#store.putDeviceRecord(this.#earlierKey, earlier);
    }
    await this.#store.putDeviceRecord(this.#presentKey, file);
    this.#model.valueCoder.useBasis(present);
  }

  /**
   * Whether what was learned was cleared meanwhile, here or in another tab. Then nothing is coded with it any more,
   * because nobody could read that after a reload.
   */
  async wereCleared(): Promise<boolean> {
    const { valueCoder } = this.#model;
    if (this.isShipped || !valueCoder.hasBasis) return false;
    const kept = await this.#store.hasDeviceRecord(this.#presentKey);
    if (!kept.ok || kept.value) return false;
    valueCoder.useBasis(undefined);
    return true;
  }

  /** A basis of this name: one from before or, where another tab has learned meanwhile, one from after. */
  async #find(id: Bytes): Promise<NamedBasis | undefined> {
    for (const file of [await this.#read(this.#presentKey), ...(await this.#earlier())]) {
      const named = await this.#named(file, id);
      if (named) return named;
    }
    return undefined;
  }

  /** @param id of the file, if only that one is wanted */
  async #named(file: unknown, id?: Bytes): Promise<NamedBasis | undefined> {
    if (!isBytes(file)) return undefined;
    if (id && !isNamed(await basisIdOf(file), id)) return undefined;
    const { shape } = this.#model.cache;
    const isOurs = (header: BasisHeader) =>
      fitsCache(header, shape) && basisWork(header) <= MOST_WORK;
    const basis = decodeBasis(file, isOurs);
    return basis && nameBasis(basis, file);
  }

  async #earlier(): Promise<Bytes[]> {
    const record = await this.#read(this.#earlierKey);
    return Array.isArray(record) ? bounded(record.filter(isBytes)) : [];
  }

  async #read(name: string): Promise<unknown> {
    const record = await this.#store.deviceRecord(name);
    return record.ok ? record.value : undefined;
  }

  get #presentKey(): string {
    return `transform basis, ${this.#model.kvFingerprint}`;
  }

  get #earlierKey(): string {
    return `learned, earlier bases, ${this.#model.kvFingerprint}`;
  }
}

/** The first files, which are the newest. */
function bounded(files: readonly Bytes[]): Bytes[] {
  let bytes = 0;
  return files.slice(0, MOST_EARLIER).filter((file) => {
    bytes += file.length;
    return bytes <= MOST_EARLIER_BYTES;
  });
}

const isBytes = (value: unknown): value is Bytes => value instanceof Uint8Array;

const isNamed = (name: Bytes, id: Bytes): boolean => name.every((byte, i) => byte === id[i]);
