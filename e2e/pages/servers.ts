const port = Number(process.env["E2E_PORT"] ?? 4319);

/** Where a build is served during the tests. Ports are origins: what one build stores the other does not see. */
export interface Server {
  port: number;
  url: string;
  /** The build's folder. */
  folder: string;
}

const serverOf = (folder: string, itsPort: number): Server => ({
  port: itsPort,
  url: `http://localhost:${String(itsPort)}`,
  folder,
});

/** What people get. */
export const SHIPPED = serverOf("dist", port);

/** The same, but for the options that an address may have for measuring: `vite build --mode measuring`. */
export const MEASURING = serverOf("dist-measuring", port + 1);
