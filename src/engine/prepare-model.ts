import { adapterName, type Hardware } from "../device/device.ts";
import { createAttentionSimilarity } from "../kv/sharing/attention-similarity.ts";
import { KvCache, type KvShape } from "../kv/cache/kv-cache.ts";
import { createRowMover, type RowMover } from "../kv/cache/reposition-rows.ts";
import { basisWork, decodeBasis, type BasisHeader } from "../kv/codecs/transform/basis-file.ts";
import { fitsCache, nameBasis, type NamedBasis } from "../kv/codecs/transform-basis.ts";
import { ValueCoder } from "../kv/value/value-coder.ts";
import { hasBiasedKeys } from "../model/biased-keys.ts";
import {
  chooseKernels,
  compileKernels,
  type KernelChoice,
  type ModelKernels,
} from "../model/forward/kernels.ts";
import { kvShapeOf, rowLayers } from "../model/kv-layers.ts";
import { matrixFormats, type ModelOutline } from "../model/model-outline.ts";
import { loadModel, type LoadProgress } from "../model/sources/load-model.ts";
import type { ModelDescription } from "../model/sources/source.ts";
import { refuseBeyondLimits } from "../model/refuse-beyond-limits.ts";
import { ropeFrequencies } from "../model/rope.ts";
import { Transformer } from "../model/forward/transformer.ts";
import { layerWeightBytes, modelBytes } from "../model/model-bytes.ts";
import { ModelWeights } from "../model/weights.ts";
import type { StartThread } from "../cpu/thread-pool.ts";
import type { DeviceChoice, DeviceKind } from "../protocol/engine-api.ts";
import { MAX_CONTEXT_TOKENS } from "../protocol/runnable-models.ts";
import type { MeasureDetails } from "../protocol/measures.ts";
import { assert } from "../shared/assert.ts";
import { EngineError } from "../shared/engine-error.ts";
import { memoize } from "../shared/memoize.ts";
import { createPromptWriter } from "../tokenizer/jinja/jinja-writer.ts";
import type { TemplateRenderer } from "../tokenizer/jinja/template-renderer.ts";
import { createTokenizer } from "../tokenizer/tokenizer.ts";
import { refuseOutsideVocabulary } from "../tokenizer/refuse-outside-vocabulary.ts";
import { openDevice } from "./open-device.ts";
import { knownOf } from "./known-of-model.ts";
import type { ReadyModel, PreparedModel } from "./sequence/prepared-model.ts";
import { AttentionWatch } from "./sequence/attention-watch.ts";
import { variantIn, variantsRecord } from "./sequence/kept-variants.ts";
import { kvVariant } from "./sequence/kv-identity.ts";
import { LayerArrival } from "./sequence/layer-arrival.ts";
import { parkedBytes, ParkedRows } from "./sequence/parked-rows.ts";
import { paceOf, RestorationCosts } from "./sequence/restoration-costs.ts";
import { ResidentSequence } from "./sequence/resident-sequence.ts";

/** Most multiplications that reading a basis of a model may take, which is a second or two. Pip's takes none. */
const MAX_BASIS_WORK = 1e9;

/**
 * How long a load waits for the choice of kernels that an earlier visit kept, once everything else for compiling them
 * is there. Without it rows of that choice are computed again at *exact*, which takes longer than this.
 */
const KEPT_MS = 200;

interface LoadOptions {
  signal: AbortSignal;
  /** What the model is to run on. */
  choice: DeviceChoice;
  /** What was lost, if a device was. */
  lost: DeviceKind | undefined;
  /** Starts a further thread of the processor. */
  startThread: StartThread | undefined;
  onProgress: (progress: LoadProgress) => void;
  /** The largest size of a stored value, as in `KvShape`. */
  valueBytes: number | undefined;
  /** Reads a device record, which may take for ever. */
  readRecord: (name: string) => Promise<unknown>;
  /** Runs the chat templates that are programs. */
  templates: TemplateRenderer;
  /** Bytes of weights that may be downloaded, as in `ModelReference`. */
  maxDownloadBytes: number | undefined;
  /** Positions of the KV cache, as in `ModelReference`. */
  contextTokens: number | undefined;
  /** The files of a local model, as in `ModelReference`. */
  localFiles: readonly File[] | undefined;
  /** Called before any weights come, if the load gets so far. */
  onPrepared: (model: PreparedModel) => void;
  /** Called when the model's `info` says more than before, also long after the load. */
  onInfo: () => void;
  /**
   * Called when the device is lost, during the load or later, before anybody else who has the model hears of it. A model
   * that gives its device back loses it too; a load that fails does not.
   */
  onLost: (device: DeviceKind) => void;
}

/** The parts of a model that are on the GPU, or on their way there. */
interface OnDevice {
  model: PreparedModel;
  weights: ModelWeights;
  kernels: Promise<{ transformer: Transformer; compileMs: number }>;
  mover: () => Promise<RowMover>;
}

/**
 * Load a model: its files are read, weights go to the GPU as they come, and pipelines are compiled meanwhile.
 *
 * Throws `EngineError` for whatever can go wrong; the device is given back then.
 */
export async function loadModelOntoDevice(
  url: string,
  options: LoadOptions,
): Promise<{ model: ReadyModel; detail: MeasureDetails["model.load"] }> {
  const hardware = await openDevice(options);
  let hasFailed = false;
  const lost = hardware.device.lost.then(({ message }) => {
    if (!hasFailed) options.onLost(hardware.kind);
    throw new EngineError({ code: "device-lost", message });
  });
  try {
    return await Promise.race([loadOnto(hardware, url, options), lost]);
  } catch (error) {
    hasFailed = true;
    hardware.device.destroy();
    throw error;
  }
}

async function loadOnto(hardware: Hardware, url: string, options: LoadOptions) {
  const { signal, onProgress, onPrepared, maxDownloadBytes, localFiles } = options;
  const { valueBytes, templates, onInfo } = options;
  const startMs = performance.now();
  // The store is asked before the model's files are, so that its answer is there when it is needed.
  const kept = options.readRecord(variantsRecord(adapterName(hardware.adapter)));
  let onDevice: OnDevice | undefined;
  try {
    const { networkBytes, weightBytes } = await loadModel(url, {
      signal,
      onProgress,
      maxDownloadBytes,
      localFiles,
      async onDescription(description) {
        const room = options.contextTokens ?? MAX_CONTEXT_TOKENS;
        const stated = { ...description, valueBytes, templates, onInfo, room };
        onDevice = await prepare(hardware, stated, within(KEPT_MS, kept));
        onPrepared(onDevice.model);
      },
      onTensor(tensor) {
        onDevice?.weights.write(tensor);
        onDevice?.model.layers.update();
      },
    });
    assert(onDevice !== undefined, "a model was loaded that was not described");
    const { model: prepared, weights, kernels, mover } = onDevice;
    learnWeights(prepared, { weightBytes, networkBytes, ms: performance.now() - startMs });
    const { transformer, compileMs } = await kernels;
    await hardware.device.queue.onSubmittedWorkDone();
    prepared.restorationCosts.learnCompile(compileMs);
    const model: ReadyModel = { ...prepared, transformer, weights, mover };
    const { url: address, adapter } = model.info;
    return { model, detail: { url: address, weightBytes, networkBytes, compileMs, adapter } };
  } catch (error) {
    onDevice?.model.layers.fail(error);
    throw error;
  }
}

/** Learn what reading weights from the browser's cache took. A network's pace says nothing of the next time. */
function learnWeights(
  { restorationCosts, layers }: PreparedModel,
  { weightBytes, networkBytes, ms }: { weightBytes: number; networkBytes: number; ms: number },
): void {
  if (networkBytes > 0) return;
  restorationCosts.learn({ weights: [{ bytes: weightBytes, values: layers.count, ms }] });
}

/** A model, how its KV is to be cut into values, what its template is run by, and who is told what comes of that. */
interface CachedModel extends ModelDescription {
  valueBytes: number | undefined;
  templates: TemplateRenderer;
  onInfo: () => void;
  /** Positions of the KV cache that were asked for. */
  room: number;
}

/** Allocate weights and KV cache, start compiling, and tell all that is known before the weights. */
async function prepare(
  hardware: Hardware,
  stated: CachedModel,
  kept: Promise<unknown>,
): Promise<OnDevice> {
  const { url, valueBytes, chatTemplate, templates: renderer } = stated;
  if ("jinja" in chatTemplate) renderer.prepare();
  const contextTokens = Math.min(stated.config.contextTokens, MAX_CONTEXT_TOKENS, stated.room);
  const config = { ...stated.config, contextTokens };
  const description = { ...stated, config };
  // Creating a tokenizer takes time: everything that needs none is checked before, and before any allocation.
  refuseBeyondLimits(description, hardware.device.limits);
  const { bytes } = modelBytes(description);
  const { weights, cache } = await allocating(hardware, bytes, () => ({
    weights: new ModelWeights(hardware.device, description),
    cache: new KvCache(hardware.device, {
      ...kvShapeOf(config),
      biasedKeys: hasBiasedKeys(config),
      valueBytes,
    }),
  }));
  const format = matrixFormats(description.weights);
  const choosing = kept.then((record) =>
    chooseKernels(hardware.adapter, config, variantIn(record, { config, format })),
  );
  const kernels = buildTransformer(hardware, description, { weights, cache, choosing });
  const mover = memoize(() => createRowMover(hardware.device, cache, ropeFrequencies(config)));
  // The load of the shards may fail first, and then nothing waits for the kernels.
  kernels.catch(() => undefined);
  const transformer = kernels.then((built) => built.transformer);
  const running = { layerBytes: layerWeightBytes(description), rowLayers: rowLayers(config) };
  const layers = new LayerArrival(weights, running, transformer);
  const tokenizer = await createTokenizer(description.tokenizerJson, url);
  refuseOutsideVocabulary(tokenizer, chatTemplate, { vocab: config.vocab, url });
  const { writer, fault } = await createPromptWriter(chatTemplate, {
    tokenizer,
    renderer,
    onFault(later) {
      if (known.info.templateFault !== undefined) return;
      known.info.templateFault = later;
      stated.onInfo();
    },
  });
  const known = await knownOf(hardware, description, { tokenizer, writer, fault });
  const { variant } = await choosing;
  const attention = new AttentionWatch(async () =>
    createAttentionSimilarity(hardware, (await transformer).attentionInputs),
  );
  const resident = new ResidentSequence(() => {
    attention.forget();
  });
  const valueCoder = new ValueCoder(hardware.device, cache, ropeFrequencies(config));
  const basis = await shippedBasis(description.transformBasis, cache.shape);
  if (basis) valueCoder.useBasis(basis);
  const parked = new ParkedRows(hardware.device, cache, parkedBytes(hardware.kind));
  const restorationCosts = new RestorationCosts(config, paceOf(hardware));
  const parts = { cache, layers, resident, attention, valueCoder, parked, restorationCosts };
  const names = { kvVariant: await kvVariant(known.info.adapter, variant) };
  const chosen = { kernels: { format, variant } };
  const model = { ...known, ...names, ...chosen, config, hardware, tokenizer, ...parts };
  return { model, weights, kernels, mover };
}

/** What a promise gives, or undefined if it gives nothing for so long. A failure counts as nothing. */
function within(ms: number, promise: Promise<unknown>): Promise<unknown> {
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), ms));
  return Promise.race([promise.catch(() => undefined), late]);
}

/** The basis that came with the model, if it is for a cache of this shape. */
async function shippedBasis(
  file: Uint8Array<ArrayBuffer> | undefined,
  shape: KvShape,
): Promise<NamedBasis | undefined> {
  const isOurs = (header: BasisHeader) =>
    fitsCache(header, shape) && basisWork(header) <= MAX_BASIS_WORK;
  const basis = file && decodeBasis(file, isOurs);
  return basis && nameBasis(basis, file);
}

async function buildTransformer(
  hardware: Hardware,
  outline: ModelOutline,
  {
    choosing,
    ...parts
  }: { weights: ModelWeights; cache: KvCache; choosing: Promise<KernelChoice> },
) {
  const { config } = outline;
  const choice = await choosing;
  const begun = performance.now();
  const kernels: ModelKernels = await compileKernels(hardware, outline, choice);
  const compileMs = performance.now() - begun;
  const { bytes } = modelBytes(outline);
  const build = () => new Transformer(hardware, config, { ...parts, kernels });
  return { transformer: await allocating(hardware, bytes, build), compileMs };
}

/** Allocate, or throw `out-of-memory`: WebGPU tells only afterwards. */
async function allocating<T>(
  { device }: Hardware,
  neededBytes: number,
  allocate: () => T,
): Promise<T> {
  device.pushErrorScope("out-of-memory");
  const allocated = allocate();
  const error = await device.popErrorScope();
  if (error) throw new EngineError({ code: "out-of-memory", neededBytes }, { cause: error });
  return allocated;
}
