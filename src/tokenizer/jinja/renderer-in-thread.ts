import { renderJinja } from "./render-jinja.ts";
import type { TemplateRenderer } from "./template-renderer.ts";

/**
 * Runs programs where it is called, and cannot end them. For tools and tests only, whose templates are known: a page
 * has `WorkerRenderer`.
 */
export const rendererInThread: TemplateRenderer = {
  prepare: () => undefined,
  render: (input) => Promise.resolve(renderJinja(input)),
};
