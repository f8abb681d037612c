/**
 * Masks e-mail addresses. Goes from one `@` to the next and looks a bounded way
 * to both sides, so that time grows with the text.
 *
 * @param text Any text.
 * @param replacement Stands in place of each.
 * @returns The text without addresses.
 */
export function maskEmails(text: string, replacement: string): string {
  const parts: string[] = [];
  let done = 0;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    let start = at;
    const first = Math.max(done, at - LONGEST_NAME);
    while (start > first && IN_NAME.test(text[start - 1])) start--;
    const name = NAME.exec(text.slice(start, at));
    if (name === null) continue;
    const host = HOST.exec(text.slice(at + 1, at + 1 + LONGEST_HOST));
    if (host === null || FILE.test(host[0])) continue;
    parts.push(text.slice(done, at - name[0].length), replacement);
    done = at + 1 + host[0].length;
  }
  return done === 0 ? text : parts.join("") + text.slice(done);
}

/** Characters of each side at most (RFC 5321, section 4.5.3.1). */
const LONGEST_NAME = 64;
const LONGEST_HOST = 255;

const IN_NAME = /[\p{L}\p{N}_%+.-]/u;
const NAME = /[\p{L}\p{N}_][\p{L}\p{N}_%+-]*(?:\.[\p{L}\p{N}_%+-]+)*$/u;
const HOST =
  /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+\p{L}{2,}/u;

/** Pictures for screens of high resolution are called `icon@2x.png`. */
const FILE = /^\dx\.(?:png|jpe?g|gif|webp|svg)$/i;
