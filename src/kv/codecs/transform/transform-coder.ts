import type { Device, DeviceBuffer, CommandEncoder } from "../../../device/device.ts";
import {
  steppedRunParams,
  type Sides,
  type SteppedRun,
} from "../../../../shaders/transform/basis-group.ts";
import type {
  ComponentShape,
  ComponentVariant,
} from "../../../../shaders/transform/component-block.ts";
import type { RowRun } from "../../../../shaders/rows/coded-layout.ts";
import { dispatchAll, submit } from "../../../device/commands.ts";
import { Readback } from "../../../device/readback.ts";
import { assert } from "../../../shared/assert.ts";
import { memoizeByKey } from "../../../shared/memoize.ts";
import { CHUNK_TOKENS } from "../../cache/chunk-layout.ts";
import { encodeComponents } from "../entropy/component-codec.ts";
import { createComponentDecoder, type ComponentDecoder } from "../entropy/component-decoder.ts";
import { parseComponents } from "../entropy/component-header.ts";
import { roundComponents } from "../entropy/round-components.ts";
import type { KvCache } from "../../cache/kv-cache.ts";
import type { DecodedRun } from "../codec.ts";
import { assertFits, type TransformBasis } from "../transform-basis.ts";
import {
  bindForward,
  bindInverse,
  codedGroups,
  sharedBuffers,
  TOKENS_TOGETHER,
  type CodedGroup,
  type GroupStages,
  type RunStage,
  type SharedBuffers,
} from "./transform-stages.ts";

/** Codes rows of a KV cache in a basis. The layers of a group are coded together. */
export interface TransformCoder {
  readonly basis: TransformBasis;
  /** How long the thread took to make what every decoding takes, in ms. Undefined until it is there. */
  readonly preparedMs: number | undefined;
  /** Compiles, once, what `encode` takes, or what `decode` takes for a variant. */
  prepare(use: TransformUse): Promise<void>;
  /**
   * Submits the coding of the same run of some groups. Steps that are submitted after the call change
   * nothing.
   *
   * @returns each group's block, in the order of `groups`. Rejects if the device is lost.
   */
  encode(
    groups: readonly number[],
    run: RowRun,
    rate: TransformRate,
  ): Promise<Uint8Array<ArrayBuffer>[]>;
  /**
   * Submits the decoding of one group's block into the cache, and does not wait for it.
   *
   * @returns false if it is not a block of this group and this many tokens. Nothing was written then
   */
  decode(
    group: number,
    run: DecodedRun,
    rate: TransformRate,
    bytes: Uint8Array<ArrayBuffer>,
  ): boolean;
  /** Frees the buffers, once what was submitted is done. */
  destroy(): void;
}

/** What a coder is prepared for: coding, or decoding blocks of a variant. */
export type TransformUse = "encode" | ComponentVariant;

/** How finely components are quantised, and how their codes are written. */
export interface TransformRate {
  /** The step that every component is rounded to, in the unit of the basis. */
  step: number;
  variant: ComponentVariant;
}

interface Options {
  /** RoPE's angle per position: [headDim / 2], in radians. */
  frequencies: readonly number[];
  /** The most tokens of a run. */
  maxTokens?: number;
  /** What to prepare at once. By default everything. */
  uses?: readonly TransformUse[];
}

const ALL_USES: readonly TransformUse[] = ["encode", "rans", "fixed"];

/** The coder of one basis. What `uses` names is compiled, uploaded and bound now, the rest by `prepare`. */
export async function createTransformCoder(
  device: Device,
  cache: KvCache,
  basis: TransformBasis,
  { frequencies, maxTokens = CHUNK_TOKENS, uses = ALL_USES }: Options,
): Promise<TransformCoder> {
  assertFits(basis, cache.shape);
  assert(frequencies.length * 2 === cache.shape.headDim, `${frequencies.length} frequencies`);
  const buffers = sharedBuffers(device, cache, basis, {
    frequencies,
    maxTokens: filledUp(maxTokens),
  });
  const groups = codedGroups(basis);
  const coder = new GpuTransformCoder(basis, { device, cache, maxTokens, buffers, groups });
  await Promise.all(uses.map((use) => coder.prepare(use)));
  return coder;
}

interface Parts {
  device: Device;
  cache: KvCache;
  maxTokens: number;
  buffers: SharedBuffers;
  groups: readonly CodedGroup[];
}

class GpuTransformCoder implements TransformCoder {
  readonly basis: TransformBasis;
  readonly #parts: Parts;
  readonly #preparing = new Map<TransformUse | "inverse", Promise<void>>();
  readonly #decoders = new Map<ComponentVariant, ComponentDecoder>();
  #forward: readonly GroupStages[] = [];
  #inverse: readonly GroupStages[] = [];
  #isDestroyed = false;
  #preparedMs: number | undefined;

  constructor(basis: TransformBasis, parts: Parts) {
    this.basis = basis;
    this.#parts = parts;
  }

  get preparedMs(): number | undefined {
    return this.#preparedMs;
  }

  async prepare(use: TransformUse): Promise<void> {
    const { device, cache, buffers, groups } = this.#parts;
    if (use === "encode")
      return memoizeByKey(this.#preparing, "encode", async () => {
        this.#forward = this.#kept(await bindForward(device, cache, groups, buffers));
      });
    await Promise.all([
      memoizeByKey(this.#preparing, "inverse", async () => {
        const { stages, ms } = await bindInverse(device, cache, groups, buffers);
        this.#inverse = this.#kept(stages);
        this.#preparedMs = ms;
      }),
      memoizeByKey(this.#preparing, use, async () => {
        const decoder = await createComponentDecoder(device, use, buffers.liveCodes);
        this.#kept([decoder]);
        this.#decoders.set(use, decoder);
      }),
    ]);
  }

  encode(
    groups: readonly number[],
    run: RowRun,
    { step, variant }: TransformRate,
  ): Promise<Uint8Array<ArrayBuffer>[]> {
    const { device, buffers } = this.#parts;
    const coded = groups.map((group) => ({
      group: this.#group(group),
      stages: stagesOf(this.#forward, group),
    }));
    const shapes = coded.map(({ group }) => blockShape(group, run.tokens));
    const bytes = shapes.reduce((sum, shape) => sum + levelsBytes(shape), 0);
    const tokens = filledUp(run.tokens);
    this.#begin({ ...run, step });
    const readback = submit(device, (encoder) => {
      const all = new Readback(device, "transformed rows", bytes);
      for (const { group, stages } of coded) {
        const own = levelsBytes(blockShape(group, run.tokens));
        this.#copyRows(encoder, group, run, "out of the cache");
        dispatchAll(encoder, stages, tokens);
        all.copy(encoder, { buffer: buffers.levels, offset: 0, bytes: own });
      }
      return all;
    });
    return encodeBlocks(readback, variant, { shapes, coded: run.tokens });
  }

  decode(
    group: number,
    run: DecodedRun,
    { step, variant }: TransformRate,
    bytes: Uint8Array<ArrayBuffer>,
  ): boolean {
    const { device, buffers } = this.#parts;
    const coded = this.#group(group);
    const stages = stagesOf(this.#inverse, group);
    const decoder = this.#decoders.get(variant);
    assert(decoder !== undefined, `nothing was prepared for ${variant} codes`);
    const tokens = filledUp(run.tokens);
    const block = parseComponents(variant, bytes, blockShape(coded, run.tokens));
    if (!block) return false;
    const [keys] = coded.transform.components;
    const live = block.live.length;
    const liveKeys = block.live.filter((component) => component < keys).length;
    this.#begin({ skip: 0, ...run, step }, [liveKeys, live - liveKeys]);
    const decoding: RunStage[] = [];
    if (live > 0) {
      device.queue.writeBuffer(buffers.live, 0, block.live);
      decoding.push(decoder.load(block, bytes));
    }
    submit(device, (encoder) => {
      dispatchAll(encoder, [...decoding, ...stages], tokens);
      this.#copyRows(encoder, coded, { skip: 0, ...run }, "into the cache");
    });
    return true;
  }

  destroy(): void {
    this.#isDestroyed = true;
    const buffers = Object.values<DeviceBuffer>({ ...this.#parts.buffers });
    const owners = [...this.#forward, ...this.#inverse, ...this.#decoders.values(), ...buffers];
    for (const owner of owners) owner.destroy();
  }

  /** Frees the owners at once if the coder is destroyed already. */
  #kept<Owner extends { destroy(): void }>(owners: Owner[]): Owner[] {
    if (this.#isDestroyed) for (const owner of owners) owner.destroy();
    return owners;
  }

  #group(group: number): CodedGroup {
    const found = this.#parts.groups[group];
    assert(found !== undefined, `there is no group ${group}`);
    return found;
  }

  /** Copies rows between the layers' caches and `rows`, but for the skipped ones. */
  #copyRows(
    encoder: CommandEncoder,
    { firstLayer, transform: { layers } }: CodedGroup,
    { start, tokens, skip }: RowRun,
    direction: "into the cache" | "out of the cache",
  ): void {
    const { cache, buffers } = this.#parts;
    const { rowBytes } = cache;
    const bytes = (tokens - skip) * rowBytes;
    const stride = filledUp(tokens);
    for (let layer = 0; layer < layers; layer++) {
      const buffer = cache.layers[firstLayer + layer];
      assert(buffer !== undefined, `there is no layer ${firstLayer + layer}`);
      const at = (start + skip) * rowBytes;
      const inRows = (layer * stride + skip) * rowBytes;
      if (direction === "into the cache")
        encoder.copyBufferToBuffer(buffers.rows, inRows, buffer, at, bytes);
      else encoder.copyBufferToBuffer(buffer, at, buffers.rows, inRows, bytes);
    }
  }

  #begin(run: SteppedRun, live?: Sides<number>): void {
    const { device, cache, maxTokens, buffers } = this.#parts;
    const { start, tokens } = run;
    assert(start >= 0 && start + tokens <= cache.shape.contextTokens, `no rows from ${start}`);
    assert(tokens <= maxTokens, `${tokens} tokens are more than ${maxTokens}`);
    const filled = { ...run, tokens: filledUp(tokens) };
    device.queue.writeBuffer(buffers.run, 0, steppedRunParams(filled, live));
  }
}

function stagesOf(prepared: readonly GroupStages[], group: number): readonly RunStage[] {
  const own = prepared[group];
  assert(own !== undefined, `nothing was prepared for group ${group}`);
  return own.stages;
}

/** Tokens of a block, whose last ones may be none of the run's: their codes are 0. */
const filledUp = (tokens: number): number => Math.ceil(tokens / TOKENS_TOGETHER) * TOKENS_TOGETHER;

const blockShape = ({ transform: { components } }: CodedGroup, tokens: number): ComponentShape => ({
  tokens: filledUp(tokens),
  sideComponents: components,
});

const levelsBytes = ({ sideComponents: [keys, values], tokens }: ComponentShape): number =>
  (keys + values) * tokens * 4;

/** The levels that were read back, as blocks. @param coded tokens of the run, behind which all codes are 0 */
async function encodeBlocks(
  readback: Readback,
  variant: ComponentVariant,
  { shapes, coded }: { shapes: readonly ComponentShape[]; coded: number },
): Promise<Uint8Array<ArrayBuffer>[]> {
  const levels = await readback.read((mapped) => new Float32Array(mapped).slice());
  let at = 0;
  return shapes.map((shape) => {
    const own = levels.subarray(at, at + levelsBytes(shape) / 4);
    at += own.length;
    for (let row = 0; row < own.length; row += shape.tokens)
      own.fill(0, row + coded, row + shape.tokens);
    return encodeComponents(variant, { ...shape, codes: roundComponents(own, shape, variant) });
  });
}
