import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { AnswerLimitField } from "./AnswerLimitField.tsx";
import { nameOfPrompt, promptPresets } from "./prompt-presets.ts";
import { rereadSentence } from "./reread-sentence.ts";
import { SAMPLING_PRESETS, samplingPresetOf, withSampling } from "./sampling-presets.ts";
import { SamplingFields } from "./SamplingFields.tsx";
import { TitleSwitch } from "./TitleSwitch.tsx";

const nothing = () => undefined;
const DEFAULTS = { temperature: 0.6, topP: 0.9, repetitionPenalty: 1 };

test("every sampling preset is known again, and keeps what else was set", () => {
  const settings = { systemPrompt: "Be brief.", maxTokens: 5, temperature: 1.9 };
  expect(samplingPresetOf(settings)).toBe("own");
  for (const preset of SAMPLING_PRESETS) {
    const chosen = withSampling(settings, preset);
    expect(samplingPresetOf(chosen)).toBe(preset);
    expect(chosen).toMatchObject({ systemPrompt: "Be brief.", maxTokens: 5 });
  }
  expect(withSampling(settings, "model")).not.toHaveProperty("temperature");
});

test("what is not set shows the model's own value, and says so", () => {
  const html = (settings: object) =>
    renderToStaticMarkup(
      <SamplingFields settings={settings} defaults={DEFAULTS} onChange={nothing} />,
    );
  expect(html({})).toContain("0.6 (the model&#x27;s)");
  expect(html({ temperature: 0.3 })).toContain(">0.3</span>");
  expect(html({ temperature: 0.3 })).toContain("Your own");
  expect(html({})).not.toContain("Your own");
});

test("only a change of the system prompt has the conversation read again", () => {
  const cost = { tokens: 1664, msPerToken: 2.5 };
  const before = { systemPrompt: "Be brief." };
  expect(rereadSentence(before, { ...before, temperature: 0 }, cost)).toBe(
    "Nothing has to be read again.",
  );
  expect(rereadSentence(before, {}, cost)).toBe(
    "About 1,700 tokens will be read again, because the system prompt stands before everything else: about 4.2 s.",
  );
  expect(rereadSentence({}, before, { ...cost, msPerToken: undefined })).toMatch(
    /^About 1,700 tokens will be read again, .*else\.$/,
  );
  expect(rereadSentence({}, before, { ...cost, tokens: 0 })).toBe("Nothing has to be read again.");
});

test("the limit of an answer shows the usual one where none was chosen", () => {
  const html = (tokens: number | undefined) =>
    renderToStaticMarkup(<AnswerLimitField tokens={tokens} usual={1024} onChange={nothing} />);
  expect(html(undefined)).toContain('placeholder="1024"');
  expect(html(512)).toContain('value="512"');
});

test("ready prompts have names of their own, and one's own is named by its beginning", () => {
  const names = promptPresets().map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(nameOfPrompt(" Be\n brief. ")).toBe("Be brief.");
  expect(nameOfPrompt("x".repeat(100))).toHaveLength(41);
});

test("titles in the tab can be turned off", () => {
  expect(renderToStaticMarkup(<TitleSwitch isOn onChange={nothing} />)).toContain('checked=""');
  expect(renderToStaticMarkup(<TitleSwitch isOn={false} onChange={nothing} />)).not.toContain(
    'checked=""',
  );
});
