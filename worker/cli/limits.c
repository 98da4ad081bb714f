/* limits.c - agoralia tenant set, agoralia tenant rate, agoralia provider show, agoralia provider
 * set */

#include "common/provider/limits.h"
#include "common/tenant/limits.h"
#include "common/tenant/rates.h"
#include "worker/cli/cli.h"

#include <stdio.h>
#include <stdlib.h>

static const char set_usage[] =
    "tenant set ID [--max-concurrent N|none] [--on-unknown "
    "redial|never_redial] [--unknown-scope warn|block] [--budget-cents N|none] [--reserve-cents N]";

/* "none" unsets; anything that is no number of its range is complained about by name. */
static void take(struct cli *c, const char *option, const char *name, struct tenant_limits *l)
{
    const char *text = cli_option(c, option);
    const struct field *f = type_field(&tenant_limits_type, str_of(name));
    void *at = (char *)l + f->offset;

    if (!text)
        return;
    if (f->type == FT_OPT_I64 && strcmp(text, "none") == 0) {
        *(struct opt_i64 *)at = (struct opt_i64){0};
        return;
    }
    const char *wrong = field_read_text(c->op, f, str_of(text), at);
    if (wrong)
        err_detail(c->op, name, wrong);
}

static bool change(struct cli *c, struct tenant_limits *l)
{
    if (!tenant_limits_get(c->op, l))
        return false;
    take(c, "--max-concurrent", "max_concurrent_calls", l);
    take(c, "--on-unknown", "on_unknown", l);
    take(c, "--unknown-scope", "unknown_scope", l);
    take(c, "--budget-cents", "budget_cents", l);
    if (!l->budget_cents.set)
        l->reserve_cents.set = false; /* it goes with the budget, unless asked for now */
    take(c, "--reserve-cents", "reserve_cents", l);
    return tenant_limits_set(c->op, l) && tenant_limits_get(c->op, l);
}

static int tenant_set_command(struct cli *c)
{
    const char *id = cli_positional(c, 0);
    struct tenant_limits limits;

    c->op->tenant_id = id ? strtoll(id, NULL, 10) : 0;
    if (c->op->tenant_id <= 0)
        return cli_usage(set_usage);
    if (!change(c, &limits))
        return cli_fail(c);
    cli_print_json(&tenant_limits_type, &limits);
    return CLI_OK;
}

static const char rate_usage[] =
    "tenant rate ID [--key PREFIX] [--class read|write|dial|import|urgent "
    "--per-minute N|none [--burst N]]";

/* A tenth of a minute at once, unless said otherwise. */
static bool set_rate(struct cli *c, const char *class, const char *per_minute)
{
    const char *key = cli_option(c, "--key"), *burst = cli_option(c, "--burst");
    struct rate_limit l = {.principal = key ? key : "", .class = class};

    if (strcmp(per_minute, "none") == 0)
        return rate_limit_end(c->op, &l);
    l.per_minute = strtoll(per_minute, NULL, 10);
    l.burst = burst ? strtoll(burst, NULL, 10) : (l.per_minute + 9) / 10;
    return rate_limit_set(c->op, &l);
}

static int tenant_rate_command(struct cli *c)
{
    const char *id = cli_positional(c, 0), *class = cli_option(c, "--class");
    const char *per_minute = cli_option(c, "--per-minute");
    struct rate_limit *all;
    int n;

    c->op->tenant_id = id ? strtoll(id, NULL, 10) : 0;
    if (c->op->tenant_id <= 0 || !class != !per_minute)
        return cli_usage(rate_usage);
    if ((class && !set_rate(c, class, per_minute)) || !rate_limit_list(c->op, &all, &n))
        return cli_fail(c);
    for (int i = 0; i < n; i++)
        cli_print_json(&rate_limit_type, &all[i]);
    return CLI_OK;
}

static int provider_show_command(struct cli *c)
{
    struct provider_limits *all;
    int n;

    if (!provider_limits_list(c->op, &all, &n))
        return cli_fail(c);
    for (int i = 0; i < n; i++)
        cli_print_json(&provider_limits_type, &all[i]);
    return CLI_OK;
}

static int provider_set_command(struct cli *c)
{
    const char *name = cli_positional(c, 0), *rate = cli_option(c, "--starts-per-second");

    if (!name || !rate)
        return cli_usage("provider set NAME --starts-per-second N|none");
    if (!provider_limits_set_starts(c->op, name, strcmp(rate, "none") == 0 ? NULL : rate))
        return cli_fail(c);
    return provider_show_command(c);
}

const struct command limit_commands[] = {
    {"tenant", "set", "ID [--max-concurrent N|none] [--budget-cents N|none] ...",
     "what a tenant may use; prints it", tenant_set_command, false},
    {"tenant", "rate", "ID [--class CLASS --per-minute N|none] ...",
     "how much a tenant, or a key of it, may ask of the API", tenant_rate_command, false},
    {"provider", "set", "NAME --starts-per-second N|none",
     "how fast it is dialled, whatever the setting says", provider_set_command, false},
    {"provider", "show", "", "what a provider lets us do", provider_show_command, false},
    {0},
};
