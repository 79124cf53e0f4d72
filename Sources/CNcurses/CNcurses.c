#define _GNU_SOURCE
#define NCURSES_WIDECHAR 1
#include "CNcurses.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <ncursesw/curses.h>
#include <ncursesw/term.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

static SCREEN *screen;
static WINDOW *keys;  // a pad: reading from it never refreshes a window behind our back
static bool mouse_on;
static int cursor_shown;  // -1: unknown
static struct termios saved_termios;
static int wake_fd = -1;
static volatile sig_atomic_t resized, terminated;
static volatile sig_atomic_t active;
// The terminal itself, also while a frame is gathered elsewhere; -1: standard output is.
static int tty_fd = -1;

// Where a frame is gathered; -1: nowhere.
static int frame_fd = -1;

// ---- text written to stderr while the screen is ours ----

static int real_stderr = -1, log_fd = -1;

static void capture_stderr(void) {
  if (!isatty(STDERR_FILENO)) return;
  log_fd = memfd_create("seer-stderr", MFD_CLOEXEC);
  if (log_fd < 0) return;
  real_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (real_stderr < 0 || dup2(log_fd, STDERR_FILENO) < 0) {
    close(log_fd);
    log_fd = -1;
  }
}

// Async-signal-safe: the crash handler calls it too.
static void release_stderr(void) {
  if (log_fd < 0 || real_stderr < 0) return;
  dup2(real_stderr, STDERR_FILENO);
  char buffer[4096];
  off_t offset = 0;
  ssize_t count;
  while ((count = pread(log_fd, buffer, sizeof buffer, offset)) > 0) {
    if (write(STDERR_FILENO, buffer, (size_t)count) < 0) break;
    offset += count;
  }
  close(log_fd);
  close(real_stderr);
  log_fd = real_stderr = -1;
}

// ---- the bytes that make a terminal sane again, for a handler that may not call curses ----

static char reset_bytes[256];
static size_t reset_count;

static void append_reset(const char *text) {
  // Padding such as $<50/> is a request to curses, not something to send.
  for (; text && *text && reset_count < sizeof reset_bytes; text++) {
    if (text[0] == '$' && text[1] == '<') {
      const char *end = strchr(text, '>');
      if (end) {
        text = end;
        continue;
      }
    }
    reset_bytes[reset_count++] = *text;
  }
}

static void append_capability(const char *name) {
  char *value = tigetstr((char *)name);
  if (value && value != (char *)-1) append_reset(value);
}

static void prepare_reset(void) {
  reset_count = 0;
  if (tigetstr("kmous") && tigetstr("kmous") != (char *)-1)
    append_reset("\033[?2026l\033[?1002l\033[?1000l\033[?1006l\033[?2004l");
  append_capability("sgr0");
  append_capability("cnorm");
  append_capability("rmkx");
  append_capability("rmcup");
  append_reset("\r");
}

// ---- signals ----

static void wake(void) {
  int saved = errno;
  if (wake_fd >= 0 && write(wake_fd, "!", 1) < 0) errno = saved;
  errno = saved;
}

static void on_resize(int signal) {
  (void)signal;
  resized = 1;
  wake();
}

static void on_termination(int signal) {
  terminated = signal;
  wake();
}

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP};
enum { CRASHES = sizeof crash_signals / sizeof *crash_signals };
static struct sigaction before_crash[CRASHES];

static void on_crash(int signal, siginfo_t *info, void *context) {
  (void)context;
  if (active) {
    active = 0;
    if (write(tty_fd >= 0 ? tty_fd : STDOUT_FILENO, reset_bytes, reset_count) < 0) {}
    tcsetattr(STDIN_FILENO, TCSANOW, &saved_termios);
    release_stderr();
  }
  for (int i = 0; i < CRASHES; i++) sigaction(crash_signals[i], &before_crash[i], NULL);
  // A fault happens again, with its own context, when the instruction is retried; a signal that
  // was sent, or a breakpoint (its address is already behind), must be sent again.
  if (info->si_code <= 0 || signal == SIGTRAP) raise(signal);
}

static struct sigaction before_winch, before_term, before_hup, before_int;

static void install(int signal, void (*handler)(int), struct sigaction *before) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, before);
}

static void install_signals(void) {
  install(SIGWINCH, on_resize, &before_winch);
  install(SIGTERM, on_termination, &before_term);
  install(SIGHUP, on_termination, &before_hup);
  install(SIGINT, on_termination, &before_int);
  static char stack[64 * 1024];
  stack_t alternate;
  if (sigaltstack(NULL, &alternate) == 0 && (alternate.ss_flags & SS_DISABLE)) {
    alternate = (stack_t){.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&alternate, NULL);
  }
  struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < CRASHES; i++) sigaction(crash_signals[i], &action, &before_crash[i]);
}

static void remove_signals(void) {
  sigaction(SIGWINCH, &before_winch, NULL);
  sigaction(SIGTERM, &before_term, NULL);
  sigaction(SIGHUP, &before_hup, NULL);
  sigaction(SIGINT, &before_int, NULL);
  for (int i = 0; i < CRASHES; i++) sigaction(crash_signals[i], &before_crash[i], NULL);
}

bool sn_take_resize(void) {
  bool value = resized;
  resized = 0;
  return value;
}

int sn_take_termination(void) {
  int value = terminated;
  terminated = 0;
  return value;
}

// ---- the terminal ----

int sn_colors_of(const char *terminal) {
  int found;
  if (setupterm(terminal, STDOUT_FILENO, &found) != OK) return -1;
  int colors = tigetnum("colors");
  del_curterm(cur_term);
  return colors < 0 ? 0 : colors;
}

bool sn_locale_is_utf8(void) {
  setlocale(LC_CTYPE, "");
  return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

// All of it, or what goes before the terminal is gone.
static void send_bytes(const uint8_t *bytes, size_t count) {
  while (count > 0) {
    ssize_t sent = write(STDOUT_FILENO, bytes, count);
    if (sent < 0 && errno != EINTR && errno != EAGAIN) return;
    if (sent > 0) {
      bytes += sent;
      count -= (size_t)sent;
    }
  }
}

static void send_text(const char *text) { send_bytes((const uint8_t *)text, strlen(text)); }

void sn_send(const char *text) { send_text(text); }

void sn_set_mouse(bool on) {
  mouse_on = on;
  mousemask(on ? ALL_MOUSE_EVENTS | REPORT_MOUSE_POSITION : 0, NULL);
  mouseinterval(0);
  // curses asks for clicks only; 1002 adds motion while a button is held.
  char *mouse = tigetstr("kmous");
  if (mouse && mouse != (char *)-1) send_text(on ? "\033[?1002h" : "\033[?1002l");
}

// Bracketed paste: what is pasted comes between two keys, so that its line ends are no Enter.
// Terminals with a mouse know it.
// Codes just above KEY_MAX are given to keys that terminfo alone names.
enum { PASTE_START = KEY_MAX + 1000, PASTE_END };

static void set_paste(bool on) {
  char *mouse = tigetstr("kmous");
  if (mouse && mouse != (char *)-1) send_text(on ? "\033[?2004h" : "\033[?2004l");
}

// Synchronised output (mode 2026): the terminal shows a frame when all of it is there. Nobody is asked
// whether the terminal knows it: one that does not ignores a private mode (ECMA-48), and to ask would
// take a turn over the line. Terminals with a mouse read such modes.
static bool synchronised;

static void mark_frame(const char *mark) {
  if (synchronised && write(frame_fd, mark, strlen(mark)) < 0) {}
}

// curses writes a frame in dozens of pieces, each of which wakes the terminal: they are gathered in
// memory and sent in one. Where that is not to be had the pieces go as they come.
static void begin_frames(void) {
  frame_fd = memfd_create("seer-frame", MFD_CLOEXEC);
  tty_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  if (tty_fd >= 0 || frame_fd < 0) return;
  close(frame_fd);
  frame_fd = -1;
}

static void end_frames(void) {
  if (frame_fd >= 0) close(frame_fd);
  if (tty_fd >= 0) close(tty_fd);
  frame_fd = tty_fd = -1;
}

// With output processing the kernel hands a frame on in pieces, each of which wakes the terminal.
// Without new lines to translate there is nothing to process.
static void send_as_is(void) {
  struct termios mode;
  if (tcgetattr(STDOUT_FILENO, &mode) != 0) return;
  mode.c_oflag &= ~(tcflag_t)OPOST;
  if (tcsetattr(STDOUT_FILENO, TCSADRAIN, &mode) == 0) def_prog_mode();
}

sn_result sn_start(int wake_descriptor, bool mouse) {
  if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) return SN_NO_TTY;
  if (tcgetattr(STDIN_FILENO, &saved_termios) != 0) return SN_NO_TTY;
  setlocale(LC_CTYPE, "");
  use_tioctl(true);
  screen = newterm(NULL, stdout, stdin);
  if (!screen) return SN_UNKNOWN_TERMINAL;
  char *address = tigetstr("cup");
  if (!address || address == (char *)-1) {
    endwin();
    delscreen(screen);
    screen = NULL;
    return SN_NO_CURSOR_ADDRESSING;
  }
  raw();
  noecho();
  nonl();
  send_as_is();
  curs_set(0);
  set_escdelay(25);
  if (has_colors()) {
    start_color();
    use_default_colors();
  }
  keys = newpad(1, 1);
  keypad(keys, true);
  define_key("\033[200~", PASTE_START);
  define_key("\033[201~", PASTE_END);
  nodelay(keys, true);
  prepare_reset();
  char *kmous = tigetstr("kmous");
  synchronised = kmous && kmous != (char *)-1;
  wake_fd = wake_descriptor;
  begin_frames();
  install_signals();
  capture_stderr();
  active = 1;
  // Onto the other screen, so that nothing that is sent from now on stays on the shell's.
  refresh();
  sn_set_mouse(mouse);
  set_paste(true);
  return SN_STARTED;
}

// Where there is no second screen to leave, ours must not stay under the shell's lines.
static void clear_only_screen(void) {
  char *leave = tigetstr("rmcup");
  if (leave && leave != (char *)-1) return;
  // curses has not seen frames that were sent past it.
  clearok(curscr, true);
  werase(stdscr);
  wrefresh(stdscr);
}

void sn_stop(void) {
  if (!screen) return;
  if (mouse_on) sn_set_mouse(false);
  set_paste(false);
  clear_only_screen();
  cursor_shown = 1;
  curs_set(1);
  endwin();
  active = 0;
  tcsetattr(STDIN_FILENO, TCSADRAIN, &saved_termios);
  remove_signals();
  delwin(keys);
  delscreen(screen);
  screen = NULL;
  wake_fd = -1;
  end_frames();
  release_stderr();
}

void sn_suspend(void) {
  bool mouse = mouse_on;
  if (mouse) sn_set_mouse(false);
  set_paste(false);
  clear_only_screen();
  endwin();
  struct sigaction ours, standard = {.sa_handler = SIG_DFL};
  sigemptyset(&standard.sa_mask);
  sigaction(SIGTSTP, &standard, &ours);
  // The whole group, as the terminal driver does it: a shell waits for `make` above us, too.
  kill(0, SIGTSTP);
  sigaction(SIGTSTP, &ours, NULL);
  sn_resize();
  reset_prog_mode();
  cursor_shown = -1;
  clearok(curscr, true);
  doupdate();
  if (mouse) sn_set_mouse(true);
  set_paste(true);
}

void sn_size(int *width, int *height) {
  *width = getmaxx(stdscr);
  *height = getmaxy(stdscr);
}

bool sn_resize(void) {
  struct winsize size;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
    return false;
  if (size.ws_col == getmaxx(stdscr) && size.ws_row == getmaxy(stdscr)) return false;
  resizeterm(size.ws_row, size.ws_col);
  return true;
}

int sn_colors(void) { return has_colors() ? COLORS : 0; }

// ---- terminals that take ECMA-48's own words ----

static bool says(const char *name, const char *wanted) {
  char *value = tigetstr((char *)name);
  return value && value != (char *)-1 && strcmp(value, wanted) == 0;
}

const char *sn_color_words(int number, bool is_foreground) {
  static char words[64];
  char *format = tigetstr(is_foreground ? "setaf" : "setab");
  if (!format || format == (char *)-1) return NULL;
  const char *text = tiparm(format, number);
  size_t count = text ? strlen(text) : 0;
  if (count < 4 || count - 3 >= sizeof words || strncmp(text, "\033[", 2) != 0) return NULL;
  if (strspn(text + 2, "0123456789;:") != count - 3 || text[count - 1] != 'm') return NULL;
  memcpy(words, text + 2, count - 3);
  words[count - 3] = 0;
  return words;
}

bool sn_is_ansi(void) {
  // Padding, or another word, is not equal: such a terminal is left to curses, like one that cannot
  // show some attributes in colour or wraps a full line at once.
  if (!says("cup", "\033[%i%p1%d;%p2%dH") || !says("hpa", "\033[%i%p1%dG")) return false;
  if (!says("cuf", "\033[%p1%dC") || !says("bold", "\033[1m") || !says("rev", "\033[7m")) return false;
  if (tigetnum("ncv") > 0 || (tigetflag("am") > 0 && tigetflag("xenl") <= 0)) return false;
  if (!has_colors()) return true;
  return says("op", "\033[39;49m") && sn_color_words(1, true) && sn_color_words(1, false);
}

bool sn_erases_cells(void) { return says("ech", "\033[%p1%dX"); }

bool sn_erases_lines(void) { return says("el", "\033[K"); }

int sn_columns(uint32_t scalar) { return wcwidth((wchar_t)scalar); }

bool sn_direct_color(void) { return COLORS >= 1 << 24 && tigetflag("RGB") == 1; }

void sn_set_pair(int pair, int foreground, int background) {
  init_extended_pair(pair, foreground, background);
}

void sn_put(int y, int x, const uint32_t *scalars, int count, int width, int attributes, int pair) {
  wchar_t text[CCHARW_MAX + 1] = {0};
  int length = 0;
  bool fits = wcwidth((wchar_t)scalars[0]) == width;
  for (int i = 0; fits && i < count && length < CCHARW_MAX; i++) {
    if (i > 0 && wcwidth((wchar_t)scalars[i]) != 0) continue;
    text[length++] = (wchar_t)scalars[i];
  }
  if (!fits) text[0] = L'?';
  attr_t bits = A_NORMAL;
  if (attributes & SN_BOLD) bits |= A_BOLD;
  if (attributes & SN_DIM) bits |= A_DIM;
  if (attributes & SN_REVERSE) bits |= A_REVERSE;
  cchar_t cell;
  // The pair goes through the extension pointer: the short argument ends at 32,767.
  setcchar(&cell, text, bits, 0, &pair);
  mvwadd_wch(stdscr, y, x, &cell);  // ERR in the last cell, which is written all the same
  if (!fits && width == 2) mvwadd_wch(stdscr, y, x + 1, &cell);
}

static int cursor_y = -1, cursor_x = -1;

void sn_set_cursor(int y, int x) {
  cursor_y = y;
  cursor_x = x;
}

static void send_frame(void) {
  static uint8_t buffer[1 << 16];
  off_t offset = 0;
  ssize_t count;
  while ((count = pread(frame_fd, buffer, sizeof buffer, offset)) > 0) {
    offset += count;
    send_bytes(buffer, (size_t)count);
  }
}

// By curses, or, where there are cells in the terminal's own words, by those.
static void update(const uint8_t *cells, int count) {
  bool is_inside = cursor_y >= 0 && cursor_x >= 0 && cursor_y < getmaxy(stdscr) &&
                   cursor_x < getmaxx(stdscr);
  if (cells) {
    send_bytes(cells, (size_t)count);
  } else {
    if (is_inside) wmove(stdscr, cursor_y, cursor_x);
    leaveok(stdscr, !is_inside);
    wnoutrefresh(stdscr);
  }
  if (cursor_shown != is_inside) curs_set(is_inside);
  cursor_shown = is_inside;
  if (!cells) doupdate();
}

void sn_flush(const uint8_t *cells, int count, const char *sequences) {
  if (frame_fd < 0 || dup2(frame_fd, STDOUT_FILENO) < 0) {
    update(cells, count);
    send_text(sequences);
    return;
  }
  mark_frame("\033[?2026h");
  off_t start = lseek(frame_fd, 0, SEEK_CUR);
  update(cells, count);
  send_text(sequences);
  bool is_empty = lseek(frame_fd, 0, SEEK_CUR) == start;
  if (!is_empty) mark_frame("\033[?2026l");
  dup2(tty_fd, STDOUT_FILENO);
  if (!is_empty) send_frame();
  if (ftruncate(frame_fd, 0) < 0 || lseek(frame_fd, 0, SEEK_SET) < 0) end_frames();
}

void sn_invalidate(void) { clearok(curscr, true); }

static uint32_t key_code(wint_t code) {
  switch (code) {
    case KEY_UP: return SN_KEY_UP;
    case KEY_DOWN: return SN_KEY_DOWN;
    case KEY_LEFT: return SN_KEY_LEFT;
    case KEY_RIGHT: return SN_KEY_RIGHT;
    case KEY_HOME: case KEY_A1: return SN_KEY_HOME;
    case KEY_END: case KEY_C1: return SN_KEY_END;
    case KEY_PPAGE: case KEY_A3: return SN_KEY_PAGE_UP;
    case KEY_NPAGE: case KEY_C3: return SN_KEY_PAGE_DOWN;
    case KEY_ENTER: return SN_KEY_ENTER;
    case KEY_BACKSPACE: return SN_KEY_BACKSPACE;
    case KEY_DC: return SN_KEY_DELETE;
    case KEY_IC: return SN_KEY_INSERT;
    case KEY_BTAB: return SN_KEY_BACK_TAB;
    case KEY_SR: return SN_KEY_SHIFT_UP;
    case KEY_SF: return SN_KEY_SHIFT_DOWN;
    case KEY_SLEFT: return SN_KEY_SHIFT_LEFT;
    case KEY_SRIGHT: return SN_KEY_SHIFT_RIGHT;
    case PASTE_START: return SN_KEY_PASTE_START;
    case PASTE_END: return SN_KEY_PASTE_END;
    default:
      if (code >= KEY_F0 && code <= KEY_F(24)) return SN_KEY_FUNCTION + (code - KEY_F0);
      return SN_KEY_OTHER;
  }
}

static sn_input mouse_input(void) {
  MEVENT event;
  sn_input input = {.kind = SN_MOUSE, .code = SN_MOUSE_OTHER};
  if (getmouse(&event) != OK) return input;
  input.x = event.x;
  input.y = event.y;
  input.shift = (event.bstate & BUTTON_SHIFT) != 0;
  mmask_t state = event.bstate;
  if (state & (BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON1_DOUBLE_CLICKED)) input.code = SN_LEFT_DOWN;
  else if (state & (BUTTON1_RELEASED | BUTTON2_RELEASED | BUTTON3_RELEASED)) input.code = SN_UP;
  else if (state & BUTTON2_PRESSED) input.code = SN_MIDDLE_DOWN;
  else if (state & BUTTON3_PRESSED) input.code = SN_RIGHT_DOWN;
  else if (state & BUTTON4_PRESSED) input.code = SN_WHEEL_UP;
  else if (state & BUTTON5_PRESSED) input.code = SN_WHEEL_DOWN;
  else if (state & REPORT_MOUSE_POSITION) input.code = SN_MOVED;
  return input;
}

bool sn_wait(int milliseconds) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  return poll(&input, 1, milliseconds) > 0 && (input.revents & POLLIN);
}

sn_input sn_read(void) {
  wint_t code = 0;
  switch (wget_wch(keys, &code)) {
    case OK: return (sn_input){.kind = SN_CHARACTER, .code = code};
    case KEY_CODE_YES:
      if (code == KEY_MOUSE) return mouse_input();
      if (code == KEY_RESIZE) return (sn_input){.kind = SN_RESIZED};
      return (sn_input){.kind = SN_KEY, .code = key_code(code)};
    default: return (sn_input){.kind = SN_NOTHING};
  }
}
