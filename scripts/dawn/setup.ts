import { create, globals } from "webgpu";
import { serveProjectFiles } from "./project-files.ts";

declare global {
  // The root object is kept for good: when it is collected before its devices are, Dawn takes the process down.
  var dawn: GPU | undefined;
}

/** Gives Node what a page has and kernel tests use: `navigator.gpu`, and files under `/`. */
function becomePage(): void {
  const gpu = create([]);
  Object.assign(globalThis, globals, { dawn: gpu });
  const navigator = (globalThis as { navigator?: object }).navigator ?? {};
  Object.defineProperty(navigator, "gpu", { value: gpu });
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
  serveProjectFiles();
}

// Every test file of the process runs this module, but Node becomes a page only once.
if (!globalThis.dawn) becomePage();
