// What Swift cannot import from ncursesw (variadics, function-like macros, `stdscr`, `SCREEN`),
// and what has to be C anyway: signal handlers. Everything starts with sn_.
#pragma once
#include <stdbool.h>
#include <stdint.h>

// Attribute bits of sn_put; the A_* macros are not importable.
enum { SN_BOLD = 1, SN_DIM = 2, SN_REVERSE = 4 };

// What sn_read found. Key codes are our own: KEY_F() and friends are not importable.
typedef enum { SN_NOTHING, SN_CHARACTER, SN_KEY, SN_MOUSE, SN_RESIZED } sn_kind;
typedef enum {
  SN_KEY_UP, SN_KEY_DOWN, SN_KEY_LEFT, SN_KEY_RIGHT, SN_KEY_HOME, SN_KEY_END, SN_KEY_PAGE_UP,
  SN_KEY_PAGE_DOWN, SN_KEY_ENTER, SN_KEY_BACKSPACE, SN_KEY_DELETE, SN_KEY_INSERT, SN_KEY_BACK_TAB,
  SN_KEY_SHIFT_UP, SN_KEY_SHIFT_DOWN, SN_KEY_SHIFT_LEFT, SN_KEY_SHIFT_RIGHT,
  SN_KEY_PASTE_START, SN_KEY_PASTE_END,
  SN_KEY_FUNCTION = 100,  // + number
  SN_KEY_OTHER = 1000
} sn_key;
typedef enum {
  SN_LEFT_DOWN, SN_UP, SN_MIDDLE_DOWN, SN_RIGHT_DOWN, SN_WHEEL_UP, SN_WHEEL_DOWN, SN_MOVED,
  SN_MOUSE_OTHER
} sn_mouse_action;
typedef struct {
  sn_kind kind;
  uint32_t code;  // a Unicode scalar, an sn_key or an sn_mouse_action
  int x, y;
  bool shift;
} sn_input;

// Why sn_start failed.
typedef enum { SN_STARTED, SN_NO_TTY, SN_UNKNOWN_TERMINAL, SN_NO_CURSOR_ADDRESSING } sn_result;

// Takes over the terminal on stdin and stdout; afterwards sn_stop must run. Signals (resize,
// terminate, hang up, interrupt) write a byte to `wake`; crashes restore the terminal first.
sn_result sn_start(int wake, bool mouse);
// Gives the terminal back and replays what was written to stderr meanwhile. Safe to call twice.
void sn_stop(void);
// Gives the terminal back, stops the process group (as the shell's Ctrl-Z does), and takes the
// terminal again when continued.
void sn_suspend(void);

// Sends a control sequence that curses does not know, between two frames.
void sn_send(const char *text);
void sn_set_mouse(bool on);
void sn_size(int *width, int *height);
// Asks the kernel for the size and tells curses; returns whether it changed.
bool sn_resize(void);
int sn_colors(void);
// Whether colour numbers are 0xRRGGBB (8 and up; 0-7 stay the ANSI colours).
bool sn_direct_color(void);
// Whether the terminal takes ECMA-48's words as they are: cursor addresses, SGR for bold, reverse, colours
// and their ends, no padding. Whatever it shows can then be written without curses.
bool sn_is_ansi(void);
// Whether it blanks cells from the cursor on (ECH), and the rest of a line (EL).
bool sn_erases_cells(void);
bool sn_erases_lines(void);
// SGR's parameters for a colour by its number, until the next call; NULL where the terminal has others.
const char *sn_color_words(int number, bool is_foreground);
// The columns that libc gives a character; -1: none that it knows.
int sn_columns(uint32_t scalar);
void sn_set_pair(int pair, int foreground, int background);
// Puts one character (a base and its combining marks) of `width` columns. Characters that libc
// measures otherwise would shift the rest of the line: they are shown as question marks.
void sn_put(int y, int x, const uint32_t *scalars, int count, int width, int attributes, int pair);
// Where the terminal's own cursor stands after the next sn_flush; outside of the screen: nowhere.
void sn_set_cursor(int y, int x);
// Sends the changed cells, then sequences that leave cursor and colours as they were. Cells are those
// of sn_put, or, where `cells` is not NULL, `count` bytes in the terminal's own words.
void sn_flush(const uint8_t *cells, int count, const char *sequences);
// Makes the next sn_flush repaint everything.
void sn_invalidate(void);
sn_input sn_read(void);
// Whether input is there, or comes within some milliseconds.
bool sn_wait(int milliseconds);

// Signals that arrived since the last call.
bool sn_take_resize(void);
int sn_take_termination(void);

// The colours of a kind of terminal by its name, without taking one over; -1 where terminfo does not
// know it.
int sn_colors_of(const char *terminal);

// Whether the locale's character set is UTF-8; sets LC_CTYPE from the environment.
bool sn_locale_is_utf8(void);
