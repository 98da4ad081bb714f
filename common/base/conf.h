/*
 * conf.h - the process's settings, read once from the environment.
 *
 * conf.def is the list; this header gives each row a member.  Only conf.c calls
 * getenv().  Constant after conf_load().
 */
#ifndef AGORALIA_CONF_H
#define AGORALIA_CONF_H

#include "common/base/compiler.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum conf_flags {
    C_SECRET = 1 << 0,
    C_REQUIRED = 1 << 1,
};

struct conf {
#define CONF_STR(env, member, def, flags, help) const char *member;
#define CONF_INT(env, member, def, min, max, help) int64_t member;
#include "common/base/conf.def"
#undef CONF_STR
#undef CONF_INT
};

/* Is this a process of those that serve test tenants, and nobody else? */
static inline bool conf_serves_tests(const struct conf *c)
{
    return strcmp(c->provider, "simulator") == 0;
}

/* Fill out from the environment.  False after printing every fault to stderr, all at once. */
bool conf_load(struct conf *out) MUSTCHECK;

/*
 * Overwrite a secret where the environment holds it, which is the only place that does; its member
 * becomes NULL.  Only for rows without a default.
 */
void conf_forget(const char **member);

/* Defaults only, for tests. */
struct conf conf_defaults(void);

/* The settings as a Markdown table, on stdout. */
void conf_print_table(void);

#endif
