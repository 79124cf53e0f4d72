"""Where the pre-tokenizers that GGUF files name cut texts, by `tokenizers`.

    python make_pretokenizers.py     (tokenizers, and what golden.py beside it takes)

pretokenizers.json: `texts`, those of golden.py that the cuts are of; `names`, by the name in
`tokenizer.ggml.pre` the normalizer and for each text the bytes of its pieces. The steps are those of
the tokenizer.json that the family publishes: Split by its pattern, Digits, ByteLevel with its own.
"""

import json
import os

from tokenizers import Regex, normalizers
from tokenizers.pre_tokenizers import Digits, Sequence, Split

from golden import GPT2, TEXTS

FOLDER = os.path.dirname(os.path.abspath(__file__))


def isolated(pattern):
    return Split(Regex(pattern), "isolated")


# As tokenizer.json of the models has them. What ByteLevel cuts by itself is GPT-2's pattern.
WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|%s| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+")
CL100K = isolated(WORDS % r"\p{N}{1,3}")
QWEN = isolated(WORDS % r"\p{N}")
TEKKEN = isolated(
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
O200K = isolated(
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
MARKS = isolated(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}"
    r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
BYTES = isolated(GPT2)
DIGITS = Sequence([Digits(individual_digits=True), BYTES])
NAMES = {
    "llama-bpe": (None, CL100K),    # Llama 3, SmolLM3
    "falcon3": (None, CL100K),
    "dbrx": (None, CL100K),         # OLMo 2 and 3, Phi-4, Granite 4
    "glm4": (None, CL100K),
    "chatglm-bpe": (None, CL100K),  # GLM-4 of 2024
    "qwen2": ("nfc", QWEN),
    "stablelm2": (None, QWEN),
    "tekken": (None, TEKKEN),       # Ministral
    "gpt-4o": (None, O200K),        # gpt-oss
    "qwen35": ("nfc", MARKS),
    "olmo": ("nfc", BYTES),         # OLMoE
    "exaone4": (None, BYTES),
    "refact": (None, DIGITS),       # Granite 3
    "command-r": ("nfc", DIGITS),
}

texts = [text for text in TEXTS if len(text) < 200]
names = {}
for name, (form, pre) in NAMES.items():
    cuts = []
    for text in texts:
        if form:
            text = normalizers.NFC().normalize_str(text)
        pieces = [piece for piece, _ in pre.pre_tokenize_str(text)]
        assert "".join(pieces) == text
        cuts.append([len(piece.encode()) for piece in pieces])
    names[name] = {"normalizer": form, "cuts": cuts}
with open(os.path.join(FOLDER, "pretokenizers.json"), "w") as file:
    json.dump({"texts": texts, "names": names}, file, separators=(",", ":"))
