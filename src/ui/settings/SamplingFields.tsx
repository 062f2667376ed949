import { t } from "@lingui/core/macro";
import { useId } from "react";
import {
  isSettingOf,
  SETTING_BOUNDS,
  type ConversationSettings,
  type NumberSetting,
} from "../../protocol/conversation-settings.ts";
import type { SamplingDefaults } from "../../protocol/engine-api.ts";
import { numberWords } from "../number-words.ts";
import {
  SAMPLING_PRESETS,
  samplingPresetName,
  samplingPresetOf,
  withSampling,
} from "./sampling-presets.ts";

interface SamplingFieldsProps {
  settings: ConversationSettings;
  /** What the model that is here has; undefined while there is none. */
  defaults: SamplingDefaults | undefined;
  onChange: (settings: ConversationSettings) => void;
}

/** How the model chooses its words: by a preset, or by numbers. */
export function SamplingFields({ settings, defaults, onChange }: SamplingFieldsProps) {
  const name = useId();
  const preset = samplingPresetOf(settings);
  const set = (setting: NumberSetting, value: number) =>
    onChange({ ...settings, [setting]: value });
  return (
    <fieldset className="field">
      <legend>{t`How it chooses its words`}</legend>
      <div className="pills">
        {SAMPLING_PRESETS.map((one) => (
          <label key={one} className="pill">
            <input
              type="radio"
              name={name}
              checked={preset === one}
              onChange={() => onChange(withSampling(settings, one))}
            />
            {samplingPresetName(one)}
          </label>
        ))}
        {preset === "own" && (
          <label className="pill">
            <input type="radio" name={name} checked readOnly />
            {samplingPresetName("own")}
          </label>
        )}
      </div>
      <NumberSlider
        label={t`Temperature`}
        hint={t`Higher is more surprising, 0 always takes the likeliest word.`}
        setting="temperature"
        step={0.1}
        value={settings.temperature}
        fallback={defaults?.temperature ?? 0.7}
        onChange={set}
      />
      <NumberSlider
        label={t`Top-p`}
        hint={t`Lower leaves out unlikely words.`}
        setting="topP"
        step={0.01}
        value={settings.topP}
        fallback={defaults?.topP ?? 0.95}
        onChange={set}
      />
      <NumberSlider
        label={t`Repetition penalty`}
        hint={t`Higher avoids words that were used before; 1 is none.`}
        setting="repetitionPenalty"
        step={0.05}
        value={settings.repetitionPenalty}
        fallback={defaults?.repetitionPenalty ?? 1}
        onChange={set}
      />
    </fieldset>
  );
}

interface NumberSliderProps {
  label: string;
  hint: string;
  setting: NumberSetting;
  step: number;
  /** Undefined where the model's own value holds. */
  value: number | undefined;
  fallback: number;
  onChange: (setting: NumberSetting, value: number) => void;
}

function NumberSlider(props: NumberSliderProps) {
  const { label, hint, setting, step, value, fallback, onChange } = props;
  const [id, hintId] = [useId(), useId()];
  const { min, max } = SETTING_BOUNDS[setting];
  const shown = numberWords(value ?? fallback);
  return (
    <div className="slider">
      <label htmlFor={id}>{label}</label>
      <span className="value" aria-hidden>
        {value === undefined ? t`${shown} (the model's)` : shown}
      </span>
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        step={step}
        aria-describedby={hintId}
        aria-valuetext={value === undefined ? t`${shown} (the model's)` : shown}
        value={value ?? fallback}
        onChange={({ target: { valueAsNumber } }) => {
          const rounded = Number(valueAsNumber.toFixed(2));
          if (isSettingOf(setting, rounded)) onChange(setting, rounded);
        }}
      />
      <p id={hintId}>{hint}</p>
    </div>
  );
}
