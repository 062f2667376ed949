import { existsSync } from "node:fs";

/** Places where Firefox may be installed, the preferred one first. */
const INSTALLED = [
  "/usr/bin/firefox-esr",
  "/usr/bin/firefox",
  "/snap/bin/firefox",
  "/Applications/Firefox.app/Contents/MacOS/firefox",
  "C:\\Program Files\\Mozilla Firefox\\firefox.exe",
];

/** The Firefox that is tested: the one that `FIREFOX` names, or an installed one. @throws a sentence if there is none */
export function firefoxPath(asked = process.env["FIREFOX"], installed = INSTALLED): string {
  if (asked !== undefined && !existsSync(asked))
    throw new Error(`There is no Firefox at ${asked}.`);
  const found = asked ?? installed.find((path) => existsSync(path));
  if (found === undefined)
    throw new Error("There is no Firefox. Install one, or name it: FIREFOX=path npm run firefox");
  return found;
}
