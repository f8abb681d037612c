import type { RecordSorter } from "./record_sorter.ts";

/**
 * Goes through sorted records and tells those with equal keys apart from those
 * with others.
 *
 * @param sorter The records, the last word of each not part of the key.
 * @param words 32-bit words of a record.
 * @param keyWords How many of them, from the first on, are the key.
 * @param visit Is given every record and whether its key is another than that
 * of the one before; the record is valid until it returns.
 */
export function visitEqualKeys(
  sorter: RecordSorter,
  words: number,
  keyWords: number,
  visit: (record: Uint32Array, first: boolean) => void,
): void {
  const last = new Uint32Array(keyWords);
  const record = new Uint32Array(words);
  let any = false;
  for (const piece of sorter.sorted()) {
    for (let at = 0; at < piece.length; at += words) {
      let first = !any;
      for (let i = 0; i < words; i++) {
        record[i] = piece[at + i];
        if (i >= keyWords || record[i] === last[i]) continue;
        last[i] = record[i];
        first = true;
      }
      any = true;
      visit(record, first);
    }
  }
}
