import { expect } from "vitest";
import type { EngineApi, GenerateRequest, TurnSummary } from "./engine-api.ts";

interface GoingOn {
  api: Pick<EngineApi, "generate">;
  /** A question with a limit of more than three tokens. */
  request: GenerateRequest;
  /** The whole answer within that limit. */
  whole: TurnSummary;
  /** As the engine says of its model. */
  cannotContinue: true | undefined;
}

/** How many tokens there are of the answer when it is cut. */
const CUT_TOKENS = 3;

/**
 * Has an answer cut, and go on: its text has to be that of an answer that was never cut, and next to nothing may be run
 * for it again. An engine that cannot do this has to refuse it.
 */
export async function expectToGoOn({
  api,
  request,
  whole,
  cannotContinue,
}: GoingOn): Promise<void> {
  const { sampling = {}, messages } = request;
  const limited = (maxTokens: number) => ({ ...sampling, maxTokens });
  const cut = await api.generate({ ...request, sampling: limited(CUT_TOKENS) }, () => undefined);
  if (!cut.ok) throw new Error(`failed: ${JSON.stringify(cut.failure)}`);
  expect(cut.value).toMatchObject({ finishReason: "length", generatedTokens: CUT_TOKENS });
  const { text, tokens } = cut.value;

  const pieces: string[] = [];
  const rest = await api.generate(
    {
      ...request,
      runId: `${request.runId}, going on`,
      messages: [...messages, { role: "assistant", text, tokens }],
      sampling: limited((sampling.maxTokens ?? Infinity) - CUT_TOKENS),
    },
    (delta) => void pieces.push(delta.text),
  );
  if (cannotContinue) {
    expect(rest).toEqual({ ok: false, failure: { code: "cancelled" } });
    return;
  }
  if (!rest.ok) throw new Error(`failed: ${JSON.stringify(rest.failure)}`);
  expect(text + pieces.join("")).toBe(rest.value.text);
  expect(rest.value).toMatchObject({
    text: whole.text,
    finishReason: whole.finishReason,
    generatedTokens: whole.generatedTokens - CUT_TOKENS,
  });
  expect(rest.value.prefilledTokens).toBeLessThanOrEqual(2);
}
