/** A JSON file as its bytes. */
export const jsonBytes = (json: object): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(json, null, 2));
