"""Expected numbers of Hugging Face's Rust `tokenizers` (pip install tokenizers).

    python3 tests/parity/tokenizers.py make FOLDER
        trains three small vocabularies and writes FOLDER/NAME.json and
        FOLDER/expected.json: the ids of every text below
    python3 tests/parity/tokenizers.py encode TOKENIZER.json < TEXTS.json
        prints the ids and the decoded text of every text as JSON

Special tokens spelled out in a text count as plain text, as minnow reads them.
"""

import json
import os
import sys

# The folder of this file would shadow the package of the same name.
sys.path.pop(0)

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models
from tokenizers import normalizers, pre_tokenizers, trainers

CORPUS = [
    "The little boat went out to sea, and the sea was calm and wide.",
    "She counted twelve shells: 1, 2, 3 ... 10, 11, 12; then she went home.",
    "We don't know what they'll say, but I'm sure you've heard it's true.",
    "Zwei Stühle standen am Fenster; drüben läutete die große Glocke.",
    "for i in range(100):\n    if i % 7 == 0:\n        print(i)\n",
    "Il a mangé une crêpe à la crème près de la fenêtre ouverte.",
    "東京の空は青い。猫は静かに眠る。",
] * 4

TEXTS = [
    "",
    " ",
    "The boat don't sail at 10:45, they've said.",
    "  two leading spaces, two trailing  ",
    "tabs\tand\nlines\r\n\r\nand   runs    of     spaces\n\n\n",
    "crème brûlée près du Stühle-Händler",
    "emoji \U0001f600\U0001f469\u200d\U0001f680 and 東京 mixed",
    "next\u0085line no\u00a0break \ufeffmark\u2028separator\u3000wide",
    "x\ufeff \ufeffy \u0085 z",
    "WE'LL SEE 12345 ½ ² Ⅷ ٣",
    "<|endoftext|> is plain here</s>",
    "    indented\n        deeper",
    "ﬁne e\u0301 combining \U0001d54f",
]

GPT4_SPLIT = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"
)


def byte_level_trainer(size):
    return trainers.BpeTrainer(
        vocab_size=size,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|endoftext|>"],
        show_progress=False,
    )


def gpt2():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(CORPUS, byte_level_trainer(360))
    # Runs of spaces as in CodeGen's vocabulary: added, but not special.
    tokenizer.add_tokens(
        [AddedToken(" " * n, normalized=True) for n in (8, 4, 3, 2)]
    )
    return tokenizer


def gpt4():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(GPT4_SPLIT), "isolated"),
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(CORPUS, byte_level_trainer(360))
    return tokenizer


def llama():
    tokenizer = Tokenizer(
        models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Prepend("\u2581"),
        normalizers.Replace(" ", "\u2581"),
    ])
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace("\u2581", " "),
        decoders.ByteFallback(),
        decoders.Fuse(),
        decoders.Strip(" ", 1, 0),
    ])
    tokenizer.train_from_iterator(
        [word for line in CORPUS for word in line.split()],
        trainers.BpeTrainer(
            vocab_size=420,
            show_progress=False,
            special_tokens=["<unk>", "<s>", "</s>"]
            + [f"<0x{byte:02X}>" for byte in range(256)],
        ),
    )
    # The bytes are ordinary tokens, only trained as special ones.
    saved = json.loads(tokenizer.to_str())
    saved["added_tokens"] = saved["added_tokens"][:3]
    return Tokenizer.from_str(json.dumps(saved))


def encode(tokenizer, texts):
    tokenizer.encode_special_tokens = True
    encodings = [tokenizer.encode(t, add_special_tokens=False) for t in texts]
    return [
        {"text": text, "ids": e.ids, "decoded": tokenizer.decode(e.ids)}
        for text, e in zip(texts, encodings)
    ]


def main():
    if sys.argv[1] == "encode":
        tokenizer = Tokenizer.from_file(sys.argv[2])
        json.dump(encode(tokenizer, json.load(sys.stdin)), sys.stdout)
        return
    expected = {}
    for make in (gpt2, gpt4, llama):
        tokenizer = make()
        name = make.__name__
        tokenizer.save(os.path.join(sys.argv[2], f"{name}.json"), pretty=False)
        expected[name] = encode(tokenizer, TEXTS)
    path = os.path.join(sys.argv[2], "expected.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(expected, file, indent=1)
        file.write("\n")


main()
