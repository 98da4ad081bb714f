/*
 * cut_head.h - a raw request head cut up the way civetweb 1.15 does it, for
 * tests of what the gate can see of it.
 */
#ifndef AGORALIA_TEST_CUT_HEAD_H
#define AGORALIA_TEST_CUT_HEAD_H

#include "api/gate.h"

enum { CUT_HEAD_SLACK = 8 }; /* NUL bytes that must follow the text */

struct cut_head {
    struct gate_head head;
    struct gate_header headers[GATE_MAX_HEADERS + 1];
};

/* Cuts text in place.  False when civetweb would refuse it before asking us. */
bool cut_head(char *text, size_t n, struct cut_head *out);

#endif
