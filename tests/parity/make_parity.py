"""Writes gpt2.json, llama.json, qwen3.json and minnow.json: what PyTorch computes
for small models.

Usage: python make_parity.py FOLDER

Needs torch and transformers (made with torch 2.13 and transformers 5.23, on the
CPU). Weights and tokens come from the generator that generator.ts describes;
reference.ts describes the files.
"""

import json
import re
import sys
from pathlib import Path

# The folder of this file holds names that would shadow installed packages.
sys.path.pop(0)

import torch
import transformers
from torch.nn.functional import cross_entropy

BATCH, CONTEXT, VOCABULARY = 2, 37, 1003
GOLDEN = 0x9E3779B9
MASK = 0xFFFFFFFF
STEPS = 10


def fnv1a(text):
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 & MASK
    return value


def draws(name, count):
    """The first draws of a name's seed, as i64 in 0 ... 2^32 - 1."""

    def times(a, b):
        # Products of 32-bit integers need the low 32 bits only, and those
        # survive the overflow of i64.
        return (a * b) & MASK

    state = (fnv1a(name) + times(torch.arange(count), GOLDEN)) & MASK
    state = times(state ^ (state >> 16), 0x85EBCA6B)
    state = times(state ^ (state >> 13), 0xC2B2AE35)
    return state ^ (state >> 16)


def weights(name, shape):
    count = torch.Size(shape).numel()
    ones = r"(ln_1|ln_2|ln_f|norm)\.weight$|(resid|value)_lambda$"
    center = 1 if re.search(ones, name) else 0
    values = center + ((draws(name, count) >> 16) - 0x8000).double() / 0x40000
    return values.float().reshape(shape)


def batch(number):
    u = draws(f"batch/{number}", BATCH * (CONTEXT + 1)) >> 16
    tokens = (u * u * VOCABULARY >> 32).reshape(BATCH, CONTEXT + 1)
    return tokens[:, :-1], tokens[:, 1:]


def number(value):
    """Nine digits: enough to get the same f32 back."""
    return float(f"{value:.9g}")


def samples(name, tensor, count):
    flat = tensor.flatten()
    indices = (draws(name, count) % flat.numel()).tolist()
    return {
        "indices": indices,
        "values": [number(flat[i].item()) for i in indices],
    }


def loss_of(model, inputs, targets):
    logits = model(inputs).logits.reshape(-1, VOCABULARY)
    return logits, cross_entropy(logits, targets.reshape(-1))


def reset(model):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(weights(name, parameter.shape))


def reference(model):
    reset(model)
    first_weights = {
        name: parameter.flatten()[:3].tolist()
        for name, parameter in model.named_parameters()
    }
    model.train()
    logits, loss = loss_of(model, *batch(0))
    loss.backward()
    gradients = {
        name: {
            "shape": list(parameter.shape),
            "norm": number(parameter.grad.double().norm().item()),
            "samples": samples(f"gradient/{name}", parameter.grad, 16),
        }
        for name, parameter in model.named_parameters()
    }
    losses, norms = train(model, [adamw(model, model.parameters())])
    reset(model)
    hidden = [p for p in model.parameters() if is_hidden(model, p)]
    rest = [p for p in model.parameters() if not is_hidden(model, p)]
    muon_losses, muon_norms = train(
        model, [muon(hidden, 5e-3), adamw(model, rest, 5e-3)]
    )
    versions = f"torch {torch.__version__.split('+')[0]}"
    return {
        "made_with": f"{versions}, transformers {transformers.__version__}",
        "config": configuration(model),
        "generator": {
            "inputs": batch(0)[0].flatten().tolist(),
            "targets": batch(0)[1].flatten().tolist(),
            "weights": first_weights,
        },
        "logits": {
            "rows": [
                {
                    "row": row,
                    "values": [number(v) for v in logits[row].tolist()],
                }
                for row in (0, BATCH * CONTEXT - 1)
            ],
            "samples": samples("logits", logits, 64),
        },
        "loss": number(loss.item()),
        "gradients": gradients,
        "losses": losses,
        "gradient_norms": norms,
        "muon_losses": muon_losses,
        "muon_gradient_norms": muon_norms,
    }


def configuration(model):
    """What differs from the family's defaults."""
    config = model.config.to_diff_dict()
    del config["transformers_version"]
    return {**config, "model_type": model.config.model_type}


def is_hidden(model, parameter):
    """Whether it is a matrix of a block: no table, no head."""
    others = [model.get_output_embeddings(), model.get_input_embeddings()]
    others.append(getattr(model.base_model, "wpe", None))
    others.extend(getattr(model.base_model, "value_embeds", []))
    tables = [module.weight for module in others if module is not None]
    return parameter.ndim == 2 and all(parameter is not t for t in tables)


def decays(model, parameter):
    """Whether it is a matrix, but for value embeddings."""
    tables = getattr(model.base_model, "value_embeds", [])
    return parameter.ndim == 2 and all(
        parameter is not table.weight for table in tables
    )


def adamw(model, parameters, rate=1e-3):
    parameters = list(parameters)
    return torch.optim.AdamW(
        [
            {
                "params": [p for p in parameters if decays(model, p)],
                "weight_decay": 0.1,
            },
            {
                "params": [p for p in parameters if not decays(model, p)],
                "weight_decay": 0.0,
            },
        ],
        lr=rate,
        betas=(0.9, 0.95),
        eps=1e-8,
    )


class Muon(torch.optim.Muon):
    """PyTorch's own, but for its iterations, which it rounds to bf16."""

    def step(self, closure=None):
        bfloat16 = torch.Tensor.bfloat16
        torch.Tensor.bfloat16 = torch.Tensor.clone
        try:
            return super().step(closure)
        finally:
            torch.Tensor.bfloat16 = bfloat16


def muon(parameters, rate):
    return Muon(
        parameters,
        lr=rate,
        weight_decay=0.1,
        momentum=0.95,
        adjust_lr_fn="match_rms_adamw",
    )


def train(model, optimizers):
    losses, norms = [], []
    for step in range(STEPS):
        model.zero_grad()
        _, loss = loss_of(model, *batch(step))
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        losses.append(number(loss.item()))
        norms.append(number(norm.item()))
    return losses, norms


class MinnowConfig(transformers.LlamaConfig):
    model_type = "minnow"
    value_embeddings: int = 0
    residual_scalars: bool = False


class Minnow(transformers.LlamaForCausalLM):
    """A Llama with value embeddings and residual scalars, all random."""

    config_class = MinnowConfig

    def __init__(self, config):
        super().__init__(config)
        ends, layers = config.value_embeddings, self.model.layers
        width = config.num_key_value_heads * config.head_dim
        self.model.value_embeds = torch.nn.ModuleList(
            torch.nn.Embedding(config.vocab_size, width) for _ in range(ends)
        )
        self.model.embed_tokens.register_forward_hook(self.look_up)
        for layer in layers[1:]:
            layer.resid_lambda = torch.nn.Parameter(torch.ones(1))
            layer.x0_lambda = torch.nn.Parameter(torch.zeros(1))
            layer.register_forward_pre_hook(self.mix)
        for first, last in zip(range(ends), range(len(layers) - ends, len(layers))):
            for number in (first, last):
                self.add_values(layers[number].self_attn, first)

    def look_up(self, _module, inputs, embedded):
        self.first = embedded
        self.values = [table(inputs[0]) for table in self.model.value_embeds]

    def mix(self, layer, inputs):
        x = layer.resid_lambda * inputs[0] + layer.x0_lambda * self.first
        return (x, *inputs[1:])

    def add_values(self, attention, number):
        attention.value_lambda = torch.nn.Parameter(torch.ones(1))
        attention.v_proj.register_forward_hook(
            lambda _module, _inputs, values: values
            + attention.value_lambda * self.values[number]
        )


# What the llamas have in common.
SIZES = dict(
    vocab_size=VOCABULARY,
    hidden_size=60,
    intermediate_size=148,
    num_attention_heads=6,
    num_key_value_heads=2,
    max_position_embeddings=48,
    rms_norm_eps=1e-5,
    tie_word_embeddings=False,
)
NO_ENDS = dict(bos_token_id=None, eos_token_id=None)


def models():
    yield "minnow", Minnow(
        MinnowConfig(
            **SIZES,
            **NO_ENDS,
            num_hidden_layers=5,
            value_embeddings=2,
            residual_scalars=True,
        )
    )
    yield "gpt2", transformers.GPT2LMHeadModel(
        transformers.GPT2Config(
            **NO_ENDS,
            vocab_size=VOCABULARY,
            n_positions=48,
            n_embd=60,
            n_layer=3,
            n_head=3,
            attn_pdrop=0.0,
            embd_pdrop=0.0,
            resid_pdrop=0.0,
        )
    )
    yield "qwen3", transformers.Qwen3ForCausalLM(
        transformers.Qwen3Config(**SIZES, num_hidden_layers=3, head_dim=12)
    )
    yield "llama", transformers.LlamaForCausalLM(
        transformers.LlamaConfig(**SIZES, **NO_ENDS, num_hidden_layers=3)
    )


def main():
    folder = Path(sys.argv[1])
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for family, model in models():
        text = json.dumps(reference(model), indent=2)
        (folder / f"{family}.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
