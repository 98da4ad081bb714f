/* child_env.h - an environment for a child: ours, with other values for some names. */
#ifndef AGORALIA_TEST_CHILD_ENV_H
#define AGORALIA_TEST_CHILD_ENV_H

#include "common/base/arena.h"

/* words: "NAME=value", NULL-terminated; they win.  For execve(); in the arena. */
char **child_env(struct arena *a, const char *const *words);

#endif
