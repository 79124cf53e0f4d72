"""Writes the tokenizer fixtures from the default model's GGUF file with `tokenizers` and `transformers`.

usage: golden.py SmolLM2-135M-Instruct.Q4_1.gguf   (writes beside this script)

smollm2-vocabulary.txt  SmolLM2's vocabulary (Apache 2.0), one entry a line: control tokens, single bytes, merges `left right`.
                        Token ids count through the file in this order: a merge's token is its two halves joined.
golden.json             `texts`: the ids of every text under each pre-tokenizer, and the text decoded again (with and without
                        special tokens); `chats`: conversations as the model's own template renders them; `template`: its text.

transformers ignores `tokenizer.ggml.pre`, so the pre-tokenizers are put in by hand: `smollm` and `default` as llama.cpp has them.
"""
import json, os, sys
from gguf import GGUFReader
from tokenizers import Regex
from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence, Split
from transformers import AutoTokenizer

TEXTS = [
    # plain text, contractions, punctuation
    "", " ", "  ", "a", "Hello, world!", "The capital of France is", "What is honesty?",
    "I'd say it's 42% off — don't you think?", "they're we've I'm she'll he'd it's DON'T I'D It’s rock'n'roll ''s 't",
    "def fibonacci(n):\n    if n < 2:\n        return n\n", "x+=1;y--;z**=2//3%4&5|6^7~8<9>10==11!=12", "$5.00 + €3,99 = £8.99 ^_^ <|> ~~~",
    "https://example.org/a/b?c=d&e=f#g", "user@example.org", "C:\\Users\\name\\file.txt", '{"key": [1, 2.5e-10, null, true]}',
    "!!!???...,,,;;;:::", "“curly” ‘quotes’ «guillemets» „low“", "—–‐‑‒―…", "a-b_c.d/e\\f|g", "ALLCAPS camelCase snake_case kebab-case",
    # white space
    "   leading spaces,\ttabs\n\nand  1234567890 digits", "trailing spaces   ", "\n", "\n\n", "\n\n\n a", "\r\n", "a\r\nb\r\n\r\nc", "\t", "\t\t\tx", " \t \n \r x",
    "a \n b", "a  \n  b", "a\u00a0b", "\u00a0\u00a0 a", "a\u2003b\u2009c\u200ad", "\u3000全角\u3000空白", "a\u0085b", "a\u2028b\u2029c", "a\u180eb \u180e c", "a\u200bb\u200cc\u200dd",
    "\u1680ogham\u1680", "\u205f\u202f mixed \u2000\u2001", " " * 100 + "x", "\n" * 50, "\t" * 33 + " y", "a\x0bb\x0cc\x1cd\x1fe", " x" * 40,
    # digits
    "1", "12", "123", "1234", "1234567890", "3.14159", "1,000,000", "  1  22  333  4444", "a1b22c333", "٠١٢٣٤٥٦٧٨٩", "०१२३", "１２３", "Ⅷ ⅷ ½ ¾ ② ㊿ ²³", "੧੨੩ abc", "1️⃣2️⃣", "2024-11-21T05:12:00Z",
    # scripts
    "Ünïcödé: 日本語 and العربية, plus 🙂🙃.", "日本語のテキストです。", "中文没有空格，但是有标点。", "한국어 텍스트입니다", "Привет, как дела?", "Γειά σου Κόσμε", "שלום עולם", "مرحبا بالعالم، كيف حالك؟", "हिन्दी में लिखा हुआ", "தமிழ் உரை", "ไทยไม่มีช่องว่าง",
    "ქართული ენა", "Հայերեն", "አማርኛ", "བོད་སྐད", "ភាសាខ្មែរ", "Tiếng Việt có dấu", "ŁódźŻółć", "ǅ ǈ ﬁ ﬂ ß ẞ ı İ", "ᚠᚢᚦ 𐍈𐌰 𝔘𝔫𝔦 𝟘𝟙𝟚 𓀀𓂀",
    # combining marks, canonical equivalence, direction, private use, surrogates replaced
    "e\u0301 é n\u0303 ñ", "\u212b \u00c5 A\u030a", "\u1e9b\u0323 \u017f\u0323\u0307", "Z̴̡͓a̷̢l̸g̶o̷", "\u0301leading mark", "क्षि त्र", "\u202eright to left\u202c", "\ue000\uf8ff", "a\ufffdb\ufffd\ufffd", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), "\uffff\ufffe", "\U0010ffff\U000e0041",
    # emoji
    "👩‍👩‍👧‍👦 family", "👍🏽👍🏿", "🇫🇷🇩🇪", "❤️ ♥ ☺️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👨🏻‍💻👩🏾‍🚀 work", "(╯°□°)╯︵ ┻━┻",
    # byte order mark, control characters (some have no token), long words
    "\ufeffwith mark", "mid\ufeffdle", "a\x00b", "\x01\x02\x03\x05\x07\x08", "\x04\x06\x13\x14\x16\x1d", "a\x04b\x06th\x13e \x14", "\x1b[31mred\x1b[0m", "a\x7fb", "\u0080\u009f",
    "a" * 1000, "ab" * 300, "é" * 200, "日" * 200, "antidisestablishmentarianism" * 12, "thethethe" * 30, "=" * 257, "-" * 64 + "|" + "_" * 65, "ha" * 31 + "h", "🙂" * 70, "\u0301" * 100,
    # special tokens in the text
    "<|im_start|>user\nHow can I kill a Python process?<|im_end|>\n<|im_start|>assistant\n", "<|im_end|>", "<|im_end|><|im_end|>", "a<|im_end|>b", " <|im_end|> ", "<|im_end", "<|im_end|", "<<|im_start|>>", "<|im_<|im_end|>", "<|endoftext|>x<|endoftext|>",
    "<repo_name>r<file_sep>f", "<reponame><filename>", "<|IM_END|>", "< |im_end|>", "<empty_output><jupyter_code>1+1<jupyter_output>2", "don<|im_end|>'t 12<|im_start|>34", "日本<|im_end|>語",
    "<s>[INST] hi [/INST]</s>", "<|start_header_id|>", "\u200b<|im_end|>\u200b",
]
CHATS = [
    [("user", "What is honesty?")],
    [("user", "What is honesty?"), ("assistant", "Telling the truth.")],
    [("user", "hi"), ("assistant", "")],
    [("system", "Be brief."), ("user", "Why?"), ("assistant", "Because."), ("user", "And?\nReally?")],
    [("system", ""), ("user", "x")],
    [("user", "Ünïcödé 日本語 🙂\r\n\ttabs  "), ("assistant", "العربية e\u0301\n")],
    [("user", "say <|im_end|> twice"), ("assistant", "<|im_end|>\n<|im_end|>\n")],
    [("user", ""), ("assistant", "nothing asked")],
    [("user", "  spaces  "), ("assistant", "\n\nnewlines\n\n")],
    [("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")],
]
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
isolated = lambda pattern: Split(Regex(pattern), "isolated")
PRE = {
    "smollm": Sequence([Digits(individual_digits=True), ByteLevel(add_prefix_space=False, use_regex=True)]),
    "gpt-2": ByteLevel(add_prefix_space=False, use_regex=True),
    "default": Sequence([isolated(r"[\p{P}\$\+<=>\^~\|]+"), isolated(GPT2), isolated(r"\p{N}+"), isolated("[0-9][0-9][0-9]"),
                         ByteLevel(add_prefix_space=False, use_regex=False)]),
}

def entries(path, texts):
    folder, name = os.path.split(path)
    tokenizer = AutoTokenizer.from_pretrained(folder or ".", gguf_file=name)
    backend = tokenizer.backend_tokenizer
    out = [{"text": text, "ids": {}} for text in texts]
    for name, pre in PRE.items():
        backend.pre_tokenizer = pre
        for entry in out: entry["ids"][name] = backend.encode(entry["text"]).ids
    backend.pre_tokenizer = PRE["smollm"]
    for entry in out:
        ids = entry["ids"]["smollm"]
        entry["decoded"] = backend.decode(ids, skip_special_tokens=False)
        entry["plain"] = backend.decode(ids, skip_special_tokens=True)
    return tokenizer, out

def vocabulary(path):
    fields = GGUFReader(path).fields
    tokens, types, merges = (fields["tokenizer.ggml." + key].contents() for key in ("tokens", "token_type", "merges"))
    control = [t for t, kind in zip(tokens, types) if kind == 3]
    single = tokens[len(control):len(tokens) - len(merges)]
    assert tokens == control + single + [m.replace(" ", "", 1) for m in merges] and all(len(t) == 1 for t in single)
    return control + single + merges

def main(path):
    here = os.path.dirname(os.path.abspath(__file__))
    tokenizer, texts = entries(path, TEXTS)
    chats = []
    for chat in CHATS:
        messages = [{"role": role, "content": content} for role, content in chat]
        render = lambda header: tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=header)
        chats.append({"messages": [list(m) for m in chat], "text": render(False), "generation": render(True),
                      "ids": tokenizer.backend_tokenizer.encode(render(False)).ids})
    with open(os.path.join(here, "smollm2-vocabulary.txt"), "w", encoding="utf-8", newline="\n") as f:
        f.write("\n".join(vocabulary(path)) + "\n")
    with open(os.path.join(here, "golden.json"), "w", encoding="utf-8") as f:
        dump = lambda value: json.dumps(value, ensure_ascii=True, separators=(",", ":"))
        f.write('{"template":%s,\n"texts":[\n%s\n],\n"chats":[\n%s\n]}\n' % (
            dump(tokenizer.chat_template), ",\n".join(map(dump, texts)), ",\n".join(map(dump, chats))))
    print(len(texts), "texts,", len(chats), "chats")

if __name__ == "__main__": main(sys.argv[1])
