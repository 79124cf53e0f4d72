"""What transformers' AutoTokenizer makes of a tokenizer.json and the files beside it.

    python make_folders.py     (transformers, tokenizers)

Writes folders.json: {"bytes": tokenizer.json, "spaces": tokenizer.json, "cases": [{"name", "base"
(one of the two), "change" (members in place of the base's), "type" (`model_type`), "files" (their
texts, since the order of their members counts), "ids": {text: ids}}]}; ids are null where
transformers refuses.
"""

import copy
import json
import os
import tempfile

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
from transformers import AutoTokenizer

FOLDER = os.path.dirname(os.path.abspath(__file__))


def token(id, content, special=True, **flags):
    return {"id": id, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
            "normalized": False, "special": special, **flags}


def file(vocabulary, merges, **members):
    return {"version": "1.0", "truncation": None, "padding": None,
            "added_tokens": [token(0, "<s>"), token(1, "</s>"), token(2, "<unk>")],
            "normalizer": None, "post_processor": None, "decoder": None,
            "model": {"type": "BPE", "dropout": None, "unk_token": None,
                      "continuing_subword_prefix": None, "end_of_word_suffix": None,
                      "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                      "vocab": {text: id for id, text in enumerate(vocabulary)},
                      "merges": merges}, **members}


LETTERS = list("abdehlnorstwHAB<>/_1")
BYTES = file(
    ["<s>", "</s>", "<unk>"] + LETTERS + ["Ġ", "lo", "lo w", "Ġlo", "er"],
    [["l", "o"], ["Ġ", "lo"], ["e", "r"]],
    pre_tokenizer={"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
                   "use_regex": True},
    decoder={"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True,
             "use_regex": True})
SPACES = file(
    ["<s>", "</s>", "<unk>"] + LETTERS + ["\u2581", "lo", "\u2581lo", "er", "\u2581a"],
    [["l", "o"], ["\u2581", "lo"], ["e", "r"], ["\u2581", "a"]],
    normalizer={"type": "Sequence", "normalizers": [
        {"type": "Prepend", "prepend": "\u2581"},
        {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]},
    pre_tokenizer=None,
    post_processor={"type": "TemplateProcessing", "single": [
        {"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}},
    decoder={"type": "Sequence", "decoders": [
        {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "},
        {"type": "ByteFallback"}, {"type": "Fuse"},
        {"type": "Strip", "content": " ", "start": 1, "stop": 0}]})
SPACES["model"].update(unk_token="<unk>", fuse_unk=True, byte_fallback=True)
TEXTS = ["hello a", "a <tool> b", "a<new>b <tool>", " a  lower ", "lo<tool>r <new>s",
         "<s>a</s> <unk>", "a <TOOL> lo", "an <one> <two>s", "a</s> lo",
         # Holes: CodeLlama's alone.
         "a <FILL_ME> lo", "<FILL_ME>lo er", "lo<FILL_ME>", "</s> a<FILL_ME></s>lo"]
GENERIC = {"tokenizer_class": "PreTrainedTokenizerFast"}


def listed(*tokens):
    return {str(t["id"]): {k: v for k, v in t.items() if k != "id"} for t in tokens}


def case(name, settings=None, base="bytes", change=None, model="llama", generic=True, **files):
    settings = {**(GENERIC if generic else {}), **(settings or {})}
    return {"name": name, "base": base, "change": change or {}, "type": model,
            "files": {"tokenizer_config.json": settings,
                      **{k + ".json": v for k, v in files.items()}}}


TOOL, NEW = token(28, "<tool>"), token(29, "<new>", False)
ADDED = BYTES["added_tokens"]
CASES = [
    case("nothing"),
    case("listed", {"added_tokens_decoder": listed(ADDED[0], TOOL, NEW)}),
    case("listed, out of order", {"added_tokens_decoder": {
        "29": listed(NEW)["29"], "28": listed(TOOL)["28"]}}),
    case("listed with a gap", {"added_tokens_decoder": listed(
        token(40, "<tool>"), token(60, "<new>"))}),
    case("listed at a token's id", {"added_tokens_decoder": listed(token(5, "<tool>"))}),
    case("listed, in the vocabulary", {"added_tokens_decoder": listed(
        token(24, "lo", False), token(26, "er"))}),
    case("listed with blanks", {"added_tokens_decoder": listed(
        token(28, "<tool>", lstrip=True, rstrip=True), token(29, "<new>", False, rstrip=True))}),
    case("listed, a word alone", {"added_tokens_decoder": listed(
        token(28, "<tool>", single_word=True), token(29, "<new>", single_word=True),
        token(30, "lo", False, single_word=True))}),
    case("listed, normalized", {"added_tokens_decoder": listed(
        token(28, "<TOOL>", False, normalized=True), token(29, "<new>", False))},
        change={"normalizer": {"type": "Lowercase"}}),
    case("listed, empty", {"added_tokens_decoder": {}}, added_tokens={"<tool>": 28}),
    case("other flags", {"added_tokens_decoder": listed(
        token(28, "<tool>", lstrip=True), token(29, "<new>", rstrip=True))},
        change={"added_tokens": ADDED + [TOOL, token(29, "<new>")]}),
    case("other flags, fewer", {"added_tokens_decoder": listed(TOOL)},
         change={"added_tokens": ADDED + [token(28, "<tool>", lstrip=True, rstrip=True)]}),
    case("other flags, special", {"added_tokens_decoder": listed(
        token(28, "<tool>", False), token(29, "<new>"))},
        change={"added_tokens": ADDED + [TOOL, NEW]}),
    case("other flags, normalized", {"added_tokens_decoder": listed(
        token(28, "<TOOL>", False), token(29, "<new>", False, normalized=True))},
        change={"normalizer": {"type": "Lowercase"}, "added_tokens": ADDED + [
            token(28, "<TOOL>", False, normalized=True), NEW]}),
    case("of the file alone", change={"added_tokens": ADDED + [
        token(28, "<tool>", lstrip=True), token(29, "<new>", False, single_word=True)]}),
    case("additional", {"additional_special_tokens": ["<tool>", "<new>"]}),
    case("additional, objects", {"additional_special_tokens": [
        {"__type": "AddedToken", "content": "<tool>", "lstrip": True, "rstrip": True,
         "normalized": False, "single_word": False},
        {"__type": "AddedToken", "content": "<new>", "lstrip": False, "rstrip": True,
         "normalized": False, "single_word": False, "special": False}]}),
    case("additional, of the vocabulary", {"additional_special_tokens": ["lo", "<tool>"]}),
    case("additional, listed too", {
        "additional_special_tokens": ["<tool>", "<new>"],
        "added_tokens_decoder": listed(token(28, "<tool>", lstrip=True))}),
    case("extra", {"extra_special_tokens": ["<tool>", "<new>"]}),
    case("extra, named", {"extra_special_tokens": {"tool_token": "<tool>", "new": "<new>"}}),
    case("extra and additional", {"extra_special_tokens": ["<tool>"],
                                  "additional_special_tokens": ["<new>"]}),
    case("a named token", {"image_token": "<tool>", "newest_token": "<new>"}),
    case("a padding token", {"pad_token": "<tool>"}),
    case("a padding token, object", {"pad_token": {
        "__type": "AddedToken", "content": "<tool>", "lstrip": True, "rstrip": False,
        "normalized": False, "single_word": False}}),
    case("all kinds", {"bos_token": "<one>", "eos_token": "<two>", "unk_token": "<tool>",
                       "mask_token": "<new>", "sep_token": "lo", "cls_token": "</s>"}),
    case("map", special_tokens_map={
        "pad_token": "<tool>", "additional_special_tokens": ["<new>", {
            "content": "<one>", "lstrip": True, "rstrip": False, "normalized": False,
            "single_word": False}]}),
    case("map, objects", special_tokens_map={
        "pad_token": {"content": "<tool>", "lstrip": False, "rstrip": True, "normalized": False,
                      "single_word": False},
        "eos_token": {"content": "<new>", "lstrip": False, "rstrip": False, "normalized": True,
                      "single_word": False}}),
    case("map over settings", {"pad_token": "<one>", "bos_token": "<s>"},
         special_tokens_map={"pad_token": "<tool>", "mask_token": "<new>"}),
    case("map, listed too", {"added_tokens_decoder": listed(TOOL)}, special_tokens_map={
        "pad_token": "<new>"}),
    case("old file", added_tokens={"<tool>": 28, "<new>": 29}),
    case("old file, out of order", added_tokens={"<new>": 29, "<tool>": 28}),
    case("old file, special", {"pad_token": "<tool>"}, added_tokens={"<tool>": 28, "<new>": 29}),
    case("old file, a gap", added_tokens={"<tool>": 50}),
    case("old file, listed too", {"added_tokens_decoder": listed(NEW)},
         added_tokens={"<tool>": 28}),
    case("old file and map", added_tokens={"<tool>": 28, "<new>": 29}, special_tokens_map={
        "additional_special_tokens": ["<one>", "<new>"], "pad_token": "<two>"}),
    case("old file, normalized", added_tokens={"<TOOL>": 28},
         change={"normalizer": {"type": "Lowercase"}}),
    case("split", {"split_special_tokens": True, "added_tokens_decoder": listed(*ADDED, TOOL, NEW)}),
    case("beginning asked for", {"add_bos_token": True, "bos_token": "<s>", "eos_token": "</s>",
                                 "add_eos_token": True}),
    case("beginning asked for, rebuilt", {
        "add_bos_token": True, "bos_token": "<s>", "tokenizer_class": "GPT2Tokenizer"}),
    case("a prefix, generic", {"add_prefix_space": True}),
    case("a hole", change={"model": {**BYTES["model"], "vocab": {
        text: id + (id > 10) for text, id in BYTES["model"]["vocab"].items()}},
        "added_tokens": ADDED + [token(11, "<tool>"), token(29, "<new>", False)]}),
    case("a hole, listed", {"added_tokens_decoder": listed(token(11, "<tool>"), token(31, "<new>"))},
         change={"model": {**BYTES["model"], "vocab": {
             text: id + (id > 10) for text, id in BYTES["model"]["vocab"].items()}}}),
    case("listed elsewhere in the file", change={
        "added_tokens": ADDED + [token(40, "<tool>"), token(24, "<new>", False)]}),
    case("a number twice", change={"added_tokens": ADDED + [token(28, "<tool>"),
                                                            token(28, "<new>")]}),
]
for kind in ["GPT2Tokenizer", "GPT2TokenizerFast", "Qwen2Tokenizer", "GPTNeoXTokenizerFast",
             "LlamaTokenizer", None]:
    for model in ["llama", "gpt2", "qwen2", "qwen3", "gpt_neox", "mistral", "phi3"]:
        if kind not in ("GPT2TokenizerFast", None) and model not in ("llama", "qwen2", "mistral"):
            continue
        for prefix in [None, True]:
            CASES.append(case(
                f"{kind}, {model}, {prefix}",
                {**({"tokenizer_class": kind} if kind else {}),
                 **({"add_prefix_space": prefix} if prefix is not None else {}),
                 "added_tokens_decoder": listed(*ADDED, TOOL, NEW)},
                model=model, generic=False))
CASES += [
    case("the file's prefix, GPT2", {"tokenizer_class": "GPT2Tokenizer"}, change={
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True,
                          "use_regex": True}}),
    case("the file's prefix", change={
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True,
                          "use_regex": True}}),
    case("the file's digits, Qwen2", {"tokenizer_class": "Qwen2Tokenizer"}, change={
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Digits", "individual_digits": True}, BYTES["pre_tokenizer"]]}}),
]
LLAMA = {"tokenizer_class": "LlamaTokenizer"}
CASES += [
    case("spaces", base="spaces"),
    case("spaces, Llama", LLAMA, base="spaces"),
    case("spaces, Llama, fast", {"tokenizer_class": "LlamaTokenizerFast"}, base="spaces"),
    case("spaces, Llama, legacy", {**LLAMA, "legacy": True}, base="spaces"),
    case("spaces, Llama, not legacy", {**LLAMA, "legacy": False}, base="spaces"),
    case("spaces, Llama, null", {**LLAMA, "legacy": None}, base="spaces"),
    case("spaces, Llama, no prefix", {**LLAMA, "add_prefix_space": False}, base="spaces"),
    case("spaces, Llama, prefix", {**LLAMA, "add_prefix_space": True, "legacy": True},
         base="spaces"),
    case("spaces, Llama, listed", {
        **LLAMA, "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>",
        "add_bos_token": True, "add_eos_token": True,
        "added_tokens_decoder": listed(*ADDED, TOOL, NEW)}, base="spaces"),
    case("spaces, Llama, mistral", LLAMA, base="spaces", model="mistral"),
    case("spaces, Llama, phi3", LLAMA, base="spaces", model="phi3"),
    case("spaces, Llama, llava", LLAMA, base="spaces", model="llava"),
    case("spaces, no class, llama", base="spaces", generic=False),
    case("spaces, generic, no prefix", {"add_prefix_space": False}, base="spaces"),
    case("spaces, Gemma", {"tokenizer_class": "GemmaTokenizer"}, base="spaces",
         model="gemma2"),
    case("spaces, no class, gemma", base="spaces", generic=False, model="gemma3_text"),
    case("spaces, Gemma, fast", {"tokenizer_class": "GemmaTokenizerFast", "bos_token": "<s>"},
         base="spaces", model="gemma3_text"),
    case("spaces, class of config.json", {}, base="spaces", generic=False,
         config={"tokenizer_class": "LlamaTokenizer"}),
]
CODE = {"tokenizer_class": "CodeLlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>",
        "unk_token": "<unk>"}
MARKS = ["\u2581<PRE>", "\u2581<SUF>", "\u2581<MID>", "\u2581<EOT>"]
MARKED = {"model": {**SPACES["model"], "vocab": {
    **SPACES["model"]["vocab"], **{mark: 28 + id for id, mark in enumerate(MARKS)}}}}
CASES += [
    case("CodeLlama", CODE, base="spaces", change=MARKED),
    case("CodeLlama, fast", {"tokenizer_class": "CodeLlamaTokenizerFast"}, base="spaces",
         change=MARKED),
    case("CodeLlama, no prefix", {**CODE, "add_prefix_space": False}, base="spaces", change=MARKED),
    case("CodeLlama, legacy", {**CODE, "legacy": True}, base="spaces", change=MARKED),
    case("CodeLlama, its tokens nowhere", CODE, base="spaces"),
    case("CodeLlama, another mark", {**CODE, "fill_token": "<tool>"}, base="spaces",
         change=MARKED),
    case("CodeLlama, no mark", {**CODE, "fill_token": None}, base="spaces", change=MARKED),
    case("CodeLlama, other tokens", {
        **CODE, "suffix_token": "<new>", "middle_token": "lo", "prefix_token": "<one>"},
        base="spaces", change=MARKED),
    case("CodeLlama, listed", {
        **CODE, "eot_token": None, "additional_special_tokens": ["<two>"],
        "added_tokens_decoder": listed(*ADDED, TOOL)}, base="spaces", change=MARKED),
    case("CodeLlama's model without its class", base="spaces", generic=False, model="code_llama",
         change=MARKED),
]
CONFIG = {
    "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16,
    "vocab_size": 64,
}


def main():
    bases = {"bytes": BYTES, "spaces": SPACES}
    for entry in CASES:
        work = tempfile.mkdtemp()
        tokenizer = {**copy.deepcopy(bases[entry["base"]]), **entry["change"]}
        config = {**CONFIG, "model_type": entry["type"], **entry["files"].pop("config.json", {})}
        if config["model_type"] == "llava":
            config.update(text_config={**CONFIG, "model_type": "llama"},
                          vision_config={"model_type": "clip_vision_model"})
        for name, content in [("tokenizer.json", tokenizer), ("config.json", config),
                              *entry["files"].items()]:
            json.dump(content, open(os.path.join(work, name), "w"))
            if name != "tokenizer.json":
                entry["files"][name] = json.dumps(content)
        try:
            loaded = AutoTokenizer.from_pretrained(work)
            # Anew for each text: a hole leaves CodeLlama's with another normalizer.
            entry["ids"] = {
                text: AutoTokenizer.from_pretrained(work)(text)["input_ids"] for text in TEXTS}
            shown = [entry["ids"][text] for text in TEXTS[1:3]]
            print(f"{entry['name']}: {type(loaded).__name__} {shown}")
        except Exception as error:
            entry["ids"] = None
            print(f"{entry['name']}: {type(error).__name__} {str(error)[:120]}")
    with open(os.path.join(FOLDER, "folders.json"), "w") as file:
        file.write("{" + ",\n".join(
            [f'"{name}": {json.dumps(base)}' for name, base in bases.items()]
            + ['"cases": [\n' + ",\n".join(json.dumps(entry) for entry in CASES) + "\n]"]) + "}\n")


main()
