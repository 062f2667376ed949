/** A build's files have names of their own, so where its entry is gone, all of it is. */
const GONE = new Set([404, 410]);

/**
 * Whether the server has another build in place of the one whose entry is at this address. Without an
 * answer, or with an error, nothing is known and so nothing is said.
 */
export async function isBuildGone(entryUrl: string, fetchFile = fetch): Promise<boolean> {
  try {
    // What a service worker or the HTTP cache keeps says nothing of the server.
    const { ok, status, headers } = await fetchFile(entryUrl, {
      method: "HEAD",
      cache: "no-store",
    });
    if (!ok) return GONE.has(status);
    // Some hosts answer with the page where they have no such file.
    return headers.get("content-type")?.includes("html") ?? false;
  } catch {
    return false;
  }
}
