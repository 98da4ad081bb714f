/* child_env.c - the first of two equal names is the one getenv() finds. */

#include "tests/support/child_env.h"

#include <unistd.h>

static size_t count(const char *const *words)
{
    size_t n = 0;

    while (words[n])
        n++;
    return n;
}

char **child_env(struct arena *a, const char *const *words)
{
    size_t n = count(words), inherited = count((const char *const *)environ);
    char **env = arena_alloc(a, (n + inherited + 1) * sizeof(*env));

    for (size_t i = 0; i < n; i++)
        env[i] = arena_strdup(a, words[i]);
    for (size_t i = 0; i < inherited; i++)
        env[n + i] = environ[i];
    return env;
}
