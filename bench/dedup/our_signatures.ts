import { TextLineStream } from "@std/streams";
import { MinhashSigner } from "../../data/curate/dedup/minhash_signer.ts";
import { SimilaritySketcher } from "../../data/curate/dedup/similarity_sketch.ts";

// The counterpart of datatrove_signatures.py: gets the same file, does the same
// at each line on stdin, and sketches the texts as well.

const texts = Deno.readTextFileSync(Deno.args[0]).trim().split("\n")
  .map((line): string => JSON.parse(line).text);
const signer = new MinhashSigner({ words: 5, buckets: 14, hashes: 8 });
const sketcher = new SimilaritySketcher();
const sketch = new Uint8Array(SimilaritySketcher.bytes);

function run(times: number): number {
  let signed = 0;
  for (let i = 0; i < times; i++) {
    for (const text of texts) {
      if (!signer.sign(text)) continue;
      const { low, high, count } = signer.ngrams;
      sketcher.sketch(low, high, count, sketch);
      for (let bucket = 0; bucket < 14; bucket++) signer.bucket(bucket);
      signed++;
    }
  }
  return signed;
}

console.log(JSON.stringify({ version: Deno.version.deno, first: run(1) }));
const lines = Deno.stdin.readable
  .pipeThrough(new TextDecoderStream())
  .pipeThrough(new TextLineStream());
for await (const line of lines) {
  const start = performance.now();
  run(Number(line));
  const seconds = (performance.now() - start) / 1000;
  console.log(JSON.stringify({ seconds }));
}
