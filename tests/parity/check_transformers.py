"""Loads a checkpoint of minnow with Transformers and prints what it predicts.

Usage: python check_transformers.py CHECKPOINT [PROMPT]

Needs torch and transformers. Without a tokenizer.json in the folder the prompt
is taken as token ids with commas between them.
"""

import sys
from pathlib import Path

# The folder of this file holds names that would shadow installed packages.
sys.path.pop(0)

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def main():
    folder = Path(sys.argv[1])
    prompt = sys.argv[2] if len(sys.argv) > 2 else None
    model, report = AutoModelForCausalLM.from_pretrained(
        folder, output_loading_info=True
    )
    for problem in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        if report[problem]:
            sys.exit(f"{folder}: {problem}: {sorted(report[problem])}")
    if (folder / "tokenizer.json").exists():
        tokenizer = AutoTokenizer.from_pretrained(folder)
        ids = tokenizer(prompt or "Once upon a time").input_ids
        show = lambda token: repr(tokenizer.decode([token]))
    else:
        ids = [int(token) for token in (prompt or "0").split(",")]
        show = str
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0, -1]
    print(f"{sum(p.numel() for p in model.parameters())} parameters")
    print(f"tokens {ids}")
    for value, token in zip(*logits.topk(min(10, logits.numel()))):
        print(f"{value.item():.6f} {token.item()} {show(token.item())}")


if __name__ == "__main__":
    main()
