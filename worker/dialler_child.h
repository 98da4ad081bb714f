/*
 * dialler_child.h - one dialler: asked over a socket, it speaks to the provider.
 *
 * It holds the provider's key - a tenant's own comes sealed with the question and is
 * opened for that one -, handles one request at a time, and cannot outlive its parent.  A request
 * with a last moment to send is surrounded by a timer of the kernel that kills the process at that
 * moment, also when it is stopped, unless the request has arrived by then: so none leaves later.
 */
#ifndef AGORALIA_WORKER_DIALLER_CHILD_H
#define AGORALIA_WORKER_DIALLER_CHILD_H

#include "common/provider/provider.h"

#include <sys/types.h>

/* Serve until the other end of the socket is closed.  page_fd: memory for a dialler_page. */
void dialler_serve(const struct provider *p, int fd, int page_fd, pid_t parent)
    __attribute__((noreturn));

/* Give up for good whatever an HTTP client does not need.  False: the kernel will not have it. */
bool dialler_confine(void);

#endif
