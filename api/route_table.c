/* route_table.c - each route looks up at its table's end what is not as it is for most. */

#include "api/route_table.h"

#include "api/handlers.h"

static struct route table[] = {
#define ROUTE(method, path, handler, role, kind, summary) \
    {#method, path, handle_##handler, ROLE_##role, KIND_##kind, summary, false, {0}},
#define URGENT(method, path, handler, role, kind, summary) \
    {#method, path, handle_##handler, ROLE_##role, KIND_##kind, summary, true, {0}},
#include "api/routes.def"
#undef ROUTE
};

#define ROUTE(method, path, handler, role, kind, summary)

static const struct {
    bool (*handle)(struct op *op, const struct req *req, struct reply *rep);
    enum route_unit unit;
    enum route_class class;
} manners[] = {
#define MANNER(handler, unit, class) {handle_##handler, UNIT_##unit, CLASS_##class},
#include "api/routes.def"
};

static bool (*const narrow[])(struct op *op, const struct req *req, struct reply *rep) = {
#define NARROW(handler) handle_##handler,
#include "api/routes.def"
};

static const struct {
    const char *path;
    enum scope reads, changes;
} scopes[] = {
#define SCOPED(path, reads, changes) {path, SCOPE_##reads, SCOPE_##changes},
#include "api/routes.def"
};

#undef ROUTE

static bool reads(const struct route *r)
{
    return strcmp(r->method, "GET") == 0;
}

/* What has no tenant keeps nothing and takes from nobody. */
static struct manner manner_of(const struct route *r)
{
    if (r->role == ROLE_PUBLIC)
        return (struct manner){.unit = UNIT_NONE, .class = CLASS_FREE};
    for (size_t i = 0; i < ARRAY_LEN(manners); i++)
        if (manners[i].handle == r->handle)
            return (struct manner){.unit = manners[i].unit, .class = manners[i].class};
    if (reads(r))
        return (struct manner){.unit = UNIT_NONE, .class = CLASS_READ};
    return (struct manner){.unit = UNIT_WHOLE, .class = CLASS_WRITE};
}

/* Whole segments: /calls is not under /call. */
static size_t begins_with(const char *path, const char *beginning)
{
    size_t n = strlen(beginning);

    return strncmp(path, beginning, n) == 0 && (path[n] == '\0' || path[n] == '/') ? n : 0;
}

static enum scope scope_of(const struct route *r)
{
    enum scope found = SCOPE_NONE;
    size_t longest = 0;

    for (size_t i = 0; i < ARRAY_LEN(scopes); i++) {
        size_t n = begins_with(r->path, scopes[i].path);
        if (n > longest) {
            longest = n;
            found = reads(r) ? scopes[i].reads : scopes[i].changes;
        }
    }
    return found;
}

static bool is_narrow(const struct route *r)
{
    for (size_t i = 0; i < ARRAY_LEN(narrow); i++)
        if (narrow[i] == r->handle)
            return true;
    return begins_with(r->path, ROUTE_OF_CAMPAIGN);
}

struct routes routes_all(void)
{
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        table[i].manner = manner_of(&table[i]);
        table[i].manner.scope = scope_of(&table[i]);
        table[i].manner.narrow = is_narrow(&table[i]);
    }
    return (struct routes){table, ARRAY_LEN(table)};
}

static void print_route(FILE *out, const struct route *r)
{
    fprintf(out, "| `%s %s` |", r->method, r->path);
    if (r->role == ROLE_PUBLIC)
        fprintf(out, " anybody | | | | |");
    for (int role = ROLE_VIEWER; r->role != ROLE_PUBLIC && role <= ROLE_ADMIN; role++)
        fprintf(out, " %s |", role >= (int)r->role ? "yes" : "no");
    if (r->role != ROLE_PUBLIC)
        fprintf(out, " %s |", r->manner.narrow ? "theirs" : "no");
    if (r->role != ROLE_PUBLIC && r->manner.scope == SCOPE_NONE)
        fprintf(out, " without scopes |");
    else if (r->role != ROLE_PUBLIC)
        fprintf(out, " `%s` |", scope_names[r->manner.scope]);
    fprintf(out, " %s |\n", r->summary);
}

void routes_print(FILE *out)
{
    const struct routes all = routes_all();

    fprintf(out, "# Who may come to which endpoint\n\n"
                 "Printed by `scripts/route_matrix` from `routes.def`. Limited: what a user who is "
                 "limited to some campaigns comes to, if the\nrole allows it. A key without scopes "
                 "comes to everything, one with scopes to what they name.\n\n"
                 "| endpoint | viewer | user | admin | limited | key | what |\n"
                 "|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < all.n; i++)
        print_route(out, &all.items[i]);
}
