/** The files of a build have names of their own, so where its entry is gone, the others are gone too. */
const GONE = new Set([404, 410]);

/**
 * Whether the server has another build in place of the one whose entry is at this address. Where the server does not
 * answer, or answers with an error, that is not known, and the result is false.
 */
export async function isBuildGone(entryUrl: string, fetchFile = fetch): Promise<boolean> {
  try {
    // A copy in the service worker or in the HTTP cache says nothing about the server.
    const { ok, status, headers } = await fetchFile(entryUrl, {
      method: "HEAD",
      cache: "no-store",
    });
    if (!ok) return GONE.has(status);
    // Some hosts answer with the page itself where they have no such file.
    return headers.get("content-type")?.includes("html") ?? false;
  } catch {
    return false;
  }
}
