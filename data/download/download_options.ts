/** How far a download has come. */
export interface DownloadProgress {
  /** What is downloaded. */
  readonly url: string;
  /** Bytes that are here. */
  readonly bytes: number;
  /** Bytes of the whole, or null where the server does not say. */
  readonly totalBytes: number | null;
}

/** Options of {@linkcode download}. */
export interface DownloadOptions {
  /**
   * Folder that keeps what was downloaded.
   *
   * @default `downloads` in the cache folder
   */
  readonly folder?: string | undefined;
  /** Is told after every chunk. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Is told that what was kept is not what it was, and why. */
  readonly onChange?: ((message: string) => void) | undefined;
  /**
   * Milliseconds before a connection that broke is tried again; doubled each
   * time that nothing has come.
   *
   * @default 1000
   */
  readonly retryDelay?: number;
}
