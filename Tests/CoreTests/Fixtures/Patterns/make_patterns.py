"""What Python's re says of names of modules: patterns.json.

    python make_patterns.py
"""

import json
import os
import re
import warnings

warnings.simplefilter("ignore")
NAMES = [
    "model.layers.0.self_attn.q_proj", "model.layers.10.mlp.down_proj", "lm_head",
    "transformer.h.3.attn.c_attn", "", "MODEL.layers.1.x", "模型.层.２.x", "a\nb",
]
PATTERNS = [
    r".*self_attn\.(q|v)_proj", r".*_proj", r"q_proj", r"(.*\.)?(q_proj)$", r"(.*\.)?(layers\.1)$",
    r".*\.\d+\..*", r"(?i)model\..*", r"(?P<name>.*)head", r"model\.layers\.[0-9]\..*", r"^lm_head$",
    r"(?:^|.*?\.)layers\.[0-9]+\.", r".*?\.[^.]*\.(?P<idx>\d+)\.", r"(lm|em)_.{2,4}", r"\w+\.\w+.*",
    r"(?!.*mlp).*_proj", r".*(?<=self_attn)\.q_proj", r"(l)m_head|\1", r"lm_head\Z", r"[\w.]+", r"a.b",
    r"(?s)a.b", r"(?#note)lm_head", r"(?x) lm _ head", r"", r"a$", r".*[]q]_proj", r"lm_head*+", r"\Alm.*",
    r"(?i:LM)_head", r".*\b3\b.*", r"[^\W\d]+_head",
]
entries = []
for pattern in PATTERNS:
    compiled = re.compile(pattern)
    entries.append({
        "pattern": pattern,
        "all": [compiled.fullmatch(name) is not None for name in NAMES],
        "start": [compiled.match(name) is not None for name in NAMES],
    })
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "patterns.json")
with open(path, "w") as file:
    json.dump({"names": NAMES, "entries": entries}, file, indent=0)
