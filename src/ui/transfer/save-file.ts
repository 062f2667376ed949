/** How long a browser may take to begin saving. */
const KEPT_MS = 60_000;

/** Has the browser save a file, in its folder of downloads or where the person wants it. */
export function saveFile(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
