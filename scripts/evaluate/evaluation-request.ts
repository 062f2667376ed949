import type { BasisKind } from "../../src/evaluation/any-model/evaluated-bases.ts";

/** What `npm run evaluate` asks for, as its test gets it. */
export interface EvaluationRequest {
  name: string;
  /** The URL of the model's file. */
  address: string;
  /** What tells this file from others. */
  fingerprint: string;
  /** Lines of JSON with chats that bases are fitted to; empty if there are none. */
  chats: string;
  /** Which schemes are measured, by an expression that their names match. */
  only: string;
  /** Which kinds of text are read, by an expression. */
  kinds: string;
  /** How many texts of each kind are read at most. */
  texts: number;
  /** The file that rows are appended to, each a line of JSON. */
  lines: string;
}

/** What `npm run calibrate` asks for, for a model from a file. */
export interface CalibrationRequest extends Omit<BasisKind, "source"> {
  address: string;
  /** Lines of JSON. */
  chats: string;
  /** The file that the basis is written to. */
  out: string;
}

declare module "vitest" {
  interface ProvidedContext {
    evaluation: EvaluationRequest;
    calibration: CalibrationRequest;
  }
}
