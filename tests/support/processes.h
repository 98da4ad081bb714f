/* processes.h - living processes by their name and group, as /proc tells them. */
#ifndef AGORALIA_TEST_PROCESSES_H
#define AGORALIA_TEST_PROCESSES_H

#include <stdbool.h>
#include <sys/types.h>

/* Those named so (NULL = any) in the process group; at most max go into out (may be NULL). */
int processes_of(pid_t group, const char *name, pid_t *out, int max);

/* A line of /proc/PID/status: does the field have this value? */
bool process_status_is(pid_t pid, const char *field, const char *value);

/* Is the text anywhere in the memory the process can write, or in its environment? */
bool process_memory_has(pid_t pid, const char *text);
bool process_environ_has(pid_t pid, const char *text);

#endif
