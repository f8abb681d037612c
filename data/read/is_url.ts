/**
 * Whether data is named by where it is on the web.
 *
 * @param path What was given.
 * @returns Whether it is an `http:` or `https:` URL.
 */
export function isUrl(path: string): boolean {
  return /^https?:\/\//i.test(path) && URL.canParse(path);
}
