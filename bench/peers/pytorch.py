"""PyTorch on its default device: eager, f32, with the fastest built-ins.

Takes the task as JSON in its argument, says on stdout when it is ready, and
answers each line on stdin, a number of runs, with the seconds they took.
"""

import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.before = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.between = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x):
        batch, context, width = x.shape
        shape = (batch, context, self.heads, width // self.heads)
        q, k, v = (
            part.view(shape).transpose(1, 2)
            for part in self.qkv(self.before(x)).split(width, dim=2)
        )
        mixed = self.attend(q, k, v).transpose(1, 2)
        x = x + self.out(mixed.reshape(batch, context, width))
        up = F.gelu(self.up(self.between(x)), **GELU)
        return x + self.down(up)

    @staticmethod
    def attend(q, k, v):
        if hasattr(F, "scaled_dot_product_attention"):
            return F.scaled_dot_product_attention(q, k, v, is_causal=True)
        scores = q @ k.transpose(2, 3) * q.shape[3] ** -0.5
        hidden = torch.ones(scores.shape[2:], dtype=torch.bool).triu(1)
        return scores.masked_fill(hidden, -torch.inf).softmax(3) @ v


# Older releases have only the exact function.
try:
    F.gelu(torch.zeros(1), approximate="tanh")
    GELU = {"approximate": "tanh"}
except TypeError:
    GELU = {}


class Model(nn.Module):
    def __init__(self, size):
        super().__init__()
        width = size["width"]
        self.tokens = nn.Embedding(size["vocabulary"], width)
        self.positions = nn.Parameter(torch.empty(size["context"], width))
        self.blocks = nn.ModuleList(
            Block(width, size["heads"]) for _ in range(size["layers"])
        )
        self.last = nn.LayerNorm(width)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, tokens):
        x = self.tokens(tokens) + self.positions
        for block in self.blocks:
            x = block(x)
        return F.linear(self.last(x), self.tokens.weight)


def open_training(size, device):
    torch.manual_seed(1)
    model = Model(size).to(device)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1
    )
    shape = (size["batch"], size["context"] + 1)
    text = torch.randint(size["vocabulary"], shape, device=device)
    tokens, targets = text[:, :-1], text[:, 1:].reshape(-1)

    def run(times):
        for _ in range(times):
            logits = model(tokens)
            loss = F.cross_entropy(logits.flatten(0, 1), targets)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        return loss.item()

    return run


def open_matmul(side, device):
    a, b = (torch.rand(side, side, device=device) - 0.5 for _ in range(2))

    def run(times):
        for _ in range(times):
            c = a @ b
        return c[0, 0].item()

    return run


def main():
    task = json.loads(sys.argv[1])
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if task["kind"] == "train":
        run = open_training(task["size"], device)
    else:
        run = open_matmul(task["side"], device)
    version = f"{torch.__version__} {device}"
    print(json.dumps({"version": version, "first": run(1)}), flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        run(int(line))
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds}), flush=True)


main()
