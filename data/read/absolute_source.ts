import { resolve } from "@std/path";
import { isUrl } from "./is_url.ts";

/**
 * Where data is, whatever the working directory: a URL as it is, a path from
 * the root.
 *
 * @param path What was given.
 */
export function absoluteSource(path: string): string {
  return isUrl(path) ? path : resolve(path);
}
