/*
 * dialler_wire.h - what a worker and its diallers say to each other.  Private to worker/dialler*.
 *
 * A question is its head, the URL, the body and a sealed key; an answer is its head,
 * the body and the problem.  A question without a method asks for the key, sealed anew, as
 * the answer's body.  Both ends are the same program on the same machine.
 */
#ifndef AGORALIA_WORKER_DIALLER_WIRE_H
#define AGORALIA_WORKER_DIALLER_WIRE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

enum { DIALLER_METHOD_SIZE = 8, DIALLER_INBOX_BYTES = 4096 };

struct dialler_question {
    char method[DIALLER_METHOD_SIZE];
    int64_t send_before_us; /* CLOCK_BOOTTIME; 0 = whenever */
    uint64_t max_reply;
    uint32_t url_size, body_size; /* with their NULs; body 0 = none */
    uint32_t key_size;            /* of a struct sealed; 0 = the settings' key */
    int32_t timeout_ms;
    bool once;
};

struct dialler_answer {
    int32_t status, retry_after_seconds;
    uint32_t body_size, problem_size; /* with their NULs; problem 0 = none */
    bool sent;
};

/*
 * Memory that both see and that outlives the dialler.  sending is set before the first byte of a
 * request can leave: a dead dialler that has not set it has sent nothing.
 */
struct dialler_page {
    _Atomic uint32_t sending;
};

/* What came with the part asked for: one question or one answer is taken out of one of these. */
struct dialler_inbox {
    size_t at, n;
    char bytes[DIALLER_INBOX_BYTES];
};

static inline void dialler_inbox_open(struct dialler_inbox *in)
{
    in->at = in->n = 0; /* and not 4 KB of zeros */
}

/* All of it, or false: the other end is gone or the moment (CLOCK_MONOTONIC; 0 = never) has come.
 */
bool dialler_send(int fd, struct iovec *parts, int n, int64_t until_us);
bool dialler_receive(struct dialler_inbox *in, int fd, void *p, size_t n, int64_t until_us);

#endif
