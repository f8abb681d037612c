const WIDTH = 20;

/**
 * A progress bar of text.
 *
 * @param share Share done; held between 0 and 1.
 */
export function progressBar(share: number): string {
  const filled = Math.round(WIDTH * Math.min(Math.max(share, 0), 1));
  return `[${"#".repeat(filled)}${".".repeat(WIDTH - filled)}]`;
}
