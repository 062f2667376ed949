import type { Hardware } from "../../device/device.ts";
import {
  fetchProjectFile,
  loadTestModel,
  PROJECT_ORIGIN,
  type TestModelOptions,
} from "../testing.ts";
import { compareWithGolden, type GoldenOptions } from "./compare-golden.ts";
import type { GoldenReference } from "./golden-reference.ts";
import type { GoldenReport } from "./golden-report.ts";
import { goldenTolerance } from "./golden-tolerance.ts";
import { loadGolden } from "./load-golden.ts";

/** The folder of a reference model, as an address of the project, with a final slash. */
export const fixtureUrl = (name: string): string =>
  `${PROJECT_ORIGIN}/src/model/golden/fixtures/${name}/`;

/** The reference of a model among the fixtures, such as `qwen2/mlc-q0f16`. */
export function loadFixtureReference(name: string): Promise<GoldenReference> {
  const url = fixtureUrl(name);
  return loadGolden({ json: `${url}golden.json`, floats: `${url}golden.f32` }, fetchProjectFile);
}

/** What a fixture is compared with, and how it is loaded. */
interface FixtureOptions extends TestModelOptions, Pick<GoldenOptions, "waysOf"> {
  reference: GoldenReference;
}

/** Compares a model among the fixtures with a reference. */
export async function compareFixture(
  hardware: Hardware,
  name: string,
  { reference, waysOf, ...options }: FixtureOptions,
): Promise<GoldenReport> {
  const model = await loadTestModel(hardware, fixtureUrl(name), options);
  // An ablation may change the configuration that is computed. What is compared is the model's own.
  const { transformer, kernels, description } = model;
  const { config } = description;
  const tolerance = goldenTolerance(kernels.choice);
  return compareWithGolden({ transformer, config }, reference, {
    tolerance,
    ...(waysOf && { waysOf }),
  });
}
