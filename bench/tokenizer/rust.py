"""Times Hugging Face's Rust `tokenizers` (pip install tokenizers).

    python3 rust.py encode TOKENIZER.json TEXTS.json
    python3 rust.py train TEXTS.json SIZE PATTERN

Prints {"seconds": …, "version": …}; loading is not counted. Texts are encoded
one by one.
"""

import json
import sys
import time

import tokenizers
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

if sys.argv[1] == "encode":
    tokenizer = Tokenizer.from_file(sys.argv[2])
    with open(sys.argv[3], encoding="utf-8") as file:
        texts = json.load(file)
    start = time.perf_counter()
    for text in texts:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
else:
    with open(sys.argv[2], encoding="utf-8") as file:
        texts = json.load(file)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(sys.argv[4]), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    trainer = trainers.BpeTrainer(
        vocab_size=int(sys.argv[3]),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|endoftext|>"],
        show_progress=False,
    )
    start = time.perf_counter()
    tokenizer.train_from_iterator(texts, trainer)

seconds = time.perf_counter() - start
print(json.dumps({"seconds": seconds, "version": tokenizers.__version__}))
