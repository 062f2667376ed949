const port = Number(process.env["E2E_PORT"] ?? 4319);

/** Where a build is served during the tests. Each port is an origin, so no build sees what another stores. */
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

/** The build that people get. */
export const SHIPPED = serverOf("dist", port);

/** The build whose address takes options for measuring too, made by `vite build --mode measuring`. */
export const MEASURING = serverOf("dist-measuring", port + 1);
