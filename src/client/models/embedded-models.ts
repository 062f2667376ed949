/** Directories of these models, relative to the page. */
const EMBEDDED_MODELS = ["models/pip-4.7m/mlc-q0f16/", "models/pip-4.7m/mlc-q4f16_1/"] as const;

/** Addresses of the models that ship with the page; the first is loaded where none is asked for. */
export function embeddedModels(pageUrl: string): readonly [string, ...string[]] {
  const [first, ...others] = EMBEDDED_MODELS;
  const addressOf = (directory: string) => new URL(directory, pageUrl).href;
  return [addressOf(first), ...others.map(addressOf)];
}
