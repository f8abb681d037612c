/**
 * Reads files in a process of its own and writes on stdout what came out and
 * how much memory was held: `{ documents, characters, peak, start }`, in bytes,
 * as JSON.
 *
 * @module
 */
import { readDocuments } from "../../../data/read/read_documents.ts";

const start = Deno.memoryUsage().rss;
let peak = start;
let documents = 0;
let characters = 0;
for await (const { text } of readDocuments(Deno.args, { onSkip: () => {} })) {
  documents++;
  characters += text.length;
  if (documents % 100 === 0) peak = Math.max(peak, Deno.memoryUsage().rss);
}
peak = Math.max(peak, Deno.memoryUsage().rss);
console.log(JSON.stringify({ documents, characters, peak, start }));
