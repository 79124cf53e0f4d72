"""Makes tiny.gguf, a random Llama of three blocks, and golden.safetensors, what transformers
computes with it.

    python make_tiny.py        (numpy, torch, transformers, tokenizers, gguf, safetensors)

Every weight is (q - 8) * d with q in 0...15, one d for 32 weights and d = m * 2^-e with m below
32. Such numbers are exact in F32, F16, BF16, Q8_0, Q4_1 and Q4_0, so that one golden serves the
file in every block type: the tests rewrite the committed Q4_0 file into the others.
"""

import json
import os

import gguf
import numpy as np
import torch
from safetensors.torch import save_file
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM

FOLDER = os.path.dirname(os.path.abspath(__file__))
WIDTH, HEADS, KV_HEADS, BLOCKS, FEED_FORWARD, CONTEXT = 64, 4, 2, 3, 96, 2048
HEAD = WIDTH // HEADS
EPSILON, ROPE_BASE = 1e-5, 50000.0
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
WORDS = "the and ing user assistant system a an is you I er on re"
TEMPLATE = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are tiny<|im_end|>\n' }}{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
PROMPTS = [
    "I am on the 12th floor, and you?",
    "Hi",
    # Longer than one block of 64 queries.
    "<|im_start|>user\nIs the sky green or are you reading another naïve answer?<|im_end|>\n"
    "<|im_start|>assistant\nThe sky is blue, and at dusk it is red and 1 or 2 shades of gold.<|im_end|>\n",
]
random = np.random.default_rng(20240607)


def byte_alphabet():
    """GPT-2's printable stand-ins, by byte."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in kept]
    table = {byte: chr(byte) for byte in kept}
    table.update({byte: chr(256 + i) for i, byte in enumerate(others)})
    return [table[byte] for byte in range(256)]


def make_vocabulary():
    vocabulary = SPECIAL + byte_alphabet()
    merges = []
    for word in [" " + word for word in WORDS.split()] + WORDS.split():
        parts = list(word.replace(" ", "Ġ"))
        while len(parts) > 1:
            pair = (parts[0], parts[1])
            if pair not in merges:
                merges.append(pair)
            if pair[0] + pair[1] not in vocabulary:
                vocabulary.append(pair[0] + pair[1])
            parts[:2] = [parts[0] + parts[1]]
    return vocabulary, merges


def make_tokenizer(vocabulary, merges):
    tokenizer = Tokenizer(
        models.BPE(vocab={token: i for i, token in enumerate(vocabulary)}, merges=merges)
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(SPECIAL)
    return tokenizer


def blocks(rows, columns, exponent):
    """Stored Q4_0 rows as bytes, and the float32 weights they stand for."""
    shape = (rows, columns // 32)
    scales = (random.integers(16, 32, shape) * random.choice([-1, 1], shape)) * 2.0**-exponent
    quants = random.integers(0, 16, (*shape, 32))
    weights = ((quants - 8) * scales[..., None]).astype(np.float32).reshape(rows, columns)
    nibbles = (quants[..., :16] | quants[..., 16:] << 4).astype(np.uint8)
    halves = scales.astype(np.float16)
    assert (halves.astype(np.float64) == scales).all()
    stored = np.concatenate([halves[..., None].view(np.uint8), nibbles], axis=-1)
    return stored.reshape(rows, -1), weights


def permuted(rows, heads):
    """The row order of llama.cpp's converter for q and k: each head's halves interleaved."""
    half = rows.shape[0] // heads // 2
    return rows.reshape(heads, 2, half, -1).swapaxes(1, 2).reshape(rows.shape)


def main():
    vocabulary, merges = make_vocabulary()
    tokenizer = make_tokenizer(vocabulary, merges)
    writer = gguf.GGUFWriter(os.path.join(FOLDER, "tiny.gguf"), "llama")
    writer.add_name("Tiny")
    writer.add_block_count(BLOCKS)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_rope_freq_base(ROPE_BASE)
    writer.add_rope_dimension_count(HEAD)
    writer.add_vocab_size(len(vocabulary))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(vocabulary)
    writer.add_token_types([3 if token in SPECIAL else 1 for token in vocabulary])
    writer.add_token_merges([" ".join(pair) for pair in merges])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)

    state = {}

    def matrix(theirs, name, rows, columns, exponent, heads=None):
        stored, weights = blocks(rows, columns, exponent)
        state[theirs] = torch.from_numpy(weights)
        if heads:
            stored = permuted(stored, heads)
        writer.add_tensor(name, stored, raw_dtype=gguf.GGMLQuantizationType.Q4_0)

    def norm(theirs, name):
        weights = (1 + 0.2 * random.standard_normal(WIDTH)).astype(np.float32)
        state[theirs] = torch.from_numpy(weights)
        writer.add_tensor(name, weights)

    matrix("model.embed_tokens.weight", "token_embd.weight", len(vocabulary), WIDTH, 7)
    for i in range(BLOCKS):
        theirs, ours = f"model.layers.{i}.", f"blk.{i}."
        kv = WIDTH // HEADS * KV_HEADS
        norm(theirs + "input_layernorm.weight", ours + "attn_norm.weight")
        matrix(theirs + "self_attn.q_proj.weight", ours + "attn_q.weight", WIDTH, WIDTH, 9, HEADS)
        matrix(theirs + "self_attn.k_proj.weight", ours + "attn_k.weight", kv, WIDTH, 9, KV_HEADS)
        matrix(theirs + "self_attn.v_proj.weight", ours + "attn_v.weight", kv, WIDTH, 10)
        matrix(theirs + "self_attn.o_proj.weight", ours + "attn_output.weight", WIDTH, WIDTH, 10)
        norm(theirs + "post_attention_layernorm.weight", ours + "ffn_norm.weight")
        matrix(theirs + "mlp.gate_proj.weight", ours + "ffn_gate.weight", FEED_FORWARD, WIDTH, 10)
        matrix(theirs + "mlp.up_proj.weight", ours + "ffn_up.weight", FEED_FORWARD, WIDTH, 10)
        matrix(theirs + "mlp.down_proj.weight", ours + "ffn_down.weight", WIDTH, FEED_FORWARD, 10)
    norm("model.norm.weight", "output_norm.weight")
    matrix("lm_head.weight", "output.weight", len(vocabulary), WIDTH, 9)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()

    config = LlamaConfig(
        vocab_size=len(vocabulary), hidden_size=WIDTH, intermediate_size=FEED_FORWARD,
        num_hidden_layers=BLOCKS, num_attention_heads=HEADS, num_key_value_heads=KV_HEADS,
        max_position_embeddings=CONTEXT, rms_norm_eps=EPSILON, rope_theta=ROPE_BASE,
        rope_parameters={"rope_type": "default", "rope_theta": ROPE_BASE},
        tie_word_embeddings=False, attn_implementation="eager",
    )
    model = LlamaForCausalLM(config).float().eval()
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not missing and not unexpected, (missing, unexpected)
    # The residual stream after the last block, before the final norm: a hook sees what
    # `output_hidden_states` hides.
    last = []
    model.model.layers[-1].register_forward_hook(
        lambda module, inputs, out: last.append(out[0] if isinstance(out, tuple) else out)
    )
    tensors, golden = {}, {"prompts": []}
    for number, text in enumerate(PROMPTS):
        ids = tokenizer.encode(text).ids
        entry = {"text": text, "ids": ids}
        for tied in [False, True]:
            head = state["model.embed_tokens.weight" if tied else "lm_head.weight"]
            name = "tied" if tied else "untied"
            with torch.no_grad():
                model.lm_head.weight.copy_(head)
                last.clear()
                out = model(torch.tensor([ids]), output_hidden_states=True)
                states = torch.cat([*out.hidden_states[:-1], last[0].reshape(1, len(ids), WIDTH)])
                tensors[f"{number}.states"] = states.contiguous()
                # All tokens' logits would be most of the file: the first, the middle, the last.
                places = [0, len(ids) // 2, len(ids) - 1]
                tensors[f"{number}.logits.{name}"] = out.logits[0, places].contiguous()
                running, greedy, gaps = list(ids), [], []
                for _ in range(16):
                    logits = model(torch.tensor([running])).logits[0, -1]
                    top = torch.topk(logits, 2)
                    gaps.append(float(top.values[0] - top.values[1]))
                    greedy.append(int(top.indices[0]))
                    running.append(greedy[-1])
                print(number, name, len(ids), "smallest gap", min(gaps), "norms",
                      [round(float(s.norm(dim=-1).mean()), 2) for s in states])
                assert min(gaps) > 1e-3
                entry[f"greedy_{name}"] = greedy
        golden["prompts"].append(entry)
    save_file(tensors, os.path.join(FOLDER, "golden.safetensors"))
    with open(os.path.join(FOLDER, "golden.json"), "w", encoding="utf-8") as file:
        json.dump(golden, file, indent=1, ensure_ascii=False)
    print(len(vocabulary), "tokens")


main()
