#pragma once
// PCRE2's functions are macros over the code unit width: fixed to 8 bits (UTF-8) here.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
