/**
 * @file `npm run calibrate` makes the basis that ships with Pip, from chats and stories that Pip reads.
 *
 * `VITE_CALIBRATE_CHATS=n` reads only n of each, to try it out.
 */

import { commands } from "vitest/browser";
import { createQueryMoments } from "../../kv/basis/query-moments.ts";
import { sensitiveWeighting } from "../../kv/basis/basis-weighting.ts";
import { modelWeightings } from "../../kv/basis/model-weightings.ts";
import { finish } from "../../linalg/stepped-work.ts";
import { encodeBasis } from "../../kv/codecs/transform/basis-file.ts";
import { deviceTest } from "../../device/testing.ts";
import { ropeFrequencies } from "../../model/rope.ts";
import type { ChatMessage } from "../../protocol/engine-api.ts";
import { measureSensitivity } from "./basis-calibration.ts";
import { RowMoments } from "./row-moments.ts";
import { fitMoments } from "./fitted-bases.ts";
import type { Sensitivity } from "../../engine/learn/noise-sensitivity.ts";
import { readProjections } from "./model-projections.ts";
import {
  CALIBRATION_CONVERSATIONS,
  STORY_CONVERSATIONS,
} from "../../engine/testing/recall-testing.ts";
import { loadProbeParts, CacheProbe } from "../cache-probe.ts";

const MODEL = "/models/pip-4.7m/mlc-q0f16/";
const FILE = `public${MODEL}transform-basis.bin`;

/** Number of components of K, and of V. A basis with so many is as large as a tenth of the weights. */
const COMPONENTS = 544;

const CHATS = Number(import.meta.env["VITE_CALIBRATE_CHATS"] ?? Infinity);
/** Number of chats that noise is put into. Sensitivity differs a hundredfold between layers, twofold between chats. */
const NOISY_CHATS = 16;
const NOISY_TOKENS = { least: 280, most: 700 };

const TIMEOUT_MS = 7_200_000;

deviceTest("calibrate", { timeout: TIMEOUT_MS }, async ({ hardware }) => {
  const { parts, config } = await loadProbeParts(hardware);
  const { transformer } = parts;
  const probe = new CacheProbe(parts);
  const frequencies = ropeFrequencies(config);
  const shape = { ...config, frequencies };
  const queries = await createQueryMoments(hardware.device, transformer.attentionInputs, {
    frequencies,
  });
  transformer.sampleAttention(queries);
  const evidence = new RowMoments(shape, config.layers);
  const texts = [
    ...CALIBRATION_CONVERSATIONS.slice(0, CHATS),
    ...STORY_CONVERSATIONS.slice(0, CHATS),
  ];
  for (const { messages } of texts) {
    await read(probe, messages, config.contextTokens);
    evidence.add(await probe.save());
  }
  transformer.sampleAttention(undefined);
  const { outputs } = await readProjections(MODEL);
  const source = {
    queries: await queries.read(),
    outputProjection: (layer: number) => outputs[layer] ?? new Float32Array(),
  };
  const plain = finish(modelWeightings(source, shape));
  const chats = texts
    .map(({ messages }) => probe.tokensOf(messages))
    .filter(({ length }) => length >= NOISY_TOKENS.least && length <= NOISY_TOKENS.most)
    .slice(0, NOISY_CHATS);
  const known = { weightings: plain, shape, layers: config.layers };
  const sensitivity = await measureSensitivity(probe, chats, known);
  const weightings = {
    keys: sensitiveWeighting(plain.keys, sensitivity.keys),
    values: sensitiveWeighting(plain.values, sensitivity.values),
  };
  const fitting = { shape: config, weightings, group: config.layers, components: COMPONENTS };
  const file = encodeBasis(fitMoments(evidence, fitting));
  await commands.writeFile(FILE, base64(file), { encoding: "base64" });
  report({ sensitivity, tokens: evidence.tokens, bytes: file.length });
});

const base64 = (bytes: Uint8Array): string => {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 4096)
    parts.push(String.fromCharCode(...bytes.subarray(at, at + 4096)));
  return btoa(parts.join(""));
};

async function read(probe: CacheProbe, messages: readonly ChatMessage[], contextTokens: number) {
  probe.forget();
  await probe.fill(probe.tokensOf(messages).slice(0, contextTokens));
}

function report(facts: { sensitivity: Sensitivity; tokens: number; bytes: number }): void {
  const short = (values: readonly number[]) =>
    values.map((value) => value.toPrecision(2)).join(" ");
  // This is a tool for the terminal.
  // eslint-disable-next-line no-console
  console.log(
    [
      `sensitivity of K by layer: ${short(facts.sensitivity.keys)}`,
      `sensitivity of V by layer: ${short(facts.sensitivity.values)}`,
      `${FILE}: ${facts.bytes} bytes, from ${facts.tokens} tokens`,
    ].join("\n"),
  );
}
