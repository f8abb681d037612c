/**
 * Masks public IP addresses of versions 4 and 6. Those of private networks and
 * those that nobody has (RFC 6890) stay, and so does what is introduced as a
 * version or section.
 *
 * @param text Any text.
 * @param replacement Stands in place of each.
 * @returns The text without addresses.
 */
export function maskIpAddresses(text: string, replacement: string): string {
  return text
    .replace(VERSION_4, (address, offset: number) => {
      const before = text.slice(Math.max(0, offset - 16), offset);
      const public4 = isPublic(address.split(".").map(Number));
      return public4 && !NUMBERING.test(before) ? replacement : address;
    })
    .replace(
      VERSION_6,
      (address) => isVersion6(address) ? replacement : address,
    );
}

// A number of an address has no leading zero; what goes on is no address.
const VERSION_4 =
  /(?<![\p{L}\p{N}_.,-])(?:(?:25[0-5]|2[0-4]\d|1?[1-9]\d|1\d\d|\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?![\p{L}\p{N}_]|[.,-]\p{N})/gu;

const NUMBERING =
  /(?:\bv|\b(?:version|ver|release|build|firmware|section|chapter|rev|revision))[.:]?\s*$/i;

/** Public ones begin with 2 or 3 (RFC 4291, section 2.4). */
const VERSION_6 =
  /(?<![\p{L}\p{N}_:.])[23][\da-f]{3}:[\da-f:]{2,34}(?![\p{L}\p{N}_:])/giu;

/** Networks that are not public: first address, and bits that count. */
const RESERVED = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  // Multicast, and all that is above.
  ["224.0.0.0", 3],
] as const;

const RESERVED_NUMBERS = RESERVED.map(([address, bits]) =>
  [toNumber(address.split(".").map(Number)), bits] as const
);

function isPublic(bytes: readonly number[]): boolean {
  const address = toNumber(bytes);
  return !RESERVED_NUMBERS.some(([network, bits]) =>
    (address ^ network) >>> (32 - bits) === 0
  );
}

function toNumber(bytes: readonly number[]): number {
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

function isVersion6(address: string): boolean {
  // The documentation's network (RFC 3849).
  if (/^2001:0?db8:/i.test(address)) return false;
  const halves = address.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => half === "" ? [] : half.split(":"));
  if (groups.some((group) => !/^[\da-f]{1,4}$/i.test(group))) return false;
  return halves.length === 2 ? groups.length < 8 : groups.length === 8;
}
