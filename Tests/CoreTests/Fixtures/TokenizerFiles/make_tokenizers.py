"""Trains small tokenizers with the `tokenizers` library and writes what they make of many texts.

    python make_tokenizers.py      (tokenizers; writes beside this script)

KIND/tokenizer.json   the tokenizer, as the library saves it
texts.json            the texts: 20 scripts, code, emoji sequences, runs of white space, added tokens
golden.json           by kind and text: the ids, the text decoded from them where it is another, and with special tokens left out
"""
import json, os
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPTS = {
    "Latin": "The quick brown fox jumps over the lazy dog, doesn't it? ÀÉÎÕÜ façade naïve Ångström",
    "Vietnamese": "Tiếng Việt có dấu, người ta nói thế", "Polish": "Zażółć gęślą jaźń, Łódź",
    "Turkish": "İstanbul'da ılık bir gün, ŞĞÜÖÇ", "Cyrillic": "Съешь же ещё этих мягких французских булок, да выпей чаю",
    "Greek": "Γειά σου Κόσμε, τι κάνεις; ΆΈΉΊ", "Hebrew": "שלום עולם, מה שלומך?", "Arabic": "مرحبا بالعالم، كيف حالك؟ ١٢٣",
    "Devanagari": "हिन्दी में लिखा हुआ पाठ, क्षि त्र ०१२३", "Bengali": "বাংলা লেখা কো", "Tamil": "தமிழ் உரை கொ", "Telugu": "తెలుగు పాఠ్యం",
    "Thai": "ไทยไม่มีช่องว่าง ๑๒๓", "Lao": "ພາສາລາວ", "Khmer": "ភាសាខ្មែរ", "Tibetan": "བོད་སྐད་ཡིན།", "Georgian": "ქართული ენა", "Armenian": "Հայերեն լեզու",
    "Amharic": "አማርኛ ቋንቋ", "Chinese": "中文没有空格，但是有标点。", "Japanese": "日本語のテキストです。ガギグ ｶﾞｷﾞ", "Korean": "한국어 텍스트입니다 각", "Cherokee": "ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ", "Runic": "ᚠᚢᚦ 𐍈𐌰",
}
CODE = [
    "def fibonacci(n):\n    if n < 2:\n        return n\n    return fibonacci(n - 1) + fibonacci(n - 2)\n", "for (int i = 0; i < n; ++i) {\n\tsum += a[i] * b[i];\n}\n",
    "SELECT name, COUNT(*) FROM users WHERE id >= 10 GROUP BY name;", "let x: [String: Int?] = [:]  // empty", "{\"key\": [1, 2.5e-10, null, true]}", "<div class=\"a\">&nbsp;</div>", "x+=1;y--;z**=2//3%4&5|6^7~8<9>10==11!=12",
    "#include <stdio.h>\r\nint main(void)\r\n{\r\n\treturn 0;\r\n}\r\n", "https://example.org/a/b?c=d&e=f#g", "user@example.org", "C:\\Users\\name\\file.txt", "a_b-c.d/e\\f|g camelCase HTTPServer XMLHttpRequest2 iPhone12Pro",
    "\\frac{a}{b} $x^2$", "print('it''s', \"he'll\", 'WE'VE')", "0x1F 0b101 1e-9 1_000_000 3.14159 ½ ² Ⅷ",
]
EMOJI = ["🙂", "🙂🙃 🙂", "👩‍👩‍👧‍👦 family", "👍🏽👍🏿", "🇫🇷🇩🇪🇫", "❤️ ♥ ☺️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👨🏻‍💻👩🏾‍🚀 work", "(╯°□°)╯︵ ┻━┻", "1️⃣2️⃣", "a🙂b🙃c", "🤷🏽‍♀️!"]
SPACE = [
    "", " ", "  ", "   a", "a   ", "a  b   c    d", "\n", "\n\n", "\n\n\n a", "\t", "\t\t\tx", " \t \n \r x", "a\r\nb\r\n\r\nc", "a \n b", "a\u00a0b", "\u00a0\u00a0 a", "a\u2003b\u2009c", "\u3000全角\u3000", "a\u0085b", "a\u2028b\u2029c",
    "a\u180eb \u180e c", "a\u200bb\u200dc", " " * 70 + "x", "\n" * 20, "\t" * 9 + " y", "a\x0bb\x0cc", " x" * 20, "trailing\n", " \u00a0 \u2002 ", "\ufeffmark mid\ufeffdle",
]
MARKS = [
    "e\u0301 é n\u0303 ñ", "\u212b \u00c5 A\u030a", "\u1e9b\u0323 \u017f\u0323\u0307", "Z̴̡͓a̷̢l̸g̶o̷", "\u0301leading", "ﬁ ﬂ Ⅳ ㎏ ① ﷺ", "ǅ ǈ ß ẞ ı İ ς Σ", "\u1100\u1161\u11a8 \uac01", "\u09c7\u09be \u0b47\u0b3e", "\ue000\uf8ff", "a\ufffdb", "\U0010ffff\U000e0041",
    "a\x00b", "\x1b[31mred\x1b[0m", "𝔘𝔫𝔦 𝟘𝟙𝟚 𓀀𓂀", "१२३ ٣٤ ２３", "it’s I’M “q” ‘r’ «g» …—–", "'s 't 'RE 'LL 'ſ don'T", "!!!???...,,,;;;:::", "$5.00 + €3,99 = £8.99 ^_^ ~~~",
]
WORDS = ["I'd say it's 42% off — don't you think?", "they're we've I'm she'll he'd", "What is honesty?", "Telling the truth.", "The capital of France is Paris.", "1", "12", "123", "1234", "1234567890", "  1  22  333  4444", "a1b22c333", "a" * 150, "ab" * 50, "é" * 40,
         "日" * 40, "thethethe" * 9, "=" * 70, "ha" * 31 + "h", "Hello, world!", "HELLO WORLD Hello World hElLo", "▁under ▁▁ bar▁", "supercalifragilisticexpialidocious"]
ADDED = [
    "<|user|>hello<|end|>", "<|user|> hello <|end|> there", "a<|end|>b", "<|end|><|end|>", "  <|end|>  ", "<|en", "<<|end|>>", "<s>text</s>", "<s> text</s> ", "keep <left> this", "keep   <left>   this", "word <right>   next", "\n<left>\n<right>\n x",
    "a whole word", "awholeword whole-word", "whole", "wholes whole.", "<tool_call>\n{}\n</tool_call>", "x <tool_call> y", "日本<|end|>語", "don<|end|>'t 12<|user|>34", "<|END|>", "é<left>é", " <|user|>\n\nhi\n<|end|>\n<|user|>", "NORM norm Norm",
    "<|end|>" * 8, "text<unk>text",
]
TEXTS = list(SCRIPTS.values()) + [f"{a} {b}" for a, b in zip(list(SCRIPTS.values())[1:], list(SCRIPTS.values())[:-1])] + CODE + EMOJI + SPACE + MARKS + WORDS + ADDED + [w[::-1] for w in ("stressed desserts", "ab cd  ef", "12 345")]
TEXTS += [f"{name}: {text}\n{text}" for name, text in list(SCRIPTS.items())]
CORPUS = (list(SCRIPTS.values()) + CODE + WORDS[:6] + ["The truth is the thing that the others think. " * 4, "Honesty, kindness and courage; honesty of the mind", "    indented\n        more\n", "1234 5678 12 345"]) * 3

SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + SPACES
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
CASED = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + SPACES
split = lambda pattern, behavior="isolated", invert=False: pre_tokenizers.Split(Regex(pattern) if isinstance(pattern, str) else pattern[0], behavior, invert)
byte_level = lambda prefix=False, regex=False: pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=regex)
RULES = [AddedToken("<left>", lstrip=True, normalized=False), AddedToken("<right>", rstrip=True, normalized=False), AddedToken("whole", single_word=True, normalized=False),
         AddedToken("<tool_call>", normalized=False), AddedToken("norm", normalized=True)]
SPECIAL = ["<unk>", "<s>", "</s>", "<|user|>", "<|end|>"]

def train(tokenizer, trainer):
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer

def bpe(pre, normalizer=None, size=700, bos=False, decoder=None, alphabet=True, **options):
    tokenizer = Tokenizer(models.BPE(**options))
    if normalizer: tokenizer.normalizer = normalizer
    if pre: tokenizer.pre_tokenizer = pre
    tokenizer.decoder = decoder or decoders.ByteLevel()
    train(tokenizer, trainers.BpeTrainer(vocab_size=size, special_tokens=SPECIAL, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if alphabet else [], max_token_length=16))
    tokenizer.add_tokens(RULES)
    if bos:
        s = tokenizer.token_to_id("<s>")
        tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", s)])])
    return tokenizer

def sentence_piece(legacy, fallback=True, fuse=True):
    """Characters with byte fallback, as Llama 2 (legacy: a space before every part) and Gemma."""
    space = normalizers.Replace(" ", "▁")
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=fuse, byte_fallback=fallback))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), space]) if legacy else space
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()] + ([decoders.Strip(" ", 1, 0)] if legacy else []))
    # Trained word by word, used on whole texts.
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    specials = SPECIAL + ([f"<0x{b:02X}>" for b in range(256)] if fallback else [])
    train(tokenizer, trainers.BpeTrainer(vocab_size=800, special_tokens=specials, show_progress=False, limit_alphabet=120, max_token_length=12))
    data = json.loads(tokenizer.to_str())
    data["added_tokens"] = [t for t in data["added_tokens"] if not t["content"].startswith("<0x")]
    data["pre_tokenizer"] = None
    # As a conversion from SentencePiece has them: every cut of every token, in the order of the tokens.
    ids = data["model"]["vocab"]
    cuts = lambda token: sorted(((token[:i], token[i:]) for i in range(1, len(token)) if token[:i] in ids and token[i:] in ids), key=lambda cut: (ids[cut[0]], ids[cut[1]]))
    data["model"]["merges"] = [cut for token in sorted(ids, key=ids.get) if token not in specials for cut in cuts(token)]
    tokenizer = Tokenizer.from_str(json.dumps(data))
    tokenizer.add_tokens(RULES)
    s = tokenizer.token_to_id("<s>")
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", s)])
    return tokenizer

def unigram(scheme, fallback=False):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]) if not fallback else None
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme=scheme)
    train(tokenizer, trainers.UnigramTrainer(vocab_size=500, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False, max_piece_length=10))
    if fallback:
        data = json.loads(tokenizer.to_str())
        data["model"]["vocab"] += [[f"<0x{b:02X}>", -20.0] for b in range(256)]
        data["model"]["byte_fallback"] = True
        tokenizer = Tokenizer.from_str(json.dumps(data))
        tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_tokens(RULES)
    end = tokenizer.token_to_id("</s>")
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A $B </s>", special_tokens=[("</s>", end)])
    return tokenizer

KINDS = {
    "llama3": lambda: bpe(pre_tokenizers.Sequence([split(LLAMA3), byte_level()]), bos=True, ignore_merges=True),
    "qwen2": lambda: bpe(pre_tokenizers.Sequence([split(QWEN2), byte_level()]), normalizers.NFC()),
    "tekken": lambda: bpe(pre_tokenizers.Sequence([split(CASED), byte_level()]), bos=True, ignore_merges=True),
    "prefixed": lambda: bpe(byte_level(prefix=True, regex=True), normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase()])),
    "digits": lambda: bpe(pre_tokenizers.Sequence([pre_tokenizers.Punctuation("merged_with_previous"), pre_tokenizers.Digits(False), split(r"\w+|[^\w\s]+", "contiguous"), split((" ",), "merged_with_next"), byte_level()]), normalizers.Sequence([normalizers.Strip(), normalizers.NFKD()])),
    "words": lambda: bpe(pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), split(r"[a-z]+|\d", "merged_with_previous", True), pre_tokenizers.Whitespace()]), normalizers.NFKC(), alphabet=False, unk_token="<unk>", decoder=decoders.Fuse()),
    "llama2": lambda: sentence_piece(True), "gemma": lambda: sentence_piece(False), "unknowns": lambda: sentence_piece(False, fallback=False, fuse=False),
    "unigram": lambda: unigram("always"), "unigram-first": lambda: unigram("first"), "unigram-bytes": lambda: unigram("never", fallback=True),
}

def main():
    dump = lambda value: json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    golden = {}
    for kind, make in KINDS.items():
        tokenizer = make()
        folder = os.path.join(HERE, kind)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "tokenizer.json"), "w", encoding="utf-8") as f: f.write(dump(json.loads(tokenizer.to_str())))
        tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
        rows = []
        for text in TEXTS:
            ids = tokenizer.encode(text).ids
            # Added once: not where the text has it already.
            if ids[:2] == [1, 1]: ids = ids[1:]
            if ids[-2:] == [2, 2]: ids = ids[:-1]
            whole, plain = (tokenizer.decode(ids, skip_special_tokens=skip) for skip in (False, True))
            rows.append([ids] if whole == plain == text else [ids, whole] if whole == plain else [ids, whole, plain])
        golden[kind] = rows
    with open(os.path.join(HERE, "texts.json"), "w", encoding="utf-8") as f: f.write(dump(TEXTS))
    with open(os.path.join(HERE, "golden.json"), "w", encoding="utf-8") as f: f.write("{%s}\n" % ",\n".join(f"{dump(k)}:{dump(v)}" for k, v in golden.items()))
    print(len(TEXTS), "texts,", len(KINDS), "kinds")

if __name__ == "__main__": main()
