import { readdir, realpath, stat } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";

/** A model that there is reference data for. */
export interface FoundModel {
  /** The path below the directory that was searched. */
  name: string;
  /** The folder in which its files lie, as an absolute path. */
  folder: string;
  /** The name of the model's file; undefined for a model that is a whole folder. */
  file: string | undefined;
  /** The names of the files of reference data. */
  json: string;
  floats: string;
}

/** Folders that no model lies in and that may be large. */
const NOT_SEARCHED = new Set(["node_modules", ".git"]);

/**
 * Finds all models below a directory, and the directory itself if it is one: every folder with a `golden.json`, and
 * every model file X.gguf, or X in several parts, with an `X.golden.json` beside it.
 *
 * @throws with a sentence if there is no such directory
 */
export async function findModels(directory: string): Promise<FoundModel[]> {
  const root = resolve(directory);
  if (!(await isFolder(root))) throw new Error(`${directory} is no directory.`);
  const found: FoundModel[] = [];
  const seen = new Set<string>();
  const search = async (folder: string): Promise<void> => {
    // A link may lead back to where it lies.
    const real = await realpath(folder);
    if (seen.has(real)) return;
    seen.add(real);
    const names = (await readdir(folder)).toSorted();
    found.push(...modelsIn(root, folder, names));
    for (const name of names)
      if (!NOT_SEARCHED.has(name) && (await isFolder(join(folder, name))))
        await search(join(folder, name));
  };
  await search(root);
  return found;
}

/** False also for a link that leads nowhere. */
const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

function modelsIn(root: string, folder: string, names: readonly string[]): FoundModel[] {
  const path = relative(root, folder) || basename(root);
  return names.flatMap((json): FoundModel[] => {
    if (json === "golden.json")
      return [{ name: path, folder, file: undefined, json, floats: "golden.f32" }];
    const [, stem] = /^(.+)\.golden\.json$/.exec(json) ?? [];
    if (stem === undefined) return [];
    const file = fileOf(stem, names);
    return [{ name: join(path, file), folder, file, json, floats: `${stem}.golden.f32` }];
  });
}

/** The name of a model's file, or of the first of its parts. */
function fileOf(stem: string, names: readonly string[]): string {
  const isPart = (name: string) =>
    name.startsWith(stem) && /^-0*1-of-\d+\.gguf$/.test(name.slice(stem.length));
  return names.find(isPart) ?? `${stem}.gguf`;
}
