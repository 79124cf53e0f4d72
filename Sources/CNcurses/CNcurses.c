#include "include/CNcurses.h"
int sn_placeholder(void) { return 0; }
