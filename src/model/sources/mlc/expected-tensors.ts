import { assert } from "../../../shared/assert.ts";
import type { TensorDtype } from "../../tensor-dtype.ts";
import { Q4_GROUP } from "../../../shared/q4-matrix.ts";
import { weightsOf, type Weight } from "../../architectures/architecture.ts";
import { architectureOf } from "../../architectures/architectures.ts";
import type { LoadedValues } from "../source.ts";
import type { MlcConfig } from "./chat-config.ts";
import type { Quantization } from "../../../protocol/runnable-models.ts";
import { floatDtypes, isQ4 } from "./quantization.ts";
import { MLC_REGISTRY, type MlcRegistry, type TensorNames } from "./tensor-names.ts";

/** A tensor that the files of a model must hold. */
export interface ExpectedTensor {
  name: string;
  shape: readonly number[];
  /** The formats that the tensor may have. */
  dtypes: readonly TensorDtype[];
  /** The weight that it is a part of. */
  weight: Weight;
  part: LoadedValues["part"];
}

/** Every tensor that the files of a model must hold, in the order of use. */
export function expectedTensors(
  { config, quantization }: Pick<MlcConfig, "config" | "quantization">,
  { architectures, tensorNames }: MlcRegistry = MLC_REGISTRY,
): ExpectedTensor[] {
  const architecture = architectureOf(config.architecture, architectures);
  const names = tensorNames[architecture.name] ?? {};
  return weightsOf(architecture, config).flatMap((weight) =>
    tensorsOf(weight, nameOf(weight, names), quantization),
  );
}

function nameOf({ role, layer }: Weight, names: TensorNames): string {
  const name = names[role];
  assert(name !== undefined, `MLC's files have no name for ${role}`);
  return name.replace("{layer}", String(layer));
}

/** The tensors of one weight: in 4 bits a matrix has two, its codes and its scales. */
function tensorsOf(weight: Weight, name: string, quantization: Quantization): ExpectedTensor[] {
  const dtypes = floatDtypes(quantization);
  const [rows, columns] = weight.shape;
  if (!isQ4(quantization) || rows === undefined || columns === undefined)
    return [{ name, shape: weight.shape, dtypes, weight, part: "values" }];
  const groups = Math.ceil(columns / Q4_GROUP);
  const named = (suffix: string): string => name.replace(/\.weight$/, suffix);
  return [
    { name: named(".q_weight"), shape: [rows, 4 * groups], dtypes: ["u32"], weight, part: "codes" },
    { name: named(".q_scale"), shape: [rows, groups], dtypes, weight, part: "scales" },
  ];
}
