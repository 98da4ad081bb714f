/* route_table.h - routes.def as the router takes it, with handlers, manners and scopes. */
#ifndef AGORALIA_ROUTE_TABLE_H
#define AGORALIA_ROUTE_TABLE_H

#include "api/router.h"

#include <stdio.h>

/* Called once, before any thread starts. */
struct routes routes_all(void);

/* Who may come to which, as api/ROUTES.md has it. */
void routes_print(FILE *out);

#endif
