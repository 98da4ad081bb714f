/* conf.c - conf.def, read from the environment. */

#include "common/base/conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_str(const char *env, const char *def, unsigned flags, const char **out)
{
    const char *v = getenv(env);

    *out = v && *v ? v : def;
    if (*out || !(flags & C_REQUIRED))
        return true;
    fprintf(stderr, "%s is not set\n", env);
    return false;
}

static bool read_int(const char *env, int64_t def, int64_t min, int64_t max, int64_t *out)
{
    const char *v = getenv(env);
    char *end = NULL;

    *out = def;
    if (!v || !*v)
        return true;
    errno = 0;
    *out = strtoll(v, &end, 10);
    if (!errno && *end == '\0' && *out >= min && *out <= max)
        return true;
    fprintf(stderr, "%s must be an integer from %lld to %lld, not \"%s\"\n", env, (long long)min,
            (long long)max, v);
    return false;
}

/* What no single row can say. */
static bool check_whole(const struct conf *c)
{
    bool ok = true;

    if (c->reconcile_window_seconds < 600 && strstr(c->retell_base_url, "retellai.com")) {
        fprintf(stderr, "RECONCILE_WINDOW_SECONDS below 600 is for a simulator, not for %s\n",
                c->retell_base_url);
        ok = false;
    }
    if (strcmp(c->provider, "retell") != 0 && strcmp(c->provider, "simulator") != 0) {
        fprintf(stderr, "PROVIDER must be retell or simulator\n");
        ok = false;
    }
    if (conf_serves_tests(c) && strstr(c->retell_base_url, "retellai.com")) {
        fprintf(stderr, "PROVIDER is a simulator, and %s is none\n", c->retell_base_url);
        ok = false;
    }
    if (c->public_url && c->public_url[strlen(c->public_url) - 1] == '/') {
        fprintf(stderr, "PUBLIC_URL must not end with a slash: paths are appended to it\n");
        ok = false;
    }
    if (strncmp(c->redis_url, "rediss:", 7) == 0) {
        fprintf(stderr, "REDIS_URL asks for TLS, which this build does not speak: put stunnel or "
                        "another TLS tunnel beside the process and give its address\n");
        ok = false;
    }
    if (strcmp(c->country_without_rule, "refuse") != 0
        && strcmp(c->country_without_rule, "warn") != 0) {
        fprintf(stderr, "COUNTRY_WITHOUT_RULE must be refuse or warn\n");
        ok = false;
    }
    return ok;
}

bool conf_load(struct conf *out)
{
    bool ok = true;

#define CONF_STR(env, member, def, flags, help) ok &= read_str(#env, def, flags, &out->member);
#define CONF_INT(env, member, def, min, max, help) \
    ok &= read_int(#env, def, min, max, &out->member);
#include "common/base/conf.def"
#undef CONF_STR
#undef CONF_INT
    return ok && check_whole(out);
}

void conf_forget(const char **member)
{
    char *secret;

    if (!*member)
        return;
    memcpy(&secret, member, sizeof(secret)); /* the environment is ours to write to */
    explicit_bzero(secret, strlen(secret));
    *member = NULL;
}

struct conf conf_defaults(void)
{
    return (struct conf){
#define CONF_STR(env, member, def, flags, help) .member = def,
#define CONF_INT(env, member, def, min, max, help) .member = def,
#include "common/base/conf.def"
#undef CONF_STR
#undef CONF_INT
    };
}

static void print_str(const char *env, const char *def, unsigned flags, const char *help)
{
    printf("| `%s` | %s%s%s | %s%s |\n", env, def ? "`" : "", def ? def : "", def ? "`" : "", help,
           flags & C_SECRET     ? " (secret)"
           : flags & C_REQUIRED ? " (required)"
                                : "");
}

void conf_print_table(void)
{
    printf("| variable | default | what |\n|---|---|---|\n");
#define CONF_STR(env, member, def, flags, help) print_str(#env, def, flags, help);
#define CONF_INT(env, member, def, min, max, help) \
    printf("| `%s` | `%lld` | %s (%lld to %lld) |\n", #env, (long long)(def), help, \
           (long long)(min), (long long)(max));
#include "common/base/conf.def"
#undef CONF_STR
#undef CONF_INT
}
