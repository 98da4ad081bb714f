/* platform_list.c - agoralia dnc platform ...: the numbers that no tenant may call. */

#include "common/compliance/platform_list.h"

#include "common/base/page.h"
#include "worker/cli/cli.h"

#include <stdio.h>

static const char platform_usage[] =
    "dnc platform add NUMBER --reason R [--source manual|registry|opt_out] | "
    "remove NUMBER --reason R | list";

static int add(struct cli *c, const char *number)
{
    const char *source = cli_option(c, "--source");
    int place = source ? label_find(dnc_source_names, str_of(source)) : DNC_MANUAL;
    struct platform_entry e = {.e164 = number, .reason = cli_option(c, "--reason")};

    if (!number || !e.reason || place < 0)
        return cli_usage(platform_usage);
    e.source = (enum dnc_source)place;
    if (!platform_list_add(c->op, &e))
        return cli_fail(c);
    cli_print_json(&platform_entry_type, &e);
    return CLI_OK;
}

static int take_off(struct cli *c, const char *number)
{
    const char *reason = cli_option(c, "--reason");

    if (!number || !reason)
        return cli_usage(platform_usage);
    return platform_list_remove(c->op, number, reason) ? CLI_OK : cli_fail(c);
}

static int list(struct cli *c)
{
    struct platform_entry *page;
    const char *after = "";
    int n;

    do {
        if (!platform_list_page(c->op, after, PAGE_LIMIT_MAX, &page, &n))
            return cli_fail(c);
        for (int i = 0; i < n; i++)
            cli_print_json(&platform_entry_type, &page[i]);
        after = n ? page[n - 1].e164 : after;
    } while (n == PAGE_LIMIT_MAX);
    return CLI_OK;
}

static int platform_command(struct cli *c)
{
    struct str verb = str_of(cli_positional(c, 0) ? cli_positional(c, 0) : "");
    const char *number = cli_positional(c, 1);

    if (str_eq(verb, STR("add")))
        return add(c, number);
    if (str_eq(verb, STR("remove")))
        return take_off(c, number);
    return str_eq(verb, STR("list")) && !number ? list(c) : cli_usage(platform_usage);
}

const struct command platform_list_commands[] = {
    {"dnc", "platform", "add|remove NUMBER --reason R | list", "numbers that no tenant may call",
     platform_command, false},
    {0},
};
