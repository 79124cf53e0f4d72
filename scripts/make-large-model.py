#!/usr/bin/env python3
"""Writes a Llama of 8 billion random weights as GGUF, for measuring what one of that size takes.

    scripts/make-large-model.py --type Q4_K --output large-q4_k.gguf

The shape is that of Llama 3 8B. Its vocabulary is as large and made of merges: 256 bytes, all pairs of
them and as many triples as there is room for, so that opening it costs what opening a real one does.
The weights are random blocks with a standard deviation near 0.02, so that states stay finite; what
the model says means nothing. Needs numpy and gguf.
"""
import argparse
import itertools
import os

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type

WIDTH, FEED_FORWARD, HEADS, KV_HEADS, VOCABULARY = 4096, 14336, 32, 8, 128256
SPECIAL = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>",
           "<|eot_id|>"]
TEMPLATE = ("{% for message in messages %}{{ '<|start_header_id|>' + message['role'] + "
            "'<|end_header_id|>\n\n' + message['content'] + '<|eot_id|>' }}{% endfor %}")


def blocks(kind, generator, count):
    """`count` random blocks as bytes, (count, bytes a block)."""
    size, nbytes = gguf.GGML_QUANT_SIZES[kind]
    data = generator.integers(0, 256, (count, nbytes), dtype=np.uint8)

    def scale(low, high):
        return generator.uniform(low, high, (count, 1)).astype(np.float16).view(np.uint8)

    if kind == Type.Q8_0:
        data[:, :2] = scale(2e-4, 3.5e-4)
    elif kind == Type.Q4_K:
        # Weights are d * scale * q - dmin * minimum, with 6 bits of scale and minimum, 4 of q.
        d = generator.uniform(7e-5, 1.2e-4, (count, 1)).astype(np.float32)
        data[:, :2] = d.astype(np.float16).view(np.uint8)
        data[:, 2:4] = (7.5 * d).astype(np.float16).view(np.uint8)
    elif kind == Type.Q6_K:
        data[:, 192:208] = generator.integers(8, 24, (count, 16), dtype=np.uint8)
        data[:, 208:210] = scale(5e-5, 9e-5)
    else:
        raise SystemExit(f"--type: found {kind.name}, wanted Q4_K or Q8_0")
    return data


def alphabet():
    """The printable characters that stand for the bytes in byte-level BPE."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = (n for n in range(256) if n not in kept)
    table = {byte: chr(byte) for byte in kept}
    table.update({byte: chr(256 + index) for index, byte in enumerate(rest)})
    return [table[byte] for byte in range(256)]


def tokenizer(writer):
    letters = alphabet()
    special = SPECIAL + [f"<|reserved_special_token_{i}|>" for i in range(256 - len(SPECIAL))]
    room = VOCABULARY - len(special) - 256 - 256 * 256
    pairs = list(itertools.product(letters, letters))
    triples = list(itertools.islice(
        (((a + b), c) for (a, b), c in itertools.product(pairs, letters)), 0, None, 269))[:room]
    merges = pairs + triples
    tokens = letters + [a + b for a, b in merges] + special
    assert len(tokens) == VOCABULARY == len(set(tokens)), len(tokens)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list(tokens)
    writer.add_token_types([1] * (VOCABULARY - len(special)) + [3] * len(special))
    writer.add_token_merges([f"{a} {b}" for a, b in merges])
    first = VOCABULARY - len(special)
    writer.add_bos_token_id(first)
    writer.add_eos_token_id(first + 4)
    writer.add_chat_template(TEMPLATE)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--type", default="Q4_K", choices=["Q4_K", "Q8_0"])
    arguments.add_argument("--blocks", type=int, default=32)
    arguments.add_argument("--output", required=True)
    options = arguments.parse_args()
    kind = Type[options.type]
    generator = np.random.default_rng(0)
    partial = options.output + ".partial"
    writer = gguf.GGUFWriter(partial, "llama")
    writer.add_name("random weights")
    writer.add_file_type(
        gguf.LlamaFileType.MOSTLY_Q4_K_M if kind == Type.Q4_K else gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_block_count(options.blocks)
    writer.add_context_length(8192)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_freq_base(500000)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(VOCABULARY)
    tokenizer(writer)

    keys = WIDTH // HEADS * KV_HEADS
    shapes = [("token_embd", VOCABULARY, WIDTH, kind)]
    for block in range(options.blocks):
        name = f"blk.{block}."
        shapes += [
            (name + "attn_norm", None, WIDTH, Type.F32), (name + "attn_q", WIDTH, WIDTH, kind),
            (name + "attn_k", keys, WIDTH, kind), (name + "attn_v", keys, WIDTH, kind),
            (name + "attn_output", WIDTH, WIDTH, kind), (name + "ffn_norm", None, WIDTH, Type.F32),
            (name + "ffn_gate", FEED_FORWARD, WIDTH, kind),
            (name + "ffn_up", FEED_FORWARD, WIDTH, kind),
            (name + "ffn_down", WIDTH, FEED_FORWARD, kind),
        ]
    # As converters do: the head of a Q4_K file is Q6_K.
    head = Type.Q6_K if kind == Type.Q4_K else kind
    shapes += [("output_norm", None, WIDTH, Type.F32), ("output", VOCABULARY, WIDTH, head)]
    for name, rows, columns, stored in shapes:
        if rows is None:
            writer.add_tensor_info(name + ".weight", (columns,), np.dtype(np.float32), 4 * columns)
            continue
        size, nbytes = gguf.GGML_QUANT_SIZES[stored]
        shape = (rows, columns // size * nbytes)
        writer.add_tensor_info(
            name + ".weight", shape, np.dtype(np.uint8), shape[0] * shape[1], raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    # One pool of random blocks of each type; every tensor starts somewhere else in it.
    pools = {stored: blocks(stored, generator, 1 << 17) for stored in {kind, head}}
    for _, rows, columns, stored in shapes:
        if rows is None:
            writer.write_tensor_data(np.ones(columns, np.float32))
            continue
        count = rows * columns // gguf.GGML_QUANT_SIZES[stored][0]
        pool = pools[stored]
        start = int(generator.integers(len(pool)))
        writer.write_tensor_data(np.resize(np.roll(pool, start, axis=0), (count, pool.shape[1])))
    writer.close()
    os.rename(partial, options.output)


if __name__ == "__main__":
    main()
