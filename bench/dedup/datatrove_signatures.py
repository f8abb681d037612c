"""MinHash signatures by datatrove itself, in turn with minnow's.

Gets a JSONL file of texts, says when it has signed them once, and then answers
each line on stdin, a number of passes, with the seconds they took. Needs
datatrove with what its MinHash imports: pip install datatrove tokenizers spacy
"xxhash<3.6" (later releases take no strings, which datatrove gives them).
"""
import importlib.metadata
import json
import sys
import tempfile
import time

from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupSignature,
)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    step = MinhashDedupSignature(tempfile.mkdtemp(), MinhashConfig())

    def run(times):
        signed = 0
        for _ in range(times):
            for text in texts:
                shingles = step.get_shingles(text)
                if shingles.size != 0:
                    step.get_signature(shingles)
                    signed += 1
        return signed

    version = importlib.metadata.version("datatrove")
    print(json.dumps({"version": version, "first": run(1)}), flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        run(int(line))
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds}), flush=True)


main()
