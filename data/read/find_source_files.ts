import { join } from "@std/path";
import { InputError } from "../input_error.ts";
import type { Compression, SourceFile, SourceFormat } from "./source_file.ts";

const FORMATS: ReadonlyMap<string, SourceFormat> = new Map([
  [".txt", "text"],
  [".md", "text"],
  [".jsonl", "jsonl"],
  [".ndjson", "jsonl"],
  [".csv", "csv"],
  [".tsv", "tsv"],
  [".parquet", "parquet"],
]);

const COMPRESSIONS: ReadonlyMap<string, Compression> = new Map([
  [".gz", "gzip"],
  [".zst", "zstd"],
]);

/**
 * Finds the text files that the paths stand for. Folders are searched to any
 * depth in the order of names; hidden files and files of other kinds in them
 * are passed over. A file named itself is taken whatever its name.
 *
 * @param paths Files and folders.
 * @returns The files in order, each once.
 * @throws {InputError} If a path does not exist, a named file is empty, or a
 * folder holds no text file.
 */
export async function findSourceFiles(
  paths: readonly string[],
): Promise<SourceFile[]> {
  const files = new Map<string, SourceFile>();
  for (const path of paths) {
    const info = await statOrExplain(path);
    if (info.isDirectory) {
      const found = await searchFolder(path);
      if (found.length === 0) {
        throw new InputError(
          `Cannot read the folder '${path}': it holds no file that ends in ${
            [...FORMATS.keys()].join(", ")
          }, each also with ${[...COMPRESSIONS.keys()].join(" or ")}`,
        );
      }
      for (const file of found) files.set(file.path, file);
    } else {
      if (info.isFile && info.size === 0) {
        throw new InputError(`Cannot read '${path}': the file is empty`);
      }
      const kind = kindOf(path);
      files.set(path, {
        path,
        local: path,
        format: kind.format ?? "text",
        compression: kind.compression,
        size: info.size,
        modified: info.mtime?.getTime() ?? 0,
        named: true,
      });
    }
  }
  return [...files.values()];
}

async function searchFolder(folder: string): Promise<SourceFile[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (!entry.name.startsWith(".")) names.push(entry.name);
  }
  const files: SourceFile[] = [];
  for (const name of names.sort()) {
    const path = join(folder, name);
    const link = (await Deno.lstat(path)).isSymlink;
    const info = link ? await statTarget(path) : await Deno.stat(path);
    if (info === null) continue;
    // A link to a folder may lead round in a circle.
    if (info.isDirectory && !link) files.push(...await searchFolder(path));
    const { format, compression } = kindOf(path);
    if (!info.isFile || format === null || info.size === 0) continue;
    files.push({
      path,
      local: path,
      format,
      compression,
      size: info.size,
      modified: info.mtime?.getTime() ?? 0,
      named: false,
    });
  }
  return files;
}

/** What a name says of the content; the format is null where nothing. */
function kindOf(
  path: string,
): { format: SourceFormat | null; compression: Compression } {
  const name = path.toLowerCase();
  let compression: Compression = "none";
  let stem = name;
  for (const [extension, packed] of COMPRESSIONS) {
    if (!name.endsWith(extension)) continue;
    compression = packed;
    stem = name.slice(0, -extension.length);
  }
  for (const [extension, format] of FORMATS) {
    if (stem.endsWith(extension)) return { format, compression };
  }
  return { format: null, compression };
}

async function statOrExplain(path: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (cause) {
    throw new InputError(
      `Cannot read '${path}': ${
        cause instanceof Deno.errors.NotFound
          ? "there is no such file or folder"
          : cause instanceof Error
          ? cause.message
          : cause
      }`,
      { cause },
    );
  }
}

/** What a link leads to, or null for nowhere. */
async function statTarget(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
