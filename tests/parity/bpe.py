"""What Hugging Face's Rust `tokenizers` makes of byte-pair vocabularies.

    pip install tokenizers
    python3 tests/parity/bpe.py train BOOKS.jsonl SIZE
        prints the SHA-256 of the merges, joined by line ends, for each split
    python3 tests/parity/bpe.py encode TOKENIZER.json < TEXTS.json
        prints the SHA-256 of the ids of all texts, and how many texts decode
        to something else

Special tokens spelled out in a text count as plain text, as minnow reads them.
"""

import hashlib
import json
import struct
import sys

# The folder of this file would shadow the package of the same name.
sys.path.pop(0)

from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

SPLITS = {
    "gpt2": (
        r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+"
        r"| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
    ),
    "gpt4": (
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"
    ),
}


def train(path, size):
    with open(path, encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    hashes = {}
    for name, pattern in SPLITS.items():
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ])
        tokenizer.train_from_iterator(
            texts,
            trainers.BpeTrainer(
                vocab_size=size,
                initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                special_tokens=["<|endoftext|>"],
                show_progress=False,
            ),
        )
        merges = json.loads(tokenizer.to_str())["model"]["merges"]
        lines = "\n".join(
            m if isinstance(m, str) else " ".join(m) for m in merges
        )
        hashes[name] = hashlib.sha256(lines.encode()).hexdigest()
    return hashes


def encode(path, texts):
    tokenizer = Tokenizer.from_file(path)
    tokenizer.encode_special_tokens = True
    sha = hashlib.sha256()
    changed = 0
    for text in texts:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        sha.update(struct.pack(f"<{len(ids) + 1}I", len(ids), *ids))
        changed += tokenizer.decode(ids) != text
    return {"hash": sha.hexdigest(), "changed": changed}


if sys.argv[1] == "train":
    print(json.dumps(train(sys.argv[2], int(sys.argv[3]))))
else:
    print(json.dumps(encode(sys.argv[2], json.load(sys.stdin))))
