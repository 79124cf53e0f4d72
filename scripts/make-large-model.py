#!/usr/bin/env python3
"""Writes a model of billions of random weights as GGUF, for measuring what one of that size takes.

    scripts/make-large-model.py --type Q4_K --output large-q4_k.gguf
    scripts/make-large-model.py --shape 30b-a3b --output mixture-q4_k.gguf

The shape is that of Llama 3 8B, or that of Qwen 3 30B-A3B: 128 experts a block, of which each token
goes to 8. Its vocabulary is as large and made of merges: 256 bytes, all pairs of
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

# By name: architecture, blocks, width, feed-forward, heads, KV heads, head size, vocabulary, context,
# rotary base, experts, experts a token, an expert's feed-forward.
SHAPES = {
    "8b": ("llama", 32, 4096, 14336, 32, 8, 128, 128256, 8192, 5e5, 0, 0, 0),
    "30b-a3b": ("qwen3moe", 48, 2048, 6144, 32, 4, 128, 151936, 40960, 1e6, 128, 8, 768),
}
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


def tokenizer(writer, vocabulary, pre):
    letters = alphabet()
    special = SPECIAL + [f"<|reserved_special_token_{i}|>" for i in range(256 - len(SPECIAL))]
    room = vocabulary - len(special) - 256 - 256 * 256
    pairs = list(itertools.product(letters, letters))
    triples = list(itertools.islice(
        (((a + b), c) for (a, b), c in itertools.product(pairs, letters)), 0, None,
        # No common factor with the letters, so that all of them are there.
        len(pairs) * len(letters) // room | 1))[:room]
    merges = pairs + triples
    tokens = letters + [a + b for a, b in merges] + special
    assert len(tokens) == vocabulary == len(set(tokens)), len(tokens)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types([1] * (vocabulary - len(special)) + [3] * len(special))
    writer.add_token_merges([f"{a} {b}" for a, b in merges])
    first = vocabulary - len(special)
    writer.add_bos_token_id(first)
    writer.add_eos_token_id(first + 4)
    writer.add_chat_template(TEMPLATE)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--type", default="Q4_K", choices=["Q4_K", "Q8_0"])
    arguments.add_argument("--shape", default="8b", choices=list(SHAPES))
    arguments.add_argument("--blocks", type=int)
    arguments.add_argument("--output", required=True)
    options = arguments.parse_args()
    kind = Type[options.type]
    (architecture, count, width, feed_forward, heads, kv_heads, head_size, vocabulary, context, base,
     experts, used, expert_size) = SHAPES[options.shape]
    count = options.blocks or count
    generator = np.random.default_rng(0)
    partial = options.output + ".partial"
    writer = gguf.GGUFWriter(partial, architecture)
    writer.add_name("random weights")
    writer.add_file_type(
        gguf.LlamaFileType.MOSTLY_Q4_K_M if kind == Type.Q4_K else gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_block_count(count)
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(feed_forward)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_key_length(head_size)
    writer.add_value_length(head_size)
    writer.add_rope_freq_base(base)
    writer.add_rope_dimension_count(head_size)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(vocabulary)
    if experts:
        writer.add_expert_count(experts)
        writer.add_expert_used_count(used)
        writer.add_expert_feed_forward_length(expert_size)
    tokenizer(writer, vocabulary, "qwen2" if experts else "llama-bpe")

    queries, keys = heads * head_size, kv_heads * head_size
    # Name, shape, type; vectors are ones.
    shapes = [("token_embd", (vocabulary, width), kind)]
    for block in range(count):
        name = f"blk.{block}."
        shapes += [
            (name + "attn_norm", (width,), Type.F32), (name + "attn_q", (queries, width), kind),
            (name + "attn_k", (keys, width), kind), (name + "attn_v", (keys, width), kind),
            (name + "attn_output", (width, queries), kind), (name + "ffn_norm", (width,), Type.F32),
        ]
        if experts:
            shapes += [
                (name + "attn_q_norm", (head_size,), Type.F32),
                (name + "attn_k_norm", (head_size,), Type.F32),
                (name + "ffn_gate_inp", (experts, width), Type.F32),
                (name + "ffn_gate_exps", (experts, expert_size, width), kind),
                (name + "ffn_up_exps", (experts, expert_size, width), kind),
                (name + "ffn_down_exps", (experts, width, expert_size), kind),
            ]
        else:
            shapes += [
                (name + "ffn_gate", (feed_forward, width), kind),
                (name + "ffn_up", (feed_forward, width), kind),
                (name + "ffn_down", (width, feed_forward), kind),
            ]
    # As converters do: the head of a Q4_K file is Q6_K.
    head = Type.Q6_K if kind == Type.Q4_K else kind
    shapes += [("output_norm", (width,), Type.F32), ("output", (vocabulary, width), head)]
    for name, shape, stored in shapes:
        if stored == Type.F32:
            writer.add_tensor_info(
                name + ".weight", shape, np.dtype(np.float32), 4 * int(np.prod(shape)))
            continue
        size, nbytes = gguf.GGML_QUANT_SIZES[stored]
        shape = (*shape[:-1], shape[-1] // size * nbytes)
        writer.add_tensor_info(
            name + ".weight", shape, np.dtype(np.uint8), int(np.prod(shape)), raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    # One pool of random blocks of each type; every tensor starts somewhere else in it.
    pools = {stored: blocks(stored, generator, 1 << 17) for stored in {kind, head}}
    for _, shape, stored in shapes:
        if stored == Type.F32:
            values = np.ones(shape) if len(shape) == 1 else generator.normal(0, 0.02, shape)
            writer.write_tensor_data(values.astype(np.float32))
            continue
        number = int(np.prod(shape)) // gguf.GGML_QUANT_SIZES[stored][0]
        pool = pools[stored]
        start = int(generator.integers(len(pool)))
        writer.write_tensor_data(np.resize(np.roll(pool, start, axis=0), (number, pool.shape[1])))
    writer.close()
    os.rename(partial, options.output)


if __name__ == "__main__":
    main()
