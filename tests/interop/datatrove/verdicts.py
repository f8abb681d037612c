"""Judges pages with datatrove's own filters, each rule alone and all together.

usage: verdicts.py PAGES.jsonl VERDICTS.json

Each line of PAGES has `id`, `text`, and `words`, which are minnow's. Every
page is judged twice: with the words of datatrove's tokenizer for English, and
with those given, through datatrove's interface for word tokenizers. Needs
datatrove and spacy, no download.
"""

import hashlib
import importlib.metadata
import json
import math
import sys
from functools import lru_cache

from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.utils import text as datatrove_text
from datatrove.utils import word_tokenizers
from datatrove.utils.typeshelper import Languages

QUALITY = {
    "min_doc_words": 50,
    "max_doc_words": 100000,
    "min_avg_word_length": 3,
    "max_avg_word_length": 10,
    "max_symbol_word_ratio": 0.1,
    "max_bullet_lines_ratio": 0.9,
    "max_ellipsis_lines_ratio": 0.3,
    "max_non_alpha_words_ratio": 0.8,
    "min_stop_words": 2,
}
REPETITION = {
    "dup_line_frac": 0.3,
    "dup_para_frac": 0.3,
    "dup_line_char_frac": 0.2,
    "dup_para_char_frac": 0.2,
}
TOP = {2: 0.2, 3: 0.18, 4: 0.16}
DUPLICATE = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.1}
FINEWEB_OFF = {
    "line_punct_thr": 0.0,
    "short_line_thr": 1.0,
    "char_duplicates_ratio": 1.0,
    "new_line_ratio": math.inf,
}
FINEWEB = {
    "line_punct_thr": 0.12,
    "short_line_thr": 0.67,
    "char_duplicates_ratio": 0.01,
    "new_line_ratio": 0.3,
}
C4_OFF = {
    "filter_lorem_ipsum": False,
    "filter_curly_bracket": False,
    "min_num_sentences": -1,
}
C4_RULES = {
    "filter_lorem_ipsum": True,
    "filter_curly_bracket": True,
    "min_num_sentences": 5,
}


def cases():
    quality_off = {key: None for key in QUALITY}
    for key, value in QUALITY.items():
        yield key, GopherQualityFilter(**{**quality_off, key: value})
    yield "gopher_quality", GopherQualityFilter()

    off = {key: None for key in REPETITION}
    for key, value in REPETITION.items():
        yield key, GopherRepetitionFilter(
            **{**off, key: value}, top_n_grams=(), dup_n_grams=()
        )
    for n, value in TOP.items():
        yield f"top_{n}", GopherRepetitionFilter(
            **off, top_n_grams=((n, value),), dup_n_grams=()
        )
    for n, value in DUPLICATE.items():
        yield f"duplicate_{n}", GopherRepetitionFilter(
            **off, top_n_grams=(), dup_n_grams=((n, value),)
        )
    yield "gopher_repetition", GopherRepetitionFilter()

    for key, value in FINEWEB.items():
        yield key, FineWebQualityFilter(**{**FINEWEB_OFF, key: value})
    yield "fineweb", FineWebQualityFilter()

    # As FineWeb uses it: lines need no punctuation at their end.
    for key, value in C4_RULES.items():
        yield key, C4QualityFilter(
            filter_no_terminal_punct=False, **{**C4_OFF, key: value}
        )
    yield "c4", C4QualityFilter(filter_no_terminal_punct=False)


class GivenWords(word_tokenizers.WordTokenizer):
    """Words made elsewhere; sentences stay datatrove's."""

    def __init__(self, own, given, split):
        super().__init__()
        self.own = own
        self.given = given
        self.split = split

    def word_tokenize(self, text):
        return self.given[text]

    def sent_tokenize(self, text):
        return self.own.sent_tokenize(text)

    def span_tokenize(self, text):
        # Every line was split before; its key has to be the same here.
        sentences = self.split(
            text,
            mode=datatrove_text.SPLIT_TEXT_SENTENCES,
            language=Languages.english,
        )
        ends = [len(sentence) for sentence in sentences]
        return [(sum(ends[:i]), sum(ends[: i + 1])) for i in range(len(ends))]


def reason(judge, page):
    outcome = judge.filter(Document(text=page["text"], id=page["id"]))
    return outcome[1] if isinstance(outcome, tuple) else None


def judge_all(pages):
    verdicts = {}
    judges = list(cases())
    for page in pages:
        for name, judge in judges:
            dropped = reason(judge, page)
            reasons = verdicts.setdefault(name, {})
            if dropped:
                reasons.setdefault(dropped, []).append(page["id"])
    return verdicts


def lines_left(pages):
    """Digests of the texts that C4's rules for lines leave."""
    judge = C4QualityFilter(filter_no_terminal_punct=False, **C4_OFF)
    digests = {}
    for page in pages:
        document = Document(text=page["text"], id=page["id"])
        judge.filter(document)
        digest = hashlib.sha256(document.text.encode()).hexdigest()
        digests[page["id"]] = digest[:12]
    return digests


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        pages = [json.loads(line) for line in file]
    # datatrove remembers five texts; the lines of a page are seen five times.
    split = lru_cache(None)(datatrove_text.split_into_parts.__wrapped__)
    datatrove_text.split_into_parts = split
    own = judge_all(pages)
    left = lines_left(pages)

    given = {page["text"]: page["words"] for page in pages}
    own_tokenizer = word_tokenizers.load_word_tokenizer("en")
    replaced = GivenWords(own_tokenizer, given, split)
    word_tokenizers.load_word_tokenizer = lambda language: replaced
    datatrove_text.split_into_parts = split.__wrapped__
    same_words = judge_all(pages)

    made_with = {
        name: importlib.metadata.version(name) for name in ("datatrove", "spacy")
    }
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(
            {
                "made_with": made_with,
                "pages": len(pages),
                "own_words": own,
                "same_words": same_words,
                "lines_left": left,
            },
            file,
        )


main()
