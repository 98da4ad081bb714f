/* names.c - queue names, as Dramatiq derives them. */

#include "common/queue/names.h"

static bool ends(struct str s, struct str with)
{
    return s.n >= with.n && memcmp(s.p + s.n - with.n, with.p, with.n) == 0;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool queue_name_valid(struct str name)
{
    static const struct str reserved[] = {{".DQ", 3}, {".XQ", 3}, {".msgs", 5}, {".acks", 5}};

    if (name.n == 0 || name.n > 128 || !is_letter(name.p[0]) || str_starts(name, STR("__")))
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '.' && c != '-')
            return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
        if (ends(name, reserved[i]))
            return false;
    return true;
}

struct str queue_canonical(struct str name)
{
    if (ends(name, STR(".DQ")) || ends(name, STR(".XQ")))
        name.n -= 3;
    return name;
}

struct str queue_delayed(struct arena *a, struct str name)
{
    struct str base = queue_canonical(name);

    return str_of(arena_printf(a, "%.*s.DQ", (int)base.n, base.p));
}
