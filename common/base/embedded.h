/* embedded.h - files of the source tree built into the binaries: migrations, seeds, Lua. */
#ifndef AGORALIA_EMBEDDED_H
#define AGORALIA_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
    const char *name; /* path in the source tree, e.g. "sql/migrations/0001_tenants.sql" */
    const char *text; /* NUL-terminated */
    size_t size;
};

/* In the order of their names; ends with a NULL name. */
extern const struct embedded_file embedded_files[];

/* NULL when there is no such file. */
const struct embedded_file *embedded_find(const char *name);

#endif
