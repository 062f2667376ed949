/**
 * Where models may be fetched from besides the page's own address, as the content security policy has it
 * (scripts/security-headers.ts): Hugging Face, and where it keeps large files.
 */
export const MODEL_HUBS = [
  "https://huggingface.co",
  "https://*.huggingface.co",
  "https://*.hf.co",
] as const;

/** Whether the policy lets the page fetch from an address. */
export function isFetchable(url: string, ownOrigin: string): boolean {
  const { origin } = new URL(url);
  return origin === ownOrigin || MODEL_HUBS.some((hub) => matches(origin, hub));
}

function matches(origin: string, hub: string): boolean {
  const [before = "", domain] = hub.split("*");
  return domain === undefined
    ? origin === hub
    : origin.startsWith(before) && origin.endsWith(domain);
}
