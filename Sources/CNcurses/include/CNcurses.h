#pragma once
int sn_placeholder(void);
