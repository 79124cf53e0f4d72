"""Renders conversations by chat templates in published style with transformers.

    python make_chats.py      (transformers, tokenizers; writes chats.json beside this script)

Templates are the files of `published` and those of ../ChatTemplates. Today is 26 July 2024. Where a
conversation's text with the opening of an answer goes on from the text without it, only what follows is
kept, after a plus sign.
"""
import datetime, json, os, sys
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast
from transformers.utils import chat_template_utils

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "ChatTemplates"))
import make_templates

class Today(datetime.datetime):
    @classmethod
    def now(cls, tz=None): return cls(2024, 7, 26)

chat_template_utils.datetime = Today
TOKENS = {"llama2": ("<s>", "</s>"), "llama3": ("<|begin_of_text|>", "<|eot_id|>"), "mistral": ("<s>", "</s>"), "qw": (None, "<|im_end|>"), "gemma": ("<bos>", "<eos>"), "phi": (None, "<|endoftext|>"), "deepseek": ("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"), "command": ("<BOS_TOKEN>", "<|END_OF_TURN_TOKEN|>")}

def u(text, **more): return {"role": "user", "content": text, **more}
def a(text, **more): return {"role": "assistant", "content": text, **more}
def s(text): return {"role": "system", "content": text}

THOUGHT = "<think>\nThe user asks.\n\nI answer: 4.\n</think>\n\nIt is 4."
TOOLS = [{"type": "function", "function": {"name": "get_weather", "description": "The weather of a place.", "parameters": {"type": "object", "properties": {"place": {"type": "string", "description": "City, country"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}, "days": {"type": "array", "items": {"type": "integer"}}, "exact": {"type": ["boolean", "null"]}}, "required": ["place"]}}}]
CALL = {"id": "call00001", "type": "function", "function": {"name": "get_weather", "arguments": {"place": "Zürich, \"CH\"", "days": [1, 2]}}}
DOCUMENTS = [{"doc_id": 1, "title": "Seer", "text": "Seer looks at the hidden states of language models, layer by layer."}, {"doc_id": 2, "title": "", "text": "  Short. "}]
CHATS = [
    ([u("What is honesty?")], {}),
    ([u("What is honesty?"), a("Telling the truth.")], {}),
    ([s("Be brief."), u("Why?")], {}),
    ([s("Be brief. /no_think"), u("Why?"), a("Because.")], {}),
    ([u("a"), a("b"), u("c")], {}),
    ([s("You are a guide."), u("Where?"), a("Here."), u("When?"), a("Now.")], {}),
    ([s(" \n be kind \n"), u("  two spaces \n"), a(" \n\tmore\u00a0 ")], {}),
    ([u("2 + 2?"), a(THOUGHT)], {}),
    ([u("2 + 2?"), a(THOUGHT), u("Sure?"), a("<think>\nYes.\n</think>\n\nYes.")], {}),
    ([u("Grüße 日本 🙂 e\u0301 \"q\" 'r' \\ {{ x }} {% if %}"), a("<|im_end|>\n</s>[/INST]\u2028 ok")], {}),
    ([u("2 + 2?"), a("It is 4.", reasoning_content="Easy."), u("")], {"enable_thinking": False}),
    ([s("Use tools."), u("Weather?"), a("", tool_calls=[CALL]), {"role": "tool", "name": "get_weather", "tool_call_id": "call00001", "content": "{\"sun\": true}"}, a("Sunny.")], {"tools": TOOLS}),
    ([u("Weather?", name="Ann")], {"tools": TOOLS, "enable_thinking": True}),
    ([u("What is Seer?")], {"documents": DOCUMENTS}),
]

def templates():
    for name, _, template, bos, eos in make_templates.TEMPLATES: yield name, template, bos or None, eos, False
    for file in sorted(os.listdir(os.path.join(HERE, "published"))):
        name = file.removesuffix(".jinja")
        bos, eos = next((v for k, v in TOKENS.items() if name.startswith(k)), ("<s>", "</s>"))
        with open(os.path.join(HERE, "published", file), encoding="utf-8") as f: yield name, f.read(), bos, eos, True

def main():
    out = {"chats": [{"messages": m, "arguments": k} for m, k in CHATS], "templates": []}
    for name, template, bos, eos, is_file in templates():
        tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()), bos_token=bos, eos_token=eos)
        tokenizer.chat_template = template
        texts = []
        for messages, arguments in CHATS:
            def text(header):
                try: return tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=header, **arguments)
                except Exception as e:
                    if os.environ.get("VERBOSE"): print(name, len(texts), type(e).__name__, str(e)[:100])
                    return None
            bare, opened = text(False), text(True)
            if bare is not None and opened is not None and opened.startswith(bare): opened = "+" + opened[len(bare):]
            elif opened is not None: opened = "=" + opened
            texts.append([bare, opened])
        out["templates"].append({"name": name, "bos": bos, "eos": eos, "texts": texts})
    with open(os.path.join(HERE, "chats.json"), "w", encoding="utf-8") as f:
        f.write('{"chats": [\n' + ",\n".join(json.dumps(c, ensure_ascii=False) for c in out["chats"]) + '\n],\n"templates": [\n' + ",\n".join(json.dumps(t, ensure_ascii=False, separators=(",", ":")) for t in out["templates"]) + "\n]}\n")
    print(len(out["templates"]), "templates,", len(CHATS), "conversations,", sum(t[0] is None for e in out["templates"] for t in e["texts"]), "refused")

if __name__ == "__main__": main()
