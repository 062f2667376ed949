import type { RestorationScheme } from "./restoration.ts";

/**
 * A form that rows are stored in without being judged: `static-f16` shares adjacent pairs of the deeper
 * layers, the same in every conversation, as MiniCache does (arXiv:2405.14366); `krul-f16` shares the pairs
 * that Krul would (arXiv:2507.08045), by how this conversation attends; `int4` is 4 bits for every number.
 * `krul-judged` is judged: Krul's pairs in the codec that the level would choose, as far as the guard accepts them. So is
 * `fewest-bytes`: what the level would choose if it did not count how long a form takes to come back.
 */
export const COMPARED_FORMS = [
  "static-f16",
  "krul-f16",
  "krul-judged",
  "fewest-bytes",
  "int4",
] as const;

export type ComparedForm = (typeof COMPARED_FORMS)[number];

/**
 * What an engine can do besides that is to be measured: behave as on another device, or in a way that it would
 * not choose. Each call holds from then on. The page that ships never makes one of them.
 */
export interface EngineMeasuring {
  /** Run prompts as a GPU that takes this many times as long. At least 1. */
  throttleGpu(factor: number): Promise<void>;
  /** Keep at most this many bytes of GPU memory for conversations that were left. */
  keepOnGpu(bytes: number): Promise<void>;
  /** Restore in this way; `auto` is what is done unasked. */
  forceScheme(scheme: RestorationScheme): Promise<void>;
  /**
   * Store rows of conversations of a level other than `exact` in this form, instead of what the level would
   * choose. Undefined: what the level chooses.
   */
  forceForm(form: ComparedForm | undefined): Promise<void>;
}
