/**
 * One printable character for every byte, as byte-level vocabularies of
 * GPT-2's kind spell their tokens: printable Latin-1 stands for itself, the
 * other bytes follow from U+0100 on in ascending order.
 */
export const BYTE_ALPHABET: readonly string[] = alphabet();

function alphabet(): string[] {
  const characters: string[] = [];
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte > 0x20 && byte < 0x7f) ||
      (byte > 0xa0 && byte !== 0xad);
    characters.push(String.fromCharCode(printable ? byte : next++));
  }
  return characters;
}
