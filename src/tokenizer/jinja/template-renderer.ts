/** @file How a program in Jinja is run, wherever it runs. */

import type { TemplateFault } from "../../protocol/engine-api.ts";

/** A message as the program sees it. */
export interface JinjaMessage {
  role: string;
  content: string;
  reasoning_content?: string;
}

/** What a program is given. */
export interface JinjaInput {
  jinja: string;
  messages: readonly JinjaMessage[];
  bosToken: string;
  eosToken: string;
  /** The time that the program is told, in milliseconds since 1970. */
  nowMs: number;
}

/** What came of running a program: its text, or why there is none. Both can be cloned. */
export type JinjaOutput = { text: string } | { fault: TemplateFault };

/** Runs programs that may be hostile. */
export interface TemplateRenderer {
  /** Called when a program will soon be run, so that whatever takes time can begin. */
  prepare(): void;
  /** Runs a program to its end, or until it takes too long. Never rejects. */
  render(input: JinjaInput): Promise<JinjaOutput>;
}
