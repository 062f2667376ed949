/** Directories of the models that ship with the page, relative to it; the first is loaded where none is asked for. */
const EMBEDDED_MODELS = ["models/pip-4.7m/mlc-q0f16/", "models/pip-4.7m/mlc-q4f16_1/"] as const;

/** Their addresses. */
export function embeddedModels(pageUrl: string): readonly [string, ...string[]] {
  const [first, ...others] = EMBEDDED_MODELS;
  const addressOf = (directory: string) => new URL(directory, pageUrl).href;
  return [addressOf(first), ...others.map(addressOf)];
}
