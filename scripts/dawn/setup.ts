import { create, globals } from "webgpu";
import { serveProjectFiles } from "./project-files.ts";

declare global {
  // Dawn takes the process down when its root object is collected before its devices are.
  var dawn: GPU | undefined;
}

/** Gives Node what a page has and the kernel tests use: `navigator.gpu`, and files under `/`. */
function becomePage(): void {
  const gpu = create([]);
  Object.assign(globalThis, globals, { dawn: gpu });
  const navigator = (globalThis as { navigator?: object }).navigator ?? {};
  Object.defineProperty(navigator, "gpu", { value: gpu });
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
  serveProjectFiles();
}

// Every test file of the process comes through here; the page is made once.
if (!globalThis.dawn) becomePage();
