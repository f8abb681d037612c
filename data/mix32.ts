/**
 * Spreads every bit of an integer over 32 bits, bijectively: the finaliser of
 * Appleby's MurmurHash3.
 *
 * @param value An integer; only its low 32 bits count.
 * @returns An integer in 0 … 2^32 − 1.
 */
export function mix32(value: number): number {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
