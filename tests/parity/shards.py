"""Token files written and read by the projects whose formats they have.

make FOLDER          writes the files that are checked in as test data
read FORMAT PATH     prints {"tokens": [...], "ends": [...]} of a file

Needs datatrove, megatron-core, torch and numpy, on the CPU. llm.c and nanoGPT
read and write their files with two lines of numpy, which stand here.
"""

import json
import os
import sys

# The folder of this file has a tokenizers.py, which would shadow the package.
sys.path.pop(0)

import numpy as np


def documents(below):
    """Twelve documents of 1 to 23 ids, by Knuth's multiplier."""
    state, made = 1, []
    for index in range(12):
        ids = []
        for _ in range(1 + index * 2):
            state = (state * 1664525 + 1013904223) % 2**32
            ids.append(int(state % below))
        made.append(ids)
    return made


def write_datatrove(folder, name, docs, size):
    from datatrove.pipeline.tokens.tokenizer import TokenizedFile

    file = TokenizedFile(
        folder, name, tokenizer_name_or_path="gpt2",
        save_final_metadata=True, token_size=size,
    )
    for ids in docs:
        file.write(ids, None)
    file.close()


def write_megatron(prefix, docs, dtype):
    import torch
    from megatron.core.datasets.indexed_dataset import IndexedDatasetBuilder

    builder = IndexedDatasetBuilder(prefix + ".bin", dtype=dtype)
    for ids in docs:
        # A document may be several sequences, as one of many sentences is.
        half = len(ids) // 2
        for part in [ids[:half], ids[half:]]:
            if part:
                builder.add_item(torch.tensor(part))
        builder.end_document()
    builder.finalize(prefix + ".idx")


def write_llmc(path, docs, magic, version, dtype):
    ids = np.concatenate([np.array(doc, dtype) for doc in docs])
    header = np.zeros(256, np.int32)
    header[:3] = magic, version, len(ids)
    with open(path, "wb") as file:
        file.write(header.tobytes())
        file.write(ids.tobytes())


def make(folder):
    small, large = documents(50257), documents(128256)
    at = lambda name: os.path.join(folder, name)
    write_datatrove(folder, "datatrove_u16.ds", small, 2)
    write_datatrove(folder, "datatrove_u32.ds", large, 4)
    write_megatron(at("megatron_u16"), small, np.uint16)
    write_megatron(at("megatron_i32"), large, np.int32)
    write_llmc(at("llmc_u16.bin"), small, 20240520, 1, np.uint16)
    write_llmc(at("llmc_u32.bin"), large, 20240801, 7, np.uint32)
    np.concatenate([np.array(d, np.uint16) for d in small]).tofile(at("nanogpt.bin"))
    with open(at("expected.json"), "w") as file:
        json.dump({"u16": small, "u32": large}, file)


def read_datatrove(path):
    from datatrove.pipeline.tokens.merger import load_doc_ends
    from datatrove.utils.dataset import DatatroveFileDataset

    ends = [int(end) for end in load_doc_ends(open(path + ".index", "rb"))]
    with open(path + ".metadata") as file:
        # As DocumentTokenizerMerger takes it apart.
        size = int(file.read().splitlines()[0].split("|")[1])
    whole = DatatroveFileDataset(path, ends[-1] - 1, token_size=size)
    assert len(whole) == 1
    # Positions within documents, which it takes from the index.
    places = DatatroveFileDataset(path, ends[-1] - 1, size, return_positions=True)
    positions = places[0]["positions"].tolist()
    starts = [0] + ends[:-1]
    expected = [i - max(s for s in starts if s <= i) for i in range(ends[-1])]
    assert positions == expected
    return whole[0]["input_ids"].tolist(), ends


def read_megatron(path):
    from megatron.core.datasets.indexed_dataset import IndexedDataset

    data = IndexedDataset(path.removesuffix(".bin"))
    sequences = [data[i].tolist() for i in range(len(data))]
    lengths = np.cumsum([0] + [len(ids) for ids in sequences])
    ends = [int(lengths[i]) for i in data.document_indices[1:]]
    return [id for ids in sequences for id in ids], ends


def read_llmc(path):
    header = np.fromfile(path, np.int32, 256)
    dtype = {(20240520, 1): np.uint16, (20240801, 7): np.uint32}[tuple(header[:2].tolist())]
    ids = np.fromfile(path, dtype, offset=1024)
    # dataloader.h refuses a file of another size than the header says.
    assert len(ids) == header[2]
    return ids.tolist(), None


def read_nanogpt(path):
    return np.memmap(path, dtype=np.uint16, mode="r").tolist(), None


READERS = {
    "datatrove": read_datatrove,
    "megatron": read_megatron,
    "llm.c": read_llmc,
    "nanogpt": read_nanogpt,
}

if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2])
    else:
        tokens, ends = READERS[sys.argv[2]](sys.argv[3])
        print(json.dumps({"tokens": tokens, "ends": ends}))
