import type { JsonReader } from "../../../shared/json-reader.ts";
import { unsupported } from "../../model-unsupported.ts";

type Reading = (model: JsonReader, layers: number) => readonly number[] | undefined;

/** The fields of `model_config` that may say which layers share K and V. */
const READINGS: Readonly<Record<string, Reading>> = {
  num_kv_shared_layers: readLastLayers,
  cla_share_factor: readCrossLayer,
  layer_types: readLayerTypes,
};

/**
 * For each layer, the layer whose K and V it attends to. Undefined if every layer has its own.
 *
 * MLC has no models with shared K and V, so these are the fields of other configurations: `num_kv_shared_layers` of
 * Gemma 3n, `use_cla` and `cla_share_factor` of Hunyuan, and the text `layer_types` of LCKV.
 */
export function readKvLayers(model: JsonReader, layers: number): readonly number[] | undefined {
  const maps = Object.entries(READINGS).flatMap(([field, read]) => {
    const map = read(model, layers);
    return map?.some((cached, layer) => cached !== layer) ? [{ field, map }] : [];
  });
  const [one, other] = maps;
  if (other)
    throw model.problem(other.field, `says which layers share K and V, as ${one?.field} does`);
  return one?.map;
}

/** The last layers attend to the K and V of the last layer before them. */
function readLastLayers(model: JsonReader, layers: number): readonly number[] | undefined {
  if (!model.has("num_kv_shared_layers")) return undefined;
  const sharing = model.integer("num_kv_shared_layers", { min: 0, max: layers - 1 });
  return mapOf(layers, (layer) => Math.min(layer, layers - sharing - 1));
}

/** Every `cla_share_factor`-th layer has K and V, and those behind it attend to these (arXiv:2405.12981). */
function readCrossLayer(model: JsonReader, layers: number): readonly number[] | undefined {
  // Models without CLA have the factor, too.
  if (!model.has("use_cla") || !model.boolean("use_cla")) return undefined;
  const factor = model.integer("cla_share_factor", { min: 1, max: layers });
  return mapOf(layers, (layer) => layer - (layer % factor));
}

/** The layers whose K and V are attended to, written one after the other: `0_0_2_2`. */
function readLayerTypes(model: JsonReader, layers: number): readonly number[] | undefined {
  // Other configurations have a list here, of kinds of attention.
  if (typeof model.raw("layer_types") !== "string") return undefined;
  const numbers = model.string("layer_types").split("_", layers + 1);
  if (numbers.some((one) => /^\d+s$/.test(one)))
    throw unsupported("shape", "layers with a sliding window");
  if (
    numbers.length !== layers ||
    numbers.some((one) => !/^\d{1,4}$/.test(one) || Number(one) >= layers)
  )
    throw model.problem("layer_types", `is not the numbers of ${layers} layers`);
  return numbers.map(Number);
}

const mapOf = (layers: number, cachedOf: (layer: number) => number): number[] =>
  Array.from({ length: layers }, (_, layer) => cachedOf(layer));
