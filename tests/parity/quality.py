"""Quality classifiers of others, cross-validated on labelled texts.

    python3 tests/parity/quality.py LABELS.jsonl
        prints {"fasttext": {...}, "sklearn": {...}} as JSON: the mean AUC of
        the parts while held out, over five parts and three divisions, and the
        megabytes a second at which texts are scored; what is not installed
        (pip install fasttext-wheel scikit-learn) is null

fastText sees blanks and line ends as one, as its users prepare texts; its
learning rate and epochs are the best of those that were tried: rates .1 and .5,
5, 25 and 50 epochs, one and two words. scikit-learn has the features of minnow:
words and marks in lower case, one and two of them, hashed into 2^18 signed
buckets, logarithms of counts, length 1, and the same penalty.
"""

import importlib.util
import json
import re
import sys
import tempfile
import time

import numpy as np


def auc(scores, labels):
    """The share of pairs in the right order, ties half."""
    good = scores[labels == 1][:, None]
    bad = scores[labels == 0][None, :]
    return float(np.mean((good > bad) + 0.5 * (good == bad)))


def divisions(labels, parts=5, times=3):
    """Parts with their share of both labels, drawn anew each time."""
    for seed in range(times):
        random = np.random.default_rng(seed)
        part = np.empty(len(labels), dtype=int)
        for label in (0, 1):
            places = random.permutation(np.flatnonzero(labels == label))
            part[places] = np.arange(len(places)) % parts
        for held in range(parts):
            yield np.flatnonzero(part != held), np.flatnonzero(part == held)


def with_fasttext(texts, labels):
    import fasttext

    lines = [" ".join(text.split()) for text in texts]

    def fit(train):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            for i in train:
                file.write(f"__label__{labels[i]} {lines[i]}\n")
            file.flush()
            return fasttext.train_supervised(
                file.name, wordNgrams=2, epoch=25, lr=0.5, bucket=2**18,
                thread=1, verbose=0)

    def score(model, i):
        # The wrapper's own predict needs an older numpy.
        found = model.f.predict(lines[i] + "\n", 2, 0.0, "strict")
        return {name: p for p, name in found}.get("__label__1", 0.0)

    return measure(texts, labels, fit, lambda model, places: np.array(
        [score(model, i) for i in places]))


def with_sklearn(texts, labels):
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import normalize

    word = re.compile(r"[^\W_]+|[^\w\s]|_")
    digit = re.compile(r"\d")
    hasher = HashingVectorizer(
        tokenizer=lambda text: word.findall(digit.sub("0", text.lower())),
        token_pattern=None, lowercase=False, ngram_range=(1, 2),
        n_features=2**18, norm=None, alternate_sign=True)

    def vectors(places):
        counts = hasher.transform([texts[i] for i in places])
        counts.data = np.sign(counts.data) * np.log1p(np.abs(counts.data))
        return normalize(counts)

    def fit(train):
        model = LogisticRegression(C=1 / 0.03, max_iter=1000)
        return model.fit(vectors(train), labels[train])

    return measure(texts, labels, fit, lambda model, places:
                   model.decision_function(vectors(places)))


def measure(texts, labels, fit, score):
    aucs, size, seconds = [], 0, 0.0
    for train, held in divisions(labels):
        model = fit(train)
        start = time.perf_counter()
        scores = score(model, held)
        seconds += time.perf_counter() - start
        size += sum(len(texts[i].encode()) for i in held)
        aucs.append(auc(scores, labels[held]))
    return {
        "auc": round(float(np.mean(aucs)), 4),
        "deviation": round(float(np.std(aucs)), 4),
        "megabytes_per_second": round(size / 1e6 / seconds, 1),
    }


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    texts = [line["text"] for line in lines]
    labels = np.array([line["label"] for line in lines])
    print(json.dumps({
        name: run(texts, labels) if importlib.util.find_spec(name) else None
        for name, run in (("fasttext", with_fasttext),
                          ("sklearn", with_sklearn))
    }))


main()
