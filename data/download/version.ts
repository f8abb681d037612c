/** What a server says to tell the versions of a file apart (RFC 9110, 8.8). */
export interface Version {
  /** Its `ETag`, as it came. */
  readonly etag: string | null;
  /** Its `Last-Modified`, as it came. */
  readonly lastModified: string | null;
}

/**
 * @param response An answer that stands for the whole file.
 * @returns Its version, and its length in bytes where the server tells it.
 */
export function headersOf(
  response: Response,
): { readonly version: Version; readonly length: number | null } {
  const { headers } = response;
  const length = Number(headers.get("content-length") ?? NaN);
  return {
    version: {
      etag: headers.get("etag"),
      lastModified: headers.get("last-modified"),
    },
    length: Number.isSafeInteger(length) && length >= 0 ? length : null,
  };
}

/**
 * @param a One version.
 * @param b Another.
 * @returns Whether nothing tells them apart.
 */
export function isSameVersion(a: Version, b: Version): boolean {
  if (a.etag !== null && b.etag !== null) return a.etag === b.etag;
  if (a.lastModified === null || b.lastModified === null) return true;
  return a.lastModified === b.lastModified;
}

/**
 * @param version What the server said.
 * @returns What `If-Range` may hold for it (RFC 9110, 13.1.5): no weak tag;
 * null where nothing shows that a range is of the same version.
 */
export function ifRange({ etag, lastModified }: Version): string | null {
  return etag !== null && !etag.startsWith("W/") ? etag : lastModified;
}
