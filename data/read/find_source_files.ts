import { join } from "@std/path";
import { download } from "../download/download.ts";
import type { DownloadOptions } from "../download/download_options.ts";
import { InputError } from "../input_error.ts";
import { expandGlob, isGlob } from "./expand_glob.ts";
import { isUrl } from "./is_url.ts";
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

const ENDINGS = `${[...FORMATS.keys()].join(", ")}, each also with ${
  [...COMPRESSIONS.keys()].join(" or ")
}`;

/**
 * Finds the text files that the paths stand for. Folders are searched to any
 * depth in the order of names; hidden files and files of other kinds in them
 * are passed over, and so among those that a glob finds. A file named itself is
 * taken whatever its name. A URL is downloaded into the cache; what it holds is
 * told by the end of its path, without the query.
 *
 * @param paths Files, folders, globs and URLs.
 * @param options How to download.
 * @returns The files in order, each once.
 * @throws {InputError} If a path does not exist, a named file is empty, a
 * folder holds no text file, or a URL cannot be downloaded.
 */
export async function findSourceFiles(
  paths: readonly string[],
  options: DownloadOptions = {},
): Promise<SourceFile[]> {
  const files = new Map<string, SourceFile>();
  for (const path of paths) {
    for (const file of await filesOf(path, options)) {
      if (!files.has(file.path)) files.set(file.path, file);
    }
  }
  return [...files.values()];
}

async function filesOf(
  path: string,
  options: DownloadOptions,
): Promise<SourceFile[]> {
  if (isUrl(path)) return [await downloaded(path, options)];
  const info = await statTarget(path);
  // A name may hold a bracket without being a pattern.
  if (info === null && isGlob(path)) return await matches(path);
  if (info === null) {
    throw new InputError(
      `Cannot read '${path}': there is no such file or folder`,
    );
  }
  if (info.isDirectory) {
    const found = await searchFolder(path);
    if (found.length > 0) return found;
    throw new InputError(
      `Cannot read the folder '${path}': it holds no file that ends in ${ENDINGS}`,
    );
  }
  if (info.isFile && info.size === 0) throw isEmpty(path);
  return [sourceFile(path, info, true)];
}

async function downloaded(
  url: string,
  options: DownloadOptions,
): Promise<SourceFile> {
  const { path, bytes, sha256, modified } = await download(url, options);
  if (bytes === 0) throw isEmpty(url);
  const { format, compression } = kindOf(new URL(url).pathname);
  return {
    path: url,
    local: path,
    format: format ?? "text",
    compression,
    size: bytes,
    modified,
    sha256,
    named: true,
  };
}

async function matches(pattern: string): Promise<SourceFile[]> {
  const paths = await expandGlob(pattern);
  const files: SourceFile[] = [];
  for (const path of paths) files.push(...await filesAt(path));
  if (files.length > 0) return files;
  throw new InputError(
    paths.length === 0
      ? `Cannot read '${pattern}': no file is named so`
      : `Cannot read '${pattern}': of the ${paths.length} names found none ends in ${ENDINGS}`,
  );
}

async function searchFolder(folder: string): Promise<SourceFile[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (!entry.name.startsWith(".")) names.push(entry.name);
  }
  const files: SourceFile[] = [];
  for (const name of names.sort()) {
    files.push(...await filesAt(join(folder, name)));
  }
  return files;
}

/** The files of known kinds at a path that was found, not named. */
async function filesAt(path: string): Promise<SourceFile[]> {
  const link = (await Deno.lstat(path)).isSymlink;
  const info = await statTarget(path);
  if (info === null) return [];
  // A link to a folder may lead round in a circle.
  if (info.isDirectory) return link ? [] : await searchFolder(path);
  const isText = kindOf(path).format !== null && info.isFile && info.size > 0;
  return isText ? [sourceFile(path, info, false)] : [];
}

function sourceFile(
  path: string,
  { size, mtime }: Deno.FileInfo,
  named: boolean,
): SourceFile {
  const { format, compression } = kindOf(path);
  return {
    path,
    local: path,
    format: format ?? "text",
    compression,
    size,
    modified: mtime?.getTime() ?? 0,
    sha256: null,
    named,
  };
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

function isEmpty(path: string): InputError {
  return new InputError(`Cannot read '${path}': the file is empty`);
}

/** What a path leads to, or null for nowhere. */
async function statTarget(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new InputError(
      `Cannot read '${path}': ${
        error instanceof Error ? error.message : error
      }`,
      { cause: error },
    );
  }
}
