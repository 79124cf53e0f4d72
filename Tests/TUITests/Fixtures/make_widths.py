"""Writes widths.json: the columns of each scalar of some texts, by the package wcwidth (Unicode's
tables) and by the C library's wcwidth in C.UTF-8, which ncurses asks.
Needs wcwidth 0.7. usage: python make_widths.py"""
import ctypes
import json
import locale

import wcwidth

locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
libc = ctypes.CDLL(None)


def characters(first, last):
    return "".join(map(chr, range(first, last + 1)))


CASES = {
    "ascii": characters(0x20, 0x7E),
    "latin, greek and cyrillic": "éßÿłŽαΩжЯ",
    "braille": characters(0x2800, 0x28FF),
    "box drawing": characters(0x2500, 0x257F),
    "blocks": characters(0x2580, 0x259F),
    "other signs of the screens": "→◄►▲▼▴▾◂▸▶▽△◀□◆◇○◎●◐◑☆★♦✓✗✛√↔↓↑←•×²·⠒…␛␡⏎│",
    "chinese, japanese and korean": "日本語简体かなカナ、。「」한국어ｱｲｳＡ１！",
    "emoji": "👍🧬🙂🦜🫠❤☎⌚⏰✅",
    "emoji of several scalars": "👩\u200d🔬👨\u200d👩\u200d👧\u200d👦👍🏽🏴\u200d☠\ufe0f❤\ufe0f",
    "combining marks": "e\u0301a\u0308\u20dd\u0483\u05b0\u064b\u0e31\u3099",
    "marks beside their letter": "\u093f\u0940\u0bbe\u0cbe\u102b",
    "hangul vowels and finals": "\u1100\u1161\u11a8\ud7b0\ud7cb",
    "no width": "\u200b\u200c\u200d\u200e\ufe0e\ufe0f\u2060\ufeff",
    "soft hyphen": "\u00ad",
    "control characters": characters(0, 0x1F) + characters(0x7F, 0x9F),
    "hexagrams": characters(0x4DC0, 0x4DC3),
    "private use": "\ue000\uf8ff\U000f0000",
}

with open("widths.json", "w") as file:
    json.dump([
        {"name": name, "scalars": [ord(c) for c in text],
         "package": [wcwidth.wcwidth(c) for c in text],
         "library": [libc.wcwidth(ord(c)) for c in text]}
        for name, text in CASES.items()], file, separators=(",", ":"))
    file.write("\n")
