/**
 * Stand-in for the part of `@std/path` that minnow uses.
 *
 * @module
 */
import * as path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The folder separator of this platform. */
export const SEPARATOR: "/" | "\\" = path.sep;

/** Joins path segments and normalises the result. */
export function join(path0?: string | URL, ...paths: string[]): string {
  if (path0 === undefined) return ".";
  return path.join(asPath(path0), ...paths);
}

/** The folder part of a path. */
export function dirname(file: string | URL): string {
  return path.dirname(asPath(file));
}

/** The last part of a path, without `suffix` where it ends so. */
export function basename(file: string | URL, suffix = ""): string {
  return path.basename(asPath(file), suffix);
}

/** The extension of a path with its leading dot, or an empty string. */
export function extname(file: string | URL): string {
  return path.extname(asPath(file));
}

/** The absolute path that the segments lead to from the current folder. */
export function resolve(...paths: string[]): string {
  return path.resolve(...paths);
}

/** The path that leads from one folder to another path. */
export function relative(from: string, to: string): string {
  return path.relative(from, to);
}

/** Resolves `.` and `..` and repeated separators. */
export function normalize(file: string | URL): string {
  return path.normalize(asPath(file));
}

/** Whether a path starts at the root. */
export function isAbsolute(file: string): boolean {
  return path.isAbsolute(file);
}

/** The path that a `file:` URL names. */
export function fromFileUrl(url: string | URL): string {
  return fileURLToPath(url);
}

/** The `file:` URL of an absolute path. */
export function toFileUrl(file: string): URL {
  if (!path.isAbsolute(file)) {
    throw new TypeError(`Path must be absolute: received "${file}"`);
  }
  return pathToFileURL(file);
}

function asPath(file: string | URL): string {
  return typeof file === "string" ? file : fileURLToPath(file);
}
